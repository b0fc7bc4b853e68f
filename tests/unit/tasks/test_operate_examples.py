# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented examples do what their names say."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.tests.unit.helpers.instance_states import STANDINGS, LinkedClock, Performed

MODULES = "ansible_collections.blueking.job.plugins.modules"
# In the order of the examples: the state in which each finds the job, the kind of error, the state afterwards, changed.
WAIT = [
    ("running", "wait_timeout", "running", False),
    ("success", None, "success", False),
    ("success", None, "success", False),
    ("running", "wait_timeout", "terminated", True),
    ("confirmed, success", None, "success", False),
]
OPERATE = [
    ("running", None, "terminated", True),
    ("failed", None, "running", True),
    ("failed", "wait_timeout", "running", True),
    ("asking", None, "waiting_confirmation", True),
    ("asking between batches", None, "success", True),
]


def cases(module: str, expected: list[Any]) -> list[Any]:
    examples = yaml.safe_load(importlib.import_module(f"{MODULES}.bk_job_{module}").EXAMPLES)
    pairs = zip(examples, expected, strict=True)
    return [pytest.param(module, example, *each, id=example["name"][:60]) for example, each in pairs]


@pytest.mark.parametrize(
    ("module", "example", "state", "kind", "after", "changed"), [*cases("wait", WAIT), *cases("operate", OPERATE)]
)
def test_example(module: str, example: dict[str, Any], state: str, kind: Any, after: str, changed: bool) -> None:
    options = example[f"blueking.job.bk_job_{module}"]
    with STANDINGS[state].reached() as (place, run):
        if "job_instance_ids" in options:
            options["job_instance_ids"] = [run.id]
        else:
            options["job_instance_id"] = run.id
        if "step_instance_id" in options:
            options["step_instance_id"] = run.step()["step_instance_id"]
        context = TaskContext(check_mode=example.get("check_mode", False), diff=example.get("diff", False))
        # The longest wait takes place in fewer, longer steps.
        waits = module == "wait" or options.get("wait")
        pace = {"poll_interval": 600, "poll_max_interval": 600} if waits else {}
        task = Performed(module, place, "ESB v3", LinkedClock(place.server), context, **{**options, **pace})
        assert (task.kind, task.result["status"], task.result["changed"]) == (kind, after, changed)
        assert ("diff" in task.result) is context.diff
