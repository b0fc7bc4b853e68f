# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one operation on a job instance, and wait for its effect.

Private to the collection blueking.job: no stable interface for others.

JOB answers before the effect, and refuses what the state forbids. So the state is read first: it decides what is asked,
and afterwards it tells whether an order without an answer was carried out.
"""

from __future__ import annotations

from typing import cast

from ..api.client import JobClient
from ..common.clock import Deadline, Pauses
from ..errors import Delivery, JobError
from ..models.connection import Scope
from ..models.operations import TERMINATE, Order, is_moving, open_confirmation
from ..models.run import JobInstance, _mark
from ..models.status import is_job_final
from ..results.operation_result import Operated
from .context import Face
from .operation_target import choose, not_possible
from .stopper import Stopped, Stopper

_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 2.0
# So long (seconds) a state that is about to change is given time to do so.
_SETTLE_SECONDS = 10.0
# Of the time that is left a call may take so much, so that some remains to find out what became of it.
_SHARE = 2 / 3
# JOB API: the state does not allow the operation; the instance was started before.
_WRONG_STATE = frozenset({1241003, 1241015})
# So many refusals are believed although the state allows the operation.
_BELIEVED_AFTER = 2
_TRIED_AGAIN = ("quota", "rate_limited")


class Operator:
    """Carries out one order.

    Args:
        client: JOB.
        scope: where the instance is.
        order: what to do.
        record: filled with what is known at each moment.
        face: time, and signals.
    """

    def __init__(self, client: JobClient, scope: Scope, order: Order, record: Operated, face: Face) -> None:
        self._client = client
        self._scope = scope
        self._order = order
        self._record = record
        self._clock = face.clock
        self._interrupts = face.interrupts
        self._deadline = Deadline(face.clock, order.seconds)
        self._trouble: JobError | None = None
        self._refusals = 0
        self._stands = True

    def run(self, *, check_mode: bool) -> None:
        """Look, decide, ask, and look until the effect shows. In check mode only look and decide.

        Raises:
            JobError: it is not possible, or was refused, or has not shown in time; C(unknown_outcome) if nobody knows.
        """
        record = self._record
        # Nothing was asked for yet, so a signal may end a look that hangs.
        with self._interrupts.allowed():
            before = self._settled()
        choice = choose(self._order, before)
        record.step, record.note = choice.step, choice.note
        if self._order.operation is TERMINATE:
            record.step = open_confirmation(before)
        ended = is_job_final(before.status, before.finished)
        # A job that is being stopped already is seen to its end.
        if choice.note is not None and (self._order.operation is not TERMINATE or ended or check_mode):
            return
        if check_mode:
            record.changed = True
        elif self._order.operation is TERMINATE:
            self._terminate(before)
        else:
            self._carry_out()

    def _settled(self) -> JobInstance:
        pauses = Pauses(
            self._clock, Deadline(self._clock, self._deadline.clip(_SETTLE_SECONDS)), _FIRST_PAUSE, _LONGEST_PAUSE
        )
        while True:
            instance = self._client.status(
                self._scope, self._order.job_instance_id, self._deadline, patience=self._deadline.left()
            )
            self._record.before = self._record.instance = instance
            if not is_moving(self._order.operation, instance) or not pauses.take():
                return instance

    def _carry_out(self) -> None:
        pauses = Pauses(self._clock, self._deadline, _FIRST_PAUSE, _LONGEST_PAUSE)
        self._ask()
        just_asked = True
        while True:
            if self._look():
                if self._shows():
                    return
                if self._is_over():
                    raise self._overtaken()
                if not just_asked and self._may_ask():
                    self._ask()
                    just_asked = True
                    continue
            if not pauses.take(self._trouble.retry_after if self._trouble else None):
                raise self._late()
            just_asked = False

    def _may_ask(self) -> bool:
        """Whether asking (again) cannot do it twice: nothing was accepted, and the state is what it was before."""
        asked_in_vain = not self._record.accepted and self._stands
        return asked_in_vain and not (self._record.changed and self._order.operation.comes_again)

    def _ask(self) -> None:
        order, record, seconds = self._order, self._record, self._deadline.left() * _SHARE
        job_id, code = order.job_instance_id, order.operation.code
        # Until the answer says otherwise it may have been done.
        maybe_before, record.changed = record.changed, True
        try:
            if record.step is None:
                self._client.operate_job(self._scope, job_id, code, seconds)
            else:
                self._client.operate_step(self._scope, job_id, record.step.step_instance_id, code, seconds)
        except JobError as error:
            self._trouble = error
            record.changed = maybe_before or error.delivery is Delivery.UNKNOWN
            self._refusals += error.code in _WRONG_STATE
            if not _may_come_through(error) or self._refusals > _BELIEVED_AFTER:
                raise self._failed(error) from error
        else:
            record.accepted, self._trouble = True, None

    def _look(self) -> bool:
        """Whether the state could be read."""
        record, self._stands = self._record, False
        try:
            record.instance = self._client.status(
                self._scope, self._order.job_instance_id, self._deadline, patience=0.0
            )
        except JobError:
            return False
        before = cast(JobInstance, record.before)
        # JOB says at once that the job is running, also where the step still stands where it stood.
        self._stands = record.instance.status == before.status and _mark(record.step_now) == _mark(record.step)
        return True

    def _shows(self) -> bool:
        record, now, operation = self._record, self._record.step_now, self._order.operation
        if record.step is None:
            shows = not self._stands
        else:
            shows = now is not None and _mark(now) != _mark(record.step) and now.status in operation.shows
        if shows and not record.changed:
            record.note = f"Nothing was done, somebody else was quicker: {operation.is_so}."
        return shows

    def _is_over(self) -> bool:
        """Whether the step has ended in another way, so that the effect will never show."""
        record, now = self._record, self._record.step_now
        return now is not None and _mark(now) != _mark(record.step) and is_job_final(now.status, True)

    def _overtaken(self) -> JobError:
        instance, record = cast(JobInstance, self._record.instance), self._record
        number = record.step.step_instance_id if record.step else None
        return not_possible(Order(self._order.operation, instance.job_instance_id, number, 0), instance)

    def _failed(self, error: JobError) -> JobError:
        """The error of a call that is not made again."""
        if self._record.changed:
            return self._unknown(error)
        return error.rephrased(f"{self._record.what()} failed: {error.summary}")

    def _late(self) -> JobError:
        if self._trouble is not None and not self._record.accepted:
            return self._failed(self._trouble)
        return JobError(
            f"{self._record.what()} was accepted, but after {self._order.seconds:g} s it {self._record.is_now()}",
            kind="wait_timeout",
            hint="JOB answers before the effect. Look at the instance in JOB, or raise operate_timeout.",
        )

    def _unknown(self, error: JobError) -> JobError:
        hint = "Look at the instance in JOB before you run the task again."
        if self._order.operation.comes_again:
            hint = f"It was not asked for again, as it would be done twice if the first call arrives late. {hint}"
        return error.rephrased(
            f"{self._record.what()} got no clear answer, it {self._record.is_now()}: {error.summary}",
            kind="unknown_outcome",
            hint=hint,
        )

    def _terminate(self, before: JobInstance) -> None:
        record, refused = self._record, self._record.step
        stopper = Stopper(self._client, self._scope, self._order.job_instance_id, self._clock, self._seen)
        stopped = stopper.stop(before, self._deadline)
        record.changed, record.accepted = stopped.changed, stopped.accepted
        if not stopped.ended:
            raise self._not_stopped(stopped)
        if not stopped.changed:
            record.note = f"Nothing was done, {stopped.words()}."
        elif refused is not None:
            record.note = f"The confirmation of step {refused.step_instance_id} was refused, as that ends such a job."

    def _seen(self, instance: JobInstance) -> None:
        self._record.instance = instance

    def _not_stopped(self, stopped: Stopped) -> JobError:
        self._trouble = stopped.trouble
        if stopped.accepted and not stopped.asked:
            return JobError(
                f"Job instance {self._order.job_instance_id} was being terminated already, but after "
                f"{self._order.seconds:g} s it {self._record.is_now()}",
                kind="wait_timeout",
                hint="JOB may be waiting for an agent. Look at the instance in JOB, or raise operate_timeout.",
            )
        return self._late()


def _may_come_through(error: JobError) -> bool:
    """Whether it makes sense to look and, if the state allows, to ask again."""
    if error.delivery is Delivery.REFUSED:
        return error.kind in _TRIED_AGAIN or error.code in _WRONG_STATE
    return error.transient
