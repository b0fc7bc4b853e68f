# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Third-party file sources of scopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FileSource:
    """A file source of one scope."""

    id: int
    scope: str
    code: str
    alias: str
    status: int
    type: str
    public: bool
    credential_id: str | None
    enable: bool
    files: Mapping[str, str] = field(default_factory=dict)
    """The text of each file, by its path."""
