# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Internal API of the platform behind the gateways: /esb/api/v2/<name>, /esb/api/v3/<name> and /esb/api/v4/<name>.

JOB API: the gateways send requests here, with user and application in headers of their own. An unknown path or verb
gets a response of the web framework, with a body that has no code.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from .call_context import Call, Caller, Verb
from .calls import GENERATIONS
from .envelopes import CallResult, failure
from .errors import BadFieldError, JobError
from .http_messages import Reply, Request, parsed, request_id
from .messages import BAD_REQUEST, Language, language_of
from .platform import Platform
from .type_conversion import QueryText

_ADDRESS = re.compile(r"/esb/api/(v[234])/([A-Za-z0-9_]+)/?")
_JSON = "application/json"
_READABLE = ("*/*", "application/*", _JSON)
USER, APP, TENANT = "x-username", "x-appcode", "x-bk-tenant-id"
GATEWAY = "job"


def owns(path: str) -> bool:
    """Return whether a path belongs to the internal API."""
    return path.startswith("/esb/api/")


def serve(platform: Platform, request: Request) -> Reply:
    """Handle one request that claims to come from a gateway."""
    match = _ADDRESS.fullmatch(request.path)
    call = GENERATIONS[match[1]].get(match[2]) if match else None
    if match is None or call is None:
        return _framework(404, "Not Found", request)
    if not call.takes(request.method):
        return _framework(405, "Method Not Allowed", request)
    language = language_of(request.headers.get("blueking-language"), "zh-cn")
    caller = Caller(request.headers.get(USER, ""), request.headers.get(APP, ""))
    if caller.user and caller.app:
        result = deliver(platform, call, request, caller, language)
    else:
        missing = BadFieldError(("a header is missing", "缺少请求头"), "missing")
        result = failure(missing, call.v4, language, request_id())
    headers = {"X-Bk-Job-Request-Id": job_request_id(result)}
    return Reply(result.http, result.body, GATEWAY, match[2], headers, caller=caller, result=result)


def _framework(status: int, reason: str, request: Request) -> Reply:
    stamp = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return Reply(status, {"timestamp": stamp, "status": status, "error": reason, "path": request.path}, GATEWAY)


def deliver(platform: Platform, call: Call, request: Request, caller: Caller, language: Language) -> CallResult:
    """Pass a request with a known caller to the platform, as if it came over HTTP."""
    verb: Verb = "GET" if request.method == "GET" else "POST"
    if call.v4 and (kind := _unwanted(request, verb)):
        return failure(JobError(BAD_REQUEST, kind, kind=kind), True, language, request_id())
    return platform.handle(call, verb, _params(request, verb), caller, language, request.headers.get(TENANT))


def job_request_id(result: CallResult) -> str:
    """Return the platform's id of a request, which is in the body as well. An empty body has none."""
    return str(result.body["job_request_id"]) if result.body else ""


def _unwanted(request: Request, verb: Verb) -> str | None:
    """JOB API: v4 reports a content type that it cannot read, or an accepted type that it cannot write."""
    wanted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    if not any(kind in _READABLE for kind in wanted):
        return "MEDIA_TYPE_NOT_ACCEPTABLE"
    return "Unsupported Media Type" if verb == "POST" and _kind(request) != _JSON else None


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _params(request: Request, verb: Verb) -> Any:
    """JOB API: a body is used only as application/json; an unreadable one fails validation."""
    if verb == "GET":
        return {name: QueryText(value) for name, value in request.query.items()}
    if _kind(request) != _JSON:
        return None
    try:
        return parsed(request.body)
    except ValueError:
        return None
