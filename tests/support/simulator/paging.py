# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of lists.

JOB API: a list call rejects no page. A start below 0 is read as 0, a length below 1 as 10; without a length most calls
have pages of 20. A length above the maximum of a call, if it has one, is cut.
"""

from __future__ import annotations

from typing import Any

from .call_context import Params

DEFAULT_LENGTH = 20
LENGTH_IN_PLACE_OF_ILLEGAL = 10
MAX_LENGTH = 1000


def bounds(params: Params, default: int = DEFAULT_LENGTH, most: int | None = None) -> tuple[int, int]:
    """Return start and length of the page of a request."""
    start, length = params["start"], params["length"]
    if length is None:
        length = default
    elif length < 1:
        length = LENGTH_IN_PLACE_OF_ILLEGAL
    return max(start or 0, 0), length if most is None else min(length, most)


def page(
    params: Params,
    items: list[dict[str, Any]],
    default: int = DEFAULT_LENGTH,
    most: int | None = MAX_LENGTH,
    counts_beyond: bool = True,
) -> dict[str, Any]:
    """Return one page of a list, with the total.

    JOB API: lists of scripts have total 0 on a page past their end.
    """
    start, length = bounds(params, default, most)
    shown = items[start : start + length]
    total = len(items) if shown or counts_beyond else 0
    return {"start": start, "length": length, "total": total, "data": shown}
