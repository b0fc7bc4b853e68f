# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A round: some hosts of a step that run at once. The engine opens rounds, an executor carries them out.

An executor tells a round which hosts begin and how they end; the round that loses its last open host tells the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from .instances import (
    AGENT_DOWN_CODE,
    HOST_NO_AGENT,
    HOST_RUNNING,
    HOST_STOPPED,
    HOST_WAITING,
    HOST_WITHOUT_AGENT,
    STOPPING,
    HostTask,
    JobInstance,
    StepInstance,
    Verdict,
    Work,
)
from .time_format import platform_line


class Executor(Protocol):
    """Carries out the hosts of rounds. All three methods come back at once."""

    def run(self, work: Round) -> None:
        """Begin with the hosts of a round that can run."""

    def stop(self, work: Round) -> None:
        """End what still runs of a round."""

    def close(self) -> None:
        """End everything."""


class Round:
    """Some hosts of a step that run at once."""

    def __init__(
        self,
        job: JobInstance,
        step: StepInstance,
        tasks: list[HostTask],
        now: Callable[[], int],
        over: Callable[[Round], None],
        broken: Callable[[Round, int], None],
    ) -> None:
        self.job = job
        self.step = step
        self.tasks = tasks
        self.closed = False
        """Whether nothing that comes from its hosts counts any more."""
        self.started = False
        """Whether an executor has it."""
        self._now, self._over, self._broken = now, over, broken
        self._open = len(tasks)

    @property
    def work(self) -> Work:
        """What its hosts run."""
        assert self.step.work is not None
        return self.step.work

    @property
    def succeeded(self) -> bool:
        """Whether all its hosts are a success."""
        return all(task.succeeded for task in self.tasks)

    @property
    def ended(self) -> bool:
        """Whether no host is open any more."""
        return self.closed or self._open == 0

    def sort_out(self) -> list[HostTask]:
        """Give hosts without agent their verdict; the others can run.

        JOB API: a host without any agent ends 18 and one whose agent is down 310; neither is dispatched.
        """
        ready = []
        for task in self.tasks:
            if task.host.agent_missing:
                note = self.line(f"no agent is installed on {task.host.ip}")
                self.finish([task], Verdict(HOST_WITHOUT_AGENT, None, note=note))
            elif not task.host.agent_up:
                note = self.line(f"the agent of {task.host.ip} does not answer")
                self.finish([task], Verdict(HOST_NO_AGENT, 0, AGENT_DOWN_CODE, note=note))
            else:
                ready.append(task)
        return ready

    def line(self, message: str) -> str:
        """A line of the platform's own for a log."""
        return platform_line(self._now(), message)

    def begin(self, tasks: Iterable[HostTask]) -> bool:
        """Let hosts begin, unless the run is being stopped; whether they may."""
        with self.job.lock:
            if self.closed or self.job.status == STOPPING:
                return False
            for task in tasks:
                if task.status == HOST_WAITING:
                    task.status, task.clock.started = HOST_RUNNING, self._now()
            return True

    def finish(self, tasks: Iterable[HostTask], verdict: Verdict) -> None:
        """Give hosts their verdict; those that have one keep it."""
        with self.job.lock:
            if self.closed:
                return
            before = self._open
            for task in tasks:
                if not task.final:
                    task.finish(verdict, self._now())
                    self._open -= 1
            if before and not self._open:
                self._over(self)

    def stopped(self) -> None:
        """The agents have ended what still ran.

        JOB API: hosts end 403; when no agent had received its task yet, all hosts are left waiting.
        """
        with self.job.lock:
            if self.ended:
                return
            if any(task.clock.started is not None for task in self.dispatched):
                self.finish([task for task in self.tasks if task.status == HOST_WAITING], Verdict(HOST_STOPPED, None))
                self.finish(self.tasks, Verdict(HOST_STOPPED))
            else:
                self.closed = True
                self._over(self)

    @property
    def dispatched(self) -> list[HostTask]:
        """The hosts whose agents could be asked at all."""
        return [task for task in self.tasks if task.host.agent_up and not task.host.agent_missing]

    def abandon(self, verdict: Verdict | None = None) -> None:
        """Nothing of this round counts any more; hosts that were not done get a verdict, or stay as they are."""
        with self.job.lock:
            if verdict is not None:
                for task in self.tasks:
                    if not task.final:
                        task.finish(verdict, self._now())
            self.closed = True

    def fail(self, status: int) -> None:
        """The engine itself gives up on the step, which ends in this state together with its run."""
        with self.job.lock:
            if not self.ended:
                self.closed = True
                self._broken(self, status)
