# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an estate is run, beside what is in it: refusals on demand, high-risk rules, quotas, trouble at the gateways."""

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
class Refusal:
    """Launches that are refused on purpose: all of the wanted facts must be as named."""

    error: int
    wanted: Mapping[str, str]
    kind: str | None = None

    def check(self, facts: Mapping[str, Any]) -> None:
        """Raise the error when the facts of a launch are those that are wanted."""
        if any(str(facts.get(name)) != value for name, value in self.wanted.items()):
            return
        nothing = {"system_id": None, "system_name": None, "actions": None}
        raise JobError(self.error, "", nothing if self.error == PERMISSION_DENIED else None, self.kind)


@dataclass(frozen=True)
class HighRisk:
    """A pattern that scripts should not contain. JOB API: some rules only warn, others stop a launch (1244019)."""

    pattern: re.Pattern[str]
    languages: tuple[int, ...]
    intercept: bool
    level: int
    description: str

    def found(self, language: int, line: str) -> str | None:
        """The part of a line that the rule is about, or nothing."""
        match = self.pattern.search(line) if not self.languages or language in self.languages else None
        return match[0] if match else None


@dataclass(frozen=True)
class Trouble:
    """Something wrong at a gateway, for all calls and applications or for one of them."""

    gateway: str
    kind: str
    call: str | None
    app: str | None


@dataclass(frozen=True)
class Quotas:
    """How many runs may be under way at once. JOB API: counted by scope, by application and over all."""

    scope: int | None = None
    app: int | None = None
    system: int | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, compare=False)

    @property
    def limited(self) -> bool:
        """Whether anything is counted at all."""
        return not (self.scope is None and self.app is None and self.system is None)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Launches that are counted come one after the other; where nothing is limited nobody waits."""
        with self.lock if self.limited else contextlib.nullcontext():
            yield


@dataclass(frozen=True)
class Settings:
    """Everything of the kind."""

    multi_tenant: bool
    honors_start_task: bool
    history_start: int | None
    refusals: tuple[Refusal, ...]
    high_risk: tuple[HighRisk, ...]
    quotas: Quotas
    troubles: tuple[Trouble, ...]
    esb_behind_apigw: bool = True
    """JOB API: by itself the older gateway takes credentials out of the parameters only, and no tickets."""

    def starts(self, start_task: bool | None) -> bool:
        """Whether a launch starts its run. JOB API: servers from before the field do not know it, and start."""
        return start_task is not False or not self.honors_start_task

    def trouble(self, gateway: str, call: str, app: str) -> str | None:
        """What is wrong with a call at a gateway, if anything."""
        for trouble in self.troubles:
            if trouble.gateway == gateway and trouble.call in (None, call) and trouble.app in (None, app):
                return trouble.kind
        return None


def settings_of(data: Mapping[str, Any]) -> Settings:
    """The settings out of checked inventory data."""
    return Settings(
        multi_tenant=data["multi_tenant"],
        honors_start_task=data["honors_start_task"],
        history_start=data["history_start"],
        refusals=tuple(_refusal(entry) for entry in data["refusals"]),
        high_risk=tuple(HighRisk(**_risk(entry)) for entry in data["high_risk"]),
        quotas=Quotas(**data["quotas"]),
        esb_behind_apigw=data["esb_behind_apigw"],
        troubles=tuple(Trouble(**entry) for entry in data["troubles"]),
    )


def _refusal(entry: Mapping[str, Any]) -> Refusal:
    wanted = {name: str(value) for name, value in entry.items() if name not in ("error", "kind") and value is not None}
    return Refusal(entry["error"], wanted, entry["kind"])


def _risk(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "pattern": re.compile(entry["pattern"])}
