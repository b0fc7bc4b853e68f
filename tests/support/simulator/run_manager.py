# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run manager: all runs of one server; creates and finds instances, and accepts starts, stops and operations.

JOB API: these requests are asynchronous. They are checked, queued and confirmed; the state machine acts later.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .callback import Callbacks
from .cmdb import Host, Scope
from .confirmers import Confirmers
from .errors import JobError
from .execution_rounds import Executor
from .file_executor import FileExecutor
from .file_rows import TransferLog
from .host_files import Files, HostFiles
from .host_outcomes import Rule
from .host_tasks import Clock
from .instances import CONFIRM_STEP, FILE_STEP, PENDING, RUNNING, SCRIPT_STEP, WAITING, JobInstance, StepInstance
from .operations import OPERATIONS
from .process_executor import ProcessExecutor
from .scheduler import Timeline
from .scripted_executor import ScriptedExecutor
from .scripted_transfers import ScriptedTransfers
from .state_machine import Machine
from .step_executors import StepExecutors
from .step_work import Transfer, Work

FIRST_JOB_ID, FIRST_STEP_ID = 20_000_000_001, 30_000_000_001
_PREFIX = "job-server-"


def _unused_directory() -> Path:
    """Return the path of a directory that is not made unless a host has files: few scripted runs need it."""
    return Path(tempfile.gettempdir(), f"{_PREFIX}{uuid.uuid4().hex}")


@dataclass(frozen=True)
class StepSpec:
    """A step to create: a script step with work and hosts, a file step with a transfer, or a confirmation."""

    step_id: int
    name: str
    work: Work | None = None
    hosts: tuple[Host, ...] = ()
    ignore_error: bool = False
    confirmers: Confirmers = Confirmers()
    transfer: Transfer | None = None

    @property
    def kind(self) -> int:
        """Return the type of the step."""
        if self.transfer is not None:
            return FILE_STEP
        return CONFIRM_STEP if self.work is None else SCRIPT_STEP


class RunManager:
    """All runs of one server. With rules, runs are scripted by them; without, scripts really run."""

    def __init__(
        self, workers: int, timeline: Timeline, rules: Sequence[Rule] | None = None, files: Files | None = None
    ) -> None:
        self.timeline = timeline
        self.callbacks = Callbacks()
        self._root = _unused_directory() if rules is not None else Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.files = HostFiles(self._root / "hosts", files or {})
        self._executor: Executor = self._executors(workers, rules)
        self._machine = Machine(timeline, self._executor, self.callbacks)
        self._jobs: dict[int, JobInstance] = {}
        self._lock = threading.Lock()
        self._job_ids = itertools.count(FIRST_JOB_ID)
        self._step_ids = itertools.count(FIRST_STEP_ID)
        self._started = 0

    def _executors(self, workers: int, rules: Sequence[Rule] | None) -> StepExecutors:
        if rules is None:
            return StepExecutors(ProcessExecutor(self._root, workers, self.files), FileExecutor(self.files, workers))
        return StepExecutors(ScriptedExecutor(rules, self.timeline), ScriptedTransfers(rules, self.timeline))

    def create(
        self,
        scope: Scope,
        name: str,
        operator: str,
        step_specs: Sequence[StepSpec],
        plan_id: int = -1,
        callback_url: str | None = None,
    ) -> JobInstance:
        """Create a run in state 1, not yet started. JOB API: a fast task has the plan id -1."""
        with self._lock:
            now = self.timeline.now_ms()
            job_id = next(self._job_ids)
            steps = [self._step(spec, now) for spec in step_specs]
            directory = self._root / str(job_id)
            job = JobInstance(job_id, scope, plan_id, name, operator, steps, directory, Clock(now), callback_url)
            self._jobs[job_id] = job
        return job

    def _step(self, spec: StepSpec, now: int) -> StepInstance:
        step = StepInstance(
            id=next(self._step_ids),
            step_id=spec.step_id,
            name=spec.name,
            kind=spec.kind,
            clock=Clock(now),
            hosts=spec.hosts,
            work=spec.work,
            transfer=spec.transfer,
            ignore_error=spec.ignore_error,
            confirmers=spec.confirmers,
        )
        step.transfer_log = TransferLog(step)
        return step

    def find(self, scope: Scope, job_id: int) -> JobInstance:
        """JOB API: an instance of another scope looks like one that does not exist."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.scope != scope:
            raise JobError(1244006)
        return job

    def knows(self, job_id: int) -> bool:
        """Return whether there is such a run, in any scope."""
        with self._lock:
            return job_id in self._jobs

    def runs(self) -> list[JobInstance]:
        """Return all runs, oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def start(self, job: JobInstance) -> None:
        """JOB API: only a pending run can be started."""
        with job.lock:
            if job.status != PENDING:
                raise JobError(1241015)
            job.wanted = True
            self._machine.post(job, lambda: self._begin(job))

    def _begin(self, job: JobInstance) -> None:
        if self._machine.begin(job):
            with self._lock:
                self._started += 1

    def terminate(self, job: JobInstance) -> None:
        """JOB API: only a running or waiting run can be stopped, and only once."""
        with job.lock:
            if job.status not in (RUNNING, WAITING):
                raise JobError(1241003)
            self._machine.post(job, lambda: self._machine.stop(job))

    def operate(self, job: JobInstance, step: StepInstance, code: int, confirmer: bool) -> None:
        """JOB API: the allowed operations depend on the step's kind and state (1241003)."""
        operation = OPERATIONS[code]
        with job.lock:
            if not operation.allows(step):
                raise JobError(1241003)
            if operation.for_confirmers and not confirmer:
                raise JobError(1244016)
            if operation.counts and not step.counted:
                # JOB API: a retry is counted before its call returns.
                step.execute_count, step.counted = step.execute_count + 1, True
            if operation.runs_at_once:
                self._machine.reopen(job)
            self._machine.post(job, lambda: operation.act(self._machine, job, step))

    def counts(self) -> dict[str, int]:
        """Count the runs, the started ones, and the callbacks sent."""
        with self._lock:
            return {"created": len(self._jobs), "started": self._started, "callbacks": self.callbacks.sent}

    def close(self) -> None:
        """Stop every child process and remove every directory."""
        self.timeline.close()
        self._executor.close()
        shutil.rmtree(self._root, ignore_errors=True)
