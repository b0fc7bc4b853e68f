# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters by name.

JOB API: a name is put unescaped into an SQL pattern, between two wildcards: "%" matches any text, "_" any character,
and a backslash escapes the character after it.
"""

from __future__ import annotations

import re


def named(wanted: str | None, name: str) -> bool:
    """Return whether a filter matches a name; no filter matches every name."""
    if not wanted:
        return True
    tokens = re.findall(r"\\.|.", wanted, re.DOTALL)
    pattern = "".join({"%": ".*", "_": "."}.get(token) or re.escape(token[-1]) for token in tokens)
    return re.search(pattern, name, re.DOTALL) is not None
