# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Operations on job instances and steps: one table of allowed states and effects.

JOB rejects what the state does not allow, without details (JOB API: operate_job_instance, operate_step_instance).
So the state is read and checked against this table before an operation is requested.
"""

from __future__ import annotations

from dataclasses import dataclass

from .run import JobInstance, StepResult
from .status import (
    JOB_ABNORMAL,
    JOB_CONFIRMATION_REFUSED,
    JOB_ENDS,
    JOB_FAILED,
    JOB_IGNORED_ERROR,
    JOB_PENDING,
    JOB_ROLLING_WAITING,
    JOB_RUNNING,
    JOB_SKIPPED,
    JOB_SUCCESS,
    JOB_TERMINATED,
    JOB_TERMINATING,
    JOB_WAITING,
    is_job_finished,
    step_type_name,
)

_FAILED_STATES = frozenset({JOB_FAILED, JOB_ABNORMAL, JOB_TERMINATED})
_RUNNING_STATES = frozenset({JOB_RUNNING, JOB_ROLLING_WAITING})
# States that a step may reach after it was started (again).
_STATES_AFTER_START = _RUNNING_STATES | _FAILED_STATES | {JOB_SUCCESS, JOB_IGNORED_ERROR, JOB_WAITING, JOB_TERMINATING}


@dataclass(frozen=True)
class Operation:
    """One operation: its object, the states in which JOB accepts it, and its effect.

    Args:
        name: its name in the option C(operation).
        code: its code in JOB's API.
        on: C(job) for the whole instance, C(confirm) for a confirmation step, C(work) for every other step.
        allowed_states: states of the step (or instance) in which JOB accepts it and it has an effect.
        leads_to: first states of instance and step after it.
        effect_states: states of the step that show the effect, provided that the step has changed.
        done: past participle for messages, such as C(confirmed).
        already: states of the step in which the effect is there already.
        not_repeatable: the allowed state may return by itself. A late delivery of the same request would then
                    repeat the operation, so a request without a response is not retried.
        wanted_ends: final states of the instance, other than success, that are a success of a task that waits.
    """

    name: str
    code: int
    on: str
    allowed_states: frozenset[int]
    leads_to: tuple[int, int | None]
    done: str
    effect_states: frozenset[int] = frozenset()
    already: frozenset[int] = frozenset()
    not_repeatable: bool = False
    wanted_ends: frozenset[int] = frozenset()


def _by_name(*operations: Operation) -> dict[str, Operation]:
    return {operation.name: operation for operation in operations}


OPERATIONS = _by_name(
    Operation(
        "terminate",
        1,
        "job",
        allowed_states=frozenset({JOB_RUNNING, JOB_WAITING}),
        leads_to=(JOB_TERMINATED, None),
        done="ended",
        wanted_ends=JOB_ENDS,
    ),
    Operation(
        "start",
        2,
        "job",
        allowed_states=frozenset({JOB_PENDING}),
        leads_to=(JOB_RUNNING, None),
        done="started",
    ),
    Operation(
        "retry_failed_hosts",
        2,
        "work",
        allowed_states=_FAILED_STATES,
        leads_to=(JOB_RUNNING, JOB_RUNNING),
        effect_states=_STATES_AFTER_START,
        done="retried",
        not_repeatable=True,
    ),
    Operation(
        "retry_all_hosts",
        8,
        "work",
        allowed_states=_FAILED_STATES,
        leads_to=(JOB_RUNNING, JOB_RUNNING),
        effect_states=_STATES_AFTER_START,
        done="retried",
        not_repeatable=True,
    ),
    Operation(
        "ignore_error",
        3,
        "work",
        # JOB also accepts it for an abnormal step, and then leaves the job "running" forever.
        allowed_states=frozenset({JOB_FAILED}),
        leads_to=(JOB_RUNNING, JOB_IGNORED_ERROR),
        # A rolling step continues with its next batch.
        effect_states=_RUNNING_STATES | {JOB_IGNORED_ERROR, JOB_SUCCESS, JOB_WAITING},
        done="ignored",
        already=frozenset({JOB_IGNORED_ERROR}),
    ),
    Operation(
        "confirm",
        6,
        "confirm",
        allowed_states=frozenset({JOB_WAITING}),
        leads_to=(JOB_RUNNING, JOB_SUCCESS),
        effect_states=frozenset({JOB_SUCCESS}),
        done="confirmed",
        already=frozenset({JOB_SUCCESS}),
    ),
    Operation(
        "refuse_confirmation",
        9,
        "confirm",
        allowed_states=frozenset({JOB_WAITING}),
        leads_to=(JOB_CONFIRMATION_REFUSED, JOB_CONFIRMATION_REFUSED),
        effect_states=frozenset({JOB_CONFIRMATION_REFUSED}),
        done="refused",
        wanted_ends=frozenset({JOB_CONFIRMATION_REFUSED}),
        already=frozenset({JOB_CONFIRMATION_REFUSED}),
    ),
    Operation(
        "restart_confirmation",
        10,
        "confirm",
        allowed_states=frozenset({JOB_CONFIRMATION_REFUSED}),
        leads_to=(JOB_WAITING, JOB_WAITING),
        effect_states=frozenset({JOB_WAITING, JOB_SUCCESS}),
        done="reset",
        already=frozenset({JOB_WAITING}),
    ),
    Operation(
        "next_step",
        11,
        "work",
        allowed_states=frozenset({JOB_TERMINATED}),
        leads_to=(JOB_RUNNING, JOB_SKIPPED),
        effect_states=frozenset({JOB_SKIPPED}),
        done="skipped",
        already=frozenset({JOB_SKIPPED}),
    ),
    Operation(
        "skip_step",
        12,
        "work",
        allowed_states=frozenset({JOB_TERMINATING}),
        leads_to=(JOB_RUNNING, JOB_SKIPPED),
        effect_states=frozenset({JOB_SKIPPED}),
        done="skipped",
        already=frozenset({JOB_SKIPPED}),
    ),
    Operation(
        "continue_rolling",
        13,
        "work",
        allowed_states=frozenset({JOB_WAITING}),
        leads_to=(JOB_RUNNING, JOB_RUNNING),
        effect_states=_STATES_AFTER_START,
        done="continued",
        already=_RUNNING_STATES,
        not_repeatable=True,
    ),
)
TERMINATE, REFUSE = OPERATIONS["terminate"], OPERATIONS["refuse_confirmation"]


@dataclass(frozen=True)
class OperationRequest:
    """An operation on one instance, or on one of its steps, and its time limit (seconds)."""

    operation: Operation
    job_instance_id: int
    step_instance_id: int | None
    seconds: float


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
    return operation.on == ("confirm" if is_confirmation(step) else "work")


def is_possible(operation: Operation, instance: JobInstance, step: StepResult | None) -> bool:
    """Return whether JOB accepts the operation now, and it has an effect."""
    if step is not None:
        return applies_to(operation, step) and step.status in operation.allowed_states
    if operation is TERMINATE and open_confirmation(instance) is not None:
        return True
    return operation.on == "job" and instance.status in operation.allowed_states


def is_already_done(operation: Operation, instance: JobInstance, step: StepResult | None) -> bool:
    """Return whether the effect of the operation is there already."""
    if step is None:
        ended = is_job_finished(instance.status, instance.finished)
        if operation is TERMINATE:
            return ended or (instance.status == JOB_TERMINATING and open_confirmation(instance) is None)
        return operation.on == "job" and instance.status != JOB_PENDING
    if not applies_to(operation, step):
        return False
    if operation.name.startswith("retry_") and step.status in _RUNNING_STATES and step.execute_count:
        return True
    if operation.name == "retry_failed_hosts" and instance.status == step.status == JOB_SUCCESS:
        return True
    return step.status in operation.already


def in_transition(operation: Operation, instance: JobInstance) -> bool:
    """Return whether the state is about to change, so that it should be polled again.

    JOB responds before it acts: it reports a job as running although its step is unchanged. A job that was just
    launched is pending for a moment.
    """
    if operation is TERMINATE:
        return instance.status == JOB_PENDING
    is_unchanged = any(step.status in _FAILED_STATES or step.status == JOB_WAITING for step in instance.steps)
    return operation.on != "job" and instance.status == JOB_RUNNING and is_unchanged
