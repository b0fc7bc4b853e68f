# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as users write them, and windows in the spans that JOB accepts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.dates import DAY_MS, Moment, iso8601_utc, parse_moment
from ansible_collections.blueking.job.plugins.module_utils.models.history import (
    MAX_SPAN_MS,
    MAX_WINDOW_MS,
    split_window,
    window_problem,
)
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

HOUR = 3_600_000
# 2026-01-31 00:00 UTC
THAT_DAY = 1_769_817_600_000


@fuzz(100)
@given(st.integers(0, 10**13), st.integers(1, 400 * DAY_MS) | st.integers(1, 5).map(lambda n: n * (MAX_SPAN_MS + 1)))
def test_spans_are_valid_and_contain_every_moment_once(first: int, length: int) -> None:
    last = first + length
    found = split_window(first, last)
    for start, end in found:
        assert 0 < end - start <= MAX_SPAN_MS
    oldest_first = found[::-1]
    assert (oldest_first[0][0], oldest_first[-1][1]) == (first, last)
    # Both ends belong to a span, so that the next one begins a millisecond later.
    assert all(later[0] == earlier[1] + 1 for earlier, later in zip(oldest_first, oldest_first[1:], strict=False))
    assert len(found) <= length // (MAX_SPAN_MS - 1) + 1


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (1, [(7, 8)]),
        (MAX_SPAN_MS, [(7, 7 + MAX_SPAN_MS)]),
        # One moment would be left over, and the server takes no span of one moment.
        (MAX_SPAN_MS + 1, [(9, 8 + MAX_SPAN_MS), (7, 8)]),
        (MAX_SPAN_MS + 2, [(9, 9 + MAX_SPAN_MS), (7, 8)]),
    ],
)
def test_spans_at_the_edge(length: int, expected: list[tuple[int, int]]) -> None:
    assert split_window(7, 7 + length) == expected


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("2h", 2 * HOUR),
        (" 3d ", 3 * DAY_MS),
        ("1d 12h", 36 * HOUR),
        ("1w2d3h4m5s", 9 * DAY_MS + 3 * HOUR + 245_000),
        ("90 m", 90 * 60_000),
        ("2H", 2 * HOUR),
        ("0s", 0),
    ],
)
def test_so_long_ago(text: str, ago: int) -> None:
    assert parse_moment(text) == parse_moment(text, end_of_day=True) == Moment(ago, relative=True)
    assert Moment(ago, relative=True).at(10**12) == 10**12 - ago


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-01-31", THAT_DAY),
        ("2026-01-31T10:00", THAT_DAY + 10 * HOUR),
        ("2026-01-31 10:00:05", THAT_DAY + 10 * HOUR + 5000),
        ("2026-01-31T10:00:00.25", THAT_DAY + 10 * HOUR + 250),
        ("2026-01-31T10:00:00.123456789Z", THAT_DAY + 10 * HOUR + 123),
        ("2026-01-31t10:00:00,5z", THAT_DAY + 10 * HOUR + 500),
        ("2026-01-31T10:00:00+08:00", THAT_DAY + 2 * HOUR),
        ("2026-01-31 10:00:00 -0330", THAT_DAY + 13 * HOUR + HOUR // 2),
        ("2026-01-31T10:00:00+08", THAT_DAY + 2 * HOUR),
    ],
)
def test_on_the_calendar(text: str, ms: int) -> None:
    assert parse_moment(text) == Moment(ms)
    end = ms + DAY_MS - 1 if len(text) == 10 else ms
    assert parse_moment(text, end_of_day=True) == Moment(end)
    assert Moment(ms).at(5) == ms


@pytest.mark.parametrize(
    "text",
    [
        *("", "2", "h", "2 months", "-2h", "2h ago", "1.5h", "yesterday", "1769817600", "9999999999h"),
        *("2026-02-30", "2026-1-1", "20260131", "2026-01-31T", "2026-01-31T25:00", "2026-01-31T10:00:60"),
        *("2026-01-31+08:00", "2026-01-31T10:00+24:00", "2026-W05", "2026-01-31T10", "2026-01-31 10:00 CET"),
        "٢٠٢٦-٠١-٣١",
        # After the last year that can be formatted.
        "9999-12-31T23:59:59-08:00",
    ],
)
def test_what_is_not_a_moment(text: str) -> None:
    assert parse_moment(text) is None


@fuzz(100)
@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30)),
    st.integers(-23 * 60, 23 * 60),
    st.sampled_from([None, "minutes", "seconds", "milliseconds", "microseconds"]),
)
def test_what_python_writes_is_read(moment: datetime, offset: int, timespec: str | None) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    kept = {"minutes": {"second": 0, "microsecond": 0}, "seconds": {"microsecond": 0}}.get(timespec or "", {})
    exact = aware.replace(**kept)  # type: ignore[arg-type]
    read = parse_moment(aware.isoformat(timespec=timespec or "auto"))
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert read == Moment((exact - epoch) // timedelta(milliseconds=1))


@fuzz(100)
@given(st.integers(0, 253_402_300_799_999))
def test_what_we_write_is_read(ms: int) -> None:
    assert parse_moment(iso8601_utc(ms)) == Moment(ms)


def test_the_last_moment_can_be_formatted() -> None:
    moment = parse_moment("9999-12-31", end_of_day=True)
    assert moment is not None
    assert iso8601_utc(moment.ms) == "9999-12-31T23:59:59.999Z"


@fuzz(100)
@given(st.text(max_size=30) | st.from_regex(r"[0-9TZ:. +smhdw-]{1,30}", fullmatch=True))
def test_nothing_breaks_the_reading(text: str) -> None:
    parse_moment(text, end_of_day=True)


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (1, 2, None),
        (5, 5 + MAX_WINDOW_MS, None),
        (5, 6 + MAX_WINDOW_MS, "must be at most 366 days before until"),
        (5, 5, "must be before until"),
        (6, 5, "must be before until"),
        (0, 5, "must be 1970 or later"),
    ],
)
def test_windows_that_are_none(first: int, last: int, fault: str | None) -> None:
    assert window_problem(Moment(first), Moment(last), None) == fault


NOW = 1_795_866_000_000  # 2026-11-28T11:40:00Z


@pytest.mark.parametrize(
    ("since", "until", "note"),
    [
        ("2026-11-28 19:00", None, "now (2026-11-28 19:00 counts as UTC, where it is 11:40 now; add"),
        ("2026-11-29", None, "now (2026-11-29 00:00 counts as UTC, where it is 2026-11-28 11:40 now; add"),
        ("1h", "2026-11-28T10:00", "until (2026-11-28 10:00 counts as UTC, where it is 11:40 now; add"),
        (
            "2026-11-28T19:00",
            "2026-11-28T12:00",
            "until (2026-11-28 19:00 and 2026-11-28 12:00 count as UTC, where it is 11:40 now; add",
        ),
        ("2026-11-28T19:00", "2026-11-28T12:00Z", "until (2026-11-28 19:00 counts as UTC, where it is 11:40 now; add"),
    ],
)
def test_a_time_without_a_zone_shows_what_it_was_taken_for(since: str, until: str | None, note: str) -> None:
    first = parse_moment(since)
    last = None if until is None else parse_moment(until, end_of_day=True)
    assert first is not None
    assert str(window_problem(first, last, NOW)).startswith(f"must be before {note} an offset such as +08:00")


@pytest.mark.parametrize("since", ["2026-11-28T19:00Z", "2026-11-28T19:00+00:00", "0s"])
def test_a_time_with_a_zone_needs_no_note(since: str) -> None:
    moment = parse_moment(since)
    assert moment is not None
    assert window_problem(moment, None, NOW) == "must be before now"
