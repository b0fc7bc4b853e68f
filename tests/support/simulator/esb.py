# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The older gateway: /api/c/compapi/v2/job/<name>/ and /api/c/compapi/v2/jobv3/<name>/.

JOB API: credentials are parameters like the others, or in the authorization header, which takes precedence; almost all
error responses have HTTP 200; the call always reaches the platform as a POST of the remaining parameters.
"""

from __future__ import annotations

import re
from typing import Any

from .authentication import HEADER, TOKENS, AuthError, check_app, check_user, first
from .call_context import Call, Caller
from .calls import V2, V3
from .envelopes import CallResult
from .gateway_errors import ESB, EsbError
from .http_messages import Reply, Request, flat, header_object, parsed, request_id
from .messages import Language, Text, language_of, pick
from .platform import Platform

_ADDRESS = re.compile(r"/api/c/compapi/v2/(job|jobv3)/([A-Za-z0-9_]+)/?")
_GENERATIONS = {"job": V2, "jobv3": V3}
_CREDENTIALS = ("bk_app_code", "bk_app_secret", "bk_token", "access_token")
"""JOB API: bk_ticket and bk_access_token are not among them, and are passed on to the platform."""
_UNREAD_ALONE = ("bk_ticket", "access_token")
MAX_BODY = 10 * 1024 * 1024
_ALIASES = ("app_code", "app_secret", "username", "bk_username")
GATEWAY = "esb"

UNAUTHENTICATED = 1306000
_NO_JSON = EsbError(
    UNAUTHENTICATED,
    ("Request JSON string is wrong in format, which cannot be analyzed", "请求参数不是合法的 JSON"),
)
_TOO_LARGE = EsbError(UNAUTHENTICATED, ("The request body is too large", "请求体过大"))
_NO_OBJECT = EsbError(UNAUTHENTICATED, ("Request parameters must be an object and not empty", "请求参数必须为非空对象"))
_BAD_HEADER = EsbError(
    1306406,
    ("X-Bkapi-Authorization is not a JSON object", "请求头 X-Bkapi-Authorization 不是 JSON 对象"),
    with_id=False,
)
_FORBIDDEN = EsbError(1306403, ("The app has no permission to use the component", "应用没有访问该组件的权限"))
_NOT_FOUND: Text = ("Not found", "未找到对应的接口")
_BEFORE_LOGIN = ("inactive", "component_missing", "crash")


class EsbGatewayError(Exception):
    """An error response of the gateway itself, with the effects of the platform."""

    def __init__(self, error: EsbError, caller: Caller | None = None, result: CallResult | None = None) -> None:
        super().__init__(error.text[0])
        self.error, self.caller, self.result = error, caller, result


def owns(path: str) -> bool:
    """Return whether the ESB serves a path."""
    return path.startswith("/api/c/")


def serve(platform: Platform, request: Request) -> Reply:
    """Handle one request."""
    match = _ADDRESS.fullmatch(request.path)
    call = _GENERATIONS[match[1]].get(match[2]) if match else None
    if match is None or call is None or not (call.both and call.in_esb) or request.method not in ("GET", "POST"):
        return not_found(request, GATEWAY)
    language = language_of(request.headers.get("blueking-language"), "en")
    try:
        return _forward(platform, request, match[2], call, language)
    except EsbGatewayError as refused:
        return _rejection(refused, match[2], language)


def _rejection(refused: EsbGatewayError, name: str, language: Language) -> Reply:
    error = refused.error
    body: dict[str, Any] = {"result": False, "message": pick(error.text, language), "data": None}
    if error.code is not None:
        body["code"] = error.code
        if error.with_id:
            body["request_id"] = request_id()
    return Reply(error.http, body, GATEWAY, name, caller=refused.caller, result=refused.result)


def not_found(request: Request, gateway: str) -> Reply:
    """JOB API: an unknown path is an HTTP 404 whose body has no code."""
    message = pick(_NOT_FOUND, language_of(request.headers.get("blueking-language"), "en"))
    return Reply(404, {"result": False, "data": None, "message": message}, gateway)


def _forward(platform: Platform, request: Request, name: str, call: Call, language: Language) -> Reply:
    alone = not platform.inventory.settings.esb_behind_apigw
    header = None if alone else _header(request)
    params = _params(request)
    given = params if header is None else header
    if alone:
        given = {name: value for name, value in given.items() if name not in _UNREAD_ALONE}
    trouble = platform.inventory.settings.trouble(GATEWAY, name, first(given, ("bk_app_code", "app_code")))
    caller = _caller(platform, name, given, trouble)
    if trouble is not None and not ESB[trouble].acts:
        raise EsbGatewayError(ESB[trouble], caller)
    kept = {key: value for key, value in params.items() if key not in (*_CREDENTIALS, *_ALIASES)}
    result = platform.handle(call, "POST", kept, caller, language)
    if trouble == "backend_list":
        return Reply(200, [result.body], GATEWAY, name, caller=caller, result=result)
    if trouble is not None:
        raise EsbGatewayError(ESB[trouble], caller, result)
    # JOB API: for this gateway a status other than 200 from the platform is no response.
    if result.http != 200 or result.body is None:
        raise EsbGatewayError(ESB["backend_status"], caller, result)
    # JOB API: the gateway adds an id to the response, and adds keys that the platform omits.
    body = {"message": "", "data": None, **result.body, "request_id": request_id()}
    return Reply(200, body, GATEWAY, name, caller=caller, result=result)


def _caller(platform: Platform, name: str, given: dict[str, Any], trouble: str | None) -> Caller:
    access = platform.inventory.access
    if trouble in _BEFORE_LOGIN:
        raise EsbGatewayError(ESB[trouble])
    try:
        app = check_app(access, given)
        if trouble == "login_down" and first(given, [name for name, _kind in TOKENS]):
            raise EsbGatewayError(ESB[trouble])
        user = check_user(access, given, app)
    except AuthError as error:
        raise EsbGatewayError(EsbError(UNAUTHENTICATED, error.reason)) from None
    caller = Caller(user.name, app.code)
    if name in app.denied_calls:
        raise EsbGatewayError(_FORBIDDEN, caller)
    return caller


def _header(request: Request) -> dict[str, Any] | None:
    text = request.headers.get(HEADER)
    if text is None:
        return None
    value = header_object(text)
    if value is None:
        raise EsbGatewayError(_BAD_HEADER)
    return value


def _params(request: Request) -> dict[str, Any]:
    """JOB API: a body that begins with a brace is JSON whatever its type, every other one a form."""
    if request.method == "GET":
        return dict(request.query)
    if len(request.body) > MAX_BODY:
        raise EsbGatewayError(_TOO_LARGE)
    body = request.body.strip()
    if body.startswith(b"{"):
        try:
            params = parsed(body)
        except ValueError:
            raise EsbGatewayError(_NO_JSON) from None
        if isinstance(params, dict):
            return params
    if not body or body.startswith(b"["):
        raise EsbGatewayError(_NO_OBJECT)
    try:
        return dict(flat(body.decode("utf-8")))
    except ValueError:
        raise EsbGatewayError(_NO_JSON) from None
