# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations of users on a step of a run, as one table: allowed states and effects.

JOB API: 2 retry failed hosts, 3 ignore the error, 6 confirm, 8 retry all hosts, 9 refuse, 10 ask for a confirmation
again, 11 go to the next step, 12 skip a step that does not stop, 13 continue with the next batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .host_tasks import HOST_SKIPPED, Verdict
from .instances import (
    ABNORMAL,
    CONFIRM_STEP,
    FAILED,
    FILE_STEP,
    IGNORED,
    REFUSED,
    RUNNING,
    SCRIPT_STEP,
    SKIPPED,
    STOPPED,
    STOPPING,
    SUCCESS,
    WAITING,
    JobInstance,
    StepInstance,
)
from .state_machine import Machine

Effect = Callable[[Machine, JobInstance, StepInstance], None]


def _retry(machine: Machine, job: JobInstance, step: StepInstance, everyone: bool) -> None:
    """JOB API: another execution, with its own logs. A rolling step repeats its current batch."""
    batch = None if step.rolling is None or step.rolling.starts is not None else step.batch
    again = [
        step.new_task(task.host, machine.now_ms(), task.batch, step.execute_count)
        for task in step.tasks
        if batch in (None, task.batch) and (everyone or not task.succeeded)
    ]
    for task in again:
        step.replace(task)
    machine.run(job, step, again)


def _ignore(machine: Machine, job: JobInstance, step: StepInstance) -> None:
    """JOB API: accepted for an abnormal step too, but then nothing happens and the job stays at 2."""
    if step.status != FAILED:
        return
    machine.end(step, IGNORED)
    if step.rolling is not None and step.rolling.starts is None and not step.last_batch:
        machine.next_batch(job, step)
    else:
        machine.next_step(job)


def _confirm(machine: Machine, job: JobInstance, step: StepInstance) -> None:
    machine.end(step, SUCCESS)
    machine.next_step(job)


def _refuse(machine: Machine, job: JobInstance, step: StepInstance) -> None:
    machine.end(step, REFUSED)
    machine.finish(job, REFUSED)


def _ask_again(machine: Machine, job: JobInstance, step: StepInstance) -> None:
    machine.reopen(job)
    step.status = job.status = WAITING
    step.clock.ended = None


def _go_on(machine: Machine, job: JobInstance, step: StepInstance) -> None:
    machine.end(step, SKIPPED)
    machine.next_step(job)


def _skip(machine: Machine, job: JobInstance, step: StepInstance) -> None:
    """JOB API: hosts of a step that was skipped while they ran end 500."""
    for one in machine.abandon(step):
        one.abandon(Verdict(HOST_SKIPPED, None))
    machine.reopen(job)
    _go_on(machine, job, step)


def _continue(machine: Machine, job: JobInstance, step: StepInstance) -> None:
    machine.next_batch(job, step)


@dataclass(frozen=True)
class Operation:
    """One operation: the kind and states of steps in which it is allowed, and its effect."""

    states: frozenset[int]
    effect: Effect
    kinds: frozenset[int] = frozenset({SCRIPT_STEP, FILE_STEP})
    rolling: bool = False
    runs_at_once: bool = True
    """JOB API: the job is running (2) again as soon as the call returns."""
    for_confirmers: bool = False
    counts: bool = False
    """It adds an execution to the step."""

    def allows(self, step: StepInstance) -> bool:
        """Return whether the operation is allowed for a step."""
        return step.status in self.states and step.kind in self.kinds and (step.rolling is not None or not self.rolling)

    def act(self, machine: Machine, job: JobInstance, step: StepInstance) -> None:
        """Run it, unless the step has changed in the meantime."""
        if self.counts:
            step.counted = False
        if self.allows(step) and (not self.runs_at_once or job.status == RUNNING):
            self.effect(machine, job, step)


_CONFIRM = frozenset({CONFIRM_STEP})
_DONE_BADLY = frozenset({FAILED, ABNORMAL, STOPPED})

OPERATIONS: dict[int, Operation] = {
    2: Operation(_DONE_BADLY, lambda machine, job, step: _retry(machine, job, step, everyone=False), counts=True),
    3: Operation(frozenset({FAILED, ABNORMAL}), _ignore),
    6: Operation(frozenset({WAITING}), _confirm, _CONFIRM, for_confirmers=True),
    8: Operation(_DONE_BADLY, lambda machine, job, step: _retry(machine, job, step, everyone=True), counts=True),
    9: Operation(frozenset({WAITING}), _refuse, _CONFIRM, runs_at_once=False),
    10: Operation(frozenset({REFUSED}), _ask_again, _CONFIRM, runs_at_once=False),
    11: Operation(frozenset({STOPPED}), _go_on),
    12: Operation(frozenset({STOPPING}), _skip, runs_at_once=False),
    13: Operation(frozenset({WAITING}), _continue, rolling=True),
}
