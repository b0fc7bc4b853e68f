# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envelopes of data and errors: v2 and v3 alike, v4 with real HTTP statuses.

JOB API: v2 and v3 return HTTP 200, a success without message, a failure without data; nested nulls are kept. v4 omits
nulls, and has a name for each error, with the code in its details.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .errors import BadFieldError, JobError
from .messages import PERMISSION_DENIED, Language, pick

HTTP: dict[str, int] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "NO_PERMISSION": 403,
    "NOT_FOUND": 404,
    "MEDIA_TYPE_NOT_ACCEPTABLE": 406,
    "ALREADY_EXISTS": 409,
    "Unsupported Media Type": 415,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
}
"""JOB API: v4's names of errors, and the HTTP status of each."""

_CODES: dict[str, tuple[int, ...]] = {
    "INVALID_ARGUMENT": (
        *(1240003, 1241001, 1241002, 1241004, 1241005, 1241006, 1241007, 1241010, 1241012, 1241020, 1241022, 1241025),
        1244001,
    ),
    "FAILED_PRECONDITION": (
        *(1241003, 1241015, 1244002, 1244008, 1244009, 1244011, 1244014, 1244016, 1244018),
        *(1244026, 1244027, 1244028, 1244029, 1244030),
    ),
    "NO_PERMISSION": (1244004, PERMISSION_DENIED),
    "NOT_FOUND": (1243001, 1243009, 1243047, 1243049, 1244003, 1244006, 1244007, 1244012, 1260012),
    "RESOURCE_EXHAUSTED": (1244022, 1244025, 1244032, 1244033, 1244034),
}
_KINDS = {code: kind for kind, codes in _CODES.items() for code in codes}
_NATURES = {"type": 1241020, "rule": 1241025, "json": 1241022, "missing": 1241004}
"""JOB API: errors that v4 distinguishes; v2 and v3 return 1240003 for all."""


@dataclass(frozen=True)
class CallResult:
    """Status and body, with the runs that the call created or started, and all its effects."""

    body: dict[str, Any] | None
    http: int = 200
    started: tuple[int, ...] = ()
    did: list[dict[str, Any]] = field(default_factory=list)


def success(data: Any, v4: bool, request_id: str) -> CallResult:
    """JOB API: a success has no message."""
    if v4:
        return CallResult({"data": without_nulls(data), "job_request_id": request_id})
    return CallResult({"code": 0, "result": True, "data": data, "job_request_id": request_id})


def failure(error: JobError, v4: bool, language: Language, request_id: str) -> CallResult:
    """JOB API: a failure has no data; one for a missing permission names it."""
    if v4:
        return _failure_v4(error, language, request_id)
    body: dict[str, Any] = {"code": error.code, "result": False, "message": error.message(language)}
    if error.permission is not None:
        body["permission"] = error.permission
    return CallResult({**body, "job_request_id": request_id})


def _failure_v4(error: JobError, language: Language, request_id: str) -> CallResult:
    kind = error.kind or _KINDS.get(error.code, "INTERNAL")
    message, code, reason = error.message(language), error.code, error.message(language)
    if isinstance(error, BadFieldError):
        code = _NATURES[error.nature]
        reason = error.detail if isinstance(error.detail, str) else pick(error.detail, language)
        if error.path:
            message = pick(("Fields [{}] bind failed", "字段 [{}] 绑定失败"), language).format(".".join(error.path))
    body: dict[str, Any] = {"code": kind, "message": message}
    if error.permission is not None:
        body["data"] = error.permission
    body["details"] = [{"code": str(code), "message": reason}]
    return CallResult({"error": body, "job_request_id": request_id}, HTTP[kind])


def without_nulls(value: Any) -> Any:
    """JOB API: v4 omits null values at every depth."""
    if isinstance(value, dict):
        return {name: without_nulls(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [without_nulls(entry) for entry in value]
    return value
