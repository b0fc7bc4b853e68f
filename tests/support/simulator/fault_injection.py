# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The active faults, and the selection of the one for a request or a connection."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .calls import NAMES
from .fault_schema import Fault, fault_of


@dataclass
class _Set:
    """A fault with its counters."""

    id: int
    fault: Fault
    seen: int = 0
    struck: int = 0


@dataclass(frozen=True)
class InjectedFault:
    """One fault applied to one request."""

    id: int
    fault: Fault

    def note(self) -> dict[str, Any]:
        """Return the entry for the journal."""
        return {"id": self.id, "do": self.fault.do, "acts": self.fault.acts}


class Faults:
    """All faults of one server. If several match a request, the one that was set first applies."""

    def __init__(self) -> None:
        self._set: dict[int, _Set] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._refused_until = 0.0
        self.on_change: Callable[[], None] = lambda: None
        """Called after faults were set or removed."""

    def add(self, fields: Mapping[str, Any] | None = None, /, **more: Any) -> int:
        """Set a fault by its fields, as a mapping or as arguments; return its id. FaultError if they are invalid."""
        if isinstance(fields, Mapping):
            fields = {**fields, **more}
        fault = fault_of(more if fields is None else fields, NAMES)
        with self._lock:
            ident = next(self._ids)
            self._set[ident] = _Set(ident, fault)
            if fault.do == "refuse":
                self._refused_until = max(self._refused_until, time.monotonic() + fault.details["seconds"])
        self.on_change()
        return ident

    def remove(self, ident: int) -> bool:
        """Remove a fault; return whether it was set."""
        with self._lock:
            gone = self._set.pop(ident, None)
            if gone is not None and gone.fault.do == "refuse":
                self._refused_until = 0.0
        self.on_change()
        return gone is not None

    def clear(self) -> None:
        """Remove all faults; a server that refuses connections accepts them again."""
        with self._lock:
            self._set.clear()
            self._refused_until = 0.0
        self.on_change()

    def list(self) -> list[dict[str, Any]]:
        """Return all faults as fields, with the numbers of matching and of affected requests."""
        with self._lock:
            return [
                {"id": entry.id, **entry.fault.fields(), "seen": entry.seen, "struck": entry.struck}
                for entry in self._set.values()
            ]

    @property
    def refusing(self) -> bool:
        """Return whether connections are refused at the moment."""
        return time.monotonic() < self._refused_until

    def for_request(self, gateway: str, call: str | None) -> InjectedFault | None:
        """Return the fault for a request."""
        return self._strike(lambda fault: not fault.on_connections and fault.fits(gateway, call))

    def for_connection(self) -> InjectedFault | None:
        """Return the fault for an incoming connection."""
        return self._strike(lambda fault: fault.do == "reset_connection")

    def need_connection(self, gateway: str, call: str | None) -> bool:
        """Return whether a fault for the next such request, or its connection, exists only with a connection."""
        with self._lock:
            return self.refusing or any(
                (entry.fault.on_connections or entry.fault.fits(gateway, call))
                and entry.fault.on_transfer
                and entry.fault.applies_to(entry.seen + 1)
                for entry in self._set.values()
            )

    def _strike(self, fits: Callable[[Fault], bool]) -> InjectedFault | None:
        if not self._set:
            return None
        found: InjectedFault | None = None
        with self._lock:
            for entry in self._set.values():
                if not fits(entry.fault):
                    continue
                entry.seen += 1
                if found is None and entry.fault.applies_to(entry.seen):
                    entry.struck += 1
                    found = InjectedFault(entry.id, entry.fault)
        return found
