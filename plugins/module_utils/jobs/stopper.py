# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Stop a job instance, and wait until it has stopped.

JOB responds to a stop before it has an effect, and stops only running or waiting jobs (JOB API: manual stop). A job
that waits at a confirmation step would stay "terminating" forever; refusing the confirmation ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..api.client import JobClient
from ..common.clock import Clock, Deadline
from ..errors import Delivery, Interrupted, JobError
from ..models.connection import Scope
from ..models.operation_rules import open_confirmation
from ..models.operations import REFUSE, TERMINATE
from ..models.run import JobInstance
from ..models.status import JOB_CONFIRMATION_REFUSED, JOB_TERMINATED, JOB_TERMINATING, job_status_name
from .lasting_rejection import LastingRejection
from .retry_policies import STOP

# Maximum time (seconds) to wait for the effect of a stop after a signal.
STOP_SECONDS_AFTER_SIGNAL = 5.0


@dataclass
class StopResult:
    """Result of a stop: the last known state, whether a stop was accepted, and the last error.

    C(requested) is true if JOB accepted a call of the task, or may have. C(unreadable) is the rejection that kept the
    state from being read, so that the result was not polled any longer.
    """

    instance: JobInstance | None
    accepted: bool = False
    requested: bool = False
    last_error: JobError | None = None
    unreadable: JobError | None = None

    @property
    def ended(self) -> bool:
        """Return whether the job has ended, in any state."""
        return self.instance is not None and self.instance.ended

    @property
    def stopped_by_task(self) -> bool:
        """Return whether the job ended as stopped jobs do, after a request of the task."""
        return self.requested and self._was_stopped

    @property
    def _was_stopped(self) -> bool:
        return (
            self.ended
            and self.instance is not None
            and self.instance.status in (JOB_TERMINATED, JOB_CONFIRMATION_REFUSED)
        )

    @property
    def changed(self) -> bool:
        """Return whether the task ended the job, may have, or is about to."""
        return self.requested and (self.stopped_by_task or not self.ended)

    def describe(self) -> str:
        """Describe the result as one clause of a message."""
        if self.stopped_by_task:
            return "it was terminated"
        if self._was_stopped:
            return "another user terminated it"
        if self.instance is not None and self.ended:
            return f"it ended by itself meanwhile: {job_status_name(self.instance.status)}"
        if self.accepted and self.unreadable is not None:
            return f"the stop was accepted, but its effect cannot be read: {self.unreadable.message}"
        if self.accepted:
            state = job_status_name(self.instance.status) if self.instance else "in an unknown state"
            return (
                f"the stop was accepted, but it is still {state}"
                if self.requested
                else f"it was already being stopped and is {state}"
            )
        if self.requested and self.last_error is not None:
            return f"the stop got no clear response: {self.last_error.message}"
        return f"it could not be stopped: {self.last_error.message if self.last_error else 'timed out'}"


class Stopper:
    """Stop one instance.

    Args:
        client: JOB.
        scope: scope of the instance.
        job_instance_id: its id.
        clock: time.
        on_instance: called with every state that was read.
    """

    def __init__(
        self,
        client: JobClient,
        scope: Scope,
        job_instance_id: int,
        clock: Clock,
        on_instance: Callable[[JobInstance], None],
    ) -> None:
        self._client = client
        self._scope = scope
        self._id = job_instance_id
        self._clock = clock
        self._on_instance = on_instance
        self._rejection = LastingRejection(clock)

    def stop(self, last: JobInstance | None, deadline: Deadline) -> StopResult:
        """Stop the instance and poll until it has ended or the deadline is over. Never raises a JobError."""
        return stop_together([(self, last)], self._clock, deadline)[0]

    def attempt(self, result: StopResult, deadline: Deadline) -> bool:
        """Poll once, and request the stop if it was not accepted yet. Return whether to continue."""
        # The state decides how to stop the job, and whether it still has to be stopped.
        self._poll(result, deadline.within(STOP.attempt_seconds(deadline)))
        if not result.ended and not result.accepted:
            self._request_stop(result, deadline)
        return not (result.ended or result.unreadable or _is_permanent_failure(result))

    def _request_stop(self, result: StopResult, deadline: Deadline) -> None:
        step = open_confirmation(result.instance)
        if step is None and result.instance is not None and result.instance.status == JOB_TERMINATING:
            result.accepted = True
            return
        step_id, code = (None, TERMINATE.code) if step is None else (step.step_instance_id, REFUSE.code)
        seconds = STOP.attempt_seconds(deadline)
        try:
            self._client.operate(self._scope, self._id, step_id, code, seconds)
        except JobError as error:
            result.last_error = error
            result.requested = result.requested or error.delivery is Delivery.UNKNOWN
        else:
            result.accepted, result.requested, result.last_error = True, True, None

    def _poll(self, result: StopResult, deadline: Deadline) -> None:
        try:
            result.instance = self._client.status(self._scope, self._id, deadline, retry_for=0.0)
        except JobError as error:
            result.unreadable = error if self._rejection.note_error(error) else None
            return
        self._rejection.note_response()
        self._on_instance(result.instance)


def stop_together(
    stoppers: Sequence[tuple[Stopper, JobInstance | None]], clock: Clock, deadline: Deadline
) -> list[StopResult]:
    """Stop instances at the same time, each given with its last known state. Never raises a JobError.

    Returns:
        The result of each, when all have ended, or at the deadline.
    """
    stops = [(stopper, StopResult(last)) for stopper, last in stoppers]
    remaining, backoff = stops, STOP.backoff(clock, deadline)
    while True:
        remaining = [(stopper, result) for stopper, result in remaining if stopper.attempt(result, deadline)]
        try:
            if not remaining or not backoff.pause():
                return [result for _stopper, result in stops]
        except Interrupted:
            # The request is not taken back, but the wait for its effect is shortened.
            deadline = deadline.within(STOP_SECONDS_AFTER_SIGNAL)
            backoff = STOP.backoff(clock, deadline)


def _is_permanent_failure(result: StopResult) -> bool:
    """Return whether a retry is useless."""
    return not result.accepted and result.last_error is not None and not STOP.may_retry(result.last_error)


def error_after_stop(early_end: JobError, stopped: StopResult) -> JobError | None:
    """Return the error after an attempt to stop; None if the job ended by itself, so that its verdict counts."""
    if stopped.ended and not stopped.stopped_by_task:
        return None
    error = stopped.last_error if stopped.last_error is not None and not stopped.accepted else early_end
    # Also in the hint, because a long message is cut at its end.
    hint = "The task stopped the job." if stopped.stopped_by_task else f"Check the job in JOB: {stopped.describe()}."
    return error.rephrased(f"{early_end.summary}; {stopped.describe()}", kind=early_end.kind, hint=hint)
