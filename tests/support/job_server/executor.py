# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a step's script on one host: a sandbox folder, the interpreter, arguments, variables, and the verdict."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sys
import threading
import time
from pathlib import Path

from .catalog import ASSOCIATIVE_ARRAY, CIPHER, INDEXED_ARRAY, NAMESPACE, STRING
from .cmdb import Host
from .instances import HOST_BAD_EXIT, HOST_STOPPED, HOST_SUCCESS, HOST_TIMEOUT, HostTask, Work

SHELL = 1
CANNOT_RUN = 127
_NAMES = {1: "shell", 2: "bat", 3: "perl", 4: "python", 5: "powershell", 6: "sql"}
_SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
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
    """The program that runs a language here. Our own Python comes first: it certainly works with an empty HOME."""
    if language == 4 and sys.executable:
        return sys.executable
    found = (shutil.which(name) for name in _CANDIDATES.get(language, ()))
    return next((path for path in found if path), None)


class Executor:
    """Has one folder for all runs; every host of a run gets a folder there that stays for the run's later steps."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._interpreters = {language: interpreter(language) for language in _NAMES}
        # One program for all hosts, written before anything runs: a child that is forked while a program is being
        # written keeps it open for a moment, and then nobody can run it ("text file busy").
        self._hostname = root / "hostname"
        self._hostname.write_text(_HOSTNAME, encoding="utf-8")
        self._hostname.chmod(0o755)

    def run(self, task: HostTask, work: Work, step_id: int, folder: Path) -> tuple[int, int | None]:
        """Run the script; give the host's status and exit code.

        JOB API: 9 success, 104 exit code other than zero, 102 time limit, 403 ended by force.
        """
        program = self._interpreters.get(work.language)
        if program is None:
            self.note(task, f"no interpreter for {_NAMES[work.language]} scripts on this host")
            return HOST_BAD_EXIT, CANNOT_RUN
        home = folder / f"host-{task.host.id}"
        private = folder / f"private-{task.host.id}"
        home.mkdir(parents=True, exist_ok=True)
        private.mkdir(parents=True, exist_ok=True)
        script = private / f"step-{step_id}.{_ENDINGS[work.language]}"
        script.write_bytes(work.content)
        command = [program, str(script), *arguments(work)]
        environment = self._environment(task.host, home)
        if work.language == SHELL and work.variables:
            environment |= _variables(program, work, private, step_id)
        ending = task.child.run(command, home, environment, task.log, work.timeout)
        if ending.reason == "exit":
            return (HOST_SUCCESS if ending.exit_code == 0 else HOST_BAD_EXIT), ending.exit_code
        return (HOST_TIMEOUT if ending.reason == "timeout" else HOST_STOPPED), ending.exit_code

    @staticmethod
    def note(task: HostTask, message: str) -> None:
        """JOB API: lines that the platform itself adds to a log begin with the time in brackets."""
        stamp = time.strftime("[%Y-%m-%d %H:%M:%S]")
        with task.log.open("a", encoding="utf-8") as log:
            log.write(f"{stamp} {message}\n")

    def _environment(self, host: Host, home: Path) -> dict[str, str]:
        # Nothing of our own environment goes in: it may hold secrets of whoever started the server.
        return {
            "HOME": str(home),
            "PWD": str(home),
            "PATH": f"{self._shims(host)}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOSTNAME": host.name,
            "LANG": "C.UTF-8",
        }

    def _shims(self, host: Host) -> Path:
        """A folder with a `hostname` of the host's own, so that output shows where it comes from."""
        folder = self._root / "shims" / str(host.id)
        if not (folder / "hostname").is_symlink():
            folder.mkdir(parents=True, exist_ok=True)
            # Another thread may do the same for this host: each writes its own file, the last rename stays.
            fresh = folder / f"facts.{threading.get_ident()}"
            fresh.write_text(f"{host.ip} {host.name}\n", encoding="utf-8")
            fresh.replace(folder / "facts")
            with contextlib.suppress(FileExistsError):
                (folder / "hostname").symlink_to(self._hostname)
        return folder


def arguments(work: Work) -> list[str]:
    """The words of the argument line, after string and cipher variables were put in for ${name}.

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


def _variables(program: str, work: Work, private: Path, step_id: int) -> dict[str, str]:
    """How the variables reach the script: bash reads them from a file before it starts on the script.

    So the script's own text, its line numbers and $0 stay as they are. A shell that is no bash gets plain
    environment variables.
    """
    if Path(program).name != "bash":
        return {name: value or "" for name, _kind, value in work.variables}
    variables = [variable for variable in work.variables if _SHELL_NAME.fullmatch(variable[0])]
    namespaces = [name for name, kind, _value in variables if kind == NAMESPACE]
    kept = private / "namespace.sh"
    lines = ["unset BASH_ENV", *(_assignment(*variable) for variable in variables)]
    if namespaces:
        # JOB API: a namespace variable starts equal on all hosts; what a step leaves in it is the host's own.
        names = " ".join(namespaces)
        lines += [f"[ ! -f {_quote(kept)} ] || . {_quote(kept)}", f"trap 'declare -p {names} >{_quote(kept)}' EXIT"]
    prelude = private / f"variables-{step_id}.sh"
    prelude.write_text("\n".join(lines) + "\n", encoding="utf-8")
    prelude.chmod(0o600)
    return {"BASH_ENV": str(prelude)}


def _assignment(name: str, kind: int, value: str | None) -> str:
    """JOB API: the value of an array variable is the literal text of the array."""
    if kind == ASSOCIATIVE_ARRAY:
        return f"declare -A {name}={value or '()'}"
    if kind == INDEXED_ARRAY:
        return f"declare -a {name}={value or '()'}"
    return f"{name}={shlex.quote(value or '')}"


def _quote(path: Path) -> str:
    return shlex.quote(str(path))
