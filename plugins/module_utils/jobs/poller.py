# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Poll a job instance until it has ended."""

from __future__ import annotations

from collections.abc import Callable

from ..common.clock import Clock, Deadline
from ..errors import JobError
from ..models.run import JobInstance, StepResult
from ..models.settings import WaitSettings
from ..models.status import JOB_TERMINATING, JOB_WAITING, job_status_name, step_type_name
from .lasting_rejection import LastingRejection

# Pause as a share of the time waited so far, minus some minimum intervals. The end of a job is then noticed late by
# less than 5 % of that time (median), with about 60 polls in ten minutes. A larger share breaks the first limit, a
# smaller one the second. Both need pauses of up to a minute, the default of poll_max_interval.
_PAUSE_SHARE = 0.12
_PAUSE_OFFSET = 2
# Maximum time (seconds) of responses that are not from JOB before the instance was read.
_MAX_PROTOCOL_SECONDS = 5.0
# Maximum pause (seconds) that a server can ask for: the reason may be gone much earlier.
_MAX_RETRY_AFTER_SECONDS = 60.0
_STILL_RUNNING_HINT = "The job was not changed and may still be running: check it in JOB."
_TERMINATING_HINT = "It was asked to stop and has not stopped: JOB may be waiting for an agent. Check it in JOB."

ReadInstance = Callable[[], JobInstance]
OnInstance = Callable[[JobInstance], None]


class Poller:
    """Poll an instance until it has ended, more often while it is young.

    Args:
        job_instance_id: for messages.
        settings: timeout and intervals, seconds.
        deadline: time limit of the wait.
        clock: time.
        clip: shortens a pause if progress output is due earlier.
        launched_by_task: if false, the wait fails if the first poll gets an error response.
    """

    def __init__(
        self,
        job_instance_id: int,
        settings: WaitSettings,
        deadline: Deadline,
        clock: Clock,
        *,
        clip: Callable[[float], float] = lambda seconds: seconds,
        launched_by_task: bool = True,
    ) -> None:
        self._id = job_instance_id
        self._settings = settings
        self._deadline = deadline
        self._clock = clock
        self._began = clock.now()
        self._clip = clip
        self._launched_by_task = launched_by_task
        self._last: JobInstance | None = None
        self._last_error: JobError | None = None
        self._failures = 0
        self._rejection = LastingRejection(clock)

    @property
    def last_error(self) -> JobError | None:
        """Return the error of the last poll; None if it succeeded."""
        return self._last_error

    def until_finished(self, read: ReadInstance, on_instance: OnInstance) -> JobInstance:
        """Poll until the job has ended. A failed poll counts as no poll.

        Args:
            read: reads the instance, without per-host results.
            on_instance: called with every state that was read, so that a failed wait can report the last one.

        Raises:
            JobError: C(wait_timeout) at the deadline, C(waiting_confirmation) if the task does not wait for those, or
                why the state cannot be read; in all cases the job may still be running.
        """
        while True:
            ended = self.poll(read, on_instance)
            if ended is not None:
                return ended
            self._clock.sleep(self._deadline.clip(self.pause()))

    def poll(self, read: ReadInstance, on_instance: OnInstance) -> JobInstance | None:
        """Poll once, as M(until_finished) does. Return the instance if the job has ended.

        Raises:
            JobError: as M(until_finished).
        """
        self._read(read)
        if self._last is not None and self._last_error is None:
            on_instance(self._last)
            if self._last.ended:
                return self._last
            if self._last.status == JOB_WAITING and self._settings.fail_on_confirmation:
                raise _confirmation_error(self._last)
        self.check_deadline()
        return None

    def note_unchanged(self) -> None:
        """Record that another response showed the state of the last poll, in which the job is active.

        Raises:
            JobError: C(wait_timeout) at the deadline.
        """
        self._last_error, self._failures = None, 0
        self._rejection.note_response()
        self.check_deadline()

    def note_failure(self, error: JobError) -> None:
        """Record a poll that was not sent, because the same call has just failed for another instance.

        Raises:
            JobError: C(wait_timeout) at the deadline.
        """
        self._last_error, self._failures = error, self._failures + 1
        self.check_deadline()

    def pause(self) -> float:
        """Return the time until the next poll, seconds."""
        retry_after = (self._last_error.retry_after if self._last_error else None) or 0.0
        pause = max(self._clip(self._clock.jitter(self._interval())), min(retry_after, _MAX_RETRY_AFTER_SECONDS))
        within = self._last_error.retry_within if self._last_error else None
        return pause if within is None else min(pause, within)

    def _read(self, read: ReadInstance) -> None:
        try:
            self._last, self._last_error, self._failures = read(), None, 0
            self._rejection.note_response()
        except JobError as error:
            self._last_error, self._failures = error, self._failures + 1
            lasting = self._rejection.note_error(error)
            never_seen = not self._launched_by_task and self._last is None
            wrong_address = error.kind == "protocol" and self._clock.now() >= self._began + _MAX_PROTOCOL_SECONDS
            if lasting or (never_seen and (not error.transient or wrong_address)):
                raise self._unreadable(error) from error

    def check_deadline(self) -> None:
        """Raise the error of a wait that took too long.

        Raises:
            JobError: C(wait_timeout) at the deadline.
        """
        if self._deadline.remaining() <= 0:
            raise self._timed_out()

    def _interval(self) -> float:
        """Return the pause for the time waited so far: a young job may end soon."""
        waited, minimum = self._clock.now() - self._began, self._settings.interval
        if waited < minimum:
            return minimum / 2
        return min(max(minimum, (waited - _PAUSE_OFFSET * minimum) * _PAUSE_SHARE), self._settings.max_interval)

    def _timed_out(self) -> JobError:
        limit = self._settings.timeout
        summary = f"Job instance {self._id} did not end within {limit:g} s; it {_describe_last_seen(self._last)}"
        stuck = self._last is not None and self._last.status == JOB_TERMINATING
        hint = _TERMINATING_HINT if stuck else _STILL_RUNNING_HINT
        if self._last_error is None:
            return JobError(summary, kind="wait_timeout", hint=f"{hint} Raise wait_timeout for longer jobs.")
        polls = "poll" if self._failures == 1 else f"{self._failures} polls"
        return self._last_error.rephrased(
            f"{summary}; the last {polls} failed: {self._last_error.message}",
            kind="wait_timeout",
            hint=f"{_STILL_RUNNING_HINT} {self._last_error.hint or ''}".rstrip(),
        )

    def _unreadable(self, error: JobError) -> JobError:
        if not self._launched_by_task and self._last is None:
            return error.rephrased(f"The state of job instance {self._id} cannot be read: {error.summary}")
        return error.rephrased(
            f"The state of job instance {self._id} can no longer be read: {error.summary}",
            # "not_sent" would be misread as "the launch was not sent".
            kind="server_error" if error.kind == "not_sent" else error.kind,
            hint=f"{_STILL_RUNNING_HINT} {error.hint or ''}".rstrip(),
        )


def _confirmation_error(instance: JobInstance) -> JobError:
    step = current_step(instance)
    name = "" if step is None else f" in {step.label()}"
    if step is not None and step_type_name(step.type) != "confirm":
        awaited, hint = "approval of the next batch of hosts", "Continue or stop the rolling run in JOB"
    else:
        awaited, hint = "a confirmation", "Confirm or refuse the step in JOB"
    return JobError(
        f"Job instance {instance.job_instance_id} waits for {awaited}{name}",
        kind="waiting_confirmation",
        hint=f"{hint}; the job keeps waiting. Set `on_confirmation: wait` to keep the task waiting.",
    )


def _describe_last_seen(last: JobInstance | None) -> str:
    if last is None:
        return "was never read"
    state = f"was {job_status_name(last.status)} at the last poll"
    step = current_step(last)
    return state if step is None else f"{state}, in {step.label()}"


def current_step(instance: JobInstance) -> StepResult | None:
    """Return the step in the same state as the whole job."""
    return next((step for step in instance.steps if step.status == instance.status), None)
