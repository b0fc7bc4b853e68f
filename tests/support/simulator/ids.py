# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids in requests."""

from __future__ import annotations


def present(ident: int | None) -> int | None:
    """Return the id, or None. JOB API: an id below 1 counts as missing."""
    return None if ident is None or ident < 1 else ident
