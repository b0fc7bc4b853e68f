# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a step's script on one host: sandbox directory, interpreter, arguments, variables, and result."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
import threading
from pathlib import Path

from .catalog import CIPHER, STRING
from .child_process import Child
from .cmdb import Host
from .execution_rounds import Round
from .host_files import HostFiles
from .host_tasks import HOST_BAD_EXIT, HOST_STOPPED, HOST_SUCCESS, HOST_TIMEOUT, HostTask, Verdict, plain_exit_code
from .shell_wrapper import left_strings, shell_setup, tag_of
from .step_work import Work

SHELL = 1
CANNOT_RUN = 127
_NAMES = {1: "shell", 2: "bat", 3: "perl", 4: "python", 5: "powershell", 6: "sql"}
_ENDINGS = {1: "sh", 2: "bat", 3: "pl", 4: "py", 5: "ps1", 6: "sql"}
_CANDIDATES: dict[int, tuple[str, ...]] = {
    1: ("bash", "sh"),
    3: ("perl",),
    4: ("python3", "python"),
    5: ("pwsh", "powershell"),
}
_HOSTNAME = """#!/bin/sh
read -r ip name <"${0%/*}/facts"
case "$1" in
-I | -i | --all-ip-addresses | --ip-address) echo "$ip" ;;
*) echo "$name" ;;
esac
"""


def interpreter(language: int) -> str | None:
    """Return the interpreter of a language. Our own Python comes first: it works with an empty HOME."""
    if language == 4 and sys.executable:
        return sys.executable
    found = (shutil.which(name) for name in _CANDIDATES.get(language, ()))
    return next((path for path in found if path), None)


class Runner:
    """Has one directory for all runs; every host of a run gets a directory there for all steps of the run."""

    def __init__(self, root: Path, files: HostFiles) -> None:
        self._root, self._files = root, files
        self._interpreters = {language: interpreter(language) for language in _NAMES}
        # One program for all hosts, written before any script runs: a child that is forked during the write keeps the
        # file open for a moment, and then it cannot be executed ("text file busy").
        self._hostname = root / "hostname"
        self._hostname.write_text(_HOSTNAME, encoding="utf-8")
        self._hostname.chmod(0o755)

    def run(self, work: Round, task: HostTask, child: Child, log: Path) -> Verdict:
        """Run the script of a round on one host; return the host's result.

        JOB API: 9 success, 104 exit code other than zero, 102 time limit, 403 terminated.
        """
        order = work.work
        program = self._interpreters.get(order.language)
        if program is None:
            note = work.line(f"no interpreter for {_NAMES[order.language]} scripts on this host")
            return Verdict(HOST_BAD_EXIT, CANNOT_RUN, note=note)
        home = work.job.directory / f"host-{task.host.id}"
        private = work.job.directory / f"private-{task.host.id}"
        home.mkdir(parents=True, exist_ok=True)
        private.mkdir(parents=True, exist_ok=True)
        script = private / f"step-{work.step.id}.{_ENDINGS[order.language]}"
        script.write_bytes(order.content)
        command = [program, str(script), *arguments(order)]
        environment = self._environment(task.host, home)
        if order.language == SHELL:
            environment |= shell_setup(program, order, private, work.step.id)
        ending = child.run(command, home, environment, log, order.timeout)
        tag = tag_of(log) if order.language == SHELL else ""
        if ending.reason == "exit":
            code = plain_exit_code(ending.exit_code)
            left = left_strings(order, private, work.step.id) if order.language == SHELL else ()
            return Verdict(HOST_SUCCESS if code == 0 else HOST_BAD_EXIT, code, tag=tag, left=left)
        return Verdict(HOST_TIMEOUT if ending.reason == "timeout" else HOST_STOPPED, ending.exit_code, tag=tag)

    def _environment(self, host: Host, home: Path) -> dict[str, str]:
        # The environment of the server is not passed on: it may contain secrets.
        return {
            "HOME": str(home),
            "PWD": str(home),
            "PATH": f"{self._shims(host)}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOSTNAME": host.name,
            "HOST_ROOT": str(self._files.directory(host.id)),
            "LANG": "C.UTF-8",
        }

    def _shims(self, host: Host) -> Path:
        """Return a directory with a `hostname` of the host's own, so that output shows its source."""
        directory = self._root / "shims" / str(host.id)
        if not (directory / "hostname").is_symlink():
            directory.mkdir(parents=True, exist_ok=True)
            # Another thread may do the same for this host: each writes its own file, the last rename wins.
            fresh = directory / f"facts.{threading.get_ident()}"
            fresh.write_text(f"{host.ip} {host.name}\n", encoding="utf-8")
            fresh.replace(directory / "facts")
            with contextlib.suppress(FileExistsError):
                (directory / "hostname").symlink_to(self._hostname)
        return directory


def arguments(work: Work) -> list[str]:
    """Split the argument line, after string and cipher variables were substituted for ${name}.

    JOB API: line feeds in a parameter become blanks.
    """
    line = work.param.replace("\r\n", " ").replace("\n", " ")
    for name, kind, value in work.variables:
        if kind in (STRING, CIPHER):
            line = line.replace(f"${{{name}}}", value or "")
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
