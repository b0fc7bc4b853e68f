# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Run one operation on a job instance, and wait for its effect.

JOB responds before the effect, and rejects what the state forbids. So the state is read first: it decides whether to
send the request, and afterwards it shows whether a request without a response was carried out.
"""

from __future__ import annotations

from typing import cast

from ..api.client import JobClient
from ..common.clock import Deadline
from ..errors import Delivery, JobError
from ..models.connection import Scope
from ..models.operation_rules import in_transition, open_confirmation
from ..models.operations import TERMINATE, OperationRequest
from ..models.run import JobInstance, step_fingerprint
from ..models.status import JOB_ENDS
from ..results.operation_result import OperationResult
from .context import TaskContext
from .lasting_rejection import LastingRejection
from .operation_errors import call_error, effect_impossible_error, not_stopped_error, timeout_error, unreadable_error
from .operation_target import choose_target
from .retry_policies import OPERATE
from .stopper import Stopper

# Maximum time (seconds) for a state in transition to change.
_TRANSITION_SECONDS = 10.0
# Give up after this many rejected calls although the state allows the operation.
_MAX_REJECTIONS = 2


class OperationRunner:
    """Run one operation.

    Args:
        client: JOB.
        scope: scope of the instance.
        request: the operation.
        record: filled with the known state at every moment.
        context: clock and signals.
    """

    def __init__(
        self, client: JobClient, scope: Scope, request: OperationRequest, record: OperationResult, context: TaskContext
    ) -> None:
        self._client = client
        self._scope = scope
        self._request = request
        self._record = record
        self._clock = context.clock
        self._interrupts = context.interrupts
        self._deadline = Deadline(context.clock, request.seconds)
        self._last_error: JobError | None = None
        self._rejections = 0
        self._is_unchanged = True
        self._rejection = LastingRejection(context.clock)

    def run(self, *, check_mode: bool) -> None:
        """Read the state, decide, send the request, and poll until the effect is visible. Check mode only decides.

        Raises:
            JobError: not possible, rejected, or without effect in time; C(unknown_outcome) if the outcome is unknown.
        """
        record = self._record
        # Nothing was sent yet, so a signal may end a read that hangs.
        with self._interrupts.interruptible():
            before = self._stable_instance()
        target = choose_target(self._request, before)
        record.step, record.note = target.step, target.note
        if self._request.operation is TERMINATE:
            record.step = open_confirmation(before)
        # Wait for the end of a job that is being terminated already.
        if target.note is not None and (self._request.operation is not TERMINATE or before.ended or check_mode):
            return
        if check_mode:
            record.changed = True
        elif self._request.operation is TERMINATE:
            self._terminate(before)
        else:
            self._execute()

    def _stable_instance(self) -> JobInstance:
        backoff = OPERATE.backoff(self._clock, self._deadline.within(_TRANSITION_SECONDS))
        while True:
            instance = self._read_before()
            self._record.before = self._record.instance = instance
            if not in_transition(self._request.operation, instance) or not backoff.pause():
                return instance

    def _read_before(self) -> JobInstance:
        instance_id = self._request.job_instance_id
        try:
            return self._client.status(self._scope, instance_id, self._deadline, retry_for=self._deadline.remaining())
        except JobError as error:
            raise error.rephrased(f"The state of job instance {instance_id} cannot be read: {error.summary}") from error

    def _execute(self) -> None:
        backoff = OPERATE.backoff(self._clock, self._deadline)
        self._send()
        just_sent = True
        while True:
            if self._poll():
                if self._has_effect():
                    return
                if self._ended_otherwise():
                    raise effect_impossible_error(self._record)
                if not just_sent and self._may_send():
                    self._send()
                    just_sent = True
                    continue
            if not backoff.pause(self._last_error.retry_after if self._last_error else None):
                raise timeout_error(self._record, self._last_error)
            just_sent = False

    def _may_send(self) -> bool:
        """Return whether sending (again) cannot repeat the effect: nothing was accepted, the state is unchanged."""
        without_effect = not self._record.accepted and self._is_unchanged
        return without_effect and not (self._record.changed and self._request.operation.not_repeatable)

    def _send(self) -> None:
        request, record, seconds = self._request, self._record, OPERATE.attempt_seconds(self._deadline)
        job_id, code = request.job_instance_id, request.operation.code
        step_id = None if record.step is None else record.step.step_instance_id
        # It may have been done until a response proves otherwise.
        maybe_before, record.changed = record.changed, True
        try:
            self._client.operate(self._scope, job_id, step_id, code, seconds)
        except JobError as error:
            self._last_error = error
            record.changed = maybe_before or error.delivery is Delivery.UNKNOWN
            if error.code in OPERATE.codes:
                self._rejections += 1
            if not OPERATE.may_retry(error) or self._rejections > _MAX_REJECTIONS:
                raise call_error(record, error) from error
        else:
            record.accepted, self._last_error = True, None

    def _poll(self) -> bool:
        """Read the state; return whether that succeeded.

        Raises:
            JobError: the state cannot be read, and a retry would not change that.
        """
        record, self._is_unchanged = self._record, False
        try:
            record.instance = self._client.status(
                self._scope, self._request.job_instance_id, self._deadline, retry_for=0.0
            )
        except JobError as error:
            if self._rejection.note_error(error):
                raise unreadable_error(record, error, self._last_error) from error
            return False
        self._rejection.note_response()
        before = cast(JobInstance, record.before)
        # JOB reports the job as running at once, even if the step is unchanged.
        self._is_unchanged = record.instance.status == before.status and step_fingerprint(
            record.step_now
        ) == step_fingerprint(record.step)
        return True

    def _has_effect(self) -> bool:
        record, now, operation = self._record, self._record.step_now, self._request.operation
        if record.step is None:
            has_effect = not self._is_unchanged
        else:
            has_effect = (
                now is not None
                and step_fingerprint(now) != step_fingerprint(record.step)
                and now.status in operation.effect_states
            )
        if has_effect and not record.changed:
            what = "job" if operation.object_kind == "job" else "step"
            record.note = f"No change: another user already {operation.past_participle} the {what}."
        return has_effect

    def _ended_otherwise(self) -> bool:
        """Return whether the step ended in another way, so that the effect cannot appear."""
        record, now = self._record, self._record.step_now
        return now is not None and step_fingerprint(now) != step_fingerprint(record.step) and now.status in JOB_ENDS

    def _terminate(self, before: JobInstance) -> None:
        record, refused = self._record, self._record.step
        stopper = Stopper(self._client, self._scope, self._request.job_instance_id, self._clock, self._on_instance)
        stopped = stopper.stop(before, self._deadline)
        record.changed, record.accepted = stopped.changed, stopped.accepted
        if not stopped.ended:
            raise not_stopped_error(record, stopped)
        if not stopped.changed:
            record.note = f"No change: {stopped.describe()}."
        elif refused is not None:
            record.note = (
                f"The confirmation of step {refused.step_instance_id} was refused, because that ends such a job."
            )

    def _on_instance(self, instance: JobInstance) -> None:
        self._record.instance = instance
