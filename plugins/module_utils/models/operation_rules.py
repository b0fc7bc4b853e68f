# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""State rules of operations: whether one is possible, done already, or about to be."""

from __future__ import annotations

from .operations import FAILED_STATES, RUNNING_STATES, TERMINATE, Operation
from .run import JobInstance, StepResult
from .status import JOB_PENDING, JOB_RUNNING, JOB_SUCCESS, JOB_TERMINATING, JOB_WAITING, step_type_name


def is_confirmation(step: StepResult) -> bool:
    """Return whether the step waits for a user's confirmation instead of running something."""
    return step_type_name(step.type) == "confirm"


def open_confirmation(instance: JobInstance | None) -> StepResult | None:
    """Return the confirmation step at which a job waits. A waiting rolling run has no such step.

    Terminating such a job would leave it "terminating" forever. Refusing the confirmation ends it (JOB API: manual
    stop).
    """
    if instance is None or instance.status not in (JOB_WAITING, JOB_TERMINATING):
        return None
    return next((step for step in instance.steps if step.status == JOB_WAITING and is_confirmation(step)), None)


def applies_to(operation: Operation, step: StepResult) -> bool:
    """Return whether an operation applies to this kind of step."""
    return operation.object_kind == ("confirm" if is_confirmation(step) else "step")


def is_possible(operation: Operation, instance: JobInstance, step: StepResult | None) -> bool:
    """Return whether JOB accepts the operation now, and it has an effect."""
    if step is not None:
        return applies_to(operation, step) and step.status in operation.allowed_states
    if operation is TERMINATE and open_confirmation(instance) is not None:
        return True
    return operation.object_kind == "job" and instance.status in operation.allowed_states


def is_already_done(operation: Operation, instance: JobInstance, step: StepResult | None) -> bool:
    """Return whether the effect of the operation is there already."""
    if step is None:
        if operation is TERMINATE:
            return instance.ended or (instance.status == JOB_TERMINATING and open_confirmation(instance) is None)
        return operation.object_kind == "job" and instance.status != JOB_PENDING
    if not applies_to(operation, step):
        return False
    if operation.retries and step.status in RUNNING_STATES and step.execute_count:
        return True
    if operation.failed_hosts_only and instance.status == step.status == JOB_SUCCESS:
        return True
    return step.status in operation.already


def in_transition(operation: Operation, instance: JobInstance) -> bool:
    """Return whether the state is about to change, so that it should be polled again.

    JOB responds before it acts: it reports a job as running although its step is unchanged. A job that was just
    launched is pending for a moment.
    """
    if operation is TERMINATE:
        return instance.status == JOB_PENDING
    is_unchanged = any(step.status in FAILED_STATES or step.status == JOB_WAITING for step in instance.steps)
    return operation.object_kind != "job" and instance.status == JOB_RUNNING and is_unchanged
