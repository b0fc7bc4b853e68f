# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Dates and times: parse user input, and format times of JOB and of HTTP headers.

Times are milliseconds since the epoch, as in JOB's API; a moment without a time zone is UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

DAY_MS = 86_400_000
_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": DAY_MS, "w": 7 * DAY_MS}
_RELATIVE = re.compile(r"(?:[0-9]{1,9} *[smhdw] *)+\Z")
_PART = re.compile(r"([0-9]+) *([smhdw])")
_ABSOLUTE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?P<time>[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)? ?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})?)?)?\Z",
    re.IGNORECASE,
)
# Last time that can be formatted: the end of the year 9999.
_LAST_MS = 253_402_300_799_999
# Maximum time accepted from a server (seconds since the epoch, in the year 5138).
_MAX_EPOCH_SECONDS = 1e11


@dataclass(frozen=True)
class Moment:
    """A point in time (since the epoch), or, with C(relative), a duration before now.

    C(naive) is true for user input without a time zone, which counts as UTC.
    """

    ms: int
    relative: bool = False
    naive: bool = field(default=False, compare=False)

    def at(self, now: int) -> int:
        """Return milliseconds since the epoch, given the current time C(now)."""
        return now - self.ms if self.relative else self.ms


def parse_moment(text: str, *, end_of_day: bool = False) -> Moment | None:
    """Parse text such as C(2h), C(1d 12h), C(2026-01-31) or C(2026-01-31T10:00:00+08:00); return None if invalid.

    Args:
        text: user input.
        end_of_day: read a date without time as its last millisecond, not as its first.
    """
    text = text.strip()
    if _RELATIVE.match(text.lower()):
        parts = _PART.findall(text.lower())
        return Moment(sum(int(number) * _UNITS[unit] for number, unit in parts), relative=True)
    match = _ABSOLUTE.match(text)
    if match is None:
        return None
    year, month, day, _time, hour, minute, second, fraction = match.groups()[:8]
    try:
        zone = timezone.utc if match["sign"] is None else _zone(match)
        start = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
        )
    except ValueError:
        return None
    since_epoch = start - datetime(1970, 1, 1, tzinfo=timezone.utc)
    ms = since_epoch // timedelta(milliseconds=1) + int((fraction or "").ljust(3, "0")[:3])
    if end_of_day and match["time"] is None:
        ms += DAY_MS - 1
    return Moment(ms, naive=match["zone"] is None) if ms <= _LAST_MS else None


def naive_note(moments: Iterable[Moment], now: int | None) -> str:
    """Return a note for a message on what naive moments were taken for; empty if there are none.

    Args:
        moments: the moments of the message.
        now: the current time (milliseconds since the epoch), None if it is not known.
    """
    times = [_minute(moment.ms) for moment in moments if moment.naive]
    if not times:
        return ""
    today = "" if now is None else _minute(now)
    # The date is shown only if it differs.
    clock = today[11:] if all(time[:10] == today[:10] for time in times) else today
    where = f", where it is {clock} now" if clock else ""
    verb = "counts" if len(times) == 1 else "count"
    return f" ({' and '.join(times)} {verb} as UTC{where}; add an offset such as +08:00 for another time zone)"


def _minute(ms: int) -> str:
    return iso8601_utc(ms)[:16].replace("T", " ")


def _zone(match: re.Match[str]) -> timezone:
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    return timezone(-offset if match["sign"] == "-" else offset)


def iso8601_utc(epoch_ms: int) -> str:
    """Format milliseconds since the epoch as ISO 8601 in UTC.

    Raises:
        OverflowError: it is not in the years 1 to 9999.
    """
    utc = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=epoch_ms)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def http_date(text: str | None) -> float | None:
    """Parse the header C(Date) of a response to seconds since the epoch; return None if missing or invalid."""
    try:
        epoch_seconds = parsedate_to_datetime(text or "").timestamp()
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
    return epoch_seconds if 0 < epoch_seconds < _MAX_EPOCH_SECONDS else None


def iso8601(time: int | str | None) -> str | None:
    """Format a time as ISO 8601: milliseconds in UTC, a text unchanged. Return None if there is no time."""
    if not isinstance(time, int):
        return time
    try:
        return iso8601_utc(time)
    except OverflowError:
        return None
