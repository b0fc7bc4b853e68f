# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Target of an operation: which step, nothing to do, or not possible and why.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..common.text import short
from ..errors import JobError
from ..models.operations import OPERATIONS, Operation, Order, is_about, is_already, is_possible
from ..models.run import JobInstance, StepResult
from ..models.status import JOB_SUCCESS, job_word

_NAME = 40
_LISTED = 12


@dataclass(frozen=True)
class Choice:
    """The step that is meant, None for the whole instance; C(note) says why nothing is to be done, if so."""

    step: StepResult | None = None
    note: str | None = None


def choose(order: Order, instance: JobInstance) -> Choice:
    """What to do.

    Raises:
        JobError: C(validation), with the state in words and what is possible now; C(not_found) for a step.
    """
    operation = order.operation
    if operation.on == "job":
        steps: list[StepResult | None] = [None]
    elif order.step_instance_id is None:
        steps = [*instance.steps]
    else:
        steps = [_step(order.step_instance_id, instance)]
    possible = [step for step in steps if is_possible(operation, instance, step)]
    if len(possible) > 1:
        raise _several(operation, instance, possible)
    if possible:
        return Choice(possible[0])
    already = [step for step in steps if is_already(operation, instance, step)]
    if already:
        return Choice(already[-1], _note(operation, instance, already[-1]))
    raise not_possible(order, instance)


def not_possible(order: Order, instance: JobInstance) -> JobError:
    """The error for an operation that the state forbids, or that had no effect although the state allows it."""
    word, job = order.operation.word, f"job instance {instance.job_instance_id}"
    step = next((each for each in instance.steps if each.step_instance_id == order.step_instance_id), None)
    if step is not None and is_possible(order.operation, instance, step):
        return JobError(
            f"{word} had no effect: {_named(step)} of {job} is {job_word(step.status)}",
            kind="validation",
            hint=f"Another user or JOB changed the step in the meantime. Run the task again to request {word} again.",
        )
    if step is not None and not is_about(order.operation, step):
        why = f"{_named(step)} of {job} is {'a' if order.operation.on == 'work' else 'no'} confirmation"
    elif step is not None:
        why = f"{_named(step)} of {job} is {job_word(step.status)}"
    elif order.operation.on == "job":
        why = f"{job} is {job_word(instance.status)}"
    else:
        needed = " or ".join(job_word(state) for state in sorted(order.operation.needs))
        kind = "confirmation" if order.operation.on == "confirm" else "step"
        why = f"no {kind} of {job} ({job_word(instance.status)}) is {needed}"
    # Of another step the operation may be possible; that would contradict the rest of the sentence.
    possible = possible_words(instance, instance.steps if step is None else [step])
    return JobError(
        f"{word} is not possible now: {why}; possible: {possible}",
        kind="validation",
        hint=f"Possible now: {possible}. The steps of {job}: {listed(instance.steps)}.",
    )


def possible_words(instance: JobInstance, steps: Iterable[StepResult]) -> str:
    """The operations that are possible for an instance and some of its steps in their present state."""
    subjects = [None, *steps]
    words = [
        word for word, operation in OPERATIONS.items() if any(is_possible(operation, instance, s) for s in subjects)
    ]
    return ", ".join(words) or "nothing"


def listed(steps: Iterable[StepResult | None]) -> str:
    """Steps with their states, for a person to choose from."""
    known = [f"{_named(step)}: {job_word(step.status)}" for step in steps if step is not None]
    more = f", and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return ", ".join(known[:_LISTED]) + more


def _step(number: int, instance: JobInstance) -> StepResult:
    for step in instance.steps:
        if step.step_instance_id == number:
            return step
    raise JobError(
        f"Job instance {instance.job_instance_id} has no step {number}",
        kind="not_found",
        hint=f"Its steps: {listed(instance.steps)}.",
    )


def _several(operation: Operation, instance: JobInstance, steps: list[StepResult | None]) -> JobError:
    job = f"job instance {instance.job_instance_id}"
    return JobError(
        f"{operation.word} needs step_instance_id: {len(steps)} steps of {job} are in question: {listed(steps)}",
        kind="validation",
        hint=f"Name one of them: {listed(steps)}.",
    )


def _note(operation: Operation, instance: JobInstance, step: StepResult | None) -> str:
    what, state = (_named(step), step.status) if step else (f"job instance {instance.job_instance_id}", instance.status)
    is_so = operation.is_so
    if operation.word == "retry_failed_hosts" and state == JOB_SUCCESS:
        is_so = "JOB counts it as successful, so nothing has to be tried again"
    return f"Nothing was done, {what} is {job_word(state)}: {is_so}."


def _named(step: StepResult) -> str:
    return f"step {step.step_instance_id} ({short(step.name or 'without name', _NAME)})"
