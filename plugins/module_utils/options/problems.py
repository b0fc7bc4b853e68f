# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Problems of a task: validation errors and warnings, collected by option."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Warning for an option with a number that YAML may have shortened.
NUMBER_AS_TEXT = "{} is a number, which is sent as {}; quote it to keep all its digits"
_END_OF_NAME = re.compile(r"[.\[]|\Z")


@dataclass
class Problems:
    """Problems of a task: validation errors stop it, warnings do not.

    C(nulls) are the full names of options that the task sets to null. C(sources) maps options that were not set by
    the task to their environment variables, C(written_names) the full canonical name of an option to its full name with
    the alias that the task uses.
    """

    warnings: list[str] = field(default_factory=list)
    nulls: set[str] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=dict)
    written_names: dict[str, str] = field(default_factory=dict)
    _errors: dict[str, str] = field(default_factory=dict)
    _blocks_preflight: bool = False

    @property
    def errors(self) -> list[str]:
        """Return all validation errors, each with the name of its option; empty if the task is valid."""
        return [f"{as_written(path, self.written_names)}: {text}" for path, text in self._errors.items()]

    @property
    def blocks_preflight(self) -> bool:
        """Return whether there are errors that make a preflight useless."""
        return self._blocks_preflight

    def add_error(self, path: str, text: str, *, blocks_preflight: bool = True) -> None:
        """Add a validation error of one option. Only the first one is kept: later ones are consequences.

        Args:
            path: full name of the option.
            text: the problem.
            blocks_preflight: false if the options can be read nevertheless, so that the preflight may find more
                errors of this kind.
        """
        source = f" (from the environment variable {self.sources[path]})" if path in self.sources else ""
        self._errors.setdefault(path, text + source)
        self._blocks_preflight = self._blocks_preflight or blocks_preflight

    def has_error(self, path: str) -> bool:
        """Return whether an option, or anything inside it, has an error already."""
        return any(each == path or each.startswith((f"{path}.", f"{path}[")) for each in self._errors)

    def warn(self, text: str) -> None:
        """Add a warning for the user; the task continues."""
        if text not in self.warnings:
            self.warnings.append(text)


def as_written(path: str, names: Mapping[str, str]) -> str:
    """Return the full name of an option, or of something in it, with the aliases that the user wrote."""
    for end in sorted((match.start() for match in _END_OF_NAME.finditer(path)), reverse=True):
        if path[:end] in names:
            return names[path[:end]] + path[end:]
    return path
