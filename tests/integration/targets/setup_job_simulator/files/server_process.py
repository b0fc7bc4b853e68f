# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a JOB simulator in its own process and print its connection data as JSON, or stop it again."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER = "ansible_collections.blueking.job.tests.support.simulator"
# Only to end a start that hangs.
START_SECONDS = 300


def main() -> None:
    """Run the command of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start_command = commands.add_parser("start", help="start a server and print its url, pid and journal")
    start_command.add_argument("--directory", type=Path, required=True, help="where the server keeps its files")
    start_command.add_argument("--inventory", type=Path, required=True, help="what the server knows")
    start_command.add_argument("--collections", required=True, help="directory that contains ansible_collections")
    start_command.add_argument("--control", action="store_true", help="let faults be set over HTTP")
    stop_command = commands.add_parser("stop", help="stop a server")
    stop_command.add_argument("pid", type=int)
    options = parser.parse_args()
    if options.command == "stop":
        stop(options.pid)
    else:
        print(json.dumps(start(options.directory, options.inventory, options.collections, options.control)))


def start(parent: Path, inventory: Path, collections: str, control: bool = False) -> dict[str, object]:
    """Start a server that outlives this process."""
    # A directory of its own: targets that run one after the other share the parent.
    parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="server-", dir=parent))
    scratch = directory / "scratch"
    scratch.mkdir()
    port_file, journal, output = directory / "port", directory / "journal.jsonl", directory / "output.txt"
    journal.touch()
    command = [sys.executable, "-m", SERVER, "--inventory", str(inventory)]
    command += ["--port-file", str(port_file), "--journal", str(journal)]
    command += ["--control"] if control else []
    search_path = os.pathsep.join(filter(None, [collections, os.environ.get("PYTHONPATH")]))
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command,
            # Files left by a killed server are removed with the directory.
            env={**os.environ, "PYTHONPATH": search_path, "TMPDIR": str(scratch)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            sys.exit(f"the JOB simulator did not start:\n{output.read_text(encoding='utf-8', errors='replace')}")
        time.sleep(0.02)
    port = int(port_file.read_text(encoding="ascii"))
    return {"url": f"http://127.0.0.1:{port}", "pid": process.pid, "journal": str(journal)}


def stop(pid: int) -> None:
    """Stop a server; ignore one that has ended already."""
    with contextlib.suppress(ProcessLookupError):
        # The server leads its own session. Another process does not, so the id was reused.
        if os.getsid(pid) == pid:
            os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    main()
