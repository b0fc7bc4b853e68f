# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Monitor a job instance: wait for its end, stop it if requested, collect results, and set the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..api.client import JobClient
from ..common.clock import Deadline
from ..errors import Interrupted, JobError
from ..models.connection import Scope
from ..models.file_hosts import remove_other_hosts
from ..models.launch import TargetServer
from ..models.operations import terminate_task
from ..models.run import JobInstance
from ..models.settings import WaitSettings
from ..results.run_result import RunResult
from ..results.verdict import host_failure, job_failure, runs_on_hosts
from .context import TaskContext
from .log_collector import LogCollector
from .poller import Poller
from .progress import MAX_HOSTS, ProgressOutput
from .stopper import STOP_SECONDS_AFTER_SIGNAL, Stopper, StopResult, error_after_stop

# Maximum time (seconds) for reading hosts and logs after the job's end.
RESULT_TIMEOUT_SECONDS = 300.0
# Time (seconds) for one more poll of job and hosts after the task's time limit or a signal.
LAST_POLL_SECONDS = 0.7
# Maximum time (seconds) until a stop has an effect: JOB checks long-running jobs every 10 seconds.
STOP_TIMEOUT_SECONDS = 30.0


@dataclass
class JobMonitor:
    """One instance, and the result that is filled with its state."""

    client: JobClient
    scope: Scope
    job_instance_id: int
    run_result: RunResult
    context: TaskContext
    # The task launched the instance, so it exists; an id given by the user may be wrong.
    launched_by_task: bool = True
    # Module that runs, for progress output.
    module: str = "bk_job_wait"
    # Number of hosts that the launch names for one step, if known.
    explicit_host_count: int = 0
    # Targets of a launch of files: some servers list other hosts, too.
    targets: TargetServer | None = None
    # Final states other than success that the task asked for.
    wanted_ends: frozenset[int] = frozenset()
    # Signal that ended the reading of hosts and logs.
    interrupted: Interrupted | None = field(default=None, init=False)
    _missing_targets: list[str] = field(default_factory=list, init=False)

    def follow(self, settings: WaitSettings) -> None:
        """Wait for the end, and add hosts and logs to the result.

        Raises:
            JobError: the job failed, or did not end in time.
        """
        deadline = Deadline(self.context.clock, settings.timeout)
        limit = Deadline(self.context.clock, settings.timeout + LAST_POLL_SECONDS)
        early_end = self._wait(settings, deadline, limit)
        seconds, accepted = RESULT_TIMEOUT_SECONDS, False
        if early_end is not None and early_end.kind in ("wait_timeout", "interrupted"):
            interrupted = early_end.kind == "interrupted"
            seconds = LAST_POLL_SECONDS if interrupted else limit.remaining()
            if settings.terminates(early_end.kind):
                stopped = self._stop(STOP_SECONDS_AFTER_SIGNAL if interrupted else STOP_TIMEOUT_SECONDS)
                early_end, accepted = self.note_stop(early_end, stopped), stopped.accepted
                seconds = LAST_POLL_SECONDS if interrupted else STOP_TIMEOUT_SECONDS
        self.finish(settings, seconds, early_end, accepted=accepted)

    def finish(
        self, settings: WaitSettings, seconds: float, early_end: JobError | None, *, accepted: bool = False
    ) -> None:
        """Add hosts and logs to the result after the wait.

        Args:
            settings: what to return as a failure.
            seconds: time limit of reading hosts and logs.
            early_end: why the wait ended before the job, if it did.
            accepted: JOB accepted a stop.

        Raises:
            JobError: the job failed, or did not end in time.
        """
        try:
            with self.context.interrupts.interruptible():
                self._report(seconds, settings, early_end)
        except Interrupted as interrupted:
            self.interrupted = interrupted
            what = f"hosts and logs of job instance {self.job_instance_id}"
            self.context.problems.warn(f"Interrupted by {interrupted.signal} while reading {what}; they are incomplete")
        failure = early_end or self._failure(settings)
        self.run_result.failed = failure is not None
        self._warn_of_truncation()
        if failure is not None:
            stop = self._stop_advice() if failure.kind == "interrupted" and not accepted else ()
            failure.details = (*stop, *self.run_result.failure_lines())
            raise failure

    def read_once(self, deadline: Deadline) -> None:
        """Read the instance with hosts and logs once, until the deadline. Its status makes no difference.

        Raises:
            JobError: the instance cannot be read.
        """
        instance = self.client.status(self.scope, self.job_instance_id, deadline, with_hosts=True)
        self.run_result.instance = instance
        self._add_logs(instance, deadline)
        self._warn_of_truncation()

    def _wait(self, settings: WaitSettings, deadline: Deadline, limit: Deadline) -> JobError | None:
        """Return None at the job's end, else why the wait ended before."""
        progress = self._progress(settings, deadline)

        def read() -> JobInstance:
            return progress.poll(lambda: self.read(limit))

        def seen(instance: JobInstance) -> None:
            self.on_instance(instance)
            progress.report(instance)

        clock = self.context.clock
        poller = Poller(
            self.job_instance_id, settings, deadline, clock, clip=progress.clip, launched_by_task=self.launched_by_task
        )
        try:
            with self.context.interrupts.interruptible():
                poller.until_finished(read, seen)
        except Interrupted as interrupted:
            return self.interruption(interrupted)
        except JobError as error:
            if error.kind in ("wait_timeout", "waiting_confirmation"):
                return error
            raise
        return None

    def interruption(self, interrupted: Interrupted) -> JobError:
        """Return the error of a wait that a signal ended."""
        return JobError(
            f"Interrupted by {interrupted.signal} while waiting for job instance {self.job_instance_id}",
            kind="interrupted",
            hint="The job keeps running. Set `on_interrupt: terminate` to stop it.",
        )

    def _progress(self, settings: WaitSettings, deadline: Deadline) -> ProgressOutput:
        """Return the progress output; with host counts if these are cheap to read."""
        reads_hosts = not self.client.schema.always_returns_hosts and self.explicit_host_count <= MAX_HOSTS
        context = self.context if settings.progress else replace(self.context, emit_progress=None)
        return ProgressOutput(
            f"{self.module} {self.job_instance_id}", context, deadline, self._read_hosts if reads_hosts else None
        )

    def read(self, deadline: Deadline) -> JobInstance:
        """Read the state once, without hosts.

        Raises:
            JobError: it cannot be read.
        """
        return self._with_targets(self.client.status(self.scope, self.job_instance_id, deadline, retry_for=0.0))

    def _read_hosts(self, deadline: Deadline) -> JobInstance:
        instance = self.client.status(self.scope, self.job_instance_id, deadline, with_hosts=True, retry_for=0.0)
        return self._with_targets(instance)

    def _with_targets(self, instance: JobInstance) -> JobInstance:
        """Return the instance with the targets of the launch as its only hosts."""
        if self.targets is not None:
            self._missing_targets = [name for step in instance.steps for name in remove_other_hosts(step, self.targets)]
        return instance

    def on_instance(self, instance: JobInstance) -> None:
        """Store the last state: the result may be needed at any moment."""
        self.run_result.instance = instance

    def stopper(self) -> Stopper:
        """Return what can stop this instance."""
        return Stopper(self.client, self.scope, self.job_instance_id, self.context.clock, self.on_instance)

    def note_stop(self, early_end: JobError, stopped: StopResult) -> JobError | None:
        """Record a stop. Return the error of the task; None if the job ended by itself, so that its verdict counts."""
        self.run_result.stopped = stopped.changed
        return error_after_stop(early_end, stopped)

    def _stop(self, seconds: float) -> StopResult:
        return self.stopper().stop(self.run_result.instance, Deadline(self.context.clock, seconds))

    def _report(self, seconds: float, settings: WaitSettings, early_end: JobError | None) -> None:
        """Add hosts and logs. Warn if they cannot be read; the state stays as it was read."""
        seen = self.run_result.instance
        if seen is None or seconds <= 0:
            return
        deadline = Deadline(self.context.clock, seconds)
        try:
            detailed = self._with_hosts(seen, deadline)
        except JobError as error:
            self.context.problems.warn(
                f"The hosts of job instance {self.job_instance_id} cannot be read: {error.summary}"
            )
            return
        # Keep the state that ended the wait, even if the job has changed since, for example by a user's retry.
        moved_on = seen.ended or detailed.ended
        self.run_result.instance = replace(seen, steps=detailed.steps) if moved_on else detailed
        self.run_result.failed = (early_end or self._failure(settings)) is not None
        self._add_logs(self.run_result.instance, deadline)

    def _with_hosts(self, seen: JobInstance, deadline: Deadline) -> JobInstance:
        """Return the instance with its hosts; API v2 returned them with the status that ended the wait."""
        if self.client.schema.always_returns_hosts and seen.ended:
            return seen
        return self._with_targets(self.client.status(self.scope, self.job_instance_id, deadline, with_hosts=True))

    def _add_logs(self, instance: JobInstance, deadline: Deadline) -> None:
        collector = LogCollector(self.client, self.scope, self.run_result.report(), self.run_result.host_selection)
        self.run_result.logs_complete = collector.collect(instance, deadline)
        for problem in collector.problems:
            self.context.problems.warn(f"The logs of job instance {self.job_instance_id} {problem}")
        hostless = [step.step_instance_id for step in instance.steps if step.hosts is None and runs_on_hosts(step)]
        if hostless:
            self.run_result.logs_complete = False
            where = f"step {', '.join(map(str, hostless))} of job instance {self.job_instance_id}"
            self.context.problems.warn(f"JOB returned no hosts for {where}; the result lacks their logs")

    def _stop_advice(self) -> tuple[str, ...]:
        """Return a line with the task that stops the run, unless it has ended."""
        instance = self.run_result.instance
        if instance is not None and instance.ended:
            return ()
        task = terminate_task(self.job_instance_id, self.scope.options())
        return (f"It keeps running. To stop it, run this task: {task}",)

    def _warn_of_truncation(self) -> None:
        if truncation := self.run_result.truncation():
            self.context.problems.warn(
                f"{truncation}. Counts are exact; log_dir writes the logs of all hosts to files."
            )

    def _failure(self, settings: WaitSettings) -> JobError | None:
        instance = self.run_result.instance
        as_wanted = instance is not None and instance.status in self.wanted_ends
        failure = job_failure(instance) if instance is not None and not as_wanted else None
        if failure is None and instance is not None and settings.fail_on_any_host:
            return host_failure(instance, self._missing_targets)
        return failure
