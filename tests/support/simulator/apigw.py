# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API gateway: /api/<gateway>/<stage>/api/v3/<name> and /api/v4/<name>, also without the part before /api/v3/.

JOB API: credentials only in the authorization header; its own error responses have real HTTP statuses and codes that
begin with 16, repeated in headers; an empty error header means that the platform responded. Every call has a twin under
/system/, which needs no login: an application names the user it acts for in a header.
"""

from __future__ import annotations

import re

from . import internal_api
from .authentication import HEADER, NO_APP, TOKENS, AuthError, check_app, check_user, first
from .call_context import Call, Caller
from .calls import V3, V4
from .envelopes import CallResult, failure
from .errors import JobError
from .gateway_errors import APIGW, ApigwError
from .http_messages import Reply, Request, header_object, request_id
from .messages import NO_USER, Language, Text, language_of, pick
from .platform import Platform

_ADDRESS = re.compile(r"(?:/api/[^/]+/[^/]+)?/api/(v[34])/(system/)?([A-Za-z0-9_]+)/?")
_GENERATIONS = {"v3": V3, "v4": V4}
_BAD_HEADER: Text = ("X-Bkapi-Authorization is not a JSON object", "请求头 X-Bkapi-Authorization 不是 JSON 对象")
ACTING_USER = "x-bk-username"
MAX_BODY = 40 * 1024 * 1024
"""JOB API: bodies may have about 40 MB."""
GATEWAY = "apigw"


def owns(path: str) -> bool:
    """Return whether the API gateway serves a path."""
    return _ADDRESS.fullmatch(path) is not None


def serve(platform: Platform, request: Request) -> Reply:
    """Handle one request."""
    language = language_of(request.headers.get("blueking-language"), "zh-cn")
    match = _ADDRESS.fullmatch(request.path)
    call = _GENERATIONS[match[1]].get(match[3]) if match else None
    name = match[3] if match and call else None
    if match is None or name is None or call is None or request.method != call.verb:
        return _rejection(APIGW["not_found"], name)
    if len(request.body) > MAX_BODY:
        return _rejection(APIGW["body_too_large"], name)
    try:
        caller = _caller(platform, request, system=bool(match[2]))
    except AuthError as error:
        return _rejection(APIGW["invalid_args"], name, reason=error.reason)
    return _pass_on(platform, request, name, call, caller, language)


def _caller(platform: Platform, request: Request, system: bool) -> Caller:
    """JOB API: a user's access token identifies application and user; a system call needs no user here."""
    access = platform.inventory.access
    text = request.headers.get(HEADER)
    if not text:
        raise AuthError(NO_APP)
    given = header_object(text)
    if given is None:
        raise AuthError(_BAD_HEADER)
    if system:
        return Caller(request.headers.get(ACTING_USER, "").strip(), check_app(access, given).code)
    tokens = [name for name, kind in TOKENS if kind == "access_tokens"]
    app = None if first(given, tokens) and not first(given, ("bk_app_code",)) else check_app(access, given)
    return Caller(check_user(access, given, app).name, app.code if app else "")


def _pass_on(platform: Platform, request: Request, name: str, call: Call, caller: Caller, language: Language) -> Reply:
    app = platform.inventory.access.app(caller.app)
    if app is not None and name in app.denied_calls:
        return _rejection(APIGW["app_no_permission"], name, caller)
    trouble = platform.inventory.settings.trouble(GATEWAY, name, caller.app)
    if trouble is not None and not APIGW[trouble].acts:
        return _rejection(APIGW[trouble], name, caller)
    result = _answer(platform, request, call, caller, language)
    if trouble is not None:
        return _rejection(APIGW[trouble], name, caller, result)
    headers = {
        "X-Bkapi-Error-Code": "",
        "X-Bkapi-Error-Message": "",
        "X-Bkapi-Request-Id": request_id(),
        "X-Bk-Job-Request-Id": internal_api.job_request_id(result),
    }
    return Reply(result.http, result.body, GATEWAY, name, headers, caller=caller, result=result)


def _answer(platform: Platform, request: Request, call: Call, caller: Caller, language: Language) -> CallResult:
    if caller.user:
        return internal_api.deliver(platform, call, request, caller, language)
    # JOB API: a request without a user is a 401 in the older envelope, whatever the generation.
    return CallResult(failure(JobError(NO_USER), False, language, request_id()).body, 401)


def _rejection(
    error: ApigwError,
    call: str | None,
    caller: Caller | None = None,
    result: CallResult | None = None,
    reason: Text | None = None,
) -> Reply:
    """JOB API: this gateway responds in English whatever the language of the request."""
    message = pick(reason or error.text, "en")
    if not error.complete:
        message = f"{message} [{error.name}]"
    body = {"code": error.code, "code_name": error.name, "message": message, "data": None, "result": False}
    headers = {
        "X-Bkapi-Error-Code": str(error.code),
        "X-Bkapi-Error-Message": message,
        "X-Bkapi-Request-Id": request_id(),
        **dict(error.headers),
    }
    return Reply(error.http, body, GATEWAY, call, headers, caller=caller, result=result)
