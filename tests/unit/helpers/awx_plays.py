# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several playbooks of the collection in one job of the emulated AWX, each with variables of its own.

Every start of Ansible costs seconds, and what a playbook makes of its variables does not depend on AWX.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import PRELOAD

PLAYBOOKS = awx.ROOT / "playbooks"
RESCUE = "Continue with the next play"


@dataclass
class Played:
    """Events of one play, with the properties that a job has."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def wait(self) -> str:
        """Return the status that a job of this play alone would have."""
        return "failed" if any(each["event_data"].get("task") == RESCUE for each in self.events) else "successful"

    @property
    def output(self) -> str:
        """Return the output of the play."""
        return "\n".join(each["stdout"] for each in self.events).replace("\r", "")


def play_together(
    folder: Path,
    environment: Mapping[str, str],
    before: Sequence[Mapping[str, object]],
    cases: Mapping[str, tuple[str, Mapping[str, object]]],
) -> tuple[awx.Job, dict[str, Played]]:
    """Run playbooks one after the other, also after one that failed; return the job and what each play did.

    Args:
        folder: directory for the files of the job; it must not exist.
        environment: environment variables of the job.
        before: tasks of a play before all others.
        cases: by the name of the play, the name of the playbook and its variables, which may be templates. Registered
            results of earlier plays are still defined.
    """
    first = {"name": "Before all others", "hosts": "localhost", "gather_facts": False, "tasks": before}
    plays = [_rescued(name, playbook, variables) for name, (playbook, variables) in cases.items()]
    folder.mkdir()
    playbook = folder / "plays.yml"
    playbook.write_text(json.dumps([first, *plays]), encoding="utf-8")
    job = awx.Job(folder / "job", str(playbook), {**environment, **PRELOAD}, {})
    status = job.wait()
    assert status == "successful", job.output
    played = {name: Played() for name in cases}
    for event in job.events:
        if event.get("event_data", {}).get("play") in played:
            played[event["event_data"]["play"]].events.append(event)
    return job, played


def _rescued(name: str, playbook: str, variables: Mapping[str, object]) -> dict[str, Any]:
    """Return the play of a playbook, with the variables above all of its own, as extra variables are."""
    (play,) = yaml.safe_load((PLAYBOOKS / playbook).read_text(encoding="utf-8"))
    files = [str(PLAYBOOKS / each) for each in play.get("vars_files", [])]
    rescue = {"name": RESCUE, "ansible.builtin.debug": {"msg": "The play failed."}}
    block = {"block": play["tasks"], "rescue": [rescue], "vars": dict(variables)}
    return {**play, "name": name, "vars_files": files, "tasks": [block]}
