# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Monitor a job instance: wait for its end, stop it if asked, collect results, and judge.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..api.client import JobClient
from ..common.clock import Deadline
from ..errors import Interrupted, JobError
from ..models.connection import Scope
from ..models.run import JobInstance
from ..models.settings import WaitPlan
from ..models.status import is_job_final
from ..results.run_result import Outcome
from ..results.verdict import has_hosts, host_failures, verdict
from .context import Face
from .log_collector import LogCollector
from .poller import Wait
from .progress import MOST_HOSTS, Progress
from .stopper import SECONDS_AFTER_SIGNAL, Stopped, Stopper

# So long (seconds) may be spent on reading hosts and logs after the job's end.
REPORT_SECONDS = 300.0
# After the task's own time limit, or a signal, there is this much time (seconds) for one more look at job and hosts.
LAST_LOOK_SECONDS = 0.7
# So long (seconds) a stop may take to have an effect: JOB looks every 10 seconds at a job that runs for long.
STOP_SECONDS = 30.0


@dataclass
class Follower:
    """One instance, and the result that is being filled."""

    client: JobClient
    scope: Scope
    job_instance_id: int
    outcome: Outcome
    face: Face
    # Whether the instance surely exists, because we launched it; a number that a person wrote may be wrong.
    launched: bool = True
    # How many hosts the launch names for one step, as far as that is known.
    hosts_named: int = 0

    def follow(self, plan: WaitPlan) -> None:
        """Wait for the end and report.

        Raises:
            JobError: the job did not end well, or not in time.
        """
        deadline = Deadline(self.face.clock, plan.timeout)
        limit = Deadline(self.face.clock, plan.timeout + LAST_LOOK_SECONDS)
        cut = self._wait(plan, deadline, limit)
        seconds = REPORT_SECONDS
        if cut is not None and cut.kind in ("wait_timeout", "interrupted"):
            interrupted = cut.kind == "interrupted"
            seconds = LAST_LOOK_SECONDS if interrupted else limit.left()
            if plan.terminate_on_interrupt if interrupted else plan.terminate_on_timeout:
                stopped = self._stop(SECONDS_AFTER_SIGNAL if interrupted else STOP_SECONDS)
                cut = _after_stop(cut, stopped)
                seconds = LAST_LOOK_SECONDS if interrupted else STOP_SECONDS
        try:
            with self.face.interrupts.allowed():
                self._report(seconds)
        except Interrupted as interrupted:
            what = f"the reading of hosts and logs of job instance {self.job_instance_id}"
            self.face.findings.warn(f"{interrupted.signal} ended {what}; they are not complete")
        failure = cut or self._verdict(plan)
        if failure is not None:
            raise failure

    def look(self) -> None:
        """See the instance as it is now, with hosts and logs. How its job ended makes no difference.

        Raises:
            JobError: the instance cannot be read.
        """
        deadline = Deadline(self.face.clock, REPORT_SECONDS)
        instance = self.client.status(self.scope, self.job_instance_id, deadline, with_hosts=True)
        self.outcome.instance = instance
        self._add_logs(instance, deadline)

    def _wait(self, plan: WaitPlan, deadline: Deadline, limit: Deadline) -> JobError | None:
        """None at the job's end, else why the wait is over before it."""
        progress = self._progress(plan, deadline)

        def read() -> JobInstance:
            return progress.look(lambda: self._read(limit))

        def seen(instance: JobInstance) -> None:
            self._seen(instance)
            progress.see(instance)

        number, clock = self.job_instance_id, self.face.clock
        try:
            with self.face.interrupts.allowed():
                wait = Wait(number, plan, deadline, clock, clip=progress.clip, launched=self.launched)
                wait.until_final(read, seen)
        except Interrupted as interrupted:
            return JobError(
                f"{interrupted.signal} ended the wait for job instance {number}",
                kind="interrupted",
                hint="The job was left as it is and goes on. With on_interrupt set to terminate it is stopped.",
            )
        except JobError as error:
            if error.kind in ("wait_timeout", "waiting_confirmation"):
                return error
            raise
        return None

    def _progress(self, plan: WaitPlan, deadline: Deadline) -> Progress:
        """Tells people how far the job is; of hosts where that costs little."""
        launching = "bk_fast_script" if self.outcome.is_script else "bk_job_plan"
        module = launching if self.launched else "bk_job_wait"
        asks = not self.client.schema.hosts_come_always and self.hosts_named <= MOST_HOSTS
        face = self.face if plan.progress else replace(self.face, tell=None)
        return Progress(f"{module} {self.job_instance_id}", face, deadline, self._read_hosts if asks else None)

    def _read(self, deadline: Deadline) -> JobInstance:
        return self.client.status(self.scope, self.job_instance_id, deadline, patience=0.0)

    def _read_hosts(self, deadline: Deadline) -> JobInstance:
        return self.client.status(self.scope, self.job_instance_id, deadline, with_hosts=True, patience=0.0)

    def _seen(self, instance: JobInstance) -> None:
        """Remember the last state, for a result that may have to be given at any moment."""
        self.outcome.instance = instance

    def _stop(self, seconds: float) -> Stopped:
        stopper = Stopper(self.client, self.scope, self.job_instance_id, self.face.clock, self._seen)
        stopped = stopper.stop(self.outcome.instance, Deadline(self.face.clock, seconds))
        self.outcome.stopped = stopped.changed
        return stopped

    def _report(self, seconds: float) -> None:
        """Add hosts and logs. What cannot be read is missed with a warning; the state that was seen stands."""
        seen = self.outcome.instance
        if seen is None or seconds <= 0:
            return
        deadline = Deadline(self.face.clock, seconds)
        try:
            detailed = self.client.status(self.scope, self.job_instance_id, deadline, with_hosts=True)
        except JobError as error:
            self.face.findings.warn(f"The hosts of job instance {self.job_instance_id} cannot be read: {error.summary}")
            return
        # The state is the one that ended the wait, whatever came since: a retry that somebody started, or the end.
        moved_on = is_job_final(seen.status, seen.finished) or is_job_final(detailed.status, detailed.finished)
        self.outcome.instance = replace(seen, steps=detailed.steps) if moved_on else detailed
        self._add_logs(self.outcome.instance, deadline)

    def _add_logs(self, instance: JobInstance, deadline: Deadline) -> None:
        collector = LogCollector(self.client, self.scope, self.outcome.plan, self.outcome.listing)
        self.outcome.logs_complete = collector.collect(instance, deadline)
        for trouble in collector.troubles:
            self.face.findings.warn(f"The logs of job instance {self.job_instance_id} {trouble}")
        hostless = [step.step_instance_id for step in instance.steps if step.hosts is None and has_hosts(step)]
        if hostless:
            self.outcome.logs_complete = False
            names = ", ".join(map(str, hostless))
            self.face.findings.warn(f"JOB gave no hosts for step {names} of job instance {self.job_instance_id}")

    def _verdict(self, plan: WaitPlan) -> JobError | None:
        instance = self.outcome.instance
        failure = verdict(instance) if instance is not None else None
        if failure is None and instance is not None and plan.fail_on_any_host:
            return host_failures(instance)
        return failure


def _after_stop(cut: JobError, stopped: Stopped) -> JobError | None:
    """The error after a stop was tried; None if the job ended by itself, so that its own verdict counts."""
    if stopped.ended and not stopped.by_us:
        return None
    told = stopped.trouble if stopped.trouble is not None and not stopped.accepted else cut
    # In the hint too, as a long message is cut at its end.
    hint = "The task stopped the job." if stopped.by_us else f"Look at the job in JOB: {stopped.words()}."
    return told.rephrased(f"{cut.summary}; {stopped.words()}", kind=cut.kind, hint=hint)
