# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Execution history: filters, queries and entries, and the spans into which a window is split."""

from __future__ import annotations

from typing import NamedTuple

from ..common.dates import DAY_MS, Moment, naive_note
from .connection import Scope

# Maximum span (milliseconds) of one query (JOB API: get_job_instance_list).
MAX_SPAN_MS = 30 * DAY_MS
# Entries of one page; JOB returns at most 1000.
PAGE_SIZE = 500
# Maximum difference (milliseconds) between the clock of the history and that of the HTTP header Date.
CLOCK_SKEW_MS = 300_000
# Maximum window (milliseconds); a longer one would need too many calls.
MAX_WINDOW_MS = 366 * DAY_MS
# Minimum span (milliseconds): both ends are included, and the server rejects a span of equal ends.
_MIN_SPAN_MS = 1
# A time far in the future, milliseconds since the epoch.
_ANY_NOW_MS = 10**15


class HistoryFilter(NamedTuple):
    """Filters for instances of the history; an empty tuple of C(statuses) means all.

    The default of C(since) is one day, that of C(until) is now; C(limit) is the maximum of instances. Codes are
    those of HistoryQuery.
    """

    since: Moment | None = None
    until: Moment | None = None
    limit: int = 100
    name: str | None = None
    exact_name: bool = True
    operator: str | None = None
    statuses: tuple[int, ...] = ()
    type: int | None = None
    launch_mode: int | None = None
    ip: str | None = None


class HistoryQuery(NamedTuple):
    """One page of the history; times are milliseconds since the epoch, both included.

    Codes are JOB's own: C(type) 0 plan, 1 script, 2 file; C(launch_mode) 1 web, 2 API, 3 timer.
    """

    scope: Scope
    created_from_ms: int
    created_to_ms: int
    name_part: str | None = None
    operator: str | None = None
    launch_mode: int | None = None
    type: int | None = None
    status: int | None = None
    ip: str | None = None
    start: int = 0
    length: int = 1000


class HistoryEntry(NamedTuple):
    """One instance as listed in the execution history. C(job_plan_id) is -1 for scripts.

    C(create_time) is the ISO 8601 text of C(created_ms), which is milliseconds since the epoch. C(total_time) is in
    seconds. Codes are those of HistoryQuery (JOB API: get_job_instance_list).
    """

    job_instance_id: int
    job_plan_id: int | None
    name: str | None
    operator: str | None
    status: int
    create_time: str | None
    created_ms: int | None = None
    job_template_id: int | None = None
    type: int | None = None
    launch_mode: int | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None


def exact_name_filter(name: str) -> str:
    """Return the filter that matches a name, and perhaps others: JOB uses it as a LIKE pattern as it is.

    A backslash would be an escape character there, and so not match itself; an underscore matches any character.
    """
    return name.replace("\\", "_")


def split_window(first: int, last: int) -> list[tuple[int, int]]:
    """Split a window into spans that the server accepts, newest first: each moment is in exactly one span.

    Args:
        first: first moment of the window.
        last: last moment of the window, after the first.
    """
    spans = []
    while last - first > MAX_SPAN_MS:
        start = last - MAX_SPAN_MS
        if start - 1 - first < _MIN_SPAN_MS:
            start += _MIN_SPAN_MS
        spans.append((start, last))
        last = start - 1
    return [*spans, (first, last)]


def window_problem(since: Moment, until: Moment | None, now: int | None) -> str | None:
    """Return why a window is invalid; None if it is valid.

    Args:
        since: begin of the window.
        until: end of the window, None for now.
        now: the current time (milliseconds since the epoch); None if the window does not depend on it.
    """
    any_now = _ANY_NOW_MS if now is None else now
    end = until or Moment(0, relative=True)
    label = "now" if until is None else "until"
    problem = _span_problem(since.at(any_now), end.at(any_now), label)
    return None if problem is None else problem + naive_note((since, end), now)


def _span_problem(first: int, last: int, end_label: str) -> str | None:
    if first >= last:
        return f"must be before {end_label}"
    if last - first > MAX_WINDOW_MS:
        return f"must be at most {MAX_WINDOW_MS // DAY_MS} days before {end_label}"
    return "must be 1970 or later" if first < 1 else None
