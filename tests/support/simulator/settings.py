# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of an estate: configured rejections, high-risk rules, quotas, errors of the gateways."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import JobError
from .messages import PERMISSION_DENIED


@dataclass(frozen=True)
class Rejection:
    """Launches that are rejected on purpose: all configured facts must match."""

    error: int
    wanted: Mapping[str, str]
    kind: str | None = None

    def check(self, facts: Mapping[str, Any]) -> None:
        """Raise the error if the facts of a launch match."""
        if any(str(facts.get(name)) != value for name, value in self.wanted.items()):
            return
        nothing = {"system_id": None, "system_name": None, "actions": None}
        raise JobError(self.error, "", nothing if self.error == PERMISSION_DENIED else None, self.kind)


@dataclass(frozen=True)
class HighRisk:
    """A forbidden pattern in scripts. JOB API: some rules only warn, others stop a launch (1244019)."""

    pattern: re.Pattern[str]
    languages: tuple[int, ...]
    intercept: bool
    level: int
    description: str

    def found(self, language: int, line: str) -> str | None:
        """Return the part of a line that the rule matches, or None."""
        match = self.pattern.search(line) if not self.languages or language in self.languages else None
        return match[0] if match else None


@dataclass(frozen=True)
class Trouble:
    """An error of a gateway, for all calls and applications or for one of them."""

    gateway: str
    kind: str
    call: str | None
    app: str | None


@dataclass(frozen=True)
class Quotas:
    """Maximum numbers of concurrent runs. JOB API: counted by scope, by application and in total."""

    scope: int | None = None
    app: int | None = None
    system: int | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, compare=False)

    @property
    def limited(self) -> bool:
        """Return whether there is any quota."""
        return not (self.scope is None and self.app is None and self.system is None)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Serialize launches that are counted; without quotas they do not wait."""
        with self.lock if self.limited else contextlib.nullcontext():
            yield


@dataclass(frozen=True)
class Settings:
    """All settings."""

    multi_tenant: bool
    honors_start_task: bool
    history_start: int | None
    refusals: tuple[Rejection, ...]
    high_risk: tuple[HighRisk, ...]
    quotas: Quotas
    troubles: tuple[Trouble, ...]
    esb_behind_apigw: bool = True
    """JOB API: on its own the ESB accepts credentials only as parameters, and no tickets."""

    def starts(self, start_task: bool | None) -> bool:
        """Return whether a launch starts its run. JOB API: servers without this field ignore it, and start."""
        return start_task is not False or not self.honors_start_task

    def trouble(self, gateway: str, call: str, app: str) -> str | None:
        """Return the error of a call at a gateway, if any."""
        for trouble in self.troubles:
            if trouble.gateway == gateway and trouble.call in (None, call) and trouble.app in (None, app):
                return trouble.kind
        return None


def settings_of(data: Mapping[str, Any]) -> Settings:
    """Build the settings from validated inventory data."""
    return Settings(
        multi_tenant=data["multi_tenant"],
        honors_start_task=data["honors_start_task"],
        history_start=data["history_start"],
        refusals=tuple(_rejection(entry) for entry in data["refusals"]),
        high_risk=tuple(HighRisk(**_risk(entry)) for entry in data["high_risk"]),
        quotas=Quotas(**data["quotas"]),
        esb_behind_apigw=data["esb_behind_apigw"],
        troubles=tuple(Trouble(**entry) for entry in data["troubles"]),
    )


def _rejection(entry: Mapping[str, Any]) -> Rejection:
    wanted = {name: str(value) for name, value in entry.items() if name not in ("error", "kind") and value is not None}
    return Rejection(entry["error"], wanted, entry["kind"])


def _risk(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "pattern": re.compile(entry["pattern"])}
