# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that stand in for the real one when a fault strikes.

JOB API: gateways have error bodies of their own, the older one with HTTP 200 and a code, the newer one with a real
status, a code that begins with 16 and headers; the platform's own refusals differ between its generations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import JobError
from .web import request_id

_UNREACHABLE = 1306201
_TOO_OFTEN_ESB = 1306429
_BAD_GATEWAY = (502, 1650200, "BAD_GATEWAY", "Bad Gateway")
_TIMEOUT = (504, 1650401, "REQUEST_BACKEND_TIMEOUT", "Request backend timeout")
_TOO_OFTEN = (429, 1642901, "RATE_LIMIT_RESTRICTION", "Request rate limit exceeded")
_V4_STATUS = {
    404: frozenset({1244003, 1244006, 1244007, 1243001, 1243049}),
    429: frozenset({1244022, 1244025, 1244032, 1244033, 1244034}),
    500: frozenset({1240002}),
}
_V4_NAMES = {400: "FAILED_PRECONDITION", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}


@dataclass(frozen=True)
class Spoilt:
    """An answer in its bytes."""

    http: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Words = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What was asked, and the words of the fault that struck."""

    words: Words
    gateway: str
    path: str


def _json(http: int, body: Words, headers: Mapping[str, str] | None = None) -> Spoilt:
    return Spoilt(http, json.dumps(body).encode(), headers=headers or {})


def _esb(code: int, message: str) -> Spoilt:
    """JOB API: errors of the older gateway travel with HTTP 200."""
    body = {"result": False, "code": code, "message": message, "data": None, "request_id": request_id()}
    return _json(200, body)


def _apigw(kind: tuple[int, int, str, str], more: Mapping[str, str] | None = None) -> Spoilt:
    status, code, name, message = kind
    message = f"{message} [{name}]"
    headers = {
        "X-Bkapi-Error-Code": str(code),
        "X-Bkapi-Error-Message": message,
        "X-Bkapi-Request-Id": request_id(),
        **(more or {}),
    }
    return _json(status, {"code": code, "code_name": name, "message": message, "data": None, "result": False}, headers)


def _rate_limit(asked: Asked) -> Spoilt:
    """JOB API: the older gateway says it with a code, the newer one with HTTP 429 and four headers."""
    if asked.gateway == "esb":
        return _esb(_TOO_OFTEN_ESB, "Request rate limit exceeded")
    limits = {
        "Limit": "1",
        "Remaining": "0",
        "Reset": f"{asked.words['seconds']:g}",
        "Plugin": "bk-resource-rate-limit",
    }
    return _apigw(_TOO_OFTEN, {f"X-Bkapi-RateLimit-{name}": value for name, value in limits.items()})


def _error(asked: Asked) -> Spoilt:
    """A refusal of the platform itself, in the envelope of the generation that was asked."""
    code = asked.words["code"]
    message = JobError(code).message("en")
    if "/api/v4/" in asked.path:
        status = next((status for status, codes in _V4_STATUS.items() if code in codes), 400)
        details = [{"code": str(code), "message": message}]
        error = {"code": _V4_NAMES[status], "message": message, "details": details}
        return _json(status, {"error": error, "job_request_id": request_id()})
    body: dict[str, Any] = {"code": code, "result": False, "message": message, "job_request_id": request_id()}
    if asked.gateway == "esb":
        body |= {"data": None, "request_id": request_id()}
    return _json(200, body)


def _html(asked: Asked) -> Spoilt:
    body = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n"
    return Spoilt(asked.words["http"], body, "text/html; charset=utf-8")


def _garbage(_asked: Asked) -> Spoilt:
    return Spoilt(200, bytes(range(128, 256)) + b"{]garbage\0\xff\xfe" * 8)


ANSWERS: dict[str, Callable[[Asked], Spoilt]] = {
    "garbage": _garbage,
    "html": _html,
    "bad_gateway": lambda _asked: _apigw(_BAD_GATEWAY),
    "gateway_timeout": lambda _asked: _apigw(_TIMEOUT),
    "esb_unreachable": lambda _asked: _esb(_UNREACHABLE, "Request the backend failed or timed out"),
    "error": _error,
    "rate_limit": _rate_limit,
}
"""Kind of fault -> its answer, from what was asked."""
