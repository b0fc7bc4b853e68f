# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Search the execution history: page by page and span by span, newest instances first."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..api.client import JobClient
from ..api.session import READ_RETRY_SECONDS
from ..common.clock import Deadline
from ..common.dates import DAY_MS, Moment
from ..errors import InvalidTask, JobError
from ..models.connection import Scope
from ..models.history import (
    CLOCK_SKEW_MS,
    PAGE_SIZE,
    HistoryEntry,
    HistoryFilter,
    HistoryQuery,
    exact_name_filter,
    split_window,
    window_problem,
)


@dataclass
class HistoryMatches:
    """Instances found in the history, filled while it is read.

    C(since) and C(until) are the window, in milliseconds since the epoch. C(total) is the number of matching instances;
    None if it is not known.
    """

    entries: list[HistoryEntry] = field(default_factory=list)
    total: int | None = None
    truncated: bool = False
    since: int | None = None
    until: int | None = None


class HistorySearch:
    """One search of the execution history.

    Args:
        client: JOB, over an API that has an execution history.
        scope: scope of the instances.
        filters: filters for the instances.
        deadline: time limit of all calls together.
    """

    def __init__(self, client: JobClient, scope: Scope, filters: HistoryFilter, deadline: Deadline) -> None:
        self._client = client
        self._scope = scope
        self._filters = filters
        self._deadline = deadline

    def fill(self, matches: HistoryMatches) -> None:
        """Search, and fill C(matches).

        Raises:
            InvalidTask: the window is invalid after its relative ends were resolved.
            JobError: the history cannot be read.
        """
        last = self._window(matches)
        filters, total = self._filters, 0
        # JOB matches parts of names and does not count exact matches. So one entry more than requested is read, to
        # find out whether there are more.
        exact = filters.name is not None and filters.exact_name
        maximum = filters.limit + 1 if exact else filters.limit
        for first, end in split_window(matches.since or 0, last):
            remaining = maximum - len(matches.entries)
            if exact and remaining <= 0:
                break
            found: list[HistoryEntry] = []
            for status in filters.statuses or (None,):
                entries, count = self._pages(self._query(first, end, status), remaining, exact)
                found += entries
                total += count
            matches.entries += _newest_first(found)[:remaining]
        listed = len(matches.entries)
        if exact:
            matches.truncated = listed > filters.limit
            matches.total = None if matches.truncated else listed
        else:
            matches.truncated = total > listed
            matches.total = total
        matches.entries = matches.entries[: filters.limit]

    def _window(self, matches: HistoryMatches) -> int:
        """Set the window of the matches. Return the end of the search."""
        since, until = self._filters.since, self._filters.until
        is_known = until is not None and not until.relative and (since is None or not since.relative)
        now = 0 if is_known else self._now()
        end = until.at(now) if until is not None else now
        start = since.at(now) if since is not None else end - DAY_MS
        problem = window_problem(since or Moment(start), until, None if is_known else now)
        if problem is not None:
            raise InvalidTask([f"since: {problem}"], "the history was not searched")
        matches.since, matches.until = start, end
        return end if until is not None else end + CLOCK_SKEW_MS

    def _now(self) -> int:
        """Return the server's time, milliseconds since the epoch."""
        epoch = self._client.learn_epoch(self._scope, self._deadline, retry_for=READ_RETRY_SECONDS)
        if epoch is None:
            raise JobError(
                "Responses have no Date header, so relative times cannot be resolved",
                kind="protocol",
                hint="Set since and until to absolute times such as 2026-01-31T10:00:00Z.",
            )
        return int(epoch * 1000)

    def _query(self, first: int, last: int, status: int | None) -> HistoryQuery:
        filters, name = self._filters, self._filters.name
        return HistoryQuery(
            scope=self._scope,
            created_from_ms=first,
            created_to_ms=last,
            name_part=exact_name_filter(name) if name is not None and filters.exact_name else name,
            operator=filters.operator,
            launch_mode=filters.launch_mode,
            type=filters.type,
            status=status,
            ip=filters.ip,
        )

    def _pages(self, query: HistoryQuery, maximum: int, exact: bool) -> tuple[list[HistoryEntry], int]:
        """Return at most C(maximum) entries of one span, and JOB's count for it, which ignores C(exact).

        The next page begins at the time of the last entry: servers may reject a large offset, and an offset would shift
        when instances are added or removed meanwhile.
        """
        query = query._replace(length=max(1, PAGE_SIZE if exact else min(PAGE_SIZE, maximum)))
        seen: dict[int, HistoryEntry] = {}
        kept: list[HistoryEntry] = []
        total: int | None = None
        while True:
            page, count = self._client.history_page(query, self._deadline, retry_for=READ_RETRY_SECONDS)
            total = count if total is None else total
            new_entries = [entry for entry in page if entry.job_instance_id not in seen]
            seen.update({entry.job_instance_id: entry for entry in new_entries})
            kept += [entry for entry in new_entries if not exact or entry.name == self._filters.name]
            if len(kept) >= maximum or not new_entries or query.start + len(page) >= count:
                return kept[:maximum], total
            if self._deadline.remaining() <= 0:
                raise _timeout_error()
            query = _next_page(query, page[-1], list(seen.values()))


def _timeout_error() -> JobError:
    return JobError(
        "Timed out while reading the history",
        kind="wait_timeout",
        hint="Use a shorter window, more filters or a lower limit.",
    )


def _next_page(query: HistoryQuery, oldest: HistoryEntry, seen: list[HistoryEntry]) -> HistoryQuery:
    """Return the query for the rest of the span, from the oldest entry on, without known entries of the same time."""
    to = query.created_to_ms
    if oldest.created_ms:
        # The server rejects a span whose ends are equal.
        to = min(to, max(oldest.created_ms, query.created_from_ms + 1))
    return query._replace(created_to_ms=to, start=sum(1 for entry in seen if (entry.created_ms or 0) <= to))


def _newest_first(entries: list[HistoryEntry]) -> list[HistoryEntry]:
    """Return each instance once: its status, and so the query that finds it, may change between two calls."""
    once = {entry.job_instance_id: entry for entry in entries}
    return sorted(once.values(), key=lambda entry: (entry.created_ms or 0, entry.job_instance_id), reverse=True)
