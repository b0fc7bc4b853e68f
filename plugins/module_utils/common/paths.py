# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Checks of local directories."""

from __future__ import annotations

import os
from pathlib import Path


def directory_problem(path: str) -> str | None:
    """Return why a directory can neither be used nor created, without changing anything; None if it can."""
    if "\0" in path:
        return "is not a path"
    directory = Path(path).absolute()
    existing = next(each for each in (directory, *directory.parents) if os.path.lexists(each))
    if not _is_directory(existing):
        problem = "is not a directory"
    elif not os.access(existing, os.W_OK | os.X_OK):
        problem = "is not writable"
    else:
        return None
    return problem if existing == directory else f"cannot be created because {existing} {problem}"


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
