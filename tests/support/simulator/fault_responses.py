# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that replace the real one when a fault applies.

JOB API: gateways have error bodies of their own, the ESB with HTTP 200 and a code, the API gateway with a real
status, a code that begins with 16 and headers; error responses of the platform differ between its generations.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .envelopes import failure
from .errors import BadFieldError, JobError
from .http_messages import request_id
from .messages import BAD_REQUEST, NO_USER, PERMISSION_DENIED, Language

_UNREACHABLE = 1306201
_TOO_OFTEN_ESB = 1306429
_BAD_GATEWAY = (502, 1650200, "BAD_GATEWAY", "Bad Gateway")
_TIMEOUT = (504, 1650401, "REQUEST_BACKEND_TIMEOUT", "Request backend timeout")
_TOO_OFTEN = (429, 1642901, "RATE_LIMIT_RESTRICTION", "Request rate limit exceeded")


@dataclass(frozen=True)
class FaultResponse:
    """The bytes of a response."""

    http: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Fields = Mapping[str, Any]


@dataclass(frozen=True)
class RequestInfo:
    """Path, language and full text of a request."""

    gateway: str
    path: str
    language: Language
    text: str = ""


def _json(http: int, body: Fields, headers: Mapping[str, str] | None = None) -> FaultResponse:
    return FaultResponse(http, json.dumps(body).encode(), headers=headers or {})


def _esb(code: int, message: str) -> FaultResponse:
    """JOB API: errors of the ESB have HTTP 200."""
    body = {"result": False, "code": code, "message": message, "data": None, "request_id": request_id()}
    return _json(200, body)


def _apigw(kind: tuple[int, int, str, str], more: Mapping[str, str] | None = None) -> FaultResponse:
    status, code, name, message = kind
    message = f"{message} [{name}]"
    headers = {
        "X-Bkapi-Error-Code": str(code),
        "X-Bkapi-Error-Message": message,
        "X-Bkapi-Request-Id": request_id(),
        **(more or {}),
    }
    return _json(status, {"code": code, "code_name": name, "message": message, "data": None, "result": False}, headers)


def _rate_limit(fields: Fields, request_info: RequestInfo) -> FaultResponse:
    """JOB API: the ESB sends a code, the API gateway HTTP 429 and four headers."""
    if request_info.gateway == "esb":
        return _esb(_TOO_OFTEN_ESB, "Request rate limit exceeded")
    limits = {
        "Limit": "1",
        "Remaining": "0",
        "Reset": f"{fields['seconds']:g}",
        "Plugin": "bk-resource-rate-limit",
    }
    return _apigw(_TOO_OFTEN, {f"X-Bkapi-RateLimit-{name}": value for name, value in limits.items()})


def _error(fields: Fields, request_info: RequestInfo) -> FaultResponse:
    """Return an error of the platform itself, in the envelope of its generation and gateway."""
    code = fields["code"]
    nothing = {"system_id": None, "system_name": None, "actions": None}
    error = (
        BadFieldError(("a rule is broken", "不符合规则"), "rule")
        if code == BAD_REQUEST
        else JobError(code, permission=nothing if code == PERMISSION_DENIED else None)
    )
    # JOB API: a request without a user is a 401 in the older envelope, whatever the generation.
    v4 = "/api/v4/" in request_info.path and code != NO_USER
    response = failure(error, v4, request_info.language, request_id())
    body = dict(response.body or {})
    if request_info.gateway == "esb":
        return _json(200, {"message": "", **body, "data": None, "request_id": request_id()})
    headers = {
        # JOB API: empty if the platform itself has responded.
        "X-Bkapi-Error-Code": "",
        "X-Bkapi-Error-Message": "",
        "X-Bkapi-Request-Id": request_id(),
        "X-Bk-Job-Request-Id": str(body["job_request_id"]),
    }
    return _json(401 if code == NO_USER else response.http, body, headers)


def _html(fields: Fields, _request_info: RequestInfo) -> FaultResponse:
    body = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n"
    return FaultResponse(fields["http"], body, "text/html; charset=utf-8")


def _garbage(_words: Fields, _request_info: RequestInfo) -> FaultResponse:
    return FaultResponse(200, bytes(range(128, 256)) + b"{]garbage\0\xff\xfe" * 8)


def _answer(fields: Fields, _request_info: RequestInfo) -> FaultResponse:
    """Return any response that a test asks for."""
    body = fields["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    return FaultResponse(fields["http"], text.encode(), headers=fields["headers"])


_FORMS: dict[str, Callable[[str], str]] = {
    "text": str,
    "json": json.dumps,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "url": lambda text: quote(text, safe=""),
}


def _echo(fields: Fields, request_info: RequestInfo) -> FaultResponse:
    """Return an error, or a web page, that repeats the whole request with everything in it."""
    echo = _FORMS[fields["form"]](request_info.text)
    if fields["place"] == "page":
        return FaultResponse(502, f"<html><body>Bad gateway: {echo}</body></html>".encode(), "text/html; charset=utf-8")
    response = _error(fields, request_info)
    body = {
        **json.loads(response.body),
        fields["place"]: {"asked": [echo]} if fields["place"] == "permission" else echo,
    }
    return FaultResponse(response.http, json.dumps(body).encode(), headers=response.headers)


FAULT_RESPONSES: dict[str, Callable[[Fields, RequestInfo], FaultResponse]] = {
    "garbage": _garbage,
    "html": _html,
    "bad_gateway": lambda _words, _request_info: _apigw(_BAD_GATEWAY),
    "gateway_timeout": lambda _words, _request_info: _apigw(_TIMEOUT),
    "esb_unreachable": lambda _words, _request_info: _esb(_UNREACHABLE, "Request the backend failed or timed out"),
    "error": _error,
    "rate_limit": _rate_limit,
    "answer": _answer,
    "echo": _echo,
}
"""Kind of fault -> response, from the fields of the fault and the request."""
