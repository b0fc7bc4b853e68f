# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Target of an operation: the step, nothing to do, or not possible and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..common.text import join_first
from ..errors import JobError
from ..models.operation_rules import applies_to, is_already_done, is_possible
from ..models.operations import OPERATIONS, TERMINATE, Operation, OperationRequest
from ..models.run import JobInstance, StepResult
from ..models.status import JOB_SUCCESS, job_status_name

_MAX_STEPS_SHOWN = 12


@dataclass(frozen=True)
class OperationTarget:
    """The step to operate, None for the whole instance; C(note) is set if there is nothing to do, and explains why."""

    step: StepResult | None = None
    note: str | None = None


def choose_target(request: OperationRequest, instance: JobInstance) -> OperationTarget:
    """Choose the target.

    Raises:
        JobError: C(validation), with the current state and the possible operations; C(not_found) for a step.
    """
    operation = request.operation
    named: StepResult | None = None
    if operation.object_kind == "job":
        steps: list[StepResult | None] = [None]
    elif request.step_instance_id is None:
        steps = [*instance.steps]
    else:
        named = _find_step(request.step_instance_id, instance)
        steps = [named]
    possible = [step for step in steps if is_possible(operation, instance, step)]
    if len(possible) > 1:
        raise _ambiguous_step_error(operation, instance, possible)
    if possible:
        return OperationTarget(possible[0])
    already = [step for step in steps if is_already_done(operation, instance, step)]
    if already:
        return OperationTarget(already[-1], _already_done_note(operation, instance, already[-1]))
    raise not_possible_error(operation, instance, named)


def not_possible_error(operation: Operation, instance: JobInstance, step: StepResult | None) -> JobError:
    """Return the error for an operation that the state forbids, or that had no effect although it is allowed.

    C(step) is None if the operation is not one of a certain step.
    """
    name, job = operation.name, f"job instance {instance.job_instance_id}"
    if step is not None and is_possible(operation, instance, step):
        return JobError(
            f"{name} had no effect: {step.label()} of {job} is {job_status_name(step.status)}",
            kind="validation",
            hint=f"Another user or JOB changed the step in the meantime. Run the task again to request {name} again.",
        )
    if step is not None and not applies_to(operation, step):
        reason = f"{step.label()} of {job} is {'a' if operation.object_kind == 'step' else 'not a'} confirmation"
    elif step is not None:
        reason = f"{step.label()} of {job} is {job_status_name(step.status)}"
    elif operation.object_kind == "job":
        reason = f"{job} is {job_status_name(instance.status)}"
    else:
        needed = " or ".join(job_status_name(state) for state in sorted(operation.allowed_states))
        kind = "confirmation" if operation.object_kind == "confirm" else "step"
        reason = f"no {kind} of {job} ({job_status_name(instance.status)}) is {needed}"
    # List only operations of this step; other steps would contradict the rest of the sentence.
    possible = list_possible_operations(instance, instance.steps if step is None else [step])
    advice = f"Choose an operation possible now: {possible}." if possible else "No operation is possible now."
    return JobError(
        f"{name} is not possible now: {reason}; possible: {possible or 'nothing'}",
        kind="validation",
        hint=f"{advice} The steps of {job}: {describe_steps(instance.steps)}.",
    )


def list_possible_operations(instance: JobInstance, steps: Iterable[StepResult]) -> str:
    """List the operations that an instance and some of its steps allow in their current state; empty if none."""
    subjects = [None, *steps]
    names = [
        name for name, operation in OPERATIONS.items() if any(is_possible(operation, instance, s) for s in subjects)
    ]
    return ", ".join(names)


def describe_steps(steps: Iterable[StepResult | None]) -> str:
    """List steps with their states, for the user to choose from."""
    known = [f"{step.label()}: {job_status_name(step.status)}" for step in steps if step is not None]
    return join_first(known, _MAX_STEPS_SHOWN)


def _find_step(step_id: int, instance: JobInstance) -> StepResult:
    for step in instance.steps:
        if step.step_instance_id == step_id:
            return step
    raise JobError(
        f"Job instance {instance.job_instance_id} has no step {step_id}",
        kind="not_found",
        hint=f"Its steps: {describe_steps(instance.steps)}.",
    )


def _ambiguous_step_error(operation: Operation, instance: JobInstance, steps: list[StepResult | None]) -> JobError:
    job = f"job instance {instance.job_instance_id}"
    return JobError(
        f"{operation.name} needs step_instance_id: {len(steps)} steps of {job} match: {describe_steps(steps)}",
        kind="validation",
        hint=f"Set step_instance_id to one of them: {describe_steps(steps)}.",
    )


def _already_done_note(operation: Operation, instance: JobInstance, step: StepResult | None) -> str:
    what, state = (step.label(), step.status) if step else (f"job instance {instance.job_instance_id}", instance.status)
    reason = "it has already ended" if operation is TERMINATE else f"it was already {operation.past_participle}"
    if operation.failed_hosts_only and state == JOB_SUCCESS:
        reason = "JOB counts it as successful, so there is nothing to retry"
    return f"No change: {what} is {job_status_name(state)}; {reason}."
