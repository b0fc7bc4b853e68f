# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Launch a job exactly once.

The outcome of an attempt is accepted, rejected, not delivered, or unknown. Only an attempt that started nothing is
retried. An attempt that may have started a job is searched in the history; if it is not found, the launch fails.
"""

from __future__ import annotations

from ..api.client import JobClient
from ..api.session import PROTOCOL_RETRY_SECONDS
from ..common.clock import Deadline
from ..errors import Delivery, JobError
from ..models.history import HistoryEntry
from ..models.job_error_codes import ALREADY_STARTED
from ..models.launch import START_OPERATION, Launch, LaunchedJob
from ..models.launch_record import LaunchRecord
from ..models.run import JobInstance
from ..models.settings import LaunchSettings
from ..models.status import JOB_ENDS, JOB_PENDING
from .context import TaskContext
from .launch_errors import may_have_started, start_error, unknown_outcome_error
from .launch_recovery import LaunchRecovery
from .retry_policies import LAUNCH

# Minimum time (seconds) for a further attempt: an attempt that times out leaves the outcome unknown.
_MIN_ATTEMPT_SECONDS = 2.0
# Give up after this many rejected start calls.
_MAX_START_REJECTIONS = 2
# Maximum time (seconds) for reading duplicates from the history; they do not affect the job.
_DUPLICATES_SECONDS = 10.0
# Launch outcomes of a start, by the outcome before: started by this task, and found to be started already.
_START_OUTCOMES = {
    "created": ("started", "started"),
    "recovered": ("recovered", "recovered"),
    "existing": ("started", "existing"),
}


class Launcher:
    """Launch one job, and record what is known about it.

    Args:
        client: JOB.
        launch: the plan or script.
        settings: how to launch.
        record: filled with the known state at every moment.
        context: clock and warnings.
        deadline: time limit for the outcome of the launch.
    """

    def __init__(
        self,
        client: JobClient,
        launch: Launch,
        settings: LaunchSettings,
        record: LaunchRecord,
        context: TaskContext,
        deadline: Deadline,
    ) -> None:
        self._client = client
        self._launch = launch
        self._settings = settings
        self._record = record
        self._clock = context.clock
        self._warn = context.problems.warn
        self._deadline = deadline
        self._lost_at: float | None = None

    def run(self) -> LaunchedJob:
        """Launch the job.

        Raises:
            JobError: the job was not started, or the outcome is unknown (C(unknown_outcome)); see the record.
        """
        launched = self._create()
        if self._settings.two_step:
            self._start(launched)
            self._note_duplicates(launched)
        return launched

    def resume(self, existing: HistoryEntry) -> LaunchedJob:
        """Continue an earlier run with the same unique key; start it if an interrupted launch left it pending.

        Raises:
            JobError: the pending run was not started, or the outcome is unknown; see the record.
        """
        launched = self._reattach(existing)
        if self._is_left_pending(existing):
            self._start(launched)
        return launched

    def preview(self, existing: HistoryEntry | None) -> None:
        """Record what a launch would do, for check mode. No request is sent."""
        if existing is not None:
            self._reattach(existing)
        if existing is None or self._is_left_pending(existing):
            self._record.outcome = "check_mode"

    def _is_left_pending(self, existing: HistoryEntry) -> bool:
        """Return whether an interrupted launch in two steps may have left the run pending. To start it is harmless."""
        return self._settings.two_step and existing.status == JOB_PENDING

    def _reattach(self, existing: HistoryEntry) -> LaunchedJob:
        record, status = self._record, existing.status
        record.launched = LaunchedJob(existing.job_instance_id, existing.name)
        record.instance = JobInstance(existing.job_instance_id, status, status in JOB_ENDS, existing.name)
        record.outcome, record.reattached = "existing", True
        return record.launched

    def _create(self) -> LaunchedJob:
        """Send the launch until its outcome is known."""
        last_attempt_deadline = self._deadline.within(self._deadline.remaining() - _MIN_ATTEMPT_SECONDS)
        record, backoff = self._record, LAUNCH.backoff(self._clock, last_attempt_deadline)
        not_job_deadline = last_attempt_deadline.within(PROTOCOL_RETRY_SECONDS)
        while True:
            # The job may have been started until a response proves otherwise.
            record.outcome, sent_at = "unknown", self._clock.now()
            try:
                launched = self._client.launch(
                    self._launch, LAUNCH.attempt_seconds(self._deadline), start=not self._settings.two_step
                )
            except JobError as error:
                if error.delivery is Delivery.UNKNOWN:
                    if not self._may_create_again():
                        return self._recover(error, sent_at)
                    self._lost_at = sent_at if self._lost_at is None else self._lost_at
                elif self._lost_at is None:
                    record.outcome = "not_sent" if error.delivery is Delivery.NOT_SENT else "rejected"
                # An address that has never responded as JOB does is wrong.
                not_job = error.kind == "protocol" and not self._client.is_job and not_job_deadline.remaining() <= 0
                if not_job or not LAUNCH.may_retry(error) or not backoff.pause(error.retry_after, error.retry_within):
                    if self._lost_at is None:
                        raise
                    return self._recover(error, self._lost_at)
                found = None if self._lost_at is None else self._recovery(self._lost_at).find_once(self._deadline)
                if found is not None:
                    return self._adopt(found)
            else:
                record.launched, record.outcome = launched, "created" if self._settings.two_step else "started"
                return launched

    def _may_create_again(self) -> bool:
        """Return whether a second create is harmless: each instance needs its own start call."""
        return self._settings.two_step and self._settings.honors_start_task

    def _recover(self, error: JobError, sent_at: float) -> LaunchedJob:
        """Return the instance of a launch whose response was lost, if the history lists it.

        Raises:
            JobError: C(unknown_outcome).
        """
        recovery = self._recovery(sent_at).run(self._deadline)
        if recovery.instance is None:
            self._record.candidates = recovery.candidates
            raise unknown_outcome_error(error, self._launch, recovery.reason, self._may_create_again()) from error
        return self._adopt(recovery.instance)

    def _recovery(self, sent_at: float) -> LaunchRecovery:
        operator, previous = self._client.operator, self._record.previous
        return LaunchRecovery(self._client, self._launch, operator, sent_at, self._clock, previous)

    def _adopt(self, found: HistoryEntry) -> LaunchedJob:
        launched = LaunchedJob(found.job_instance_id, found.name)
        self._record.launched, self._record.outcome = launched, "recovered"
        if not self._launch.has_unique_name:
            self._warn(
                f"The response to the launch was lost. Job instance {found.job_instance_id}, the only match at that "
                "time, is assumed to be the launched one. Without a unique name it may belong to another launch: check "
                "it in JOB."
            )
        return launched

    def _start(self, launched: LaunchedJob) -> None:
        """Start the created instance. Safe to repeat: the server starts only pending instances."""
        record, backoff = self._record, LAUNCH.backoff(self._clock, self._deadline)
        # Outcome if this task starts it, and if another task did.
        started, started_already = _START_OUTCOMES[record.outcome or ""]
        not_started = "existing" if record.reattached else "created"
        record.outcome, maybe_started, rejections = not_started, False, 0
        while True:
            status = self._status(launched)
            if status not in (None, JOB_PENDING):
                if not maybe_started and started_already == "started":
                    started_early = f"The server started job instance {launched.job_instance_id} at once"
                    self._warn(f"{started_early}: it ignores start_task, so use launch_mode single")
                record.outcome = started if maybe_started else started_already
                return
            # As with the launch: it may have been started until a response proves otherwise.
            record.outcome = "unknown"
            error = self._send_start(launched)
            if error is None or error.code == ALREADY_STARTED:
                record.outcome = started if error is None or maybe_started else started_already
                if status == JOB_PENDING:
                    # This state was read before the start.
                    record.instance = None
                return
            maybe_started = maybe_started or may_have_started(error, self._settings.honors_start_task)
            # Unless its status was read, the server may have started it although it rejected the call.
            is_pending = status == JOB_PENDING or self._settings.honors_start_task
            record.outcome = not_started if is_pending and not maybe_started else "unknown"
            # A server that ignores start_task rejects the call as well, and reports the job as running later.
            rejections = rejections if LAUNCH.may_retry(error) else rejections + 1
            if rejections > _MAX_START_REJECTIONS or not backoff.pause(error.retry_after):
                raise start_error(error, launched, record.outcome, self._settings.honors_start_task) from error

    def _send_start(self, launched: LaunchedJob) -> JobError | None:
        """Send one start call; return its error, None if JOB accepted it."""
        seconds = LAUNCH.attempt_seconds(self._deadline)
        try:
            self._client.operate(self._launch.scope, launched.job_instance_id, None, START_OPERATION, seconds)
        except JobError as error:
            return error
        return None

    def _status(self, launched: LaunchedJob) -> int | None:
        """Return the status of the instance, None if it cannot be read; then the start call decides."""
        try:
            seen = self._client.status(self._launch.scope, launched.job_instance_id, self._deadline, retry_for=0.0)
        except JobError:
            return None
        self._record.instance = seen
        return seen.status

    def _note_duplicates(self, launched: LaunchedJob) -> None:
        """Record the instances that repeated creates left pending. They never start, and no call deletes them."""
        if self._lost_at is None:
            return
        try:
            found = self._recovery(self._lost_at).find_all(Deadline(self._clock, _DUPLICATES_SECONDS))
        except JobError as error:
            left = "The repeated launch may have left pending instances"
            self._warn(f"{left}, and the execution history cannot be read: {error.summary}")
            return
        others = [entry for entry in found if entry.job_instance_id != launched.job_instance_id]
        pending = [entry.job_instance_id for entry in others if entry.status == JOB_PENDING]
        if pending:
            self._record.pending_duplicates = pending
            ids = ", ".join(map(str, pending))
            self._warn(f"The repeated launch left pending instances, which never start by themselves: {ids}")
        if len(pending) < len(others):
            self._record.candidates = [entry for entry in others if entry.status != JOB_PENDING]
            ids = ", ".join(str(entry.job_instance_id) for entry in self._record.candidates)
            self._warn(
                f"The launch was repeated, and the history lists other runs that may belong to it, check them: {ids}"
            )
