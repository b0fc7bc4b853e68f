# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the event source: cost of a poll of a scope with 10 000 runs a day, and its memory over a simulated week."""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.common.dates import iso8601_utc
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import Secrets
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryEntry
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.checkpoint import Checkpoint
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.event_sender import EventSender
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.history import RunHistory
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import read_source_options
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.poller import EventPoller
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.watch import PollQuery
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client

RUNS_A_DAY, INTERVAL, POLLS, DAYS = 10_000, 15.0, 40, 7
DAY_MS = 86_400_000
APART_MS = DAY_MS // RUNS_A_DAY
# The week has fewer runs, so that it is over in minutes.
WEEK_APART_MS = DAY_MS // 1_000
INVENTORY: dict[str, Any] = {
    "apps": [{"code": "shop", "secret": "shop-secret"}],
    "users": [{"name": "admin", "tokens": ["admin-token"]}],
    "scopes": [{"type": "biz", "id": "2", "name": "bench"}],
    "accounts": [{"id": 1, "alias": "root", "scope": "2"}],
    "hosts": [{"id": 101, "ip": "10.0.0.1", "name": "web-1", "scope": "2"}],
    "executor": "scripted",
    "clock": "manual",
    "outcomes": [{"every": 20, "exit_code": 1, "seconds": 30}, {"seconds": 30}],
}


class FreeQueue:
    """The queue of a rulebook that takes every event at once."""

    def __init__(self) -> None:
        self.events = 0

    async def put(self, _event: dict[str, object]) -> None:
        """Take an event."""
        self.events += 1


def main() -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as directory:
        measure_week(Path(directory))
        measure_looks(Path(directory))


def source(url: str, directory: Path, name: str, history: Any = None, **more: Any) -> tuple[EventPoller, FreeQueue]:
    """Return a poller with a state file."""
    args = {
        "api_url": url,
        "gateway": "apigw",
        "bk_app_code": "shop",
        "bk_app_secret": "shop-secret",
        "bk_token": "admin-token",
        "bk_scope_id": "2",
        "interval": INTERVAL,
        "state_file": str(directory / f"{name}.state"),
    }
    options, clock = read_source_options(args, {}).options, more.pop("clock")
    queue = FreeQueue()
    return (
        EventPoller(
            options,
            history or RunHistory(options, TaskContext(clock=clock)),
            EventSender(options, Secrets(), queue),
            Checkpoint(directory / f"{name}.state", options),
            Secrets(),
            clock,
            **more,
        ),
        queue,
    )


def measure_looks(directory: Path) -> None:
    """Fill the history of a day, then poll every 15 seconds of the server's time while runs go on."""
    with JobServer(INVENTORY) as server:
        client = Client(server)
        for _run in range(RUNS_A_DAY):
            client.script("true", [101])
            server.clock.advance(APART_MS / 1000)
        clock = ManualClock()
        poller, queue = source(f"{server.url}/api/bk-job/prod", directory, "polls", clock=clock)

        def cost(advance: float) -> tuple[int, float]:
            for _run in range(round(advance * 1000 / APART_MS)):
                client.script("true", [101])
                server.clock.advance(APART_MS / 1000)
            clock.time += advance
            before, began = len(server.journal), time.perf_counter()
            asyncio.run(poller.poll())
            return len(server.journal) - before, time.perf_counter() - began

        requests, seconds = cost(0)
        print(f"poll of the whole day, {RUNS_A_DAY} runs: {requests} requests, {seconds:.2f} s")
        costs = [cost(INTERVAL) for _poll in range(POLLS)]
        sent, milliseconds = [number for number, _s in costs], [seconds * 1000 for _n, seconds in costs]
        print(
            f"poll at interval {INTERVAL:g} s, median of {POLLS}: {statistics.median(sent):g} requests, "
            f"{statistics.median(milliseconds):.0f} ms (longest {max(milliseconds):.0f} ms), {queue.events} events"
        )


class ManualClock(Clock):
    """A clock that moves when the source waits."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        """Return the time, in seconds."""
        return self.time


class SyntheticHistory:
    """A history in which runs follow one another and take up to an hour. Every twentieth of them is retried."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock, self._start_ms = clock, 1_700_000_000_000
        self.polls = 0

    def now_ms(self) -> int:
        """Return the time, in milliseconds since the epoch."""
        return self._start_ms + round(self._clock.time * 1000)

    def read(self, poll: PollQuery) -> list[HistoryEntry]:
        """Return the runs of a poll."""
        self.polls += 1
        spans = [(poll.since_ms, poll.until_ms), *((moment, moment + 1) for moment in poll.single_ms)]
        now_ms, found = self.now_ms(), []
        for since_ms, until_ms in spans:
            first = -((self._start_ms - since_ms) // WEEK_APART_MS)
            for number in range(first, (min(until_ms, now_ms) - self._start_ms) // WEEK_APART_MS + 1):
                created_ms = self._start_ms + number * WEEK_APART_MS
                if since_ms <= created_ms < until_ms:
                    found.append(self._entry(number + 10**6, created_ms, now_ms))
        return found

    @staticmethod
    def _entry(number: int, created_ms: int, now_ms: int) -> HistoryEntry:
        chance = random.Random(number)
        ended_ms = created_ms + chance.randrange(1_000, 3_600_000)
        again_ms = ended_ms + 7_200_000 if number % 20 == 0 else None
        if again_ms is not None and now_ms >= again_ms:
            status, end = 3, again_ms
        elif now_ms >= ended_ms:
            status, end = (4 if number % 20 == 0 else 3), ended_ms
        else:
            status, end = 2, None
        created = iso8601_utc(created_ms)
        return HistoryEntry(
            number, -1, "bench", "admin", status, created, created_ms, type=1, launch_mode=3, start_time=created,
            end_time=None if end is None else iso8601_utc(end),
        )  # fmt: skip


class WeekIsOver(Exception):
    """Ends the source."""


def measure_week(directory: Path) -> None:
    """Print memory and size of the state file after each day."""
    clock = ManualClock()
    history = SyntheticHistory(clock)
    days: list[int] = []

    async def wait(_woken: asyncio.Event, seconds: float) -> None:
        clock.time += seconds
        if clock.time >= (len(days) + 1) * DAY_MS / 1000:
            gc.collect()
            days.append(sys.getallocatedblocks())
            size = (directory / "week.state").stat().st_size
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"day {len(days)}: {days[-1]} memory blocks of Python, process {peak:.0f} MiB at its peak, "
                f"{len(poller.watch.runs)} runs known, state file {size / 1024:.0f} KiB, {history.polls} polls, "
                f"{queue.events} events"
            )
            sys.stdout.flush()
        if len(days) == DAYS:
            raise WeekIsOver

    pause: Callable[[asyncio.Event, float], Awaitable[None]] = wait
    poller, queue = source("http://127.0.0.1:9", directory, "week", history, clock=clock, wait=pause)
    began = time.perf_counter()
    try:
        asyncio.run(poller.run())
    except WeekIsOver:
        seconds = time.perf_counter() - began
        print(f"memory blocks after day {DAYS} / day 2: {days[-1] / days[1]:.3f}x ({seconds:.0f} s for the week)")


if __name__ == "__main__":
    main()
