# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the clone as the collection blueking.job by links: in the virtual environment, and in given directories."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def link(directory: Path) -> None:
    """Link the clone as C(job) in a directory for the namespace C(blueking)."""
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / "job"
    if target.is_symlink():
        target.unlink()
    # Relative, so that the clone can be moved.
    target.symlink_to(os.path.relpath(ROOT, directory.resolve()))


if __name__ == "__main__":
    link(Path(sysconfig.get_path("purelib"), "ansible_collections", "blueking"))
    for each in sys.argv[1:]:
        link(Path(each))
