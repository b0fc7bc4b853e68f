# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of runs: creates instances, moves them from step to step, stops them.

JOB API: hosts of a step run side by side, a step ends when all of them are final, the first step that fails ends the
job and leaves the later steps pending for ever. Nothing here waits: the host that ends last moves its job on.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .cmdb import Host, Scope
from .errors import JobError
from .executor import CANNOT_RUN, Executor
from .instances import (
    AGENT_DOWN_CODE,
    CONFIRM_STEP,
    FAILED,
    HOST_BAD_EXIT,
    HOST_NO_AGENT,
    HOST_RUNNING,
    HOST_STOPPED,
    HOST_WITHOUT_AGENT,
    IGNORED,
    PENDING,
    RUNNING,
    SCRIPT_STEP,
    STOPPED,
    STOPPING,
    SUCCESS,
    WAITING,
    HostTask,
    JobInstance,
    StepInstance,
    Work,
    now_ms,
)

FIRST_JOB_ID, FIRST_STEP_ID = 20_000_000_001, 30_000_000_001


@dataclass(frozen=True)
class StepOrder:
    """A step to create: a script step with work and hosts, or without work a confirmation."""

    step_id: int
    name: str
    work: Work | None
    hosts: tuple[Host, ...] = ()
    ignore_error: bool = False


class Engine:
    """Holds all runs of one server."""

    def __init__(self, workers: int) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="job-server-"))
        self._executor = Executor(self._root)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job-host")
        self._jobs: dict[int, JobInstance] = {}
        self._lock = threading.Lock()
        self._job_ids = itertools.count(FIRST_JOB_ID)
        self._step_ids = itertools.count(FIRST_STEP_ID)
        self._closed = False

    def create(
        self, scope: Scope, name: str, operator: str, orders: Sequence[StepOrder], plan_id: int = -1
    ) -> JobInstance:
        """A run in state 1, which nothing has started yet. JOB API: a fast task has the plan id -1."""
        with self._lock:
            job_id = next(self._job_ids)
            steps = [self._step(order) for order in orders]
            folder = self._root / str(job_id)
            folder.mkdir()
            job = JobInstance(job_id, scope, plan_id, name, operator, steps, folder)
            self._jobs[job_id] = job
        return job

    def _step(self, order: StepOrder) -> StepInstance:
        kind = CONFIRM_STEP if order.work is None else SCRIPT_STEP
        ident = next(self._step_ids)
        return StepInstance(ident, order.step_id, order.name, kind, order.hosts, order.work, order.ignore_error)

    def find(self, scope: Scope, job_id: int) -> JobInstance:
        """JOB API: an instance of another scope looks like one that does not exist."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.scope != scope:
            raise JobError(1244006)
        return job

    def runs(self) -> list[JobInstance]:
        """All runs, the oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def start(self, job: JobInstance) -> None:
        """JOB API: only a pending run can be started."""
        with job.lock:
            if job.status != PENDING:
                raise JobError(1241015)
            job.status, job.clock.started = RUNNING, now_ms()
            tasks = self._advance(job)
        self._dispatch(job, tasks)

    def terminate(self, job: JobInstance) -> None:
        """JOB API: only a running or waiting run can be stopped, and only once.

        A confirmation that waits has no stop action, so such a run stays in state 10.
        """
        with job.lock:
            if job.status not in (RUNNING, WAITING):
                raise JobError(1241003)
            job.status = STOPPING
            step = job.current
            if step.kind == CONFIRM_STEP:
                return
            step.status = STOPPING
            children = [task.child for task in step.tasks if not task.final]
        for child in children:
            child.stop()

    def close(self) -> None:
        """End every child process and remove every folder."""
        with self._lock:
            self._closed = True
            jobs = list(self._jobs.values())
        for job in jobs:
            with job.lock:
                children = [task.child for step in job.steps for task in step.tasks if not task.final]
            for child in children:
                child.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._root, ignore_errors=True)

    def _advance(self, job: JobInstance) -> list[HostTask]:
        """Move on until hosts have to run, a person has to act, or the run is over. Called with the lock held."""
        while job.position < len(job.steps):
            step = job.current
            if step.kind == CONFIRM_STEP:
                step.begin(WAITING)
                job.status = WAITING
                return []
            step.begin(RUNNING)
            ready = self._open(job, step)
            if ready:
                return ready
            if not self._close_step(job, step):
                return []
        job.end(SUCCESS)
        return []

    def _open(self, job: JobInstance, step: StepInstance) -> list[HostTask]:
        """One task per host. JOB API: a host whose agent is down ends 310 and the others run."""
        step.tasks = [HostTask(host, job.folder / f"log-{step.id}-{host.id}") for host in step.hosts]
        ready = [task for task in step.tasks if task.host.agent_up]
        for task in step.tasks:
            if not task.host.agent_up:
                self._unreachable(task)
        step.open_tasks = len(ready)
        return ready

    def _unreachable(self, task: HostTask) -> None:
        """JOB API: 18 where no agent was ever installed, 310 where it does not answer."""
        if task.host.agent_missing:
            task.finish(HOST_WITHOUT_AGENT, 0)
            return
        self._executor.note(task, f"the agent of {task.host.ip or task.host.ipv6} does not answer")
        task.finish(HOST_NO_AGENT, 0, AGENT_DOWN_CODE)

    def _close_step(self, job: JobInstance, step: StepInstance) -> bool:
        """Give the step its final state; whether the run goes on to the next one."""
        if job.status == STOPPING:
            step.end(SUCCESS if step.succeeded else STOPPED)
            job.end(STOPPED)
            return False
        if not step.succeeded and not step.ignore_error:
            step.end(FAILED)
            job.end(FAILED)
            return False
        step.end(SUCCESS if step.succeeded else IGNORED)
        job.position += 1
        return True

    def _dispatch(self, job: JobInstance, tasks: Sequence[HostTask]) -> None:
        step = job.current
        with self._lock:
            if self._closed:
                return
            for task in tasks:
                self._pool.submit(self._run, job, step, task)

    def _run(self, job: JobInstance, step: StepInstance, task: HostTask) -> None:
        """One host of a step, from start to verdict, in a thread of the pool."""
        with job.lock:
            work = None if job.status == STOPPING else step.work
            if work is not None:
                task.status, task.clock.started = HOST_RUNNING, now_ms()
        status, exit_code = self._execute(job, step, task, work) if work is not None else (HOST_STOPPED, None)
        with job.lock:
            task.finish(status, exit_code)
            step.open_tasks -= 1
            over = step.open_tasks == 0
            ready = self._advance(job) if over and self._close_step(job, step) else []
        self._dispatch(job, ready)

    def _execute(self, job: JobInstance, step: StepInstance, task: HostTask, work: Work) -> tuple[int, int | None]:
        try:
            return self._executor.run(task, work, step.id, job.folder)
        except Exception as error:
            # A run must reach its end, even when a host cannot: a zero byte among the arguments, a full disk.
            with contextlib.suppress(OSError):
                self._executor.note(task, f"the script cannot be run: {error}")
            return HOST_BAD_EXIT, CANNOT_RUN
