# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any sequence of polls, overlaps, restarts and retries: every end that a poll saw is an event, and only once."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from ansible_collections.blueking.job.plugins.module_utils.common.dates import iso8601_utc
from ansible_collections.blueking.job.plugins.module_utils.models.history import MAX_SPAN_MS, HistoryEntry
from ansible_collections.blueking.job.plugins.module_utils.models.status import JOB_ENDS
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.watch import Change, KnownRun, PollQuery, Watch
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

RUNNING, SUCCESS, FAILED, WAITING, IGNORED = 2, 3, 4, 7, 6
HOUR = 3_600_000
WINDOW, OVERLAP = 24 * HOUR, HOUR // 6
START = 1_800_000_000_000


def entry(number: int, status: int, end_ms: int | None = None, created_ms: int = START) -> HistoryEntry:
    end_time = None if end_ms is None else iso8601_utc(end_ms)
    return HistoryEntry(number, 2, "deploy", "admin", status, None, created_ms=created_ms, end_time=end_time)


def watch_of(*statuses: int) -> Watch:
    return Watch(frozenset(statuses or JOB_ENDS), WINDOW, OVERLAP, polled_ms=START)


def observe(watch: Watch, *entries: HistoryEntry) -> list[Change]:
    """Compare and commit; return the events."""
    changes = watch.changes(entries)
    for change in changes:
        watch.commit(change)
    return [change for change in changes if change.is_event]


@dataclass
class Run:
    created_ms: int
    states: list[tuple[int, int | None]] = field(default_factory=lambda: [(RUNNING, None)])

    def entry(self, number: int, back: int = 0) -> HistoryEntry:
        """Return the state that a page has; an earlier one if the page is from a database that lags behind."""
        status, end_ms = self.states[max(0, len(self.states) - 1 - back)]
        return entry(number, status, end_ms, self.created_ms)

    @property
    def is_final(self) -> bool:
        return self.states[-1][0] in JOB_ENDS


class Job:
    """JOB with its history, a source that watches it, and what the source delivered."""

    def __init__(self) -> None:
        self.now_ms = START
        self.runs: list[Run] = []
        self.watch = Watch(frozenset(JOB_ENDS), WINDOW, OVERLAP)
        self.saved = self.watch
        self.delivered: list[Change] = []
        # What must be delivered: ends that a complete poll saw.
        self.expected: set[tuple[int, int, int]] = set()
        self.save()

    def save(self) -> None:
        self.saved = Watch(
            self.watch.statuses, WINDOW, OVERLAP, dict(self.watch.runs), self.watch.polled_ms, self.watch.floor_ms
        )

    def step(self, what: str, value: int) -> None:
        self.now_ms += 1
        run = self.runs[value % len(self.runs)] if self.runs else None
        if what == "create":
            self.runs.append(Run(self.now_ms))
        elif what == "advance":
            self.now_ms += value * HOUR // 60
        elif what == "end" and run is not None and not run.is_final:
            run.states.append(((SUCCESS, FAILED, IGNORED)[value % 3], self.now_ms))
        elif what == "go on" and run is not None:
            # A retry, or a confirmation that is awaited.
            run.states.append((RUNNING if run.is_final else WAITING, None))
        elif what in ("poll", "sweep", "stale"):
            self.poll(sweep=what == "sweep", stale=value if what == "stale" else None)
        elif what == "fail":
            self.watch.next_query(self.now_ms, sweep=False)
        elif what == "crash":
            self.poll(sweep=False, crash_after=value % 4)

    def poll(self, *, sweep: bool, stale: int | None = None, crash_after: int | None = None) -> None:
        poll = self.watch.next_query(self.now_ms, sweep=sweep)
        known = {number for number, run in self.watch.runs.items() if not run.is_open}
        entries = []
        for number, run in enumerate(self.runs):
            if poll.since_ms <= run.created_ms <= poll.until_ms or run.created_ms in poll.single_ms:
                # Overlapping pages have entries twice.
                entries += [run.entry(number, stale or 0)] * (1 + number % 2)
            must_be_seen = self.now_ms - WINDOW < run.created_ms and (poll.is_sweep or number not in known)
            if run.is_final and must_be_seen and stale is None and crash_after is None:
                self.expected.add((number, run.states[-1][0], run.states[-1][1] or 0))
        if poll.is_sweep:
            self.watch.forget(self.now_ms)
        changes = self.watch.changes(entries)
        for change in changes:
            if not change.is_event:
                self.watch.commit(change)
        self.watch.polled_ms = self.now_ms
        self.save()
        events = [change for change in changes if change.is_event]
        for position, change in enumerate(events):
            self.delivered.append(change)
            if position == crash_after:
                # Killed after the delivery, before the checkpoint.
                self.watch = self.saved
                self.save()
                return
            self.watch.commit(change)
            self.save()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["create", "create", "end", "end", "go on", "advance", "poll", "poll", "sweep", "stale", "fail", "crash"]
        ),
        st.integers(0, 90),
    ),
    max_size=60,
)


@fuzz(300, 20_000)
@given(STEPS)
def test_every_end_is_an_event_once(steps: list[tuple[str, int]]) -> None:
    job = Job()
    for what, value in steps:
        job.step(what, value)
    # In each case a complete poll at the end delivers the rest.
    job.poll(sweep=True)
    job.poll(sweep=True)
    keys = {change.key for change in job.delivered}
    ends = [(change.run.job_instance_id, change.entry.status, change.entry.end_time) for change in job.delivered]
    true = {
        (number, status, iso8601_utc(end_ms or 0))
        for number, run in enumerate(job.runs)
        for status, end_ms in run.states
        if status in JOB_ENDS
    }
    assert set(ends) <= true
    # An event that is sent again after a crash has the same key, and no two ends have the same one.
    assert len(keys) == len(set(ends))
    missing = {(number, status, iso8601_utc(end_ms)) for number, status, end_ms in job.expected} - set(ends)
    assert missing == set()


def test_times_ended_distinguishes_a_retry_from_the_first_end() -> None:
    watch = watch_of(FAILED)
    (first,) = observe(watch, entry(1, FAILED, START))
    assert (first.previous_status, len(first.run.ends)) == (None, 1)
    assert observe(watch, entry(1, RUNNING)) == []
    (second,) = observe(watch, entry(1, FAILED, START + 5))
    assert (second.previous_status, len(second.run.ends)) == (RUNNING, 2)
    # A retry that succeeds is not an event here, but it is counted.
    assert observe(watch, entry(1, SUCCESS, START + 9)) == []
    (third,) = observe(watch, entry(1, FAILED, START + 20))
    assert len(third.run.ends) == 4


def test_a_retry_that_ends_between_two_polls_is_another_end() -> None:
    watch = watch_of()
    observe(watch, entry(1, FAILED, START))
    (again,) = observe(watch, entry(1, FAILED, START + 5))
    assert (again.previous_status, len(again.run.ends)) == (FAILED, 2)


def test_a_page_older_than_the_one_before_is_not_a_second_end() -> None:
    watch = watch_of()
    assert len(observe(watch, entry(1, FAILED, START))) == 1
    assert observe(watch, entry(1, RUNNING), entry(1, RUNNING)) == []
    assert observe(watch, entry(1, FAILED, START)) == []
    assert len(observe(watch, entry(1, SUCCESS, START + 5))) == 1
    assert observe(watch, entry(1, FAILED, START)) == []
    assert observe(watch, entry(1, SUCCESS, START + 5)) == []


def test_an_end_time_that_follows_later_is_the_same_end() -> None:
    watch = watch_of()
    assert len(observe(watch, entry(1, FAILED))) == 1
    assert observe(watch, entry(1, FAILED)) == []
    assert observe(watch, entry(1, FAILED, START)) == []
    assert observe(watch, entry(1, RUNNING)) == []
    # Without any end time the status in between decides.
    watch = watch_of()
    found = [observe(watch, entry(1, status)) for status in (FAILED, FAILED, RUNNING, FAILED)]
    assert [len(events) for events in found] == [1, 0, 0, 1]


def test_each_confirmation_of_a_run_is_an_event_of_its_own() -> None:
    watch = watch_of(WAITING)
    events = [observe(watch, entry(1, status)) for status in (RUNNING, WAITING, WAITING, RUNNING, WAITING)]
    assert [len(found) for found in events] == [0, 1, 0, 0, 1]
    assert events[1][0].key != events[4][0].key


def test_the_first_poll_counts_earlier_ends_as_known() -> None:
    watch = watch_of(FAILED, WAITING)
    entries = [entry(1, FAILED, START - 1), entry(2, FAILED, START), entry(3, WAITING), entry(4, FAILED)]
    changes = watch.changes(entries, known_before_ms=START)
    assert [change.run.job_instance_id for change in changes if change.is_event] == [2, 3]
    assert len(changes) == 4


def test_what_is_not_committed_is_found_again() -> None:
    watch = watch_of()
    (first,) = watch.changes([entry(1, FAILED, START)])
    (second,) = watch.changes([entry(1, FAILED, START)])
    assert first == second
    assert first.key == second.key


def test_a_poll_covers_the_time_since_the_last_one_and_the_overlap() -> None:
    watch = watch_of()
    now = START + 8 * HOUR
    assert watch.next_query(now, sweep=False) == PollQuery(START - OVERLAP, START - OVERLAP + MAX_SPAN_MS)
    # Not more than the window, whenever the last poll was.
    assert watch.next_query(START + 100 * HOUR, sweep=False).since_ms == START + 76 * HOUR
    # A server whose time was set back.
    assert watch.next_query(START - HOUR, sweep=False).since_ms == START - HOUR - OVERLAP
    sweep = watch.next_query(now, sweep=True)
    assert (sweep.since_ms, sweep.is_sweep) == (now - WINDOW, True)
    # The end of the span lies in the future also for the longest window, for which a query has no space.
    longest = Watch(frozenset(JOB_ENDS), MAX_SPAN_MS, OVERLAP)
    assert longest.next_query(now, sweep=False).until_ms > now


def test_older_runs_are_read_singly_if_they_are_open_or_named() -> None:
    watch = watch_of()
    created = {number: START - number * HOUR for number in (1, 2, 3, 30)}
    observe(watch, *(entry(number, RUNNING, None, created[number]) for number in (1, 30)))
    observe(watch, entry(2, FAILED, START, created[2]), entry(3, FAILED, START, created[3]))
    assert watch.next_query(START, sweep=False).single_ms == (created[1],)
    assert watch.next_query(START, sweep=False, named=[1, 99]).single_ms == (created[1],)
    # Two that are near to each other take one request.
    poll = watch.next_query(START, sweep=False, named=[3])
    assert (poll.since_ms, poll.single_ms) == (created[3], ())


def test_many_open_runs_are_read_together() -> None:
    watch = watch_of()
    observe(watch, *(entry(number, RUNNING, None, START - HOUR - number) for number in range(5)))
    poll = watch.next_query(START, sweep=False)
    assert (poll.since_ms, poll.single_ms) == (START - HOUR - 4, ())


def test_forgotten_runs_are_not_found_again() -> None:
    watch = watch_of()
    observe(watch, entry(1, FAILED, START))
    watch.forget(START + WINDOW)
    assert 1 in watch.runs
    watch.forget(START + WINDOW + HOUR)
    assert watch.runs == {}
    # Also if the time of the server is set back.
    watch.forget(START)
    assert watch.changes([entry(1, FAILED, START)]) == []


def test_events_come_in_the_order_of_their_ends() -> None:
    watch = watch_of()
    entries = [entry(number, FAILED, START + number * 7 % 10) for number in range(10)]
    events = observe(watch, *entries)
    times = [event.entry.end_time or "" for event in events]
    assert len(times) == 10
    assert all(first <= second for first, second in pairwise(times))


def test_runs_without_a_time_are_ignored() -> None:
    watch = watch_of()
    odd = HistoryEntry(1, 2, "deploy", "admin", FAILED, None)
    assert watch.changes([odd]) == []
    assert not watch.is_final(1)
    watch.runs[1] = KnownRun(1, START, FAILED)
    assert watch.is_final(1)
