# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option reader: convert options by name and type, and collect every validation error.

Private to the collection blueking.job: no stable interface for others.

Numbers may be numeric strings and lists comma-separated strings (surveys deliver strings); a boolean is never a
number. An option that was not given reads as None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ..common.text import kind_of, whole_number
from .problems import Findings

PLACEHOLDER = "$encrypted$"
# JOB keeps its instances for 30 days, so nothing is worth a longer wait.
MOST_SECONDS = 30 * 86400.0


class Fields:
    """The options of one level, read by name and type.

    Args:
        values: option name to value, as Ansible hands them over.
        findings: where faults go.
        path: how this level is called in messages; empty at the top.
    """

    def __init__(self, values: Mapping[str, object], findings: Findings, path: str = "") -> None:
        self._values = values
        self.findings = findings
        self._path = path

    def path(self, name: str) -> str:
        """The full name of an option for messages."""
        return f"{self._path}.{name}" if self._path else name

    def fault(self, name: str, text: str) -> None:
        """Note a fault of an option of this level."""
        self.findings.fault(self.path(name), text)

    def raw(self, name: str) -> object:
        """The value as it came."""
        return self._values.get(name)

    def given(self, *names: str) -> list[str]:
        """Those of the names that have a value."""
        return [name for name in names if self._values.get(name) is not None]

    def text(self, name: str, *, required: bool = False, most: int | None = None) -> str | None:
        """A text, not blank, of at most C(most) characters; the text itself is not trimmed."""
        value = self._present(name, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(name, f"must be text, not {kind_of(value)}")
        elif not value.strip():
            self.fault(name, "is empty; leave it out or give a value")
        elif most is not None and len(value) > most:
            self.fault(name, f"is {len(value)} characters long, at most {most} are allowed")
        else:
            return value
        return None

    def secret(self, name: str) -> str | None:
        """A secret text; the placeholder that AWX shows instead of a stored secret is a fault."""
        value = self.text(name)
        if value == PLACEHOLDER:
            self.fault(name, "is the placeholder that AWX shows for a stored secret; give the secret itself")
            return None
        return value

    def integer(self, name: str, *, required: bool = False, least: int, most: int | None = None) -> int | None:
        """A whole number between C(least) and C(most), both included."""
        value = self._present(name, required)
        if value is None:
            return None
        number = whole_number(value)
        if number is None:
            self.fault(name, f"must be a whole number, not {kind_of(value)}")
        elif number < least or (most is not None and number > most):
            allowed = f"{least} or more" if most is None else f"from {least} to {most}"
            self.fault(name, f"is {number}, must be {allowed}")
        else:
            return number
        return None

    def seconds(self, name: str) -> float | None:
        """A length of time above 0."""
        value = self._present(name, False)
        if value is None:
            return None
        try:
            number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not 0 < number <= MOST_SECONDS:
            self.fault(name, f"must be a number of seconds above 0, at most {MOST_SECONDS:.0f}, not {kind_of(value)}")
            return None
        return number

    def flag(self, name: str) -> bool | None:
        """Yes or no."""
        value = self._present(name, False)
        if value is None or isinstance(value, bool):
            return value
        self.fault(name, f"must be true or false, not {kind_of(value)}")
        return None

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """One of a few words."""
        value = self._present(name, False)
        if value is None:
            return None
        if isinstance(value, str) and value in choices:
            return value
        self.fault(name, f"must be one of {', '.join(choices)}, not {kind_of(value)}")
        return None

    def items(self, name: str) -> list[tuple[str, object]] | None:
        """The elements of a list, each with its name for messages; a string is split at commas and line ends."""
        value = self._present(name, False)
        if value is None:
            return None
        if isinstance(value, str):
            value = [part.strip() for part in re.split(r"[,\n]", value) if part.strip()]
        elif value == [""]:
            value = []  # what Ansible makes of empty text, as an unanswered survey question gives it
        if not isinstance(value, (list, tuple)):
            self.fault(name, f"must be a list, not {kind_of(value)}")
            return None
        return [(f"{self.path(name)}[{position}]", element) for position, element in enumerate(value)]

    def group(self, name: str) -> Fields | None:
        """A dictionary of options one level deeper."""
        value = self._present(name, False)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.fault(name, f"must be a dictionary, not {kind_of(value)}")
            return None
        return Fields(value, self.findings, self.path(name))

    def groups(self, name: str) -> Iterator[Fields]:
        """The dictionaries of a list."""
        for path, element in self.items(name) or ():
            if isinstance(element, Mapping):
                yield Fields(element, self.findings, path)
            else:
                # A piece of a dictionary that was written as text may hold a secret.
                kind = "text" if isinstance(element, str) else kind_of(element)
                self.findings.fault(path, f"must be a dictionary, not {kind}")

    def _present(self, name: str, required: bool) -> object:
        value = self._values.get(name)
        if value is None and required:
            self.fault(name, "is required")
        return value
