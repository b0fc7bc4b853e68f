# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages about operations that are not possible, or had no effect."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.operation_target import (
    choose_target,
    not_possible_error,
)
from ansible_collections.blueking.job.plugins.module_utils.models.operations import OPERATIONS, OperationRequest
from ansible_collections.blueking.job.plugins.module_utils.models.run import JobInstance, StepResult

TERMINATED, SUCCESS = 11, 3
NEXT_STEP = OPERATIONS["next_step"]


def stopped() -> JobInstance:
    steps = [StepResult(1, "done", SUCCESS, type=1), StepResult(2, "stopped", TERMINATED, type=1)]
    return JobInstance(7, TERMINATED, finished=True, name="run", steps=steps)


def test_an_operation_without_effect_is_not_called_impossible() -> None:
    instance = stopped()
    error = not_possible_error(NEXT_STEP, instance, instance.steps[1])
    assert error.summary == "next_step had no effect: step 2 (stopped) of job instance 7 is terminated"
    assert "possible" not in f"{error.summary} {error.hint}"


def test_possible_operations_are_those_of_the_step_that_the_task_names() -> None:
    with pytest.raises(JobError) as caught:
        choose_target(OperationRequest(NEXT_STEP, 7, 1, 0), stopped())
    summary = caught.value.summary
    assert summary == "next_step is not possible now: step 1 (done) of job instance 7 is success; possible: nothing"
    assert "step 2 (stopped): terminated" in str(caught.value.hint)
