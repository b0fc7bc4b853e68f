# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API gateway: /api/<gateway>/<stage>/api/v3/<name>, also without the part before /api/v3/.

JOB API: credentials only in the authorization header; its own refusals have real HTTP statuses and codes that begin
with 16, repeated in headers; an empty error header says that the platform answered.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from .access import Access
from .calls import V3
from .context import Verb
from .credentials import HEADER, NO_APP, TOKENS, AuthError, Caller, check_app, check_user, first
from .job import Platform
from .messages import Language, Text, language_of, pick
from .web import Reply, Request, header_object, parsed, request_id

_ADDRESS = re.compile(r"(?:/api/[^/]+/[^/]+)?/api/v3/([A-Za-z0-9_]+)/?")
GATEWAY = "apigw"

INVALID_ARGS = (400, 1640001, "INVALID_ARGS")
APP_NO_PERMISSION = (403, 1640301, "APP_NO_PERMISSION")
API_NOT_FOUND = (404, 1640401, "API_NOT_FOUND")
_BAD_HEADER: Text = ("X-Bkapi-Authorization is not a JSON object", "请求头 X-Bkapi-Authorization 不是 JSON 对象")
_FORBIDDEN: Text = ("the app has no permission to access the resource", "应用没有访问该资源的权限")
_NOT_FOUND: Text = ("no resource has this method and path", "没有与该方法和路径匹配的资源")


def owns(path: str) -> bool:
    """Whether the API gateway answers for a path."""
    return _ADDRESS.fullmatch(path) is not None


def serve(platform: Platform, request: Request) -> Reply:
    """Answer one request."""
    language = language_of(request.headers.get("blueking-language"), "zh-cn")
    match = _ADDRESS.fullmatch(request.path)
    name = match[1] if match else ""
    call = V3.get(name)
    if call is None or request.method != call.verb:
        return _refusal(API_NOT_FOUND, _NOT_FOUND, language, name if call else None)
    try:
        caller = _caller(platform.inventory.access, request)
    except AuthError as error:
        return _refusal(INVALID_ARGS, error.reason, language, name)
    if caller.app is not None and name in caller.app.denied_calls:
        return _refusal(APP_NO_PERMISSION, _FORBIDDEN, language, name)
    answer = platform.answer(call, call.verb, _params(request, call.verb), caller.user.name, language)
    headers = {
        "X-Bkapi-Error-Code": "",
        "X-Bkapi-Error-Message": "",
        "X-Bkapi-Request-Id": request_id(),
        "X-Bk-Job-Request-Id": str(answer.body["job_request_id"]),
    }
    return Reply(200, answer.body, GATEWAY, name, headers, answer.started[0] if answer.started else None)


def _caller(access: Access, request: Request) -> Caller:
    """JOB API: a user's access token stands for application and user at once."""
    text = request.headers.get(HEADER)
    if not text:
        raise AuthError(NO_APP)
    given = header_object(text)
    if given is None:
        raise AuthError(_BAD_HEADER)
    tokens = [name for name, kind in TOKENS if kind == "access_tokens"]
    app = None if first(given, tokens) and not first(given, ("bk_app_code",)) else check_app(access, given)
    return Caller(app, check_user(access, given, app))


def _params(request: Request, verb: Verb) -> Any:
    """JOB API: a body counts only as application/json; what cannot be read is refused by validation."""
    if verb == "GET":
        return dict(request.query)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    try:
        return parsed(request.body)
    except ValueError:
        return None


def _refusal(kind: tuple[int, int, str], text: Text, language: Language, call: str | None) -> Reply:
    status, code, name = kind
    message = f"{pick(text, language)} [{name}]"
    body = {"code": code, "code_name": name, "message": message, "data": None, "result": False}
    headers = {
        "X-Bkapi-Error-Code": str(code),
        # A header holds Latin letters only; the text itself is in the body.
        "X-Bkapi-Error-Message": message if message.isascii() else quote(message, safe=" []"),
        "X-Bkapi-Request-Id": request_id(),
    }
    return Reply(status, body, GATEWAY, call, headers)
