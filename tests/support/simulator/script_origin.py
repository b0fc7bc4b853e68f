# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source and account of a step's script: not needed to run it, but returned by detail calls."""

from __future__ import annotations

from dataclasses import dataclass

OWN_SCRIPT, REFERENCED_SCRIPT, PUBLIC_SCRIPT = 1, 2, 3


@dataclass(frozen=True)
class Origin:
    """JOB API: a script is a step's own, one of the scope, or a public one."""

    source: int = OWN_SCRIPT
    script_id: str | None = None
    version_id: int | None = None
    account_id: int | None = None
    account_name: str | None = None
    sensitive: bool = False
