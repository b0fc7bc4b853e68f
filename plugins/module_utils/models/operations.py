# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on job instances and steps: one table of allowed states and effects.

Private to the collection blueking.job: no stable interface for others.

JOB refuses what the state does not allow and says no more than that it does (JOB API: operate_job_instance,
operate_step_instance), so the state is read and held against this table before anything is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from .run import JobInstance, StepResult
from .status import (
    JOB_ABNORMAL,
    JOB_CONFIRMATION_REFUSED,
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
    is_job_final,
    step_type_word,
)

_ENDED_BADLY = frozenset({JOB_FAILED, JOB_ABNORMAL, JOB_TERMINATED})
_GOES_ON = frozenset({JOB_RUNNING, JOB_ROLLING_WAITING})
# What may become of a step that runs (again).
_RUNS_OR_RAN = _GOES_ON | _ENDED_BADLY | {JOB_SUCCESS, JOB_IGNORED_ERROR, JOB_WAITING, JOB_TERMINATING}


@dataclass(frozen=True)
class Operation:
    """One operation: what it works on, in which states JOB takes it, and what it leads to.

    Args:
        word: its name in the option C(operation).
        code: its number at JOB.
        on: C(job) for the whole instance, C(confirm) for a confirmation step, C(work) for every other step.
        needs: states of the step (or instance) in which JOB takes it and it has an effect.
        leads_to: the first state it leads to, of instance and step.
        shows: states of the step by which the effect is seen, as far as the step is not just what it was before.
        is_so: what there is to say where it is so already.
        already: states of the step in which it is so already.
        comes_again: whether the state that is needed may come again by itself. Then the same order, carried out late,
            would do it all once more, so an order without an answer is not repeated.
    """

    word: str
    code: int
    on: str
    needs: frozenset[int]
    leads_to: tuple[int, int | None]
    is_so: str
    shows: frozenset[int] = frozenset()
    already: frozenset[int] = frozenset()
    comes_again: bool = False


def _table(*rows: Operation) -> dict[str, Operation]:
    return {row.word: row for row in rows}


OPERATIONS = _table(
    Operation(
        "terminate",
        1,
        "job",
        needs=frozenset({JOB_RUNNING, JOB_WAITING}),
        leads_to=(JOB_TERMINATED, None),
        is_so="it has ended already",
    ),
    Operation(
        "start",
        2,
        "job",
        needs=frozenset({JOB_PENDING}),
        leads_to=(JOB_RUNNING, None),
        is_so="it was started already",
    ),
    Operation(
        "retry_failed_hosts",
        2,
        "work",
        needs=_ENDED_BADLY,
        leads_to=(JOB_RUNNING, JOB_RUNNING),
        shows=_RUNS_OR_RAN,
        is_so="it is being tried again already",
        comes_again=True,
    ),
    Operation(
        "retry_all_hosts",
        8,
        "work",
        needs=_ENDED_BADLY,
        leads_to=(JOB_RUNNING, JOB_RUNNING),
        shows=_RUNS_OR_RAN,
        is_so="it is being tried again already",
        comes_again=True,
    ),
    Operation(
        "ignore_error",
        3,
        "work",
        # JOB takes it for an abnormal step as well, and then leaves the job "running" for ever.
        needs=frozenset({JOB_FAILED}),
        leads_to=(JOB_RUNNING, JOB_IGNORED_ERROR),
        # A step that rolls goes on with its next batch.
        shows=_GOES_ON | {JOB_IGNORED_ERROR, JOB_SUCCESS, JOB_WAITING},
        is_so="its error is ignored already",
        already=frozenset({JOB_IGNORED_ERROR}),
    ),
    Operation(
        "confirm",
        6,
        "confirm",
        needs=frozenset({JOB_WAITING}),
        leads_to=(JOB_RUNNING, JOB_SUCCESS),
        shows=frozenset({JOB_SUCCESS}),
        is_so="it is confirmed already",
        already=frozenset({JOB_SUCCESS}),
    ),
    Operation(
        "refuse_confirmation",
        9,
        "confirm",
        needs=frozenset({JOB_WAITING}),
        leads_to=(JOB_CONFIRMATION_REFUSED, JOB_CONFIRMATION_REFUSED),
        shows=frozenset({JOB_CONFIRMATION_REFUSED}),
        is_so="it is refused already",
        already=frozenset({JOB_CONFIRMATION_REFUSED}),
    ),
    Operation(
        "restart_confirmation",
        10,
        "confirm",
        needs=frozenset({JOB_CONFIRMATION_REFUSED}),
        leads_to=(JOB_WAITING, JOB_WAITING),
        shows=frozenset({JOB_WAITING, JOB_SUCCESS}),
        is_so="it waits for a confirmation already",
        already=frozenset({JOB_WAITING}),
    ),
    Operation(
        "next_step",
        11,
        "work",
        needs=frozenset({JOB_TERMINATED}),
        leads_to=(JOB_RUNNING, JOB_SKIPPED),
        shows=frozenset({JOB_SKIPPED}),
        is_so="it is left behind already",
        already=frozenset({JOB_SKIPPED}),
    ),
    Operation(
        "skip_step",
        12,
        "work",
        needs=frozenset({JOB_TERMINATING}),
        leads_to=(JOB_RUNNING, JOB_SKIPPED),
        shows=frozenset({JOB_SKIPPED}),
        is_so="it is left behind already",
        already=frozenset({JOB_SKIPPED}),
    ),
    Operation(
        "continue_rolling",
        13,
        "work",
        needs=frozenset({JOB_WAITING}),
        leads_to=(JOB_RUNNING, JOB_RUNNING),
        shows=_RUNS_OR_RAN,
        is_so="it is going on already",
        already=_GOES_ON,
        comes_again=True,
    ),
)
TERMINATE, REFUSE = OPERATIONS["terminate"], OPERATIONS["refuse_confirmation"]


@dataclass(frozen=True)
class Order:
    """An operation on one instance, on one step of it if that was said, and how long that may take (seconds)."""

    operation: Operation
    job_instance_id: int
    step_instance_id: int | None
    seconds: float


def is_confirmation(step: StepResult) -> bool:
    """Whether a step waits for a person instead of running something."""
    return step_type_word(step.type) == "confirm"


def open_confirmation(instance: JobInstance | None) -> StepResult | None:
    """The confirmation step at which a job stands. A rolling run that waits has no such step.

    Stopping such a job would leave it "terminating" for ever; refusing the confirmation ends it (JOB API: manual stop).
    """
    if instance is None or instance.status not in (JOB_WAITING, JOB_TERMINATING):
        return None
    return next((step for step in instance.steps if step.status == JOB_WAITING and is_confirmation(step)), None)


def is_about(operation: Operation, step: StepResult) -> bool:
    """Whether an operation is for this kind of step."""
    return operation.on == ("confirm" if is_confirmation(step) else "work")


def is_possible(operation: Operation, instance: JobInstance, step: StepResult | None) -> bool:
    """Whether JOB takes the operation now, and it has an effect."""
    if step is not None:
        return is_about(operation, step) and step.status in operation.needs
    if operation is TERMINATE and open_confirmation(instance) is not None:
        return True
    return operation.on == "job" and instance.status in operation.needs


def is_already(operation: Operation, instance: JobInstance, step: StepResult | None) -> bool:
    """Whether what the operation is to bring about is so without it."""
    if step is None:
        ended = is_job_final(instance.status, instance.finished)
        if operation is TERMINATE:
            return ended or (instance.status == JOB_TERMINATING and open_confirmation(instance) is None)
        return operation.on == "job" and instance.status != JOB_PENDING
    if not is_about(operation, step):
        return False
    if operation.word.startswith("retry_") and step.status in _GOES_ON and step.execute_count:
        return True
    if operation.word == "retry_failed_hosts" and instance.status == step.status == JOB_SUCCESS:
        return True
    return step.status in operation.already


def is_moving(operation: Operation, instance: JobInstance) -> bool:
    """Whether the state is about to change, so that one had better look again.

    JOB answers before it acts: it says at once that a job is running whose step still stands where it stood. And a job
    that was just launched is pending for a moment.
    """
    if operation is TERMINATE:
        return instance.status == JOB_PENDING
    stands = any(step.status in _ENDED_BADLY or step.status == JOB_WAITING for step in instance.steps)
    return operation.on != "job" and instance.status == JOB_RUNNING and stands
