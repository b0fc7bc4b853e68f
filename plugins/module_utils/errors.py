# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Exceptions of the collection: error kind, delivery of the request, and the C(error) key of a result."""

from __future__ import annotations

import traceback
from enum import Enum


class Delivery(Enum):
    """What is known about a request that did not succeed."""

    NOT_SENT = "not_sent"  # the request never reached the server
    REJECTED = "rejected"  # the server rejected the request before it did anything
    UNKNOWN = "unknown"  # the server may have carried the request out


class Interrupted(BaseException):
    """Request to end the task, raised by a signal. Not an error of a call, so no code retries because of it."""

    def __init__(self, signal: str) -> None:
        super().__init__(signal)
        self.signal = signal


class JobError(Exception):
    """Failure of a task: what happened, to which object, and what to do.

    Args:
        summary: one line for C(msg).
        kind: a value of the documented list C(error.kind).
        message: the server's own text, or ours if the server sent none.
        code: error code of the server.
        http_status: status of the HTTP response, None without a response.
        request_id: id that the server's operators can search for.
        permission: the server's description of a missing permission, unchanged.
        invalid_hosts: hosts that the server rejected, one dictionary each.
        hint: advice for the user.
        delivery: whether the request can have had an effect.
        transient: whether the same request may succeed a moment later.
        retry_after: pause that the server asks for, seconds.

    Attributes:
        retry_within: maximum pause before the next attempt (seconds), if attempts end at a fixed time; None if not.
        details: further lines of the message, without line ends.
        result: what is known when the task fails, set by M(partial_result_on_error).
    """

    def __init__(
        self,
        summary: str,
        *,
        kind: str,
        message: str | None = None,
        code: int | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        permission: object = None,
        invalid_hosts: list[dict[str, object]] | None = None,
        hint: str | None = None,
        delivery: Delivery = Delivery.REJECTED,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(summary)
        self.summary = summary
        self.kind = kind
        self.message = message if message is not None else summary
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        self.permission = permission
        self.invalid_hosts = invalid_hosts
        self.hint = hint
        self.delivery = delivery
        self.transient = transient
        self.retry_after = retry_after
        self.retry_within: float | None = None
        self.details: tuple[str, ...] = ()
        self.result: dict[str, object] = {}

    def rephrased(self, summary: str, *, kind: str | None = None, hint: str | None = None) -> JobError:
        """Return a final error with another summary: it is not retried, so retry data is dropped.

        Code, request id and the server's own text are kept.
        """
        error = JobError(
            summary,
            kind=kind or self.kind,
            message=self.message,
            code=self.code,
            http_status=self.http_status,
            request_id=self.request_id,
            permission=self.permission,
            invalid_hosts=self.invalid_hosts,
            hint=hint or self.hint,
            delivery=self.delivery,
        )
        error.details = self.details
        return error

    def payload(self) -> dict[str, object]:
        """Return the documented C(error) key of a failed result."""
        return {
            "kind": self.kind,
            "code": self.code,
            "message": self.message,
            "http_status": self.http_status,
            "request_id": self.request_id,
            "permission": self.permission,
            "invalid_hosts": self.invalid_hosts,
            "hint": self.hint,
        }


class InvalidTask(JobError):
    """The task itself is invalid. Carries every validation error, not only the first.

    Args:
        errors: validation errors, each with the name of its option.
        consequence: what was not done for that reason.
    """

    def __init__(self, errors: list[str], consequence: str = "no request was sent") -> None:
        self.errors = errors
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        # One line for each error: names of the server may contain line ends.
        summary = "\n- ".join(
            [f"Invalid task, {consequence} ({count}):", *(" ".join(error.splitlines()) for error in errors)]
        )
        super().__init__(summary, kind="validation", delivery=Delivery.NOT_SENT)


class MissingRequests(JobError):
    """The Python library requests is not installed."""

    def __init__(self, trace: str) -> None:
        self.trace = trace
        super().__init__("the Python library requests is not installed", kind="not_sent", delivery=Delivery.NOT_SENT)


class Unexpected(JobError):
    """A bug of the collection, made from the exception that is being handled."""

    def __init__(self, error: Exception, kind: str = "protocol") -> None:
        self.trace = traceback.format_exc()
        super().__init__(
            f"Unexpected {type(error).__name__}: {error}",
            kind=kind,
            hint="This is a bug in blueking.job; please report it. A started job keeps running.",
        )
