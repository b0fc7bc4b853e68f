# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A launch in check mode leaves a null id; tasks that get it are skipped in check mode and fail otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_operate import JOB_OPERATE
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, run_task

TASKS: list[tuple[Task, Spec, dict[str, Any]]] = [
    (job_wait, JOB_WAIT, {}),
    (job_operate, JOB_OPERATE, {"operation": "terminate"}),
    (job_operate, JOB_OPERATE, {"operation": "retry_failed_hosts", "wait": True}),
    (instance_info, INSTANCE_INFO, {}),
]
# Nothing listens there: every request would be an error.
NOWHERE = {
    "api_url": "http://127.0.0.1:9",
    "bk_app_code": "a",
    "bk_app_secret": "secret",
    "bk_token": "t",
    "bk_scope_id": "2",
}


def run(task: Task, spec: Spec, options: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    context = TaskContext(check_mode=check_mode, clock=FakeClock())
    return run_task(task, spec, {**NOWHERE, **options}, context)


@pytest.mark.parametrize(("task", "spec", "options"), TASKS)
@pytest.mark.parametrize("null", [None, "", " "])
def test_a_null_id_skips_the_task_in_check_mode(task: Task, spec: Spec, options: dict[str, Any], null: object) -> None:
    result = run(task, spec, {**options, "job_instance_id": null}, check_mode=True)
    assert [result[key] for key in ("skipped", "finished", "changed")] == [True, True, False]
    assert (result["job_instance_id"], result["status"], result["steps"]) == (None, None, [])
    assert "nothing was launched in check mode" in result["msg"]
    with pytest.raises(InvalidTask) as caught:
        run(task, spec, {**options, "job_instance_id": null, "api_url": None}, check_mode=True)
    assert [text.partition(":")[0] for text in caught.value.errors] == ["api_url"]


@pytest.mark.parametrize(("task", "spec", "options"), TASKS)
@pytest.mark.parametrize("null", [None, ""])
def test_a_null_id_is_an_error_otherwise(task: Task, spec: Spec, options: dict[str, Any], null: object) -> None:
    with pytest.raises(InvalidTask) as caught:
        run(task, spec, {**options, "job_instance_id": null}, check_mode=False)
    (error,) = caught.value.errors
    assert error.startswith("job_instance_id: is null; ")
    assert caught.value.result["changed"] is False


@pytest.mark.parametrize(("task", "spec", "options"), TASKS[:3])
def test_an_id_that_is_not_given_is_required_in_check_mode_too(task: Task, spec: Spec, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTask) as caught:
        run(task, spec, options, check_mode=True)
    alternative = " (or job_instance_ids)" if task is job_wait else ""
    assert caught.value.errors == [f"job_instance_id: is required{alternative}"]
