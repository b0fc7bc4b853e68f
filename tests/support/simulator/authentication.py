# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authentication: the application and the user of a set of credentials, for both gateways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .access_control import Access, App, User
from .messages import Text

HEADER = "x-bkapi-authorization"

NO_APP: Text = ("APP Code [bk_app_code] cannot be empty", "应用编码 [bk_app_code] 不能为空")
BAD_APP: Text = ("the app code or app secret is wrong", "应用编码或应用密钥不正确")
NO_USER: Text = (
    "User authentication failed, please provide a valid user identity, such as bk_token, bk_username",
    "用户认证失败，请提供有效的用户身份，例如 bk_token、bk_username",
)
BAD_TOKEN: Text = ("User authentication failed, the token is invalid", "用户认证失败，登录态无效")
NOT_EXEMPT: Text = (
    "User authentication failed, the app may not act by bk_username alone",
    "用户认证失败，该应用不能仅凭 bk_username 调用",
)

TOKENS: tuple[tuple[str, str], ...] = (
    ("bk_access_token", "access_tokens"),
    ("access_token", "access_tokens"),
    ("bk_token", "tokens"),
    ("bk_ticket", "tickets"),
)
"""Fields that identify a user by a secret, in the order in which they are tried, and the attributes of users."""


class AuthError(Exception):
    """Invalid credentials."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason[0])
        self.reason = reason


@dataclass(frozen=True)
class Caller:
    """Authenticated caller. The application is unknown if an access token identifies both."""

    app: App | None
    user: User


def first(given: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the first of the fields that is not empty."""
    for name in names:
        value = given.get(name)
        if value not in (None, "") and not isinstance(value, dict | list):
            return str(value)
    return ""


def check_app(access: Access, given: Mapping[str, Any]) -> App:
    """Return the application that code and secret identify."""
    code = first(given, ("bk_app_code", "app_code"))
    secret = first(given, ("bk_app_secret", "app_secret"))
    if not code:
        raise AuthError(NO_APP)
    app = access.app(code)
    if app is None or app.secret != secret:
        raise AuthError(BAD_APP)
    return app


def check_user(access: Access, given: Mapping[str, Any], app: App | None) -> User:
    """JOB API: tokens first; a bare user name only for an application that is exempt from login."""
    for name, kind in TOKENS:
        token = first(given, (name,))
        if token:
            user = access.user_with(kind, token)
            if user is None:
                raise AuthError(BAD_TOKEN)
            return user
    username = first(given, ("bk_username", "username"))
    if not username:
        raise AuthError(NO_USER)
    if app is None or not app.login_exempt:
        raise AuthError(NOT_EXEMPT)
    # JOB API: the gateway trusts an exempt application, so a name that is not in the inventory is a user as well.
    return access.user_named(username) or User(username, frozenset(), frozenset(), frozenset())
