# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems of a task: validation errors and warnings, collected by option.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .written_names import as_written


@dataclass
class Problems:
    """What there is to say about a task: faults stop it, warnings do not.

    C(sources) tells of options that the task itself does not hold from which environment variable they came.
    """

    warnings: list[str] = field(default_factory=list)
    sources: Mapping[str, str] = field(default_factory=dict)
    written_names: Mapping[str, str] = field(default_factory=dict)
    _errors: dict[str, str] = field(default_factory=dict)
    _blocks_preflight: bool = False

    @property
    def errors(self) -> list[str]:
        """All faults, each with the name of its option; empty if the task may go out."""
        return [f"{as_written(path, self.written_names)}: {text}" for path, text in self._errors.items()]

    @property
    def blocks_preflight(self) -> bool:
        """Whether there are faults, and a look at JOB would add nothing to them."""
        return self._blocks_preflight

    def add_error(self, path: str, text: str, *, blocks_preflight: bool = True) -> None:
        """Note a fault of one option. The first one counts: what follows from it is no news.

        Args:
            path: full name of the option.
            text: what is wrong.
            blocks_preflight: false where the options can be read all the same, so that a look at JOB may find more of
                the kind.
        """
        source = f" (from the environment variable {self.sources[path]})" if path in self.sources else ""
        self._errors.setdefault(path, text + source)
        self._blocks_preflight = self._blocks_preflight or blocks_preflight

    def has_error(self, path: str) -> bool:
        """Whether an option, or anything inside it, has a fault already."""
        return any(each == path or each.startswith((f"{path}.", f"{path}[")) for each in self._errors)

    def warn(self, text: str) -> None:
        """Note something the user should know although the task goes on."""
        if text not in self.warnings:
            self.warnings.append(text)
