# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the event source polls: pauses, backoff, sweeps, and callbacks. Time is that of a clock that does not run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.dates import iso8601_utc
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import Secrets
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryEntry
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.event_sender import EventSender
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import read_source_options
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.poller import EventPoller
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.watch import PollQuery
from ansible_collections.blueking.job.tests.unit.helpers.event_source import SOURCE_OPTIONS
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock

RUNNING, FAILED = 2, 4
START = 1_800_000_000_000


class Scene:
    """A poller over a history in memory. Each wait takes its time on the clock at once, or ends when it is woken."""

    def __init__(self, **args: object) -> None:
        read = read_source_options({**SOURCE_OPTIONS, **args}, {})
        self.clock = FakeClock()
        self.began = self.clock.time
        self.entries: list[HistoryEntry] = []
        self.polls: list[PollQuery] = []
        self.polled_at: list[float] = []
        self.pauses: list[float] = []
        self.error: Exception | None = None
        self.events: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.before_wait: Callable[[int], None] = lambda _count: None
        sender = EventSender(read.options, Secrets(), self.events)
        self.poller = EventPoller(read.options, self, sender, None, Secrets(), self.clock, self.wait)
        self._waits = 0

    def now_ms(self) -> int:
        return START + round((self.clock.time - self.began) * 1000)

    def read(self, poll: PollQuery) -> list[HistoryEntry]:
        self.polls.append(poll)
        self.polled_at.append(self.clock.time - self.began)
        if self.error is not None:
            raise self.error
        found = [entry for entry in self.entries if poll.since_ms <= (entry.created_ms or 0) <= poll.until_ms]
        return found + [entry for entry in self.entries if entry.created_ms in poll.single_ms]

    async def wait(self, woken: asyncio.Event, seconds: float) -> None:
        self.before_wait(len(self.pauses))
        self.pauses.append(seconds)
        if len(self.pauses) >= self._waits:
            raise asyncio.CancelledError
        if not woken.is_set():
            self.clock.time += seconds

    def play(self, waits: int) -> None:
        """Run until that many waits have begun."""
        self._waits = waits

        async def play() -> None:
            with pytest.raises(asyncio.CancelledError):
                await self.poller.run()

        asyncio.run(play())

    def add(self, number: int) -> None:
        self.entries.append(HistoryEntry(number, 2, "deploy", "admin", RUNNING, None, created_ms=self.now_ms()))

    def end(self, number: int) -> None:
        self.entries = [
            entry._replace(status=FAILED, end_time=iso8601_utc(self.now_ms()))
            if entry.job_instance_id == number
            else entry
            for entry in self.entries
        ]


def transient(**more: float) -> JobError:
    return JobError("down", kind="server_error", transient=True, **more)  # type: ignore[arg-type]


def test_polls_are_an_interval_apart_and_a_sweep_is_due_every_now_and_then() -> None:
    scene = Scene(interval=15, sweep_interval=45)
    scene.play(8)
    assert scene.pauses == [15.0] * 8
    assert [poll.is_sweep for poll in scene.polls] == [True, False, False, True, False, False, True, False]


def test_the_pause_doubles_while_job_cannot_be_read_and_is_normal_after_a_success() -> None:
    scene = Scene(interval=5)
    scene.error = transient()

    def recover(count: int) -> None:
        if count == 6:
            scene.error = None

    scene.before_wait = recover
    scene.play(9)
    assert scene.pauses == [10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 60.0, 5.0, 5.0]


def test_an_interval_above_a_minute_is_not_shortened_by_errors() -> None:
    scene = Scene(interval=300)
    scene.error = transient()
    scene.play(3)
    assert scene.pauses == [300.0] * 3


def test_the_server_may_ask_for_a_longer_pause_of_up_to_a_minute() -> None:
    for seconds, pause in ((45.0, 45.0), (3600.0, 60.0)):
        scene = Scene(interval=1)
        scene.error = transient(retry_after=seconds)
        scene.play(1)
        assert scene.pauses == [pause]


def test_a_callback_has_the_source_poll_until_the_run_it_names_has_ended() -> None:
    scene = Scene(interval=60)
    scene.add(1)

    def callback(count: int) -> None:
        if count == 1:
            scene.poller.wake(1)
        if count == 3:
            scene.end(1)

    scene.before_wait = callback
    scene.play(6)
    # Woken at the second wait: a poll at once, growing pauses until the end is seen, and then the interval.
    assert scene.pauses == [60.0, 60.0, 0.5, 1.0, 60.0, 60.0]
    assert scene.polled_at[:5] == [0.0, 60.0, 60.0, 60.5, 61.5]
    assert scene.events.qsize() == 1


def test_a_callback_for_an_unknown_run_costs_a_few_polls() -> None:
    scene = Scene(interval=60)
    scene.before_wait = lambda count: scene.poller.wake(4711) if count == 1 else None
    scene.play(9)
    assert scene.pauses == [60.0, 60.0, 0.5, 1.0, 2.0, 4.0, 4.0, 60.0, 60.0]


def test_a_callback_that_names_no_run_costs_one_poll() -> None:
    scene = Scene(interval=60)
    scene.before_wait = lambda count: scene.poller.wake(None) if count == 1 else None
    scene.play(5)
    assert scene.polled_at == [0.0, 60.0, 60.0, 120.0, 180.0]


def test_an_old_run_that_a_callback_names_is_read_though_it_had_ended() -> None:
    scene = Scene(interval=3600, overlap=60, sweep_interval=86400)
    scene.add(1)
    scene.end(1)

    def callback(count: int) -> None:
        if count == 2:
            scene.end(1)
            scene.poller.wake(1)

    scene.before_wait = callback
    scene.play(5)
    # The retry is found hours before the next sweep.
    assert scene.events.qsize() == 1
    assert not any(poll.is_sweep for poll in scene.polls[1:])


def test_a_sweep_that_fails_does_not_keep_the_source_from_short_polls() -> None:
    scene = Scene(interval=15, sweep_interval=900)
    scene.play(1)
    scene.clock.time += 900
    scene.error = transient()
    scene.before_wait = lambda _count: setattr(scene, "error", None)
    scene.poller = EventPoller(
        scene.poller._options, scene, scene.poller._sender, None, Secrets(), scene.clock, scene.wait
    )
    scene.poller.watch.polled_ms = START
    scene.pauses, scene.polls = [], []
    scene.play(5)
    assert [poll.is_sweep for poll in scene.polls] == [True, False, False, True, False]


def test_one_wrong_date_does_not_make_the_source_forget_and_repeat() -> None:
    scene = Scene(interval=15, sweep_interval=1, start="1h")
    scene.add(1)
    scene.end(1)
    began = scene.began

    def jump(count: int) -> None:
        # One response is from a server whose clock is a year ahead.
        scene.began = began - 365 * 86400 if count == 1 else began

    scene.before_wait = jump
    scene.play(6)
    assert scene.events.qsize() == 1


def test_a_bug_of_one_poll_is_logged_and_the_next_poll_finds_the_run(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(interval=2, start="1h")
    scene.add(1)
    scene.end(1)
    scene.error = ZeroDivisionError("a bug")

    def recover(_count: int) -> None:
        scene.error = None

    scene.before_wait = recover
    scene.play(2)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith("The history of biz 2 cannot be read: ")
    assert "ZeroDivisionError" in warning
    assert scene.pauses == [4.0, 2.0]
    assert scene.events.qsize() == 1


def test_a_time_before_the_window_as_start_is_a_warning_and_gives_all_ends_of_the_window(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene(window=3600, start=iso8601_utc(START - 7200 * 1000))
    scene.add(1)
    scene.end(1)
    scene.play(2)
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    # At the first poll alone.
    assert warnings == ["start is longer ago than window: ends of runs created before the window are not found"]
    assert scene.events.qsize() == 1
