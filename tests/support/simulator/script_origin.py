# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a step's script comes from and as whom it runs: nothing that running it needs, but what detail calls show."""

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
