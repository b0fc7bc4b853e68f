# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run playbooks, and check in which execution mode their tasks ran, by Ansible's -vvv output."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOSTS = [f"host{number}" for number in range(10)]
# Ansible's -vvv output when it starts a module.
MODULE = "Using module file"


class Playbooks:
    """Runs playbooks against one JOB server."""

    def __init__(self, server: dict[str, str], directory: Path) -> None:
        self.journal = Path(server["journal"])
        self.environment = {
            **os.environ,
            "BK_JOB_API_URL": server["url"],
            "BK_APP_CODE": "test_app",
            "BK_APP_SECRET": "test_app_secret",
            "BK_USERNAME": "alice",
            "BK_SCOPE_ID": "2",
            "ANSIBLE_FORCE_COLOR": "false",
            "ANSIBLE_FORKS": "10",
            # Ansible searches it in the user's home directory, and writes it to that of the environment.
            "ANSIBLE_ASYNC_DIR": str(directory / "async"),
        }

    def run(
        self,
        name: str,
        hosts: list[str] | None = None,
        environment: dict[str, str] | None = None,
        through: Sequence[str] = (),
        inventory: str = "",
        **more: object,
    ) -> tuple[int, str]:
        """Return exit code and output of a playbook, started by the command C(through).

        C(more) are extra variables; None removes one of the usual ones.
        """
        usual = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        variables = {
            name: value for name, value in {**({} if inventory else usual), **more}.items() if value is not None
        }
        inventory = inventory or ",".join([*(hosts or ["localhost"]), ""])
        command = [*through, "ansible-playbook", "-i", inventory, name, "-vvv", "--extra-vars", json.dumps(variables)]
        done = subprocess.run(
            command,
            cwd=HERE,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def launches(self) -> int:
        """Return the number of launches on the server."""
        lines = self.journal.read_text(encoding="utf-8").splitlines()
        return sum(json.loads(line)["call"] == "fast_execute_script" for line in lines)


def check(holds: bool, what: str, output: str) -> None:
    """Report a failed check."""
    if not holds:
        sys.exit(f"FAIL: {what}\n{output}")


def steps_aside(playbooks: Playbooks, directory: Path) -> None:
    """The module runs if the task could behave differently in the process; the result is the same."""
    # Not a link: through one, the Python of a virtual environment would not find its libraries.
    other = directory / "python"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    other.chmod(0o755)
    here = Path(sys.executable)
    # One play with a host for each case that differs only in variables.
    cases: dict[str, tuple[bool, dict[str, object]]] = {
        "nothing-said": (True, {}),
        "interpreter-found-by-ansible": (True, {"ansible_python_interpreter": "auto_silent"}),
        "interpreter-by-another-name": (True, {"ansible_python_interpreter": f"{here.parent}/./{here.name}"}),
        "interpreter-of-another-folder": (False, {"ansible_python_interpreter": str(other)}),
        "switched-off-by-a-variable": (False, {"bk_job_in_process": "no"}),
        "switched-on-by-a-template": (True, {"bk_job_in_process": "{{ true }}"}),
        "async": (False, {"seconds": 60}),
        "environment": (False, {"more_environment": {"WHO": "me"}}),
    }
    inventory = directory / "cases.json"
    usual = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {name: {**usual, **variables} for name, (_inside, variables) in cases.items()}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    code, output = playbooks.run("one.yml", inventory=str(inventory))
    check(code == 0 and output.count('"log": "web-1\\n"') >= len(cases), "the task succeeds on every host", output)
    for name, (inside, _variables) in cases.items():
        # A transfer to a host is a line of its own with the host's name.
        module = re.search(rf"^<{name}> PUT .*AnsiballZ_bk_fast_script", output, re.MULTILINE)
        check((module is None) == inside, f"runs {'inside' if inside else 'as a module'} with: {name}", output)
    other_python = {"ANSIBLE_PYTHON_INTERPRETER": str(other)}
    in_environment: list[tuple[str, bool, dict[str, object], dict[str, str]]] = [
        ("interpreter by a configuration", False, {"ansible_python_interpreter": None}, other_python),
        ("switched off by the environment", False, {}, {"BK_JOB_IN_PROCESS": "false"}),
        ("a variable against the environment", True, {"bk_job_in_process": "{{ true }}"}, {"BK_JOB_IN_PROCESS": "0"}),
    ]
    for name, inside, more, environment in in_environment:
        code, output = playbooks.run("one.yml", environment=environment, **more)
        check(code == 0 and '"log": "web-1\\n"' in output, f"the task succeeds with: {name}", output)
        check((MODULE not in output) == inside, f"runs {'inside' if inside else 'as a module'} with: {name}", output)
    # These cannot succeed everywhere: there may be no sudo, and there is no such host.
    _code, output = playbooks.run("one.yml", as_another_user=True)
    check(MODULE in output, "runs as a module with: become", output)
    code, output = playbooks.run("one.yml", hosts=["127.0.0.1"], ansible_connection="ssh", ansible_port=1)
    check(code == 4 and "UNREACHABLE" in output, "goes to the host with: a connection that is not local", output)


def without_requests(playbooks: Playbooks) -> None:
    """Without the library in the controller the module runs; here it reports the missing library."""
    path = os.pathsep.join([str(HERE / "files" / "missing"), os.environ.get("PYTHONPATH", "")])
    code, output = playbooks.run("one.yml", environment={"PYTHONPATH": path})
    check(code == 2 and MODULE in output, "runs as a module without requests", output)
    check("Failed to import the required Python library (requests)" in output, "says what is missing", output)


def wrong_switch(playbooks: Playbooks) -> None:
    """An invalid value of the setting is an error."""
    before = playbooks.launches()
    code, output = playbooks.run("one.yml", bk_job_in_process="perhaps")
    check(code == 2 and "must be true or false, not 'perhaps'" in output, "names the wrong switch", output)
    check(playbooks.launches() == before, "launches nothing with a wrong switch", output)


def in_a_locked_folder(playbooks: Playbooks, directory: Path) -> None:
    """Run in a directory that the user of the tasks may not enter."""
    locked = directory / "locked"
    locked.mkdir(exist_ok=True)
    through = ["sh", "-c", 'cd "$0" && chmod 0 . && exec "$@"', str(locked)]
    if os.geteuid() == 0 and shutil.which("setpriv"):
        through += ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    try:
        code, output = playbooks.run(str(HERE / "one.yml"), through=through)
    finally:
        locked.chmod(0o700)
    check(code == 0 and MODULE not in output, "a folder that is locked", output)


def many_hosts(playbooks: Playbooks) -> None:
    """Run on ten hosts at once, with both strategies."""
    for how in ("linear", "free"):
        before = playbooks.launches()
        code, output = playbooks.run("many.yml", hosts=HOSTS, environment={"ANSIBLE_STRATEGY": how})
        check(code == 0 and MODULE not in output, f"ten hosts with the strategy {how}", output)
        check(playbooks.launches() - before == len(HOSTS), f"one launch for each host with {how}", output)


def progress(playbooks: Playbooks, directory: Path) -> None:
    """A task emits progress output, also to the log, unless it is disabled."""
    first = re.compile(r"bk_fast_script 2\d{10} \[step 1/1 a moment\] 0/1 hosts, 0 failed, 0s")
    last = re.compile(r"bk_fast_script 2\d{10} success, \d+s")
    log = directory / "log.txt"
    _code, output = playbooks.run("progress.yml", environment={"ANSIBLE_LOG_PATH": str(log)})
    for text in (output, log.read_text(encoding="utf-8")):
        check(bool(first.search(text) and last.search(text)), "lines on the way, and one at the end", text)
    off: list[tuple[dict[str, object], dict[str, str]]] = [
        ({"wanted": False}, {}),
        ({}, {"BK_JOB_PROGRESS": "no"}),
        ({"silent": True}, {}),
        ({"bk_job_in_process": False}, {}),
    ]
    for variables, environment in off:
        code, output = playbooks.run("progress.yml", environment=environment, **variables)
        check(code == 0 and "[step 1/1" not in output, f"no lines with {variables} {environment}", output)


def main() -> None:
    """Run all cases."""
    playbooks = Playbooks(json.loads(sys.argv[1]), Path(sys.argv[2]))
    steps_aside(playbooks, Path(sys.argv[2]))
    without_requests(playbooks)
    wrong_switch(playbooks)
    in_a_locked_folder(playbooks, Path(sys.argv[2]))
    many_hosts(playbooks)
    progress(playbooks, Path(sys.argv[2]))
    code, output = playbooks.run("keywords.yml", folder=sys.argv[2])
    check(code == 0 and MODULE not in output, "keywords of tasks", output)
    check("unspeakable" not in output, "no_log is heeded", output)
    code, output = playbooks.run("scripts.yml")
    for text in ("from the role", "from beside the playbook"):
        check(code == 0 and text in output, f"a script {text}", output)


if __name__ == "__main__":
    main()
