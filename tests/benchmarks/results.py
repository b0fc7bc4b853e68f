# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure results and logs of many hosts: requests, time, memory, size of the result. Figures without a verdict.

Each run has its own process, and so has the JOB simulator. Time counts from the end of the job to the printed
result. For comparison a bare script reads the same data with the library requests: status and hosts once, and the same
logs in batches, which it writes to files if the task does. It decodes them, and neither checks nor keeps anything.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.transport import Transport
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE, FAST_SCRIPT
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file, fast_script
from ansible_collections.blueking.job.tests.benchmarks.simulator import (
    CALLS,
    HEADERS,
    IDENTITY,
    LOGS_AT_ONCE,
    SCOPE,
    served,
)
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task

HOSTS = (10, 1_000, 10_000, 50_000)
# With three files more targets would be too many transfers for JOB.
HOSTS_OF_FILES = (10, 1_000, 5_000)
NODES = tuple(sorted({*HOSTS, *HOSTS_OF_FILES}))
REPETITIONS = 5
# The worst secret: it is so short that its context counts, and in every line of every log it stands as a value.
SHORT_SECRET = "all"
# Each number of hosts is a node of the topology, so that the launch costs almost nothing.
RULES = "\n".join(
    f"  - generate: {{scope: '2', count: {most - least}, first_id: {least + 1}, "
    f"first_ip: 10.{least >> 16}.{least >> 8 & 255}.{least & 255}, "
    f"nodes: [{', '.join(f'module:{node}' for node in NODES if node >= most)}]}}"
    for least, most in zip((0, *NODES[:-1]), NODES, strict=True)
)
INVENTORY = f"""
apps: [{{code: bench, secret: {IDENTITY["bk_app_secret"]}}}]
users: [{{name: bench, tokens: [{IDENTITY["bk_token"]}, {SHORT_SECRET}]}}]
scopes: [{{type: biz, id: "2", name: bench}}]
accounts: [{{id: 1, alias: root, scope: "2"}}]
executor: scripted
clock: manual
hosts:
{RULES}
outcomes:
  - {{every: 100, exit_code: 1, seconds: [5, 60], log_bytes: 2048}}
  - {{seconds: [5, 60], log_bytes: 2048}}
"""
# Write files to memory, so that no disk is measured.
RAM_DISK = next((directory for directory in ("/dev/shm",) if Path(directory).is_dir()), None)
COLUMNS = "{:>7}  {:<22} {:>8} {:>5} {:>9} {:>7} {:>6} {:>9} {:>9} {:>6} {:>8}"
# One of a hundred hosts fails; each has a log of 2 KiB.
TASKS: dict[str, dict[str, object]] = {
    "defaults": {},
    "logs: all, log_dir": {"logs": "all", "log_dir": "FOLDER"},
    "the same, short secret": {"logs": "all", "log_dir": "FOLDER", "bk_token": SHORT_SECRET},
    "defaults, ESB v2": {"gateway": "esb", "api_version": "v2"},
    "3 files, logs: all": {"hosts": "all", "logs": "all"},
}
_FILES = [f"/data/{name}" for name in "abc"]
SOURCE = {"file_list": _FILES, "server": {"host_id_list": [1]}, "account_alias": "root"}


def main() -> None:
    """Print the table."""
    with served(INVENTORY) as (port, _process):
        print(COLUMNS.format("", "", "requests", "", "seconds", "", "", "MiB over", "MiB", "", "result"))
        head = ("hosts", "task", "made", "bare", "made", "bare", "ratio", "idle", "raw", "ratio", "bytes")
        print(COLUMNS.format(*head))
        for name in TASKS:
            sizes = HOSTS_OF_FILES if _sends_files(name) else HOSTS
            rows = [row(port, name, hosts) for hosts in sizes]
            growth = {key: rows[-1][key] / rows[-2][key] for key in ("seconds", "peak")}
            print(f"         from {sizes[-2]} to {sizes[-1]} hosts: {growth['seconds']:.1f} times the time,", end=" ")
            print(f"{growth['peak']:.1f} times the memory\n")


def _sends_files(name: str) -> bool:
    return "files" in name


def row(port: int, name: str, hosts: int) -> dict[str, float]:
    """Measure one task with that many hosts, and return the medians."""
    ours, bare = [], []
    for _turn in range(REPETITIONS):
        ours.append(apart("ours", port, name, hosts))
        bare.append(apart("bare", port, name, hosts))
    mine = {key: statistics.median(run[key] for run in ours) for key in ours[0]}
    other = {key: statistics.median(run[key] for run in bare) for key in bare[0]}
    print(
        COLUMNS.format(
            hosts,
            name,
            mine["requests"],
            other["requests"],
            f"{mine['seconds']:.2f}",
            f"{other['seconds']:.2f}",
            f"{mine['seconds'] / other['seconds']:.1f}",
            f"{mine['peak'] / 2**20:.1f}",
            f"{mine['raw'] / 2**20:.2f}",
            f"{mine['peak'] / mine['raw']:.1f}",
            mine["result"],
        ),
        flush=True,
    )
    return mine


def apart(what: str, port: int, name: str, hosts: int) -> dict[str, float]:
    """Run one measurement in its own process."""
    command = [sys.executable, __file__, what, str(port), name, str(hosts)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


class Hurry(Clock):
    """Clock whose sleep moves the server's clock to the end of the job."""

    def __init__(self, port: int) -> None:
        self.ended_at = 0.0
        self._address = f"http://127.0.0.1:{port}/control/clock"

    def sleep(self, seconds: float) -> None:
        """Move the clock; the measurement begins at the end of the job."""
        requests.post(self._address, json={"advance": 1000}, timeout=600).raise_for_status()
        self.ended_at = time.perf_counter()


def ours(port: int, name: str, hosts: int) -> dict[str, float]:
    """Run the task as the modules do."""
    sizes: dict[str, list[int]] = defaultdict(list)
    _watch(lambda path, size: sizes[path].append(size))
    with tempfile.TemporaryDirectory(dir=RAM_DISK) as directory:
        run(port, name, HOSTS[0], directory)
        sizes.clear()
        idle = _peak()
        ended_at, text = run(port, name, hosts, directory)
        seconds = time.perf_counter() - ended_at
        # Before the directory is removed, which takes memory for the names of all files.
        peak = _peak() - idle
    return {
        "requests": sum(map(len, sizes.values())),
        "seconds": seconds,
        "peak": peak,
        # Minimum of data that is in memory at one time: hosts while logs are read, logs while the result is built.
        "raw": sum(map(max, sizes.values())) + len(text),
        "result": len(text),
    }


def run(port: int, name: str, hosts: int, directory: str) -> tuple[float, str]:
    """Run a task; return the time of the job's end, and the text that Ansible would print."""
    clock = Hurry(port)
    options: dict[str, object] = {
        "gateway": "apigw",
        **IDENTITY,
        "bk_scope_id": "2",
        "account_alias": "root",
        **(
            {"file_source_list": [SOURCE], "file_target_path": "/in"}
            if _sends_files(name)
            else {"script_content": "true"}
        ),
        "target_server": {"topo_node_list": [{"id": hosts, "node_type": "module"}]},
        **{option: directory if value == "FOLDER" else value for option, value in TASKS[name].items()},
    }
    options["api_url"] = f"http://127.0.0.1:{port}" + ("/api/bk-job/prod" if options["gateway"] == "apigw" else "")
    try:
        task, spec = (fast_file, FAST_FILE) if _sends_files(name) else (fast_script, FAST_SCRIPT)
        result = run_task(task, spec, options, TaskContext(clock=clock))
    except JobError as error:
        if error.kind != "job_failed":
            raise
        result = error.result
    return clock.ended_at, json.dumps(result)


def _watch(note: Callable[[str, int], None]) -> None:
    """Record the size of every response."""
    send = Transport.send

    def watched(self: Transport, request: HttpRequest, *arguments: Any, **more: Any) -> HttpResponse:
        answer = send(self, request, *arguments, **more)
        note(request.path, len(answer.body))
        return answer

    Transport.send = watched  # type: ignore[method-assign]


def _peak() -> int:
    """Return the peak memory so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Bare:
    """A simple script: as few requests as possible, everything decoded, nothing checked."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._session = requests.Session()
        self.requests = 0

    def call(self, path: str, **reader: Any) -> Any:
        """Return the data of a call."""
        self.requests += 1
        answer = self._session.post(f"http://127.0.0.1:{self._port}{path}", json=reader, headers=HEADERS, timeout=600)
        return answer.json()["data"]


def bare(port: int, name: str, hosts: int) -> dict[str, float]:
    """Read the same data without the collection."""
    client, wait = Bare(port), Hurry(port)
    with tempfile.TemporaryDirectory(dir=RAM_DISK) as directory:
        if "v2" in name:
            bare_v2(client, wait, hosts)
        elif _sends_files(name):
            bare_files(client, wait, hosts)
        else:
            bare_v3(client, wait, hosts, Path(directory) if "log_dir" in TASKS[name] else None)
        seconds = time.perf_counter() - wait.ended_at
    return {"requests": client.requests, "seconds": seconds}


def bare_v3(client: Bare, wait: Hurry, hosts: int, directory: Path | None) -> None:
    """Launch, poll, read hosts, read logs."""
    job = _launch(
        client, f"{CALLS}fast_execute_script", hosts, {**SCRIPT, "script_language": 1, "account_alias": "root"}
    )
    wait.sleep(0)
    path = "/api/c/compapi/v2/jobv3/get_job_instance_status/"
    client.call(path, **CREDENTIALS, job_instance_id=job)
    step = client.call(path, **CREDENTIALS, job_instance_id=job, return_ip_result=True)["step_instance_list"][0]
    results = step["step_ip_result_list"]
    wanted = [host["bk_host_id"] for host in results if directory or host["status"] != 9]
    # One batch of the logs of failed hosts fills the result.
    for begin in range(0, len(wanted) if directory else min(len(wanted), LOGS_AT_ONCE), LOGS_AT_ONCE):
        ids = {"job_instance_id": job, "step_instance_id": step["step_instance_id"]}
        batch = wanted[begin : begin + LOGS_AT_ONCE]
        found = client.call(f"{CALLS}batch_get_job_instance_ip_log", **SCOPE, **ids, host_id_list=batch)
        for log in (found["script_task_logs"] or ()) if directory else ():
            Path(str(directory), log["ip"]).write_text(log["log_content"], encoding="utf-8")


def bare_files(client: Bare, wait: Hurry, hosts: int) -> None:
    """Send files, poll, read hosts, read the rows of all files."""
    source = {"file_list": _FILES, "account": {"alias": "root"}, "server": {"host_id_list": [1]}}
    own = {"file_source_list": [source], "file_target_path": "/in", "account_alias": "root"}
    job = _launch(client, f"{CALLS}fast_transfer_file", hosts, own)
    wait.sleep(0)
    path = "/api/c/compapi/v2/jobv3/get_job_instance_status/"
    client.call(path, **CREDENTIALS, job_instance_id=job)
    step = client.call(path, **CREDENTIALS, job_instance_id=job, return_ip_result=True)["step_instance_list"][0]
    wanted = [host["bk_host_id"] for host in step["step_ip_result_list"]]
    ids = {"job_instance_id": job, "step_instance_id": step["step_instance_id"]}
    for begin in range(0, len(wanted), LOGS_AT_ONCE):
        batch = wanted[begin : begin + LOGS_AT_ONCE]
        client.call(f"{CALLS}batch_get_job_instance_ip_log", **SCOPE, **ids, host_id_list=batch)


def bare_v2(client: Bare, wait: Hurry, hosts: int) -> None:
    """Launch, poll, which also returns the hosts, read logs."""
    calls = "/api/c/compapi/v2/job/"
    job = _launch(client, f"{calls}fast_execute_script/", hosts, {**SCRIPT, "script_type": 1, "account": "root"})
    wait.sleep(0)
    client.call(f"{calls}get_job_instance_status/", **CREDENTIALS, job_instance_id=job)
    client.call(f"{calls}get_job_instance_log/", **CREDENTIALS, job_instance_id=job)


SCRIPT = {"script_content": "dHJ1ZQ=="}
CREDENTIALS = {**SCOPE, **IDENTITY}


def _launch(client: Bare, path: str, hosts: int, words: Mapping[str, object]) -> int:
    target = {"topo_node_list": [{"id": hosts, "node_type": "module"}]}
    order = {"target_server": target, **words}
    return int(client.call(path, **CREDENTIALS, **order)["job_instance_id"])


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        measured = {"ours": ours, "bare": bare}[sys.argv[1]]
        print(json.dumps(measured(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))
