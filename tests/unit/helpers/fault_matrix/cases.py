# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of the fault matrix: the launch, the fault, and the expected outcome.

Nothing here or in the tables beside it comes from the code under test: expectations are taken from the API's own
documentation, so that both cannot be wrong together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Meaning of a response, or of its absence, for the request.
ACCEPTED = "accepted"
REFUSED = "refused"
LATER = "not now"
NOT_DELIVERED = "not delivered"
UNKNOWN = "unknown"
UNFINDABLE = "unknown, and the history does not show it"
STARTED_BEFORE = "started before"

ONCE, ALWAYS = "once", "always"

ON_CONNECTIONS = ("refuse", "reset_connection")
"""Faults of connections, for every request."""


@dataclass(frozen=True)
class Fault:
    """One fault of a request: what a client sees of it, and what that means.

    `words` are the fields of an injected fault, `options` those of the task if the server is not the cause.
    `acts` is true if the request is carried out nevertheless; a fault may have both forms.
    """

    sees: str
    means: str
    words: Mapping[str, Any] | None = None
    kind: str | None = None
    acts: tuple[bool, ...] = (False,)
    gateways: tuple[str, ...] = ("esb", "apigw")
    often: tuple[str, ...] = (ONCE,)
    options: Mapping[str, Any] = field(default_factory=dict)
    or_means: str | None = None
    """Its other meaning, if chance decides what the client sees."""
    then: Mapping[str, Any] | None = None
    """A second fault, of a later call."""
    core: bool = False
    """It is also tested where the fault matters less than the way of launching."""


@dataclass(frozen=True)
class Lane:
    """One way to launch: over which API, in one step or in two, and the kind of server."""

    name: str
    gateway: str
    api_version: str = "v3"
    mode: str = "single"
    """The expected way, for all options: `single`, `two_step`, or `repeatable` (two steps, and the options
    state that the server honors start_task)."""
    options: Mapping[str, Any] = field(default_factory=dict)
    honors_start_task: bool = True
    slow: bool = False
    """The server delays the effect of a request."""

    @property
    def way(self) -> str:
        """Return the key for the table of verdicts."""
        return "v2" if self.api_version == "v2" else self.mode


@dataclass(frozen=True)
class Verdict:
    """Expected result of a task, and expected counters of the server."""

    outcome: str
    changed: bool
    kind: str | None
    """Kind of the error; None for a success."""
    knows_id: bool
    created: int | None
    """None if it depends on the number of attempts."""
    started: int
    duplicates: int = 0
    """Pending instances of repeated creates, as listed by the result."""

    def of_kind(self, kind: str | None) -> Verdict:
        """Return the same for another kind of error."""
        return replace(self, kind=kind)

    def allows(self, found: Verdict) -> bool:
        """Return whether another verdict is this one."""
        return found == (replace(self, created=found.created) if self.created is None else self)


@dataclass(frozen=True)
class Cell:
    """One run: a task on a lane, one fault, and the verdict."""

    section: str
    task: str
    lane: Lane
    fault: Fault
    acts: bool
    often: str
    call: str | None
    """The call with the fault; None for faults of connections."""
    expected: tuple[Verdict, ...]
    """One verdict, or several if chance decides."""
    keyed: bool = False
    """The launch has a unique key, and the task is repeated later."""

    @property
    def row(self) -> str:
        """Return the row title in the table."""
        done = " (and is carried out)" if self.acts and len(self.fault.acts) > 1 else ""
        return f"{self.fault.sees}{done}{', always' if self.often == ALWAYS else ''}"

    @property
    def name(self) -> str:
        """Return the test id of the cell."""
        return f"{self.section}: {self.task}, {self.lane.name}: {self.row}"
