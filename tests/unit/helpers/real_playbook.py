# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real C(ansible-playbook): tasks in either execution mode and their results, and playbooks of the collection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
# Settings with which many short tasks take less time.
PRELOAD = {"ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).resolve().parents[2] / "tools" / "preload")}
# Results as JSON, as far as Ansible prints them.
RESULTS = {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
Task = Mapping[str, Any]


def print_results(names: Sequence[str]) -> Task:
    """Return a task that prints registered results; a file would cost two modules."""
    shown = f"{{{{ [{', '.join(names)}] | to_json }}}}"
    return {"name": "Print all results", "ansible.builtin.debug": {"msg": shown}}


def printed_results(output: str) -> list[dict[str, Any]]:
    """Return what C(print_results) printed."""
    _before, _name, printed = output.rpartition("TASK [Print all results]")
    text, _end = json.JSONDecoder().raw_decode(printed, printed.index('"msg": ') + len('"msg": '))
    found: list[dict[str, Any]] = json.loads(text)
    return found


def run_playbook(home: Path, *arguments: str, **environment: str) -> str:
    """Run C(ansible-playbook), and return all its output.

    Args:
        home: home directory of the process.
        arguments: arguments of the command.
        environment: environment variables, beside those that it cannot do without.
    """
    process = subprocess.run(
        [str(PLAYBOOK), *arguments],
        capture_output=True,
        text=True,
        env={"HOME": str(home), "PATH": f"{PLAYBOOK.parent}:{os.defpath}", "LANG": "C.UTF-8", **RESULTS, **environment},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    output = process.stdout + process.stderr
    assert process.returncode == 0, output
    return output


def run_playbooks(
    api_url: str, home: Path, books: Sequence[tuple[str, Mapping[str, object]]], *arguments: str, **given: object
) -> str:
    """Run playbooks of the collection against the inventory of the demo, and return all output.

    Args:
        api_url: address of the simulator.
        home: home directory of the process.
        books: names of the playbooks, without that of the collection, each with variables of its own.
        arguments: more arguments of the command.
        given: extra variables of all of them.
    """
    imports = [{"import_playbook": f"blueking.job.{name}", "vars": dict(variables)} for name, variables in books]
    (home / "books.yml").write_text(json.dumps(imports), encoding="utf-8")
    connection = {"BK_APP_CODE": "demo_app", "BK_APP_SECRET": "demo_secret", "BK_USERNAME": "admin", "BK_SCOPE_ID": "2"}
    return run_playbook(
        home,
        *arguments,
        "-e",
        json.dumps(given),
        str(home / "books.yml"),
        BK_JOB_API_URL=api_url,
        BK_JOB_PROGRESS="false",
        **connection,
        **PRELOAD,
    )


def run_tasks(
    folder: Path,
    tasks: Sequence[Task],
    *,
    in_process: bool = True,
    environment: Mapping[str, str] | None = None,
    extra_vars: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Run the tasks, whether they fail or not, and return the result of each.

    Args:
        folder: an empty directory for the playbook.
        tasks: Ansible tasks.
        in_process: execution mode.
        environment: more environment variables of the process.
        extra_vars: extra variables, passed as AWX does, in a file of JSON.
    """
    all_tasks = [{**task, "register": f"result_{n}", "ignore_errors": True} for n, task in enumerate(tasks)]
    last = print_results([f"result_{n}" for n in range(len(tasks))])
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [*all_tasks, last]}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    (folder / "extra.json").write_text(json.dumps(extra_vars or {}), encoding="utf-8")
    arguments = ("-i", "localhost,", "-e", f"@{folder / 'extra.json'}", str(folder / "play.yml"))
    mode = {"BK_JOB_IN_PROCESS": str(in_process).lower()}
    return printed_results(run_playbook(folder, *arguments, **{**PRELOAD, **mode, **(environment or {})}))
