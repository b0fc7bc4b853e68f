# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""State machine: moves a run from step to step, batch to batch, to its end.

JOB API: hosts of a step run side by side, a step ends when all of them are final, the first step that fails ends the
job and leaves the later steps pending forever. Nothing here waits: every action of a run is in the run's queue.
With a flowing clock the queue is processed at once; with a manual one, every action is a step of the clock.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import partial

from .callback import Callbacks
from .execution_rounds import Executor, Round
from .host_tasks import HostTask
from .instances import (
    ABNORMAL,
    BETWEEN_BATCHES,
    CONFIRM_STEP,
    FAILED,
    IGNORED,
    PENDING,
    REFUSED,
    RUNNING,
    STOPPED,
    STOPPING,
    SUCCESS,
    WAITING,
    JobInstance,
    StepInstance,
)
from .rolling_batches import ASK, GO_ON, Rolling
from .scheduler import Timeline
from .step_variables import open_step


class Machine:
    """Acts on runs. Except for C(post), methods must be called with the run's lock held."""

    def __init__(self, timeline: Timeline, executor: Executor, callbacks: Callbacks) -> None:
        self._timeline = timeline
        self._executor = executor
        self._callbacks = callbacks
        self._rounds: dict[int, list[Round]] = {}

    def post(self, job: JobInstance, action: Callable[[], None]) -> None:
        """Queue an action of a run."""
        with job.lock:
            job.inbox.append(action)
            if self._timeline.manual:
                self._timeline.after(0, lambda: self._work_off(job, 1))
            else:
                self._work_off(job, sys.maxsize)

    def _work_off(self, job: JobInstance, most: int) -> None:
        with job.lock:
            if job.busy:
                return
            job.busy = True
            try:
                while job.inbox and most > 0:
                    most -= 1
                    self._act(job, job.inbox.popleft())
            finally:
                job.busy = False

    def _act(self, job: JobInstance, action: Callable[[], None]) -> None:
        """JOB API: an exception in the platform ends step and job abnormally (9)."""
        try:
            action()
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self._break_off(job, job.current, ABNORMAL)

    def now_ms(self) -> int:
        """Return the current time."""
        return self._timeline.now_ms()

    def begin(self, job: JobInstance) -> bool:
        """Start a pending run; return whether it was pending."""
        if job.status != PENDING:
            return False
        job.status, job.clock.started = RUNNING, self._timeline.now_ms()
        self.post(job, lambda: self.take_up(job))
        return True

    def take_up(self, job: JobInstance) -> None:
        """Start the current step, or end the run if there is none left."""
        if job.status != RUNNING:
            return
        if job.position >= len(job.steps):
            self.finish(job, SUCCESS)
            return
        step = job.current
        if step.status != PENDING:
            return
        step.clock.started = self._timeline.now_ms()
        if step.kind == CONFIRM_STEP:
            step.status = job.status = WAITING
            return
        open_step(job, step, self._timeline.now_ms())
        if step.rolling is not None and step.rolling.starts is None:
            # JOB API: a serially rolling step waits before its first batch as it does between them.
            step.status = BETWEEN_BATCHES
            self.post(job, lambda: self._run_batch(job, step))
        else:
            step.status = RUNNING
            self._run_side_by_side(job, step)

    def next_step(self, job: JobInstance) -> None:
        """Move to the next step."""
        job.position += 1
        self.post(job, lambda: self.take_up(job))

    def next_batch(self, job: JobInstance, step: StepInstance) -> None:
        """Move to the next batch."""
        step.batch += 1
        self.post(job, lambda: self._run_batch(job, step))

    def _run_batch(self, job: JobInstance, step: StepInstance) -> None:
        if job.status == RUNNING:
            self.run(job, step, [task for task in step.tasks if task.batch == step.batch])

    def _run_side_by_side(self, job: JobInstance, step: StepInstance) -> None:
        starts = (0,) if step.rolling is None else step.rolling.starts or (0,)
        batches: list[list[HostTask]] = [[] for _turn in starts]
        for task in step.tasks:
            batches[task.batch].append(task)
        rounds = self._rounds[step.id] = [self._round(job, step, tasks) for tasks in batches]
        for one, start in zip(rounds, starts, strict=True):
            if start:
                self._timeline.after(start / 1000, partial(self.post, job, partial(self._hand_over, one)))
            else:
                self._hand_over(one)

    def run(self, job: JobInstance, step: StepInstance, tasks: list[HostTask]) -> None:
        """Run some hosts of a step, which makes the step a running one."""
        step.status, step.clock.ended = RUNNING, None
        one = self._round(job, step, tasks)
        self._rounds[step.id] = [one]
        self._hand_over(one)

    def _round(self, job: JobInstance, step: StepInstance, tasks: list[HostTask]) -> Round:
        return Round(job, step, tasks, self._timeline.now_ms, self._over, self._broken)

    def _hand_over(self, one: Round) -> None:
        with one.job.lock:
            if one.closed:
                return
            one.started = True
            if one.tasks:
                self._executor.run(one)
            else:
                self._over(one)

    def _over(self, one: Round) -> None:
        self.post(one.job, lambda: self._settle(one))

    def _settle(self, one: Round) -> None:
        """Decide how the step continues after all hosts of a round have ended."""
        job, step = one.job, one.step
        rounds = self._rounds.get(step.id, [])
        if one not in rounds or any(not other.ended for other in rounds):
            return
        del self._rounds[step.id]
        if job.status == STOPPING:
            # JOB API: if all hosts had ended when the stop arrived, the step is a success in a stopped job.
            self.end(step, SUCCESS if step.succeeded else STOPPED)
            self.finish(job, STOPPED)
        elif step.rolling is not None and step.rolling.starts is None:
            self._settle_batch(job, step, step.rolling, one.succeeded)
        elif step.succeeded or step.ignore_error:
            self.end(step, SUCCESS if step.succeeded else IGNORED)
            self.next_step(job)
        else:
            self.end(step, FAILED)
            self.finish(job, FAILED)

    def _settle_batch(self, job: JobInstance, step: StepInstance, rolling: Rolling, good: bool) -> None:
        """JOB API: a failed batch stops the job, unless failures are ignored; then only the last one counts (6)."""
        if not good and rolling.mode != GO_ON:
            self.end(step, FAILED)
            self.finish(job, FAILED)
        elif step.last_batch:
            self.end(step, SUCCESS if good else IGNORED)
            self.next_step(job)
        elif rolling.mode == ASK:
            self.end(step, WAITING)
            job.status = WAITING
        else:
            # JOB API: between batches a step has its end and total time already.
            self.end(step, BETWEEN_BATCHES if good else IGNORED)
            self.next_batch(job, step)

    def stop(self, job: JobInstance) -> None:
        """JOB API: a run is 10 until its hosts have ended, then 11.

        A waiting confirmation has no stop action, so such a run stays at 10.
        """
        if job.status not in (RUNNING, WAITING):
            return
        job.status = STOPPING
        step = job.current
        if step.kind == CONFIRM_STEP and step.status == WAITING:
            return
        rounds = self._rounds.get(step.id, [])
        if not rounds:
            if not step.tasks:
                step.open(self._timeline.now_ms())
            self.end(step, STOPPED)
            self.finish(job, STOPPED)
            return
        step.status = STOPPING
        for one in rounds:
            if one.started:
                self._executor.stop(one)
            else:
                one.stopped()

    def end(self, step: StepInstance, status: int) -> None:
        """Set a state with an end time."""
        step.status, step.clock.ended = status, self._timeline.now_ms()

    def finish(self, job: JobInstance, status: int) -> None:
        """Set a run's final state. JOB API: its callback is sent, unless a user has refused to confirm."""
        job.status, job.clock.ended = status, self._timeline.now_ms()
        if job.callback_url and status != REFUSED:
            self._callbacks.send(job)

    def reopen(self, job: JobInstance) -> None:
        """JOB API: a retry removes end and total time; the start stays."""
        job.status, job.clock.ended = RUNNING, None

    def abandon(self, step: StepInstance) -> list[Round]:
        """Remove and return the rounds of a step."""
        return self._rounds.pop(step.id, [])

    def _broken(self, one: Round, status: int, timed: bool) -> None:
        self.post(one.job, lambda: self._break_off(one.job, one.step, status, timed))

    def _break_off(self, job: JobInstance, step: StepInstance, status: int, timed: bool = True) -> None:
        for one in self.abandon(step):
            one.abandon()
        self.end(step, status)
        step.clock.ended = step.clock.ended if timed else None
        self.finish(job, status)
