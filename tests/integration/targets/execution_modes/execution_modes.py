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
        *names: str,
        hosts: list[str] | None = None,
        environment: dict[str, str] | None = None,
        through: Sequence[str] = (),
        inventory: str = "",
        **more: object,
    ) -> tuple[int, str]:
        """Return exit code and output of playbooks, started by the command C(through).

        C(more) are extra variables.
        """
        usual = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        variables = {**({} if inventory else usual), **more}
        inventory = inventory or ",".join([*(hosts or ["localhost"]), ""])
        command = [*through, "ansible-playbook", "-i", inventory, *names, "-vvv", "--extra-vars", json.dumps(variables)]
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
        # What follows the last newline is the beginning of an entry.
        lines = self.journal.read_bytes().split(b"\n")[:-1]
        return sum(json.loads(line)["call"] == "fast_execute_script" for line in lines)


def check(holds: bool, what: str, output: str) -> None:
    """Report a failed check."""
    if not holds:
        sys.exit(f"FAIL: {what}\n{output}")


def written_inventory(directory: Path, cases: dict[str, tuple[bool, dict[str, object]]], **usual: object) -> str:
    """Return the path of an inventory with a host for each case; the usual variables are those of all hosts."""
    inventory = directory / "cases.json"
    hosts = {
        name: {"ansible_connection": "local", **usual, **variables} for name, (_inside, variables) in cases.items()
    }
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    return str(inventory)


def check_modes(cases: dict[str, tuple[bool, dict[str, object]]], output: str) -> None:
    """Check for each case, which has a host of its name, whether the module ran."""
    for name, (inside, _variables) in cases.items():
        # A transfer to a host is a line of its own with the host's name.
        module = re.search(rf"^<{name}> PUT .*AnsiballZ_bk_fast_script", output, re.MULTILINE)
        check((module is None) == inside, f"runs {'inside' if inside else 'as a module'} with: {name}", output)


def succeeded(output: str) -> set[str]:
    """Return the hosts of which no task failed."""
    return set(re.findall(r"^(\S+) +: ok=1 .* unreachable=0 +failed=0 ", output, re.MULTILINE))


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
        "async": (False, {"seconds": 3600}),
        "environment": (False, {"more_environment": {"WHO": "me"}}),
    }
    inventory = written_inventory(directory, cases, ansible_python_interpreter=sys.executable)
    code, output = playbooks.run("one.yml", inventory=inventory)
    check(code == 0 and succeeded(output) == set(cases), "the task succeeds on every host", output)
    check(output.count('"log": "web-1\\n"') >= len(cases), "the result has the log", output)
    check_modes(cases, output)


def steps_aside_by_the_environment(playbooks: Playbooks, directory: Path) -> None:
    """The environment of ansible-playbook has settings, too; variables take precedence."""
    python = {"ansible_python_interpreter": sys.executable}
    other = directory / "python"
    environment = {"BK_JOB_IN_PROCESS": "0", "ANSIBLE_PYTHON_INTERPRETER": str(other)}
    cases: dict[str, tuple[bool, dict[str, object]]] = {
        "interpreter-by-a-configuration": (False, {"bk_job_in_process": True}),
        "switched-off-by-the-environment": (False, python),
        "switched-on-by-a-template": (True, {"bk_job_in_process": "{{ true }}", **python}),
    }
    # These cannot succeed: the last two not everywhere, as there may be no sudo, and there is no such port.
    switched_on = {"bk_job_in_process": True, **python}
    failing: dict[str, tuple[bool, dict[str, object]]] = {
        "a-wrong-switch": (True, {"bk_job_in_process": "perhaps", **python}),
        "become": (False, {"as_another_user": True, **switched_on}),
        "not-local": (
            True,
            {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, **switched_on},
        ),
    }
    before = playbooks.launches()
    inventory = written_inventory(directory, {**cases, **failing})
    _code, output = playbooks.run("one.yml", inventory=inventory, environment=environment)
    check(succeeded(output) - {"become"} == set(cases), "the task succeeds on these hosts", output)
    check_modes({**cases, **failing}, output)
    check("must be true or false, not 'perhaps'" in output, "names the wrong switch", output)
    check("[not-local]: UNREACHABLE!" in output, "goes to the host with: a connection that is not local", output)
    launched = len(succeeded(output))
    check(playbooks.launches() - before == launched, "launches nothing with a wrong switch", output)


def without_requests(playbooks: Playbooks) -> None:
    """Without the library in the controller the module runs; here it reports the missing library."""
    path = os.pathsep.join([str(HERE / "files" / "missing"), os.environ.get("PYTHONPATH", "")])
    code, output = playbooks.run("one.yml", environment={"PYTHONPATH": path})
    check(code == 2 and MODULE in output, "runs as a module without requests", output)
    check("Failed to import the required Python library (requests)" in output, "says what is missing", output)


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


def together(playbooks: Playbooks, directory: Path) -> None:
    """Run on ten hosts at once with both strategies, with keywords of tasks, and scripts of roles and playbooks."""
    before = playbooks.launches()
    code, output = playbooks.run("many.yml", hosts=HOSTS)
    check(code == 0 and MODULE not in output, "ten hosts at once", output)
    check(playbooks.launches() - before == 2 * len(HOSTS), "one launch for each host with each strategy", output)
    code, output = playbooks.run("keywords.yml", "scripts.yml", folder=str(directory))
    check(code == 0 and MODULE not in output, "keywords of tasks", output)
    check("unspeakable" not in output, "no_log is heeded", output)
    for text in ("from the role", "from beside the playbook"):
        check(text in output, f"a script {text}", output)


def progress(playbooks: Playbooks, directory: Path) -> None:
    """A task emits progress output, also to the log, unless it is disabled."""
    log, journal = directory / "log.txt", str(playbooks.journal)
    cases: dict[str, tuple[bool, dict[str, object]]] = {
        "shown": (True, {}),
        "unwanted": (False, {"wanted": False}),
        "silent": (False, {"silent": True}),
        "module": (False, {"bk_job_in_process": False}),
    }
    inventory = written_inventory(directory, cases, ansible_python_interpreter=sys.executable)
    environment = {"ANSIBLE_LOG_PATH": str(log)}
    code, output = playbooks.run("progress.yml", inventory=inventory, environment=environment, journal=journal)
    check(code == 0, "all hosts succeed", output)
    last = re.compile(r"bk_fast_script 2\d{10} success, \d+s")
    for text in (output, log.read_text(encoding="utf-8")):
        for name, (shown, _variables) in cases.items():
            first = re.search(rf"bk_fast_script 2\d{{10}} \[step 1/1 {name}\] 0/1 hosts, 0 failed, \d+s", text)
            check(bool(first) == shown, f"lines on the way with: {name}", text)
        check(len(last.findall(text)) == 1, "a line at the end", text)
    code, output = playbooks.run("progress.yml", environment={"BK_JOB_PROGRESS": "no"}, journal=journal)
    check(code == 0 and "[step 1/1" not in output, "no lines with the environment variable", output)


def main() -> None:
    """Run all cases."""
    playbooks, directory = Playbooks(json.loads(sys.argv[1]), Path(sys.argv[2])), Path(sys.argv[2])
    steps_aside(playbooks, directory)
    steps_aside_by_the_environment(playbooks, directory)
    without_requests(playbooks)
    in_a_locked_folder(playbooks, directory)
    together(playbooks, directory)
    progress(playbooks, directory)


if __name__ == "__main__":
    main()
