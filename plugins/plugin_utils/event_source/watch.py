# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Watch runs: compare entries of the history with what is known, and choose which entries to read. No I/O.

A change becomes known only when it is committed, after its event was delivered. Until then every poll finds it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ...module_utils.common.dates import iso8601_utc
from ...module_utils.models.history import CLOCK_SKEW_MS, MAX_SPAN_MS, PAGE_SIZE, HistoryEntry
from ...module_utils.models.status import JOB_ENDS

# Runs are kept this much longer than the window (milliseconds), because the server's time may step back.
_MARGIN_MS = 600_000


@dataclass(frozen=True, slots=True)
class KnownRun:
    """What is known about one run.

    C(ends) has one text for each end, of status and end time. C(visits) counts the changes to states that are not
    final.
    """

    job_instance_id: int
    created_ms: int
    status: int
    visits: int = 0
    ends: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Return whether the run was not in a final state when it was read last."""
        return self.status not in JOB_ENDS


@dataclass(frozen=True)
class Change:
    """A run whose state has changed. C(is_event) is true if the user asked for such a change."""

    entry: HistoryEntry
    previous_status: int | None
    run: KnownRun
    is_event: bool

    @property
    def key(self) -> tuple[object, ...]:
        """Return what distinguishes this change from all others of the same scope, also after a restart.

        A state that is not final has no time of its own, so it is counted.
        """
        visit = 0 if not self.run.is_open else self.run.visits
        return (self.run.job_instance_id, self.run.status, self.entry.end_time, len(self.run.ends), visit)


@dataclass(frozen=True)
class PollQuery:
    """What to read: all runs created in a span, and single runs by the time of their creation.

    Times are milliseconds since the epoch.
    """

    since_ms: int
    until_ms: int
    single_ms: tuple[int, ...] = ()
    is_sweep: bool = False


@dataclass
class Watch:
    """The runs of one scope.

    C(polled_ms) is the server's time (milliseconds since the epoch) of the last complete poll, None before the first
    one. Runs created before C(floor_ms) were forgotten and are ignored.
    """

    statuses: frozenset[int]
    window_ms: int
    overlap_ms: int
    runs: dict[int, KnownRun] = field(default_factory=dict)
    polled_ms: int | None = None
    floor_ms: int = 0

    def next_query(self, now_ms: int, *, sweep: bool, named: Iterable[int] = ()) -> PollQuery:
        """Return what to read next.

        The history is ordered by the time of creation. So a poll covers what was created since the last one and in the
        overlap, and reads older runs singly if they are open. If there are many, one longer span takes fewer requests.

        Args:
            now_ms: the server's time.
            sweep: read the whole window.
            named: ids of runs to read in any case, if they are known.
        """
        first_ms = now_ms - self.window_ms
        if sweep or self.polled_ms is None:
            return PollQuery(first_ms, _end_of_poll(first_ms, now_ms), is_sweep=True)
        since_ms = max(first_ms, min(self.polled_ms, now_ms) - self.overlap_ms)
        wanted = set(named)
        older = {
            run.created_ms
            for run in self.runs.values()
            if first_ms <= run.created_ms < since_ms and (run.is_open or run.job_instance_id in wanted)
        }
        if older and self._pages(min(older), since_ms) < len(older):
            since_ms, older = min(older), set()
        return PollQuery(since_ms, _end_of_poll(since_ms, now_ms), tuple(sorted(older)))

    def changes(self, entries: Iterable[HistoryEntry], known_before_ms: int | None = None) -> list[Change]:
        """Return the runs that have changed, in the order of their ends; those that are not events come first.

        Args:
            entries: entries of the history, in any order and repeated or not.
            known_before_ms: the first poll of all: count what has ended until then as known.
        """
        newest = {entry.job_instance_id: entry for entry in entries}
        found = [self._change(entry, known_before_ms) for entry in newest.values()]
        return sorted(
            (change for change in found if change is not None),
            key=lambda change: (change.is_event, change.entry.end_time or "~", change.run.job_instance_id),
        )

    def commit(self, change: Change) -> None:
        """Make a change known."""
        self.runs[change.run.job_instance_id] = change.run

    def forget(self, now_ms: int) -> None:
        """Forget the runs that were created before the window.

        Args:
            now_ms: the server's time; if it may have been set wrongly, the earliest one that was seen lately.
        """
        self.floor_ms = max(self.floor_ms, now_ms - self.window_ms - _MARGIN_MS)
        self.runs = {instance_id: run for instance_id, run in self.runs.items() if run.created_ms >= self.floor_ms}

    def is_final(self, job_instance_id: int) -> bool:
        """Return whether a run is known to have ended."""
        run = self.runs.get(job_instance_id)
        return run is not None and not run.is_open

    def _pages(self, first_ms: int, last_ms: int) -> int:
        """Return the number of requests that the known runs of a span take."""
        return 1 + sum(first_ms <= run.created_ms < last_ms for run in self.runs.values()) // PAGE_SIZE

    def _change(self, entry: HistoryEntry, known_before_ms: int | None) -> Change | None:
        created_ms, before = entry.created_ms, self.runs.get(entry.job_instance_id)
        if created_ms is None or created_ms < self.floor_ms:
            return None
        old = before or KnownRun(entry.job_instance_id, created_ms, 0)
        after = _after_end(old, entry) if entry.status in JOB_ENDS else _after_visit(old, entry)
        if after == before:
            return None
        grown = after.visits > old.visits if after.is_open else len(after.ends) > len(old.ends)
        is_event = grown and entry.status in self.statuses
        if known_before_ms is not None and not after.is_open:
            is_event = is_event and (entry.end_time or "") >= iso8601_utc(known_before_ms)
        return Change(entry, None if before is None else before.status, after, is_event)


def _after_visit(old: KnownRun, entry: HistoryEntry) -> KnownRun:
    """Return the run in a state that is not final."""
    return old if entry.status == old.status else replace(old, status=entry.status, visits=old.visits + 1)


def _after_end(old: KnownRun, entry: HistoryEntry) -> KnownRun:
    """Return the run after its end.

    An end is known if its status and time are. A page may be older than the one read before, so the order does not
    matter. The time may follow later than the status.
    """
    end, without_time = _end_text(entry.status, entry.end_time), _end_text(entry.status, None)
    ends = old.ends
    if entry.end_time is None:
        if entry.status != old.status:
            ends = (*ends, end)
    elif end not in ends:
        completed = old.status == entry.status and ends[-1:] == (without_time,)
        ends = (*(ends[:-1] if completed else ends), end)
    return replace(old, status=entry.status, ends=ends)


def _end_text(status: int, end_time: str | None) -> str:
    return f"{status}@{end_time or ''}"


def _end_of_poll(since_ms: int, now_ms: int) -> int:
    """Return the end of a span that one query can have, in the future if possible."""
    return max(since_ms + MAX_SPAN_MS, now_ms + CLOCK_SKEW_MS)
