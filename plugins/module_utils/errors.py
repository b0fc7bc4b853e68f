# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions of the collection: error kind, delivery of the request, and the C(error) key of a result.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import traceback
from enum import Enum


class Delivery(Enum):
    """What is known about a request that did not succeed."""

    NOT_SENT = "not_sent"  # it surely never reached the server
    REFUSED = "refused"  # the server said no before it did anything
    UNKNOWN = "unknown"  # it may have been carried out


class Interrupted(BaseException):
    """A signal asked the task to end. No error of a call, so that nothing takes it for one and tries again."""

    def __init__(self, signal: str) -> None:
        super().__init__(signal)
        self.signal = signal


class JobError(Exception):
    """Something went wrong; says what, about which object, and what to do.

    Args:
        summary: one line for C(msg).
        kind: a word of the documented list C(error.kind).
        message: the server's own words, or ours where the server said nothing.
        code: the server's number for it.
        http_status: status of the HTTP answer, None without an answer.
        request_id: what the server's operators can search for.
        permission: the server's description of a missing permission, untouched.
        invalid_hosts: hosts that the server refused, one dictionary each.
        hint: what a person should do.
        delivery: whether the request can have had an effect.
        transient: whether the same request may succeed a moment later.
        retry_after: how long the server wants to be left alone, seconds.
        retry_within: longest pause before the next attempt, seconds; set where attempts end at a fixed time.
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
        delivery: Delivery = Delivery.REFUSED,
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
        self.result: dict[str, object] = {}

    def rephrased(self, summary: str, *, kind: str | None = None, hint: str | None = None) -> JobError:
        """The same fault told for another moment; code, request id and the server's own words are kept."""
        return JobError(
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

    def payload(self) -> dict[str, object]:
        """The documented C(error) key of a failed result."""
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
    """The task itself is wrong. Carries every fault that was found, not only the first.

    Args:
        errors: what is wrong, each with the name of its option.
        consequence: what did therefore not happen.
    """

    def __init__(self, errors: list[str], consequence: str = "nothing was sent") -> None:
        self.errors = errors
        count = "One fault" if len(errors) == 1 else f"{len(errors)} faults"
        # A line each, whatever names a server has given.
        summary = "\n- ".join(
            [f"{count} in the task, {consequence}:", *(" ".join(error.splitlines()) for error in errors)]
        )
        super().__init__(summary, kind="validation", delivery=Delivery.NOT_SENT)


class MissingRequests(JobError):
    """The Python library requests is not there."""

    def __init__(self, trace: str) -> None:
        self.trace = trace
        super().__init__("the Python library requests is missing", kind="not_sent", delivery=Delivery.NOT_SENT)


class Unexpected(JobError):
    """A fault of the collection itself, made from the exception that is being handled."""

    def __init__(self, error: Exception, kind: str = "protocol") -> None:
        self.trace = traceback.format_exc()
        super().__init__(
            f"Unexpected {type(error).__name__}: {error}",
            kind=kind,
            hint="This is a fault of the collection: please report it. If a job was started, it goes on.",
        )
