# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters by name.

JOB API: a name goes into an SQL pattern as it is, between two wildcards: "%" stands for any text, "_" for any letter,
and a backslash takes the meaning of the letter after it.
"""

from __future__ import annotations

import re


def named(wanted: str | None, name: str) -> bool:
    """Whether a filter lets a name through; no filter lets every name through."""
    if not wanted:
        return True
    tokens = re.findall(r"\\.|.", wanted, re.DOTALL)
    pattern = "".join({"%": ".*", "_": "."}.get(token) or re.escape(token[-1]) for token in tokens)
    return re.search(pattern, name, re.DOTALL) is not None
