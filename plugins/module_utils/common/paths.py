# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of local directories.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import os
from pathlib import Path


def folder_fault(path: str) -> str | None:
    """Why a folder cannot be used or made, as far as one can tell without touching anything; None if it can."""
    if "\0" in path:
        return "is no path"
    place = Path(path).absolute()
    existing = next(each for each in (place, *place.parents) if os.path.lexists(each))
    if not _is_folder(existing):
        fault = "is no folder"
    elif not os.access(existing, os.W_OK | os.X_OK):
        fault = "cannot be written to"
    else:
        return None
    return fault if existing == place else f"cannot be made, as {existing} {fault}"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
