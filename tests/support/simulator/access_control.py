# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access control: applications, users with their tokens, and missing permissions.

JOB API: an error response for a missing permission contains what to apply for: system, action, resource paths.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .cmdb import Scope
from .errors import JobError
from .messages import PERMISSION_DENIED, Language, Text, pick

ACTIONS: dict[str, tuple[Text, str]] = {
    "access_business": (("Access Business", "业务访问"), "biz"),
    "launch_job_plan": (("Launch Job Plan", "执行方案执行"), "job_plan"),
    "view_job_plan": (("View Job Plan", "执行方案查看"), "job_plan"),
    "quick_execute_script": (("Quick Script Execution", "快速执行脚本"), "host"),
    "quick_transfer_file": (("Quick File Transfer", "快速分发文件"), "host"),
    "execute_script": (("Execute Script", "业务脚本执行"), "script"),
    "execute_public_script": (("Execute Public Script", "公共脚本执行"), "public_script"),
    "use_account": (("Use Account", "账号使用"), "account"),
    "view_file_source": (("View File Source", "文件源查看"), "file_source"),
    "view_script": (("View Script", "业务脚本查看"), "script"),
    "view_history": (("View Execution History", "执行历史查看"), "biz"),
}
"""Action id -> its names and the type of resource it is granted on."""

_RESOURCES: dict[str, Text] = {
    "biz": ("Business", "业务"),
    "host": ("Hosts", "主机"),
    "job_plan": ("Job Plans", "执行方案"),
    "script": ("Scripts", "脚本"),
    "public_script": ("Public Scripts", "公共脚本"),
    "account": ("Accounts", "账号"),
    "file_source": ("File Sources", "文件源"),
}
_SYSTEM: Text = ("Job", "作业平台")


@dataclass(frozen=True)
class App:
    """An application. One that is exempt from login may act as any user."""

    code: str
    secret: str
    login_exempt: bool
    denied_calls: frozenset[str]


@dataclass(frozen=True)
class User:
    """A user, with the secrets by which the gateways identify them."""

    name: str
    tokens: frozenset[str]
    tickets: frozenset[str]
    access_tokens: frozenset[str]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Denial:
    """One permission that a user lacks, everywhere or on one resource."""

    user: str
    action: str
    scope: str | None
    resource: str | None

    def matches(self, user: str, action: str, scope: Scope, resource: str | None) -> bool:
        """Return whether this denial covers an action on a resource."""
        return (
            (self.user, self.action) == (user, action)
            and self.scope in (None, scope.ref)
            and self.resource in (None, resource)
        )


class Access:
    """Identities and permissions."""

    def __init__(self, apps: Iterable[App], users: Iterable[User], denials: Iterable[Denial]) -> None:
        self._apps = {app.code: app for app in apps}
        self._users = {user.name: user for user in users}
        self._denials = list(denials)

    def app(self, code: str) -> App | None:
        """Return the application of a code, if it exists."""
        return self._apps.get(code)

    def user_named(self, name: str) -> User | None:
        """Return the user of a name, if it exists."""
        return self._users.get(name)

    def user_with(self, kind: str, token: str) -> User | None:
        """Return the user of a token; the kind is tokens, tickets or access_tokens."""
        for user in self._users.values():
            if token in getattr(user, kind):
                return user
        return None

    def require(
        self, user: str, action: str, scope: Scope, language: Language, resource: tuple[str, str] | None = None
    ) -> None:
        """Raise 9900403 if the user lacks the action on the resource (its id and name)."""
        ident = resource[0] if resource else None
        if any(denial.matches(user, action, scope, ident) for denial in self._denials):
            name = pick(ACTIONS[action][0], language)
            raise JobError(PERMISSION_DENIED, name, _payload(action, scope, language, resource))


def _payload(action: str, scope: Scope, language: Language, resource: tuple[str, str] | None) -> dict[str, Any]:
    names, kind = ACTIONS[action]
    path = [{"type": scope.type, "type_name": pick(_RESOURCES["biz"], language), "id": scope.id, "name": scope.name}]
    if resource:
        ident, name = resource
        path.append({"type": kind, "type_name": pick(_RESOURCES[kind], language), "id": ident, "name": name})
    system = {"system_id": "bk_job", "system_name": pick(_SYSTEM, language)}
    related = {**system, "type": kind, "type_name": pick(_RESOURCES[kind], language), "instances": [path]}
    wanted = {"id": action, "name": pick(names, language), "related_resource_types": [related]}
    return {**system, "actions": [wanted]}
