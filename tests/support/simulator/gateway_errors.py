# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the gateways in front of the platform, as two tables by the kind of error."""

from __future__ import annotations

from dataclasses import dataclass

from .messages import Text


@dataclass(frozen=True)
class EsbError:
    """JOB API: nearly always HTTP 200; some errors come before the request has an id, a few have no code at all."""

    code: int | None
    text: Text
    http: int = 200
    with_id: bool = True
    acts: bool = False
    """The platform got the request nevertheless: then the outcome of a launch is unknown."""


_NO_ANSWER: Text = ("Request to JOB failed, please check the component", "请求 JOB 失败，请检查组件")

ESB: dict[str, EsbError] = {
    "inactive": EsbError(1306405, ("The channel is inactive", "该通道已停用"), with_id=False),
    "component_missing": EsbError(1306404, ("The component class is missing", "组件类不存在"), with_id=False),
    "login_down": EsbError(1306201, ("The login system does not respond", "登录系统无响应")),
    "rate_limited": EsbError(1306429, ("Too many requests, try again later", "请求过于频繁，请稍后再试")),
    "backend_refused": EsbError(1306201, ("Connection to JOB was refused", "连接 JOB 被拒绝")),
    "backend_slow": EsbError(1306201, ("JOB did not respond in time", "JOB 响应超时"), acts=True),
    "backend_status": EsbError(1306201, _NO_ANSWER, acts=True),
    "backend_no_json": EsbError(1306201, _NO_ANSWER, acts=True),
    "backend_empty": EsbError(1306201, _NO_ANSWER, acts=True),
    "backend_tls": EsbError(1306203, ("The TLS connection to JOB broke", "与 JOB 的 TLS 连接中断"), acts=True),
    "backend_list": EsbError(None, ("", ""), acts=True),
    "crash": EsbError(None, ("The server has an internal error", "服务器内部错误"), 500),
}
"""JOB API: every failure behind this gateway is a 1306201, except TLS; a list is passed through unchanged."""


@dataclass(frozen=True)
class ApigwError:
    """JOB API: a real HTTP status, a code, its name, and sometimes more headers."""

    http: int
    code: int
    name: str
    text: Text
    headers: tuple[tuple[str, str], ...] = ()
    acts: bool = False
    complete: bool = False
    """The text is complete, without the name after it."""


def _rate(plugin: str) -> tuple[tuple[str, str], ...]:
    prefix = "X-Bkapi-RateLimit-"
    return (
        (f"{prefix}Limit", "10"),
        (f"{prefix}Remaining", "0"),
        (f"{prefix}Reset", "1"),
        (f"{prefix}Plugin", plugin),
    )


_AUTH: Text = ("authentication failed", "认证失败")
_RESTRICTED: Text = ("the access is restricted", "访问受到限制")
_OFTEN: Text = ("API rate limit exceeded", "请求超过频率限制")

APIGW: dict[str, ApigwError] = {
    "invalid_args": ApigwError(400, 1640001, "INVALID_ARGS", _AUTH),
    "unauthorized": ApigwError(401, 1640100, "UNAUTHORIZED", _AUTH),
    "app_verify_failed": ApigwError(401, 1640101, "APP_VERIFY_FAILED", _AUTH),
    "user_verify_failed": ApigwError(401, 1640102, "USER_VERIFY_FAILED", _AUTH),
    "app_no_permission": ApigwError(
        403,
        1640301,
        "APP_NO_PERMISSION",
        ("the app has no permission to access the resource", "应用没有访问该资源的权限"),
    ),
    "ip_not_allowed": ApigwError(403, 1640302, "IP_NOT_ALLOWED", _RESTRICTED),
    "user_restricted": ApigwError(403, 1640303, "BK_USER_NOT_ALLOWED", _RESTRICTED),
    "tenant_restricted": ApigwError(403, 1640304, "BK_TENANT_NOT_ALLOWED", _RESTRICTED),
    "not_found": ApigwError(
        404, 1640401, "API_NOT_FOUND", ("no resource has this method and path", "没有与该方法和路径匹配的资源")
    ),
    "body_too_large": ApigwError(413, 1641301, "BODY_SIZE_LIMIT_EXCEED", ("the body is too large", "请求体过大")),
    "uri_too_long": ApigwError(414, 1641401, "URI_SIZE_LIMIT_EXCEED", ("the address is too long", "请求地址过长")),
    "rate_limited": ApigwError(429, 1642901, "RATE_LIMIT_RESTRICTION", _OFTEN, _rate("bk-rate-limit")),
    "rate_limited_stage": ApigwError(429, 1642902, "RATE_LIMIT_RESTRICTION", _OFTEN, _rate("bk-stage-rate-limit")),
    "rate_limited_resource": ApigwError(
        429, 1642903, "RATE_LIMIT_RESTRICTION", _OFTEN, _rate("bk-resource-rate-limit")
    ),
    "concurrency_limited": ApigwError(
        429, 1642904, "CONCURRENCY_LIMIT_RESTRICTION", ("too many requests at once", "并发请求过多")
    ),
    "internal_error": ApigwError(500, 1650001, "INTERNAL_SERVER_ERROR", ("internal error", "网关内部错误")),
    "bad_gateway": ApigwError(502, 1650200, "BAD_GATEWAY", ("cannot read the response", "无法读取后端响应"), acts=True),
    "backend_refused": ApigwError(
        502,
        1650200,
        "BAD_GATEWAY",
        ('Bad Gateway [upstream_error="connection refused"]', "Bad Gateway"),
        complete=True,
    ),
    "backend_failed": ApigwError(
        502, 1650201, "ERROR_REQUESTING_RESOURCE", ("cannot request the backend", "请求后端失败")
    ),
    "unavailable": ApigwError(503, 1650300, "SERVICE_UNAVAILABLE", ("the backend is not available", "后端服务不可用")),
    "backend_slow": ApigwError(
        504, 1650401, "REQUEST_BACKEND_TIMEOUT", ("the backend did not respond in time", "后端响应超时"), acts=True
    ),
}
"""JOB API: a backend that is down is a 1650200, as is one with an unreadable response; the text distinguishes them."""
