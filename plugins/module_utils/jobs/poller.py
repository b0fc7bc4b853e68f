# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Poll a job instance until it has ended.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable

from ..common.clock import Clock, Deadline
from ..common.text import short
from ..errors import JobError
from ..models.run import JobInstance, StepResult
from ..models.settings import WaitPlan
from ..models.status import JOB_TERMINATING, JOB_WAITING, is_job_final, job_word, step_type_word

# Pauses are this share of the time waited so far, less so many of the shortest ones. An end is then seen late by less
# than 5 % of that time (median), and ten minutes take about 60 looks. There is no room left between the two. Both ask
# for pauses of up to a minute, which is the default of the longest.
_SHARE = 0.12
_LESS = 2
# A refusal in the middle of a wait may be the hiccup of a gateway; so many in a row, for so many seconds, are believed.
_BELIEVED_REFUSALS = 3
_BELIEVED_SECONDS = 10.0
# A server that asks for a longer pause (seconds) is looked at all the same: its reason may be gone long before.
_LONGEST_REST = 60.0
_STILL_RUNNING = "The job was left as it is and may still be running: look at it in JOB."
_STUCK = "It was asked to stop and has not stopped: JOB may be waiting for an agent. Look at it in JOB."

Read = Callable[[], JobInstance]
Seen = Callable[[JobInstance], None]


class Wait:
    """Looks at an instance, often while it is young, until it has ended.

    Args:
        job_instance_id: for messages.
        plan: time limit and intervals, seconds.
        deadline: the time limit.
        clock: time.
        clip: shortens a pause where somebody wants an earlier look.
        launched: whether we launched the instance. If not, and it cannot be read at the first look, it is not there.
    """

    def __init__(
        self,
        job_instance_id: int,
        plan: WaitPlan,
        deadline: Deadline,
        clock: Clock,
        *,
        clip: Callable[[float], float] = float,
        launched: bool = True,
    ) -> None:
        self._id = job_instance_id
        self._plan = plan
        self._deadline = deadline
        self._clock = clock
        self._began = clock.now()
        self._clip = clip
        self._launched = launched
        self._last: JobInstance | None = None
        self._trouble: JobError | None = None
        self._failures = 0
        self._refusals = 0
        self._refused_at = 0.0

    def until_final(self, read: Read, seen: Seen) -> JobInstance:
        """Look until the job has ended. A look that fails is one look less, nothing more.

        Args:
            read: one look, without per-host results.
            seen: told of every state that was read, so that nothing known is lost when the wait fails.

        Raises:
            JobError: C(wait_timeout) at the deadline, C(waiting_confirmation) if that is not to be waited for, or why
                the server will not tell; in all cases the job may still be running.
        """
        while True:
            self._look(read)
            if self._last is not None and self._trouble is None:
                seen(self._last)
                if is_job_final(self._last.status, self._last.finished):
                    return self._last
                if self._last.status == JOB_WAITING and self._plan.fail_on_confirmation:
                    raise _waiting(self._last)
            if self._deadline.left() <= 0:
                raise self._timed_out()
            self._clock.sleep(self._deadline.clip(self._pause()))

    def _look(self, read: Read) -> None:
        try:
            self._last, self._trouble, self._failures, self._refusals = read(), None, 0, 0
        except JobError as error:
            self._trouble, self._failures = error, self._failures + 1
            self._refusals = 0 if error.transient else self._refusals + 1
            if self._refusals == 1:
                self._refused_at = self._clock.now()
            for_long = (
                self._refusals >= _BELIEVED_REFUSALS and self._clock.now() >= self._refused_at + _BELIEVED_SECONDS
            )
            never_seen = not self._launched and self._last is None
            if self._refusals and (for_long or never_seen):
                raise self._unreadable(error) from error

    def _pause(self) -> float:
        asked_for = (self._trouble.retry_after if self._trouble else None) or 0.0
        return max(self._clip(self._clock.jitter(self._interval())), min(asked_for, _LONGEST_REST))

    def _interval(self) -> float:
        """The pause that the time waited so far calls for: the younger the job, the sooner it may end."""
        waited, shortest = self._clock.now() - self._began, self._plan.interval
        if waited < shortest:
            return shortest / 2
        return min(max(shortest, (waited - _LESS * shortest) * _SHARE), self._plan.max_interval)

    def _timed_out(self) -> JobError:
        summary = f"Job instance {self._id} did not end within {self._plan.timeout:g} s, it {_last_seen(self._last)}"
        stuck = self._last is not None and self._last.status == JOB_TERMINATING
        hint = _STUCK if stuck else _STILL_RUNNING
        if self._trouble is None:
            return JobError(summary, kind="wait_timeout", hint=f"{hint} Raise wait_timeout for longer jobs.")
        looks = "look" if self._failures == 1 else f"{self._failures} looks"
        return self._trouble.rephrased(
            f"{summary}; the last {looks} failed: {self._trouble.message}",
            kind="wait_timeout",
            hint=f"{_STILL_RUNNING} {self._trouble.hint or ''}".rstrip(),
        )

    def _unreadable(self, error: JobError) -> JobError:
        if not self._launched and self._last is None:
            return error.rephrased(f"The state of job instance {self._id} cannot be read: {error.message}")
        return error.rephrased(
            f"The state of job instance {self._id} cannot be read any more: {error.message}",
            # "not sent" would be read as a word on the launch, which was sent.
            kind="server_error" if error.kind == "not_sent" else error.kind,
            hint=f"{_STILL_RUNNING} {error.hint or ''}".rstrip(),
        )


def _waiting(instance: JobInstance) -> JobError:
    step = step_in(instance)
    name = "" if step is None else f" in step {step.step_instance_id} ({short(step.name or 'without name', 60)})"
    if step is not None and step_type_word(step.type) != "confirm":
        what, hint = "a go-ahead for the next batch of hosts", "Continue or stop the rolling run in JOB"
    else:
        what, hint = "a confirmation", "Confirm or refuse the step in JOB"
    return JobError(
        f"Job instance {instance.job_instance_id} waits for {what}{name}",
        kind="waiting_confirmation",
        hint=f"{hint}; it goes on waiting there. With on_confirmation set to wait the task waits along.",
    )


def _last_seen(last: JobInstance | None) -> str:
    if last is None:
        return "was never seen"
    state = f"was {job_word(last.status)} when last seen"
    step = step_in(last)
    return state if step is None else f"{state}, in step {step.step_instance_id} ({short(step.name or '', 60)})"


def step_in(instance: JobInstance) -> StepResult | None:
    """The step that is in the state of the whole job: the one at which it stands."""
    return next((step for step in instance.steps if step.status == instance.status), None)
