# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs and their parts: job instance, step instances, and one task per host, with the states they go through.

JOB API: jobs and steps share one list of states, hosts have their own; a job is over when its own state is final.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from .cmdb import Host, Scope
from .origin import Origin
from .process import Child

PENDING, RUNNING, SUCCESS, FAILED, SKIPPED, IGNORED, WAITING = 1, 2, 3, 4, 5, 6, 7
ABNORMAL, STOPPING, STOPPED, REFUSED, ABANDONED = 9, 10, 11, 13, 14
FINAL = frozenset({SUCCESS, FAILED, SKIPPED, IGNORED, ABNORMAL, STOPPED, REFUSED, ABANDONED})

HOST_WAITING, HOST_RUNNING, HOST_SUCCESS = 5, 7, 9
HOST_WITHOUT_AGENT, HOST_TIMEOUT, HOST_BAD_EXIT, HOST_NO_AGENT, HOST_STOPPED = 18, 102, 104, 310, 403
AGENT_DOWN_CODE = 117
"""JOB API: the agent platform's own number for an agent that does not answer."""

SCRIPT_STEP, CONFIRM_STEP = 1, 3


def now_ms() -> int:
    """The present, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass
class Clock:
    """When something was created, begun and ended, in milliseconds. JOB API: unknown times are null."""

    created: int = field(default_factory=now_ms)
    started: int | None = None
    ended: int | None = None

    @property
    def total(self) -> int | None:
        """How long it took, once it is over."""
        return None if self.ended is None or self.started is None else self.ended - self.started


@dataclass(frozen=True)
class Work:
    """What a script step runs: the script, its argument line, and the plan's variables for shell scripts."""

    language: int
    content: bytes
    param: str
    timeout: int
    variables: tuple[tuple[str, int, str | None], ...] = ()
    """Name, type and value of each variable."""
    origin: Origin = Origin()


@dataclass
class HostTask:
    """One host's share of a step."""

    host: Host
    log: Path
    status: int = HOST_WAITING
    exit_code: int | None = None
    error_code: int = 0
    tag: str = ""
    clock: Clock = field(default_factory=Clock)
    child: Child = field(default_factory=Child)

    @property
    def final(self) -> bool:
        """JOB API: a host is done in every state but waiting (5) and running (7)."""
        return self.status not in (HOST_WAITING, HOST_RUNNING)

    @property
    def total(self) -> int | None:
        """JOB API: a script that ran counts at least 100 ms; a host that never ran counts 0."""
        total = self.clock.total
        return (
            total
            if total is None or self.status in (HOST_NO_AGENT, HOST_WITHOUT_AGENT) or self.exit_code is None
            else max(total, 100)
        )

    def finish(self, status: int, exit_code: int | None, error_code: int = 0) -> None:
        """Give the host its verdict. One that never ran has equal start and end."""
        self.clock.ended = now_ms()
        if self.clock.started is None:
            self.clock.started = self.clock.ended
        self.status, self.exit_code, self.error_code = status, exit_code, error_code

    def text(self) -> str | None:
        """What the script has printed so far; None before there is any log."""
        try:
            return self.log.read_bytes().decode("utf-8", "replace") or None
        except FileNotFoundError:
            return None


@dataclass
class StepInstance:
    """One step of a run, with a task per host once it has begun."""

    id: int
    step_id: int
    name: str
    kind: int
    hosts: tuple[Host, ...] = ()
    work: Work | None = None
    ignore_error: bool = False
    status: int = PENDING
    execute_count: int = 0
    clock: Clock = field(default_factory=Clock)
    tasks: list[HostTask] = field(default_factory=list)
    open_tasks: int = 0

    @property
    def succeeded(self) -> bool:
        """JOB API: a step is a success only when every one of its hosts is."""
        return all(task.status == HOST_SUCCESS for task in self.tasks)

    def begin(self, status: int) -> None:
        """Enter the first state of a step that is taken up."""
        self.status, self.clock.started = status, now_ms()

    def end(self, status: int) -> None:
        """Enter a final state."""
        self.status, self.clock.ended = status, now_ms()

    def task_of(self, host_id: int) -> HostTask | None:
        """The task of a host, if it takes part."""
        return next((task for task in self.tasks if task.host.id == host_id), None)


@dataclass
class JobInstance:
    """One run. Its lock guards everything below it."""

    id: int
    scope: Scope
    plan_id: int
    name: str
    operator: str
    steps: list[StepInstance]
    folder: Path
    app: str = ""
    """The application that launched it."""
    status: int = PENDING
    clock: Clock = field(default_factory=Clock)
    position: int = 0
    """The number of the current step."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def finished(self) -> bool:
        """JOB API: a run is over when its own state is final, whatever its steps say."""
        return self.status in FINAL

    @property
    def fast(self) -> bool:
        """JOB API: a run of no plan has the plan id -1."""
        return self.plan_id == -1

    @property
    def current(self) -> StepInstance:
        """The step that is taken up, or the last one when all are done."""
        return self.steps[min(self.position, len(self.steps) - 1)]

    def end(self, status: int) -> None:
        """Enter a final state."""
        self.status, self.clock.ended = status, now_ms()

    def step(self, step_id: int) -> StepInstance | None:
        """The step of an instance id, if the run has it."""
        return next((step for step in self.steps if step.id == step_id), None)
