# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in a real C(ansible-playbook), in either execution mode, and their results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
Task = Mapping[str, Any]


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
    results = "{{ [" + ", ".join(f"result_{n}" for n in range(len(tasks))) + "] | to_json }}"
    save = {"ansible.builtin.copy": {"content": results, "dest": str(folder / "results.json"), "mode": "0600"}}
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [*all_tasks, save]}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    (folder / "extra.json").write_text(json.dumps(extra_vars or {}), encoding="utf-8")
    process = subprocess.run(
        [str(PLAYBOOK), "-i", "localhost,", "-e", f"@{folder / 'extra.json'}", str(folder / "play.yml")],
        capture_output=True,
        text=True,
        env={
            "HOME": str(folder),
            "PATH": f"{PLAYBOOK.parent}:{os.defpath}",
            "LANG": "C.UTF-8",
            "BK_JOB_IN_PROCESS": str(in_process).lower(),
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    found: list[dict[str, Any]] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return found
