# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run many short ansible-playbook processes as forks of one process that has imported Ansible.

ansible-lint and Galaxy's importer start "ansible-playbook --syntax-check" for each playbook, and most of the time of
such a process is the import of Ansible. They find "ansible-playbook" in PATH. In the environment of "forking" that is
a program which passes its arguments, its directory and its standard streams to a server: this file, run as a program.
"""

from __future__ import annotations

import array
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

STAND_IN = Path(__file__).with_name("forking")
PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


@contextmanager
def forking(python: Path, environment: dict[str, str]) -> Iterator[tuple[dict[str, str], Path]]:
    """Serve forks as long as the context lasts.

    Args:
        python: interpreter that has Ansible.
        environment: environment variables of the program that starts ansible-playbook.

    Yields:
        The environment for that program, and a file with one line for each fork: its arguments.
    """
    with tempfile.TemporaryDirectory(prefix="blueking-job-") as directory:
        address, log = Path(directory, "socket"), Path(directory, "log")
        path = f"{STAND_IN}:{environment['PATH']}"
        with socket.socket(socket.AF_UNIX) as listener, log.open("w", encoding="utf-8") as file:
            listener.bind(str(address))
            listener.listen(64)
            command = [str(python), __file__, str(listener.fileno())]
            with subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=file, pass_fds=[listener.fileno()]
            ) as server:
                try:
                    yield {**environment, "PATH": path, "FORK_PLAYBOOKS": str(address)}, log
                finally:
                    server.terminate()


def unchecked_playbooks(log: Path) -> list[str]:
    """Return the names of the playbooks of the collection that no fork has run."""
    forks = log.read_text(encoding="utf-8")
    return sorted(path.name for path in PLAYBOOKS.glob("*.yml") if f"playbooks/{path.name}" not in forks)


def serve(listener: socket.socket) -> None:
    """Fork for each connection, until a signal ends this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # Forks report their exit code themselves.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    prepared = None
    while True:
        connection, _ = listener.accept()
        with connection:
            arguments, streams, settings = receive(connection)
            print(*arguments, flush=True)
            if prepared is None:
                prepared = settings
                prepare(*settings)
            if os.fork() == 0:
                fork(connection, arguments, streams, None if settings == prepared else settings)
            for stream in streams:
                os.close(stream)


def receive(connection: socket.socket) -> tuple[list[str], list[int], tuple[str, dict[str, str]]]:
    """Return arguments, standard streams, and directory and environment variables of a program."""
    streams = array.array("i")
    size, ancillary, _, _ = connection.recvmsg(20, socket.CMSG_LEN(3 * streams.itemsize))
    streams.frombytes(ancillary[0][2])
    with connection.makefile("rb") as file:
        arguments, directory, variables = json.loads(file.read(int(size)))
    return arguments, list(streams), (directory, variables)


def prepare(directory: str, variables: dict[str, str]) -> None:
    """Import Ansible, which reads its settings from the directory and the variables."""
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(variables)
    # The directory of this file has modules of its own.
    del sys.path[0]
    importlib.import_module("ansible.cli.playbook")


def fork(
    connection: socket.socket, arguments: list[str], streams: list[int], other: tuple[str, dict[str, str]] | None
) -> NoReturn:
    """Run ansible-playbook in this fork and report its exit code; with other settings, in a process that reads them."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        if other:
            command = [sys.executable, "-m", "ansible", "playbook", *arguments[1:]]
            code = subprocess.run(command, cwd=other[0], env=other[1], check=False).returncode
        else:
            sys.argv = arguments
            importlib.import_module("ansible.cli.playbook").main(arguments)
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        # Leave temporary directories of the server alone.
        os._exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
