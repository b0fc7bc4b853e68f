# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as v2 writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_FORMAT = "%Y-%m-%d %H:%M:%S"
PLATFORM_ZONE = timezone(timedelta(hours=8))
"""JOB API: v2 formats times in Asia/Shanghai unless the user has another zone."""


def written(milliseconds: int | None) -> str | None:
    """Format a time without zone, to the second."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, PLATFORM_ZONE).strftime(_FORMAT)


def server_time(milliseconds: int) -> str:
    """JOB API: v2 writes times of plans in the zone of the server, for every caller. Here that is UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).strftime(_FORMAT)


def seconds(milliseconds: int | None) -> float | None:
    """Return a duration as in v2."""
    return None if milliseconds is None else milliseconds / 1000


def platform_line(milliseconds: int, message: str) -> str:
    """JOB API: lines that the platform itself adds to a log begin with the time in brackets."""
    return f"[{written(milliseconds)}] {message}\n"
