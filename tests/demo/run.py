# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the collection with the JOB simulator: run the demo's playbook, or leave the server running."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = Path(sys.executable).parent
SERVER = "ansible_collections.blueking.job.tests.support.simulator"
# Only to end a start that hangs.
START_SECONDS = 300

SERVER_TEXT = """
The JOB simulator with the hosts, scripts and plans of {inventory} listens on loopback.
Paste this into another terminal:

{exports}

and then, for example, this:

ansible localhost -m blueking.job.bk_fast_script \\
  -a 'bk_scope_id=2 account_alias=root ip_list=10.0.0.1,10.0.0.2 logs=all script_content="hostname; uptime"'

Ctrl-C ends the simulator.
"""


def main() -> int:
    """Run the command of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="run the demo's playbook and stop")
    serve = commands.add_parser("serve", help="run the server in the foreground")
    serve.add_argument("--port", type=int, default=0, help="port on loopback (default: any free one)")
    options = parser.parse_args()
    return run_playbook() if options.command == "demo" else serve_foreground(options.port)


def run_playbook() -> int:
    """Run the playbook with the real ansible-playbook against its own server."""
    with server(0) as (url, _process):
        print(f"The JOB simulator listens at {url}; the scripts below really run.", flush=True)
        environment = {
            **os.environ,
            **connection(url),
            "ANSIBLE_STDOUT_CALLBACK": "blueking.job.readable",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_RETRY_FILES_ENABLED": "false",
        }
        command = [str(SCRIPTS / "ansible-playbook"), str(HERE / "playbook.yml")]
        return subprocess.run(command, env=environment, cwd=HERE, check=False).returncode


def serve_foreground(port: int) -> int:
    """Run the server until it is stopped, and print how to use it."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    with server(port) as (url, process):
        exports = {"PATH": f"{SCRIPTS}:$PATH", **connection(url)}
        lines = "\n".join(f'export {name}="{value}"' for name, value in exports.items())
        print(SERVER_TEXT.format(inventory="tests/demo/inventory.yml", exports=lines), flush=True)
        try:
            return process.wait()
        except KeyboardInterrupt:
            return 0


def connection(url: str) -> dict[str, str]:
    """Return the environment variables by which the collection reaches the server."""
    return {
        "BK_JOB_API_URL": url,
        "BK_APP_CODE": "demo_app",
        "BK_APP_SECRET": "demo_secret",
        "BK_USERNAME": "admin",
        # A proxy of the environment cannot reach this server.
        "NO_PROXY": "127.0.0.1",
    }


@contextmanager
def server(port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server; stop it at the end."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder, "port")
        command = [sys.executable, "-m", SERVER, "--port", str(port), "--port-file", str(port_file)]
        command += ["--inventory", str(HERE / "inventory.yml")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                yield f"http://127.0.0.1:{wait_for_port(port_file, process)}", process
            finally:
                process.terminate()
                process.wait()


def wait_for_port(port_file: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the port, as soon as the server has written it."""
    deadline = time.monotonic() + START_SECONDS
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the JOB simulator did not start")
        time.sleep(0.02)
    return port_file.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    sys.exit(main())
