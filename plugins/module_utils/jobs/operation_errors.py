# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Errors of an operation: what is known about its call and about its effect."""

from __future__ import annotations

from typing import cast

from ..errors import JobError
from ..models.operations import OperationRequest
from ..models.run import JobInstance
from ..results.operation_result import OperationResult
from .operation_target import not_possible_error
from .stopper import StopResult


def call_error(record: OperationResult, error: JobError) -> JobError:
    """Return the error of a call that is not retried."""
    if record.changed:
        return _unknown_outcome_error(record, error)
    return error.rephrased(f"{record.label()} failed: {error.summary}")


def effect_impossible_error(record: OperationResult) -> JobError:
    """Return the error of an operation whose step ended in another way."""
    operation = cast(OperationRequest, record.request).operation
    return not_possible_error(operation, cast(JobInstance, record.instance), record.step_now)


def timeout_error(record: OperationResult, last_error: JobError | None) -> JobError:
    """Return the error of an operation without effect in time; C(last_error) is that of its last call."""
    if last_error is not None and not record.accepted:
        return call_error(record, last_error)
    seconds = cast(OperationRequest, record.request).seconds
    return JobError(
        f"{record.label()} was accepted, but after {seconds:g} s it {record.state()}",
        kind="wait_timeout",
        hint="JOB responds before the effect. Check the instance in JOB, or raise operate_timeout.",
    )


def unreadable_error(record: OperationResult, error: JobError, last_error: JobError | None) -> JobError:
    """Return the error of an operation whose effect cannot be read; C(last_error) is that of its last call."""
    if last_error is not None and not record.accepted:
        return call_error(record, last_error)
    return error.rephrased(
        f"{record.label()} was accepted, but its effect cannot be read: {error.summary}",
        # "not_sent" would be misread as "the operation was not sent".
        kind="server_error" if error.kind == "not_sent" else error.kind,
        hint=f"Check the instance in JOB before you run the task again. {error.hint or ''}".rstrip(),
    )


def not_stopped_error(record: OperationResult, stopped: StopResult) -> JobError:
    """Return the error of an instance that has not stopped."""
    request = cast(OperationRequest, record.request)
    if stopped.unreadable is not None:
        return unreadable_error(record, stopped.unreadable, stopped.last_error)
    if stopped.accepted and not stopped.requested:
        return JobError(
            f"Job instance {request.job_instance_id} was being terminated already, but after "
            f"{request.seconds:g} s it {record.state()}",
            kind="wait_timeout",
            hint="JOB may be waiting for an agent. Check the instance in JOB, or raise operate_timeout.",
        )
    return timeout_error(record, stopped.last_error)


def _unknown_outcome_error(record: OperationResult, error: JobError) -> JobError:
    hint = "Check the instance in JOB before you run the task again."
    if cast(OperationRequest, record.request).operation.not_repeatable:
        hint = f"It was not retried, because a late delivery of the first call would repeat it. {hint}"
    return error.rephrased(
        f"{record.label()} got no clear response; it {record.state()}: {error.summary}",
        kind="unknown_outcome",
        hint=hint,
    )
