# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Poll a job instance until it has ended.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable

from ..common.clock import Clock, Deadline
from ..common.text import truncate
from ..errors import JobError
from ..models.run import JobInstance, StepResult
from ..models.settings import WaitSettings
from ..models.status import JOB_TERMINATING, JOB_WAITING, is_job_finished, job_status_name, step_type_name

# Pauses are this share of the time waited so far, less so many of the shortest ones. An end is then seen late by less
# than 5 % of that time (median), and ten minutes take about 60 looks. There is no room left between the two. Both ask
# for pauses of up to a minute, which is the default of the longest.
_PAUSE_SHARE = 0.12
_PAUSE_OFFSET = 2
# A refusal in the middle of a wait may be the hiccup of a gateway; so many in a row, for so many seconds, are believed.
_MAX_REFUSALS = 3
_MAX_REFUSED_SECONDS = 10.0
# Responses that are not from JOB, before the instance was seen, are believed after this time (seconds).
_MAX_PROTOCOL_SECONDS = 5.0
# A server that asks for a longer pause (seconds) is looked at all the same: its reason may be gone long before.
_MAX_RETRY_AFTER_SECONDS = 60.0
_STILL_RUNNING_HINT = "The job was left as it is and may still be running: look at it in JOB."
_TERMINATING_HINT = "It was asked to stop and has not stopped: JOB may be waiting for an agent. Look at it in JOB."

ReadInstance = Callable[[], JobInstance]
OnInstance = Callable[[JobInstance], None]


class Poller:
    """Looks at an instance, often while it is young, until it has ended.

    Args:
        job_instance_id: for messages.
        settings: time limit and intervals, seconds.
        deadline: the time limit.
        clock: time.
        clip: shortens a pause where somebody wants an earlier look.
        launched: whether we launched the instance. If not, and it cannot be read at the first look, it is not there.
    """

    def __init__(
        self,
        job_instance_id: int,
        settings: WaitSettings,
        deadline: Deadline,
        clock: Clock,
        *,
        clip: Callable[[float], float] = float,
        launched: bool = True,
    ) -> None:
        self._id = job_instance_id
        self._settings = settings
        self._deadline = deadline
        self._clock = clock
        self._began = clock.now()
        self._clip = clip
        self._launched = launched
        self._last: JobInstance | None = None
        self._last_error: JobError | None = None
        self._failures = 0
        self._refusals = 0
        self._refused_at = 0.0

    def until_finished(self, read: ReadInstance, on_instance: OnInstance) -> JobInstance:
        """Look until the job has ended. A look that fails is one look less, nothing more.

        Args:
            read: one look, without per-host results.
            on_instance: told of every state that was read, so that nothing known is lost when the wait fails.

        Raises:
            JobError: C(wait_timeout) at the deadline, C(waiting_confirmation) if that is not to be waited for, or why
                the server will not tell; in all cases the job may still be running.
        """
        while True:
            self._poll(read)
            if self._last is not None and self._last_error is None:
                on_instance(self._last)
                if is_job_finished(self._last.status, self._last.finished):
                    return self._last
                if self._last.status == JOB_WAITING and self._settings.fail_on_confirmation:
                    raise _confirmation_error(self._last)
            if self._deadline.remaining() <= 0:
                raise self._timed_out()
            self._clock.sleep(self._deadline.clip(self._pause()))

    def _poll(self, read: ReadInstance) -> None:
        try:
            self._last, self._last_error, self._failures, self._refusals = read(), None, 0, 0
        except JobError as error:
            self._last_error, self._failures = error, self._failures + 1
            self._refusals = 0 if error.transient else self._refusals + 1
            if self._refusals == 1:
                self._refused_at = self._clock.now()
            for_long = self._refusals >= _MAX_REFUSALS and self._clock.now() >= self._refused_at + _MAX_REFUSED_SECONDS
            never_seen = not self._launched and self._last is None
            wrong_address = error.kind == "protocol" and self._clock.now() >= self._began + _MAX_PROTOCOL_SECONDS
            if (self._refusals and (for_long or never_seen)) or (never_seen and wrong_address):
                raise self._unreadable(error) from error

    def _pause(self) -> float:
        retry_after = (self._last_error.retry_after if self._last_error else None) or 0.0
        pause = max(self._clip(self._clock.jitter(self._interval())), min(retry_after, _MAX_RETRY_AFTER_SECONDS))
        within = self._last_error.retry_within if self._last_error else None
        return pause if within is None else min(pause, within)

    def _interval(self) -> float:
        """The pause that the time waited so far calls for: the younger the job, the sooner it may end."""
        waited, minimum = self._clock.now() - self._began, self._settings.interval
        if waited < minimum:
            return minimum / 2
        return min(max(minimum, (waited - _PAUSE_OFFSET * minimum) * _PAUSE_SHARE), self._settings.max_interval)

    def _timed_out(self) -> JobError:
        limit = self._settings.timeout
        summary = f"Job instance {self._id} did not end within {limit:g} s, it {_describe_last_seen(self._last)}"
        stuck = self._last is not None and self._last.status == JOB_TERMINATING
        hint = _TERMINATING_HINT if stuck else _STILL_RUNNING_HINT
        if self._last_error is None:
            return JobError(summary, kind="wait_timeout", hint=f"{hint} Raise wait_timeout for longer jobs.")
        polls = "look" if self._failures == 1 else f"{self._failures} looks"
        return self._last_error.rephrased(
            f"{summary}; the last {polls} failed: {self._last_error.message}",
            kind="wait_timeout",
            hint=f"{_STILL_RUNNING_HINT} {self._last_error.hint or ''}".rstrip(),
        )

    def _unreadable(self, error: JobError) -> JobError:
        if not self._launched and self._last is None:
            return error.rephrased(f"The state of job instance {self._id} cannot be read: {error.message}")
        return error.rephrased(
            f"The state of job instance {self._id} cannot be read any more: {error.message}",
            # "not sent" would be read as a word on the launch, which was sent.
            kind="server_error" if error.kind == "not_sent" else error.kind,
            hint=f"{_STILL_RUNNING_HINT} {error.hint or ''}".rstrip(),
        )


def _confirmation_error(instance: JobInstance) -> JobError:
    step = current_step(instance)
    name = "" if step is None else f" in step {step.step_instance_id} ({truncate(step.name or 'without name', 60)})"
    if step is not None and step_type_name(step.type) != "confirm":
        awaited, hint = "a go-ahead for the next batch of hosts", "Continue or stop the rolling run in JOB"
    else:
        awaited, hint = "a confirmation", "Confirm or refuse the step in JOB"
    return JobError(
        f"Job instance {instance.job_instance_id} waits for {awaited}{name}",
        kind="waiting_confirmation",
        hint=f"{hint}; it goes on waiting there. With on_confirmation set to wait the task waits along.",
    )


def _describe_last_seen(last: JobInstance | None) -> str:
    if last is None:
        return "was never seen"
    state = f"was {job_status_name(last.status)} when last seen"
    step = current_step(last)
    return state if step is None else f"{state}, in step {step.step_instance_id} ({truncate(step.name or '', 60)})"


def current_step(instance: JobInstance) -> StepResult | None:
    """The step that is in the state of the whole job: the one at which it stands."""
    return next((step for step in instance.steps if step.status == instance.status), None)
