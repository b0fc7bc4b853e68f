# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations in messages."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.operations import terminate_task


@pytest.mark.parametrize("job_instance_id", [17, "'{{ item }}'"])
def test_the_task_that_stops_a_run_can_be_copied(job_instance_id: object) -> None:
    task = terminate_task(job_instance_id, Scope("biz", "2").options())
    assert task == (
        f"blueking.job.bk_job_operate: {{operation: terminate, job_instance_id: {job_instance_id}, "
        "bk_scope_type: biz, bk_scope_id: '2'}"
    )
    options = yaml.safe_load(task)["blueking.job.bk_job_operate"]
    assert (options["bk_scope_type"], options["bk_scope_id"]) == ("biz", "2")
