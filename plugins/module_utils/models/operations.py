# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Operations on job instances and steps: one table of allowed states and effects.

JOB rejects what the state does not allow, without details (JOB API: operate_job_instance, operate_step_instance).
So the state is read and checked against this table before an operation is requested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .launch import START_OPERATION
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
)

FAILED_STATES = frozenset({JOB_FAILED, JOB_ABNORMAL, JOB_TERMINATED})
RUNNING_STATES = frozenset({JOB_RUNNING, JOB_ROLLING_WAITING})
# States that a step may reach after it was started (again).
_STATES_AFTER_START = RUNNING_STATES | FAILED_STATES | {JOB_SUCCESS, JOB_IGNORED_ERROR, JOB_WAITING, JOB_TERMINATING}


@dataclass(frozen=True)
class Operation:
    """One operation: its object, the states in which JOB accepts it, and its effect.

    Args:
        name: its name in the option C(operation).
        code: its code in JOB's API.
        object_kind: C(job) for the whole instance, C(confirm) for a confirmation step, C(step) for every other step.
        allowed_states: states of the step (or instance) in which JOB accepts it and it has an effect.
        expected_states: first states of instance and step after it.
        effect_states: states of the step that show the effect, provided that the step has changed.
        past_participle: for messages, such as C(confirmed).
        already: states of the step in which the effect is there already.
        retries: it runs the step once more.
        failed_hosts_only: it runs only on hosts that failed.
        not_repeatable: the allowed state may return by itself. A late delivery of the same request would then
                    repeat the operation, so a request without a response is not retried.
        wanted_ends: final states of the instance, other than success, that are a success of a task that waits.
    """

    name: str
    code: int
    object_kind: str
    allowed_states: frozenset[int]
    expected_states: tuple[int, int | None]
    past_participle: str
    effect_states: frozenset[int] = frozenset()
    already: frozenset[int] = frozenset()
    retries: bool = False
    failed_hosts_only: bool = False
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
        expected_states=(JOB_TERMINATED, None),
        past_participle="ended",
        wanted_ends=JOB_ENDS,
    ),
    Operation(
        "start",
        START_OPERATION,
        "job",
        allowed_states=frozenset({JOB_PENDING}),
        expected_states=(JOB_RUNNING, None),
        past_participle="started",
    ),
    Operation(
        "retry_failed_hosts",
        2,
        "step",
        allowed_states=FAILED_STATES,
        expected_states=(JOB_RUNNING, JOB_RUNNING),
        effect_states=_STATES_AFTER_START,
        past_participle="retried",
        retries=True,
        failed_hosts_only=True,
        not_repeatable=True,
    ),
    Operation(
        "retry_all_hosts",
        8,
        "step",
        allowed_states=FAILED_STATES,
        expected_states=(JOB_RUNNING, JOB_RUNNING),
        effect_states=_STATES_AFTER_START,
        past_participle="retried",
        retries=True,
        not_repeatable=True,
    ),
    Operation(
        "ignore_error",
        3,
        "step",
        # JOB also accepts it for an abnormal step, and then leaves the job "running" forever.
        allowed_states=frozenset({JOB_FAILED}),
        expected_states=(JOB_RUNNING, JOB_IGNORED_ERROR),
        # A rolling step continues with its next batch.
        effect_states=RUNNING_STATES | {JOB_IGNORED_ERROR, JOB_SUCCESS, JOB_WAITING},
        past_participle="ignored",
        already=frozenset({JOB_IGNORED_ERROR}),
    ),
    Operation(
        "confirm",
        6,
        "confirm",
        allowed_states=frozenset({JOB_WAITING}),
        expected_states=(JOB_RUNNING, JOB_SUCCESS),
        effect_states=frozenset({JOB_SUCCESS}),
        past_participle="confirmed",
        already=frozenset({JOB_SUCCESS}),
    ),
    Operation(
        "refuse_confirmation",
        9,
        "confirm",
        allowed_states=frozenset({JOB_WAITING}),
        expected_states=(JOB_CONFIRMATION_REFUSED, JOB_CONFIRMATION_REFUSED),
        effect_states=frozenset({JOB_CONFIRMATION_REFUSED}),
        past_participle="refused",
        wanted_ends=frozenset({JOB_CONFIRMATION_REFUSED}),
        already=frozenset({JOB_CONFIRMATION_REFUSED}),
    ),
    Operation(
        "restart_confirmation",
        10,
        "confirm",
        allowed_states=frozenset({JOB_CONFIRMATION_REFUSED}),
        expected_states=(JOB_WAITING, JOB_WAITING),
        effect_states=frozenset({JOB_WAITING, JOB_SUCCESS}),
        past_participle="reset",
        already=frozenset({JOB_WAITING}),
    ),
    Operation(
        "next_step",
        11,
        "step",
        allowed_states=frozenset({JOB_TERMINATED}),
        expected_states=(JOB_RUNNING, JOB_SKIPPED),
        effect_states=frozenset({JOB_SKIPPED}),
        past_participle="skipped",
        already=frozenset({JOB_SKIPPED}),
    ),
    Operation(
        "skip_step",
        12,
        "step",
        allowed_states=frozenset({JOB_TERMINATING}),
        expected_states=(JOB_RUNNING, JOB_SKIPPED),
        effect_states=frozenset({JOB_SKIPPED}),
        past_participle="skipped",
        already=frozenset({JOB_SKIPPED}),
    ),
    Operation(
        "continue_rolling",
        13,
        "step",
        allowed_states=frozenset({JOB_WAITING}),
        expected_states=(JOB_RUNNING, JOB_RUNNING),
        effect_states=_STATES_AFTER_START,
        past_participle="continued",
        already=RUNNING_STATES,
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


def terminate_task(job_instance_id: object, scope: Mapping[str, object]) -> str:
    """Return a task that stops a run, for a message. C(scope) are the options of its scope."""
    # An id that looks like a number is quoted, because it is text.
    options = [f"{name}: '{value}'" if str(value).isdigit() else f"{name}: {value}" for name, value in scope.items()]
    words = ", ".join([f"operation: {TERMINATE.name}", f"job_instance_id: {job_instance_id}", *options])
    return f"blueking.job.bk_job_operate: {{{words}}}"
