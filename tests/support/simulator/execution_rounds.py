# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A round: hosts of a step that run at once. The run manager opens rounds, an executor runs them.

An executor reports to a round which hosts begin and how they end; the round reports its end to the state machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from .host_tasks import (
    AGENT_DOWN_CODE,
    HOST_NO_AGENT,
    HOST_RUNNING,
    HOST_STOPPED,
    HOST_WAITING,
    HOST_WITHOUT_AGENT,
    HostTask,
    Verdict,
)
from .instances import STOPPING, JobInstance, StepInstance
from .step_work import Work
from .time_format import platform_line


class Executor(Protocol):
    """Runs the hosts of rounds. All three methods return at once."""

    def run(self, work: Round) -> None:
        """Start the hosts of a round that can run."""

    def stop(self, work: Round) -> None:
        """Stop the hosts of a round that still run."""

    def close(self) -> None:
        """Stop everything."""


class Round:
    """Some hosts of a step that run at once."""

    def __init__(
        self,
        job: JobInstance,
        step: StepInstance,
        tasks: list[HostTask],
        now: Callable[[], int],
        over: Callable[[Round], None],
        broken: Callable[[Round, int, bool], None],
    ) -> None:
        self.job = job
        self.step = step
        self.tasks = tasks
        self.closed = False
        """Later reports of its hosts are ignored."""
        self.started = False
        """An executor has it."""
        self._now, self._over, self._broken = now, over, broken
        self._open = len(tasks)

    @property
    def work(self) -> Work:
        """Return the script that its hosts run."""
        assert self.step.work is not None
        return self.step.work

    @property
    def succeeded(self) -> bool:
        """Return whether all its hosts succeeded."""
        return all(task.succeeded for task in self.tasks)

    @property
    def ended(self) -> bool:
        """Return whether all its hosts have ended."""
        return self.closed or self._open == 0

    def sort_out(self) -> list[HostTask]:
        """Set the result of hosts without agent; return the others, which can run.

        JOB API: a host without any agent ends 18 and one whose agent is down 310; neither is dispatched.
        """
        ready = []
        for task in self.tasks:
            if task.host.agent_missing:
                note = self.line(f"no agent is installed on {task.host.ip}")
                self.finish([task], Verdict(HOST_WITHOUT_AGENT, None, note=note))
            elif not task.host.agent_up:
                note = self.line(f"the agent of {task.host.ip} does not respond")
                self.finish([task], Verdict(HOST_NO_AGENT, 0, AGENT_DOWN_CODE, note=note))
            else:
                ready.append(task)
        return ready

    def now_ms(self) -> int:
        """Return the current time."""
        return self._now()

    def line(self, message: str) -> str:
        """Format a log line of the platform."""
        return platform_line(self._now(), message)

    def begin(self, tasks: Iterable[HostTask]) -> bool:
        """Start hosts, unless the run is being stopped; return whether they may start."""
        with self.job.lock:
            if self.closed or self.job.status == STOPPING:
                return False
            for task in tasks:
                if task.status == HOST_WAITING:
                    task.status, task.clock.started = HOST_RUNNING, self._now()
            return True

    def finish(self, tasks: Iterable[HostTask], verdict: Verdict) -> None:
        """Set the results of hosts that have none."""
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
        """Record that the agents have stopped the remaining hosts.

        JOB API: hosts end 403; if no agent had received its task yet, all hosts stay waiting.
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
        """Return the hosts whose agents are reachable."""
        return [task for task in self.tasks if task.host.agent_up and not task.host.agent_missing]

    def abandon(self, verdict: Verdict | None = None) -> None:
        """Ignore the rest of this round; unfinished hosts get a result, or stay as they are."""
        with self.job.lock:
            if verdict is not None:
                for task in self.tasks:
                    if not task.final:
                        task.finish(verdict, self._now())
            self.closed = True

    def fail(self, status: int, timed: bool = True) -> None:
        """Fail the step, which ends in this state together with its run.

        JOB API: a step whose files could not be fetched gets no end time.
        """
        with self.job.lock:
            if not self.ended:
                self.closed = True
                self._broken(self, status, timed)
