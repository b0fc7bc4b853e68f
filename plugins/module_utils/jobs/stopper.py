# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop a job instance, and wait until it has stopped.

Private to the collection blueking.job: no stable interface for others.

JOB answers a stop before it has an effect, and only running or waiting jobs can be stopped (JOB API: manual stop). A
job that waits at a confirmation step would stay "terminating" for ever; there refusing the confirmation ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..api.client import JobClient
from ..common.clock import Clock, Deadline, Pauses
from ..errors import Delivery, Interrupted, JobError
from ..models.connection import Scope
from ..models.operations import REFUSE, TERMINATE, open_confirmation
from ..models.run import JobInstance
from ..models.status import JOB_CONFIRMATION_REFUSED, JOB_TERMINATED, JOB_TERMINATING, is_job_final, job_word

_WRONG_STATE = 1241003
# So long (seconds) a stop is looked after once a signal came.
SECONDS_AFTER_SIGNAL = 5.0
_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 2.0
# Of the time that is left one call may take so much, so that a look that hangs does not cost the stop itself.
_SHARE = 1 / 3


@dataclass
class Stopped:
    """What became of a stop: the last state that was seen, whether a stop was accepted, and what stood in the way.

    C(asked) says whether JOB took our own call, or may have.
    """

    instance: JobInstance | None
    accepted: bool = False
    asked: bool = False
    trouble: JobError | None = None

    @property
    def ended(self) -> bool:
        """Whether the job has ended, in whatever way."""
        return self.instance is not None and is_job_final(self.instance.status, self.instance.finished)

    @property
    def by_us(self) -> bool:
        """Whether the job ended in the way in which stopped jobs end, and we had asked for it."""
        return self.asked and self._was_stopped

    @property
    def _was_stopped(self) -> bool:
        return (
            self.ended
            and self.instance is not None
            and self.instance.status in (JOB_TERMINATED, JOB_CONFIRMATION_REFUSED)
        )

    @property
    def changed(self) -> bool:
        """Whether we ended the job, or may have, or shall have."""
        return self.asked and (self.by_us or not self.ended)

    def words(self) -> str:
        """One clause for a message."""
        if self.by_us:
            return "it was terminated"
        if self._was_stopped:
            return "somebody else terminated it"
        if self.instance is not None and self.ended:
            return f"it ended by itself just then: {job_word(self.instance.status)}"
        if self.accepted:
            state = job_word(self.instance.status) if self.instance else "out of sight"
            return (
                f"the stop was accepted, it is still {state}" if self.asked else f"it was being stopped, it is {state}"
            )
        if self.asked and self.trouble is not None:
            return f"the stop got no clear answer: {self.trouble.message}"
        return f"it could not be stopped: {self.trouble.message if self.trouble else 'no time was left'}"


class Stopper:
    """Stops one instance."""

    def __init__(
        self, client: JobClient, scope: Scope, job_instance_id: int, clock: Clock, seen: Callable[[JobInstance], None]
    ) -> None:
        self._client = client
        self._scope = scope
        self._id = job_instance_id
        self._clock = clock
        self._seen = seen

    def stop(self, last: JobInstance | None, deadline: Deadline) -> Stopped:
        """Stop the instance and look until it has ended or the deadline is over. Never raises a JobError."""
        stopped, pauses = Stopped(last), Pauses(self._clock, deadline, _FIRST_PAUSE, _LONGEST_PAUSE)
        while True:
            # The state decides how to stop it, and whether there is anything left to stop.
            self._look(stopped, Deadline(self._clock, deadline.left() * _SHARE))
            if not stopped.ended and not stopped.accepted:
                self._ask(stopped, deadline)
            try:
                if stopped.ended or _is_hopeless(stopped) or not pauses.take():
                    return stopped
            except Interrupted:
                # What was asked for is not taken back, but nobody waits for long any more.
                deadline = Deadline(self._clock, deadline.clip(SECONDS_AFTER_SIGNAL))
                pauses = Pauses(self._clock, deadline, _FIRST_PAUSE, _LONGEST_PAUSE)

    def _ask(self, stopped: Stopped, deadline: Deadline) -> None:
        step = open_confirmation(stopped.instance)
        if step is None and stopped.instance is not None and stopped.instance.status == JOB_TERMINATING:
            stopped.accepted = True
            return
        seconds = deadline.left() * _SHARE
        try:
            if step is None:
                self._client.operate_job(self._scope, self._id, TERMINATE.code, seconds)
            else:
                self._client.operate_step(self._scope, self._id, step.step_instance_id, REFUSE.code, seconds)
        except JobError as error:
            stopped.trouble = error
            stopped.asked = stopped.asked or error.delivery is Delivery.UNKNOWN
        else:
            stopped.accepted, stopped.asked, stopped.trouble = True, True, None

    def _look(self, stopped: Stopped, deadline: Deadline) -> None:
        try:
            stopped.instance = self._client.status(self._scope, self._id, deadline, patience=0.0)
        except JobError:
            return
        self._seen(stopped.instance)


def _is_hopeless(stopped: Stopped) -> bool:
    """Whether asking again is of no use. A job that was just created may be running, and be stopped, in a moment."""
    trouble = stopped.trouble
    return not stopped.accepted and trouble is not None and not trouble.transient and trouble.code != _WRONG_STATE
