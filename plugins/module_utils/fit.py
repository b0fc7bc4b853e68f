# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping lists of a result within what a controller bears.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import json

# Bytes of JSON. A whole result may have 600 000, of which hosts, logs and messages want their share.
LIST_BYTES = 500_000
_BETWEEN = 2


def fitting(entries: list[dict[str, object]], most: int = LIST_BYTES) -> list[dict[str, object]]:
    """The first entries, as many as fit into so many bytes of JSON; the first one in any case."""
    kept: list[dict[str, object]] = []
    room = most
    for entry in entries:
        room -= len(json.dumps(entry)) + _BETWEEN
        if room < 0 and kept:
            break
        kept.append(entry)
    return kept
