# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs: job instances, step instances, and one task per host and execution.

JOB API: jobs and steps share one list of states, hosts have their own; a job has ended when its own state is final.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from .cmdb import Host, Scope
from .confirmers import Confirmers
from .deliveries import Deliveries
from .host_tasks import SILENCE, Clock, HostTask, Output
from .rolling_batches import Rolling
from .step_work import SERVER_FILE, Transfer, Work

PENDING, RUNNING, SUCCESS, FAILED, SKIPPED, IGNORED, WAITING = 1, 2, 3, 4, 5, 6, 7
ABNORMAL, STOPPING, STOPPED, REFUSED, ABANDONED, BETWEEN_BATCHES = 9, 10, 11, 13, 14, 15
FINAL = frozenset({SUCCESS, FAILED, SKIPPED, IGNORED, ABNORMAL, STOPPED, REFUSED, ABANDONED})

SCRIPT_STEP, FILE_STEP, CONFIRM_STEP = 1, 2, 3


@dataclass
class StepInstance:
    """One step of a run, with a task per host after its start."""

    id: int
    step_id: int
    name: str
    kind: int
    clock: Clock
    hosts: tuple[Host, ...] = ()
    work: Work | None = None
    transfer: Transfer | None = None
    deliveries: Deliveries = field(default_factory=Deliveries)
    transfer_log: Output = SILENCE
    ignore_error: bool = False
    confirmers: Confirmers = Confirmers()
    rolling: Rolling | None = None
    status: int = PENDING
    execute_count: int = 0
    counted: bool = False
    """The next execution is counted already."""
    batch: int = 0
    """The number of the current batch; 0 for a step that does not roll."""
    tasks: list[HostTask] = field(default_factory=list)
    """The latest task of every host."""
    history: list[HostTask] = field(default_factory=list)
    """The tasks of earlier executions, replaced by retries."""
    _places: dict[int, int] = field(default_factory=dict)
    """The position of each host in a batch of the list of tasks; every list has the hosts in the same order."""
    _addresses: dict[tuple[int, str], int] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """JOB API: a step is a success only if all its hosts are."""
        return all(task.succeeded for task in self.tasks)

    @property
    def senders(self) -> Iterator[Host]:
        """Return the hosts whose files a file step sends. JOB API: JOB's own host does not count."""
        sources = self.transfer.sources if self.transfer else ()
        return (host for source in sources if source.kind == SERVER_FILE for host in source.hosts)

    @property
    def last_batch(self) -> bool:
        """Return whether the current batch is the last."""
        return self.rolling is None or self.batch >= len(self.rolling.sizes) - 1

    def open(self, now: int) -> None:
        """JOB API: one row per host, also of later batches, all waiting."""
        self.tasks = [self.new_task(host, now, batch) for host, batch in self._by_batch()]
        self._places = {host.id: place for place, host in enumerate(self.hosts)}
        self._addresses = {(host.cloud_id, host.ip): place for place, host in enumerate(self.hosts)}

    def new_task(self, host: Host, now: int, batch: int, execution: int = 0) -> HostTask:
        """Return the task of a host that waits for an execution."""
        task = HostTask(host, Clock(now), execution, batch)
        if self.transfer:
            task.tag, task.output = None, self.transfer_log
        return task

    def pending_tasks(self) -> list[HostTask]:
        """Return the hosts of a step that has not begun."""
        return [HostTask(host, self.clock, batch=batch, planned=True) for host, batch in self._by_batch()]

    def _by_batch(self) -> Iterator[tuple[Host, int]]:
        batches = (0 for _turn in self.hosts) if self.rolling is None else self.rolling.batches()
        # JOB API: a step that rolls over its sources has a row of each host in every batch.
        return zip(cycle(self.hosts), batches, strict=False)

    def replace(self, task: HostTask) -> None:
        """Replace a host's latest task, which becomes history."""
        place = self._places[task.host.id]
        if self.rolling is not None and self.rolling.over_sources:
            place += task.batch * len(self.hosts)
        self.history.append(self.tasks[place])
        self.tasks[place] = task

    def task_of(self, host_id: int) -> HostTask | None:
        """Return the latest task of a host, if it has one."""
        place = self._places.get(host_id)
        return None if place is None else self.tasks[place]

    def task_at(self, cloud_id: int, ip: str) -> HostTask | None:
        """Return the latest task of the host at an address, if there is one."""
        place = self._addresses.get((cloud_id, ip))
        return None if place is None else self.tasks[place]

    def tasks_of_execution(self, number: int) -> list[HostTask]:
        """Return the tasks of one execution: of a retry, only those hosts that ran again."""
        return [task for task in [*self.history, *self.tasks] if task.execution == number]


@dataclass
class JobInstance:
    """One run. Its lock guards all its fields and parts."""

    id: int
    scope: Scope
    plan_id: int
    name: str
    operator: str
    steps: list[StepInstance]
    directory: Path
    clock: Clock
    callback_url: str | None = None
    app: str = ""
    """The application that launched it."""
    wanted: bool = False
    """Its start was requested; a run that was only created is not active."""
    status: int = PENDING
    position: int = 0
    """The number of the current step."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    inbox: deque[Callable[[], None]] = field(default_factory=deque)
    """Pending actions of this run, in order."""
    busy: bool = False

    @property
    def finished(self) -> bool:
        """JOB API: a run has ended when its own state is final, whatever the states of its steps."""
        return self.status in FINAL

    @property
    def fast(self) -> bool:
        """JOB API: a run without plan has the plan id -1."""
        return self.plan_id == -1

    @property
    def current(self) -> StepInstance:
        """Return the current step, or the last one when all have ended."""
        return self.steps[min(self.position, len(self.steps) - 1)]

    def step(self, step_id: int) -> StepInstance | None:
        """Return the step of an instance id, if the run has it."""
        return next((step for step in self.steps if step.id == step_id), None)
