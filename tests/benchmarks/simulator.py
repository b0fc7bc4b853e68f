# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure capacity and speed of the JOB simulator: figures on the terminal, without a verdict."""

from __future__ import annotations

import base64
import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SERVER = "ansible_collections.blueking.job.tests.support.simulator"
HOSTS, LOG_BYTES, LOGS_AT_ONCE = 50_000, 2048, 500
CONNECTIONS, CLIENT_PROCESSES, REQUESTS_EACH = 32, 2, 400
SCOPE = {"bk_scope_type": "biz", "bk_scope_id": "2"}
CALLS = "/api/bk-job/prod/api/v3/"
# As long as real ones: the search for a short secret in results and logs takes longer.
IDENTITY = {
    "bk_app_code": "bench",
    "bk_app_secret": "7d0c4f9a-52be-4e16-9c3b-8a61f0e2d75c",
    "bk_token": "k3Vq8ZtXw1LrYp6NcB9sDf2HjG5mAe7UoTiQ",
}
HEADERS = {
    "X-Bkapi-Authorization": json.dumps(IDENTITY),
    "Content-Type": "application/json",
}
# What every inventory of a benchmark begins with.
BASE_INVENTORY = f"""
apps: [{{code: bench, secret: {IDENTITY["bk_app_secret"]}}}]
users: [{{name: bench, tokens: [{IDENTITY["bk_token"]}]}}]
scopes: [{{type: biz, id: "2", name: bench}}]
accounts: [{{id: 1, alias: root, scope: "2"}}]
executor: scripted
"""
INVENTORY = f"""{BASE_INVENTORY}
hosts: {{generate: {{count: {HOSTS}, scope: "2"}}}}
clock: manual
outcomes:
  - {{every: 100, exit_code: 1, seconds: [5, 60], log_bytes: {LOG_BYTES}}}
  - {{seconds: [5, 60], log_bytes: {LOG_BYTES}}}
"""


def main() -> None:
    """Print both figures."""
    with served() as (port, process):
        idle = _memory(process)
        client = Client(port)
        big_run(client)
        print(f"memory of the server: {idle} MiB with {HOSTS} hosts loaded, {_memory(process)} MiB at its peak")
        job_id = client.launch({"host_id_list": [1]})
        client.send("POST", "/control/clock", {"advance": 100})
        path = f"{CALLS}get_job_instance_status?bk_scope_type=biz&bk_scope_id=2&job_instance_id={job_id}"
        for label, number in (("JOB server, status call", port), ("bare tuned ThreadingHTTPServer", bare())):
            print(f"{label}: {rate(number, path):.0f} requests/s at {CONNECTIONS} keep-alive connections")


@contextmanager
def served(
    inventory_text: str = INVENTORY, journal: Path | None = None
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run a server in its own process, with a journal of its requests if a file for it is given."""
    with tempfile.TemporaryDirectory() as directory:
        inventory, port = Path(directory, "inventory.yml"), Path(directory, "port")
        inventory.write_text(inventory_text, encoding="utf-8")
        command = [sys.executable, "-m", SERVER, "--control", "--inventory", str(inventory), "--port-file", str(port)]
        command += [] if journal is None else ["--journal", str(journal)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": directory})
        try:
            for _turn in range(3000):
                if port.exists():
                    break
                time.sleep(0.02)
            yield int(port.read_text(encoding="ascii")), process
        finally:
            process.terminate()
            process.wait(30)


class Client:
    """One persistent connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of a response."""
        self._connection.request(method, path, None if body is None else json.dumps(body), HEADERS)
        return json.loads(self._connection.getresponse().read())

    def call(self, name: str, **reader: Any) -> Any:
        """Return the data of a call."""
        return self.send("POST", CALLS + name, {**SCOPE, **reader})["data"]

    def status(self, job_id: int, hosts: bool) -> Any:
        """Return the data of a status call."""
        query = f"bk_scope_type=biz&bk_scope_id=2&job_instance_id={job_id}&return_ip_result={str(hosts).lower()}"
        return self.send("GET", f"{CALLS}get_job_instance_status?{query}")["data"]

    def launch(self, target: Any) -> int:
        """Launch a script on hosts."""
        script = base64.b64encode(b"true").decode()
        order = {"script_content": script, "script_language": 1, "account_alias": "root", "target_server": target}
        return int(self.call("fast_execute_script", **order)["job_instance_id"])


def big_run(client: Client) -> None:
    """Launch on all hosts, poll, read results and logs."""
    whole = time.perf_counter()
    job_id = timed("launch", lambda: client.launch({"topo_node_list": [{"id": 2, "node_type": "biz"}]}))
    polls, began = 0, time.perf_counter()
    while not client.status(job_id, hosts=False)["finished"]:
        client.send("POST", "/control/clock", {"advance": 5})
        polls += 1
    print(f"  {polls} polls, the clock moved between them: {time.perf_counter() - began:.2f} s")
    step = timed("results", lambda: client.status(job_id, hosts=True))["step_instance_list"][0]
    hosts = [host["bk_host_id"] for host in step["step_ip_result_list"]]
    failed = sum(1 for host in step["step_ip_result_list"] if host["status"] != 9)
    ids = {"job_instance_id": job_id, "step_instance_id": step["step_instance_id"]}

    def logs() -> int:
        size = 0
        for begin in range(0, len(hosts), LOGS_AT_ONCE):
            wanted = hosts[begin : begin + LOGS_AT_ONCE]
            found = client.call("batch_get_job_instance_ip_log", **ids, host_id_list=wanted)
            size += sum(len(entry["log_content"]) for entry in found["script_task_logs"])
        return size

    size = timed("logs", logs)
    print(f"{len(hosts)} hosts, {failed} failed, {size >> 20} MiB of logs: {time.perf_counter() - whole:.2f} s in all")


def timed(label: str, action: Callable[[], Any]) -> Any:
    """Run an action, and print its duration."""
    began = time.perf_counter()
    found = action()
    print(f"  {label}: {time.perf_counter() - began:.2f} s")
    return found


def _memory(process: subprocess.Popen[bytes]) -> str:
    """Return the peak resident memory of a process so far, if the system reports it."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return "?"
    return str(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024)


class _Bare(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:  # noqa: N802
        body = b'{"result": true, "code": 0, "data": {"finished": true}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


class _BareServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _serve_bare(port: Any) -> None:
    server = _BareServer(("127.0.0.1", 0), _Bare)
    port.put(server.server_address[1])
    server.serve_forever()


def bare() -> int:
    """Return the port of a trivial server, in its own process that ends with this one."""
    context = multiprocessing.get_context("spawn")
    port = context.Queue()
    context.Process(target=_serve_bare, args=(port,), daemon=True).start()
    return int(port.get(timeout=60))


def _ask(port: int, path: str, connections: int, ready: Any, go: Any) -> None:
    """Send requests over several connections at once, with plain sockets, so that the clients cost little."""
    lines = [f"GET {path} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in HEADERS.items()), "", ""]
    request = "\r\n".join(lines).encode()

    def one() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
            for _turn in range(REQUESTS_EACH):
                connection.sendall(request)
                size = 0
                while (line := answers.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split()[1])
                answers.read(size)

    threads = [threading.Thread(target=one) for _turn in range(connections)]
    ready.release()
    go.wait()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def rate(port: int, path: str) -> float:
    """Return the requests per second of all connections together."""
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    each = CONNECTIONS // CLIENT_PROCESSES
    clients = [context.Process(target=_ask, args=(port, path, each, ready, go)) for _turn in range(CLIENT_PROCESSES)]
    for client in clients:
        client.start()
    for _turn in clients:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    for client in clients:
        client.join()
    return CONNECTIONS * REQUESTS_EACH / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
