# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of a plan's global variables in one run.

JOB API: an entry with an id is matched by id alone, one without by exact name; entries that match nothing are silently
ignored; an id entry overrides a name entry and the last of equals wins; a key that an entry omits replaces the
default with nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .catalog import HOST_LIST, Plan
from .cmdb import Target


@dataclass(frozen=True)
class Entry:
    """One variable as sent by a caller."""

    id: int | None
    name: str | None
    value: str | None
    target: Target | None


@dataclass(frozen=True)
class Values:
    """Result: texts as name, type and value; targets by name, None if a host variable ended up empty."""

    texts: tuple[tuple[str, int, str | None], ...]
    targets: dict[str, Target | None]


def settle(plan: Plan, entries: Sequence[Entry]) -> Values:
    """Merge the sent entries into the plan's defaults."""
    by_id = {entry.id: entry for entry in entries if entry.id is not None}
    by_name = {entry.name: entry for entry in entries if entry.id is None}
    texts: list[tuple[str, int, str | None]] = []
    targets: dict[str, Target | None] = {}
    for variable in plan.variables:
        entry = by_id.get(variable.id) or by_name.get(variable.name)
        if variable.type == HOST_LIST:
            targets[variable.name] = variable.target if entry is None else _target(entry)
        else:
            texts.append((variable.name, variable.type, variable.value if entry is None else entry.value))
    return Values(tuple(texts), targets)


def _target(entry: Entry) -> Target | None:
    """JOB API: a host variable with a text value loses its hosts."""
    if entry.value or entry.target is None or entry.target.empty:
        return None
    return entry.target
