# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The older gateway: /api/c/compapi/v2/job/<name>/ and /api/c/compapi/v2/jobv3/<name>/.

JOB API: credentials are parameters among the others, or sit in the authorization header, which wins; almost every
refusal travels with HTTP 200; the call always reaches the platform as a POST of the remaining parameters.
"""

from __future__ import annotations

import re
from typing import Any

from .calls import V2, V3
from .context import Call
from .credentials import HEADER, AuthError, check_app, check_user
from .job import Platform
from .messages import Text, language_of, pick
from .web import Reply, Request, flat, header_object, parsed, request_id

_ADDRESS = re.compile(r"/api/c/compapi/v2/(job|jobv3)/([A-Za-z0-9_]+)/?")
_GENERATIONS = {"job": V2, "jobv3": V3}
_CREDENTIALS = ("bk_app_code", "bk_app_secret", "bk_token", "bk_ticket", "bk_access_token", "access_token")
_ALIASES = ("app_code", "app_secret", "username", "bk_username")
GATEWAY = "esb"

UNAUTHENTICATED, FORBIDDEN, BAD_HEADER = 1306000, 1306403, 1306406
_TEXTS: dict[str, Text] = {
    "no json": ("Request JSON string is wrong in format, which cannot be analyzed", "请求参数不是合法的 JSON"),
    "no object": ("Request parameters must be an object and not empty", "请求参数必须为非空对象"),
    "bad header": ("X-Bkapi-Authorization is not a JSON object", "请求头 X-Bkapi-Authorization 不是 JSON 对象"),
    "forbidden": ("The app has no permission to use the component", "应用没有访问该组件的权限"),
    "not found": ("Not found", "未找到对应的接口"),
}


class RefusedError(Exception):
    """A refusal by the gateway itself. Some happen before the request has an id."""

    def __init__(self, code: int, text: Text, with_id: bool = True) -> None:
        super().__init__(text[0])
        self.code, self.text, self.with_id = code, text, with_id


def owns(path: str) -> bool:
    """Whether the older gateway answers for a path."""
    return path.startswith("/api/c/")


def serve(platform: Platform, request: Request) -> Reply:
    """Answer one request."""
    match = _ADDRESS.fullmatch(request.path)
    call = _GENERATIONS[match[1]].get(match[2]) if match else None
    if match is None or call is None or request.method not in ("GET", "POST"):
        return not_found(request, GATEWAY)
    name = match[2]
    try:
        return _forward(platform, request, name, call)
    except RefusedError as refused:
        message = pick(refused.text, language_of(request.headers.get("blueking-language"), "en"))
        body: dict[str, Any] = {"result": False, "code": refused.code, "message": message, "data": None}
        if refused.with_id:
            body["request_id"] = request_id()
        return Reply(200, body, GATEWAY, name)


def not_found(request: Request, gateway: str) -> Reply:
    """JOB API: an unknown path is an HTTP 404 whose body has no code."""
    message = pick(_TEXTS["not found"], language_of(request.headers.get("blueking-language"), "en"))
    return Reply(404, {"result": False, "data": None, "message": message}, gateway)


def _forward(platform: Platform, request: Request, name: str, call: Call) -> Reply:
    header = _header(request)
    params = _params(request)
    access = platform.inventory.access
    given = params if header is None else header
    try:
        app = check_app(access, given)
        user = check_user(access, given, app)
    except AuthError as error:
        raise RefusedError(UNAUTHENTICATED, error.reason) from None
    if name in app.denied_calls:
        raise RefusedError(FORBIDDEN, _TEXTS["forbidden"])
    kept = {key: value for key, value in params.items() if key not in (*_CREDENTIALS, *_ALIASES)}
    language = language_of(request.headers.get("blueking-language"), "en")
    answer = platform.answer(call, "POST", kept, user.name, language)
    # JOB API: on the way back the gateway adds an id, and fills in what the platform leaves out.
    body = {"message": "", "data": None, **answer.body, "request_id": request_id()}
    return Reply(200, body, GATEWAY, name, started=answer.started[0] if answer.started else None)


def _header(request: Request) -> dict[str, Any] | None:
    text = request.headers.get(HEADER)
    if text is None:
        return None
    value = header_object(text)
    if value is None:
        raise RefusedError(BAD_HEADER, _TEXTS["bad header"], with_id=False)
    return value


def _params(request: Request) -> dict[str, Any]:
    """JOB API: a body that begins with a brace is JSON whatever it is called, any other one a form."""
    if request.method == "GET":
        return dict(request.query)
    body = request.body.strip()
    if body.startswith(b"{"):
        try:
            params = parsed(body)
        except ValueError:
            raise RefusedError(UNAUTHENTICATED, _TEXTS["no json"], with_id=False) from None
        if isinstance(params, dict):
            return params
    if not body or body.startswith(b"["):
        raise RefusedError(UNAUTHENTICATED, _TEXTS["no object"])
    try:
        return dict(flat(body.decode("utf-8")))
    except ValueError:
        raise RefusedError(UNAUTHENTICATED, _TEXTS["no json"], with_id=False) from None
