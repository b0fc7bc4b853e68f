# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walking through the history: pages, spans, states and names, against a server that keeps JOB's rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.common.dates import DAY_MS, Moment
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import history_search as history_module
from ansible_collections.blueking.job.plugins.module_utils.jobs.history_search import HistoryMatches, HistorySearch
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryFilter
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION, FakeClock, error_body, http, success
from hypothesis import given
from hypothesis import strategies as st

SCOPE = Scope("biz", "2")
# 2026-01-31 10:00:00 UTC: nowhere near the local clock.
DATE, NOW = "Sat, 31 Jan 2026 10:00:00 GMT", 1_769_853_600_000
MONTH = 30 * DAY_MS


@dataclass
class Past:
    """A history with JOB's rules: spans, their ends, pages, and where these may begin."""

    runs: list[dict[str, Any]]
    most_start: int = 10**9
    most_length: int = 1000
    dated: bool = True
    after: Callable[[], None] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        asked = dict(request.body or {})
        self.asked.append(asked)
        response = self._response(asked)
        if self.after is not None:
            self.after()
        return HttpResponse(200, {"date": DATE} if self.dated else {}, http(response).body)

    def _response(self, asked: dict[str, Any]) -> dict[str, object]:
        first, last = asked["create_time_start"], asked["create_time_end"]
        start, length = asked["start"], asked["length"]
        if first < 1 or last <= first:
            return error_body(1241007)
        if last - first > MONTH:
            return error_body(1241002)
        if start > self.most_start:
            return error_body(1241010)
        assert 1 <= length <= 1000 and start >= 0
        found = [run for run in self.runs if first <= run["create_time"] <= last]
        found = [run for run in found if asked.get("name", "") in run["name"]]
        found = [run for run in found if asked.get("status") in (None, run["status"])]
        found.sort(key=lambda run: (run["create_time"], run["job_instance_id"]), reverse=True)
        page = found[start : start + min(length, self.most_length)]
        return success({"start": start, "length": length, "total": len(found), "data": page or None})


def run(number: int, created: int, name: str = "nightly", status: int = 3) -> dict[str, Any]:
    return {"job_instance_id": number, "create_time": created, "name": name, "status": status}


def search(past: Past, wanted: HistoryFilter, clock: FakeClock | None = None) -> HistoryMatches:
    clock = clock or FakeClock()
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), past, clock)  # type: ignore[arg-type]
    view = HistoryMatches()
    HistorySearch(client, SCOPE, wanted, Deadline(clock, 300)).fill(view)
    return view


def ids(view: HistoryMatches) -> list[int]:
    return [entry.job_instance_id for entry in view.entries]


def ago(ms: int) -> Moment:
    return Moment(ms, relative=True)


runs = st.lists(
    st.tuples(
        st.integers(0, 70 * DAY_MS) | st.integers(0, 3) | st.sampled_from([MONTH - 1, MONTH, MONTH + 1]),
        st.sampled_from(["nightly", "nightly", "nightly-clean"]),
        st.sampled_from([2, 3, 4]),
    ),
    max_size=25,
)


@fuzz(100)
@given(
    runs=runs,
    page=st.integers(1, 4),
    limit=st.integers(1, 30),
    window=st.integers(1, 70 * DAY_MS) | st.sampled_from([1, 2, MONTH, MONTH + 1]),
    statuses=st.lists(st.sampled_from([2, 3, 4]), unique=True, max_size=3).map(tuple),
    name=st.sampled_from([None, "nightly"]),
    exact=st.booleans(),
    most_length=st.integers(1, 5),
)
def test_a_walk_finds_what_there_is(
    runs: list[tuple[int, str, int]],
    page: int,
    limit: int,
    window: int,
    statuses: tuple[int, ...],
    name: str | None,
    exact: bool,
    most_length: int,
) -> None:
    """The newest that match, each once, however small the pages and many the spans are."""
    everything = [run(number, NOW - ms, called, status) for number, (ms, called, status) in enumerate(runs, 1)]
    # As many as share a moment may have to be skipped, and nothing beyond them.
    past = Past(everything, most_start=25, most_length=most_length)
    wanted = HistoryFilter(Moment(NOW - window), Moment(NOW), limit, name, exact, statuses=statuses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_module, "PAGE_SIZE", page)
        view = search(past, wanted)
    matching = [
        each
        for each in everything
        if each["create_time"] >= NOW - window
        and each["status"] in (statuses or (2, 3, 4))
        and (name is None or (each["name"] == name if exact else name in each["name"]))
    ]
    matching.sort(key=lambda each: (each["create_time"], each["job_instance_id"]), reverse=True)
    assert ids(view) == [each["job_instance_id"] for each in matching][:limit]
    assert view.truncated is (len(matching) > limit)
    is_counted = name is None or not exact or len(matching) <= limit
    assert view.total == (len(matching) if is_counted else None)
    assert (view.since, view.until) == (NOW - window, NOW)


def test_pages_never_begin_far_into_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers may refuse that."""
    monkeypatch.setattr(history_module, "PAGE_SIZE", 10)
    past = Past([run(number, NOW - 1000 * number) for number in range(1, 96)], most_start=5)
    view = search(past, HistoryFilter(ago(DAY_MS), limit=1000))
    assert (ids(view), view.total, view.truncated) == (list(range(1, 96)), 95, False)
    assert len(past.asked) == 1 + 10
    assert {asked["start"] for asked in past.asked} == {0, 1}


def test_runs_that_come_meanwhile_move_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "PAGE_SIZE", 10)
    past = Past([run(number, NOW - 1000 * number) for number in range(1, 51)])
    past.after = lambda: past.runs.append(run(1000 + len(past.asked), NOW - 1))
    view = search(past, HistoryFilter(ago(DAY_MS), limit=1000))
    assert [number for number in ids(view) if number < 1000] == list(range(1, 51))
    assert len(ids(view)) == len(set(ids(view)))


def test_without_an_end_the_clocks_may_differ() -> None:
    """What was created a moment ago by a clock that is ahead of the gateway's is listed all the same."""
    past = Past([run(1, NOW + 200_000), run(2, NOW + 999), run(3, NOW - 5)])
    view = search(past, HistoryFilter(ago(60_000)))
    assert (ids(view), view.since, view.until) == ([1, 2, 3], NOW - 60_000, NOW)
    assert ids(search(past, HistoryFilter(ago(60_000), ago(0)))) == [3]


def test_the_last_day_is_searched_by_default() -> None:
    past = Past([run(1, NOW - DAY_MS), run(2, NOW - DAY_MS - 1)])
    assert ids(search(past, HistoryFilter())) == [1]
    view = search(past, HistoryFilter(until=Moment(NOW - DAY_MS)))
    assert (ids(view), view.since) == ([1, 2], NOW - 2 * DAY_MS)


def test_with_timestamps_alone_the_time_is_not_read() -> None:
    past = Past([run(1, NOW - 5)], dated=False)
    assert ids(search(past, HistoryFilter(Moment(NOW - DAY_MS), Moment(NOW)))) == [1]
    assert len(past.asked) == 1
    assert ids(search(past, HistoryFilter(until=Moment(NOW)))) == [1]


@pytest.mark.parametrize(
    "wanted", [HistoryFilter(), HistoryFilter(ago(5), Moment(NOW)), HistoryFilter(Moment(NOW - 5))]
)
def test_without_a_date_relative_times_are_nothing(wanted: HistoryFilter) -> None:
    with pytest.raises(JobError, match="have no Date header") as caught:
        search(Past([], dated=False), wanted)
    assert "absolute times" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (HistoryFilter(ago(5), Moment(NOW - 5)), "since: must be before until"),
        (HistoryFilter(Moment(NOW)), "since: must be before now"),
        (HistoryFilter(Moment(NOW - 367 * DAY_MS)), "since: must be at most 366 days before now"),
        (HistoryFilter(ago(NOW + 5), Moment(5)), "since: must be 1970 or later"),
    ],
)
def test_windows_that_only_the_servers_clock_can_judge(wanted: HistoryFilter, fault: str) -> None:
    past = Past([])
    with pytest.raises(InvalidTask) as caught:
        search(past, wanted)
    assert caught.value.errors == [fault]
    assert "the history was not searched" in caught.value.summary
    # The only call asked for the time.
    assert [(asked["create_time_start"], asked["create_time_end"]) for asked in past.asked] == [(1, 2)]


def test_older_spans_are_counted_in_one_call_each() -> None:
    past = Past([run(number, NOW - number * DAY_MS) for number in range(1, 101)])
    view = search(past, HistoryFilter(Moment(NOW - 100 * DAY_MS), Moment(NOW), limit=5))
    assert (ids(view), view.total, view.truncated) == ([1, 2, 3, 4, 5], 100, True)
    assert [asked["length"] for asked in past.asked] == [5, 1, 1, 1]


def test_exact_names_are_not_counted_beyond_the_limit() -> None:
    past = Past([run(number, NOW - number * DAY_MS) for number in range(1, 101)])
    wanted = HistoryFilter(Moment(NOW - 100 * DAY_MS), Moment(NOW), limit=5, name="nightly")
    view = search(past, wanted)
    assert (ids(view), view.total, view.truncated) == ([1, 2, 3, 4, 5], None, True)
    assert len(past.asked) == 1


def test_entries_without_a_time_are_paged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "PAGE_SIZE", 2)

    class Timeless(Past):
        def _response(self, asked: dict[str, Any]) -> dict[str, object]:
            found = [{**run(number, 0), "create_time": None} for number in (1, 2, 3, 4, 5)]
            return success({"total": 5, "data": found[asked["start"] : asked["start"] + asked["length"]]})

    assert sorted(ids(search(Timeless([]), HistoryFilter(ago(5))))) == [1, 2, 3, 4, 5]


def test_a_history_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "PAGE_SIZE", 2)
    clock = FakeClock()

    def slowly() -> None:
        clock.time += 100

    past = Past([run(number, NOW - number) for number in range(1, 50)], after=slowly)
    with pytest.raises(JobError) as caught:
        search(past, HistoryFilter(ago(DAY_MS)), clock)
    assert caught.value.kind == "wait_timeout"
    assert "limit" in str(caught.value.hint)


def test_a_page_that_fails_is_asked_for_again() -> None:
    class Shaky(Past):
        def _response(self, asked: dict[str, Any]) -> dict[str, object]:
            return error_body(1240002) if len(self.asked) in (1, 3) else super()._response(asked)

    shaky = Shaky([run(1, NOW - 5)])
    assert ids(search(shaky, HistoryFilter(ago(DAY_MS)))) == [1]
    assert len(shaky.asked) == 4
