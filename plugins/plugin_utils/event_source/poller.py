# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Poll the history: regularly, and at once when a callback of JOB asks for it. Callbacks are not believed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from ...module_utils.common.clock import Clock
from ...module_utils.common.redaction import Secrets
from ...module_utils.common.text import one_line
from ...module_utils.errors import InvalidTask, JobError, Unexpected
from ...module_utils.jobs.lasting_rejection import LastingRejection
from ...module_utils.models.history import HistoryEntry
from .checkpoint import Checkpoint
from .event_sender import LOG, EventSender
from .options import SourceOptions
from .threads import in_daemon_thread
from .watch import Change, PollQuery, Watch

# Maximum pause (seconds) between polls while JOB cannot be read, unless interval is longer.
_MAX_BACKOFF_SECONDS = 60.0
# Maximum pause (seconds) before the first complete poll if JOB rejects the source.
_MAX_REJECTED_PAUSE = 5.0
# Time (seconds) for which a callback has the source poll for the end of the run that it names, and the pauses.
_NAMED_SECONDS = 10.0
_FIRST_NAMED_PAUSE, _MAX_NAMED_PAUSE = 0.5, 4.0
# Minimum time (seconds) between two polls that callbacks ask for, and maximum number of runs that they can name.
_MIN_GAP_SECONDS = 0.5
_MAX_NAMED = 64
# Time (milliseconds) by which the server's time may be ahead of the one that it shows, which has complete seconds.
_SECOND_MS = 1000
T = TypeVar("T")

# Waits for an event, at most for a number of seconds.
Wait = Callable[[asyncio.Event, float], Awaitable[None]]


class History(Protocol):
    """The history of a scope."""

    def now_ms(self) -> int:
        """Return the server's time, in milliseconds since the epoch."""

    def read(self, poll: PollQuery) -> list[HistoryEntry]:
        """Return the runs of a poll."""


async def wait_for_event(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after a time."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return


class EventPoller:
    """Polls the history of one scope and delivers what has changed.

    Args:
        options: options of the source.
        history: reads the history.
        sender: sends events.
        checkpoint: file for what is known; None to forget it at the end of the process.
        secrets: secrets to mask in log messages.
        clock: time.
        wait: waits between polls.
    """

    def __init__(
        self,
        options: SourceOptions,
        history: History,
        sender: EventSender,
        checkpoint: Checkpoint | None,
        secrets: Secrets,
        clock: Clock,
        wait: Wait = wait_for_event,
    ) -> None:
        self.watch = Watch(options.statuses, options.window_ms, options.overlap_ms)
        self._options, self._history, self._sender, self._checkpoint = options, history, sender, checkpoint
        self._secrets, self._clock, self._wait = secrets, clock, wait
        self._began = self._ended_poll = clock.now()
        self._swept: float | None = None
        self._server_ms: int | None = None
        self._rejection = LastingRejection(clock)
        self._failures = 0
        self._error: JobError | None = None
        self._woken = asyncio.Event()
        self._named: dict[int, float] = {}
        self._named_pause = _FIRST_NAMED_PAUSE

    def wake(self, job_instance_id: int | None) -> None:
        """Poll now and, if a run is named, until it has ended or for 10 seconds."""
        if job_instance_id is not None and len(self._named) < _MAX_NAMED:
            self._named[job_instance_id] = self._clock.now() + _NAMED_SECONDS
        self._named_pause = _FIRST_NAMED_PAUSE
        self._woken.set()

    async def run(self) -> None:
        """Load the checkpoint, and poll until the task is canceled.

        Raises:
            InvalidTask: an option turns out to be invalid.
            JobError: JOB rejects the source, and never accepted it.
        """
        if self._checkpoint is not None:
            checkpoint = self._checkpoint
            await in_daemon_thread(lambda: checkpoint.load(self.watch))
            await in_daemon_thread(lambda: checkpoint.check_writable(self.watch))
        while True:
            self._woken.clear()
            try:
                await self.poll()
                self._note_success()
            except InvalidTask:
                raise
            except JobError as error:
                self._note_error(error)
            self._ended_poll = self._clock.now()
            await self._pause()

    async def poll(self) -> None:
        """Read the history once, and deliver what has changed.

        Raises:
            JobError: the history cannot be read; nothing is lost.
        """
        now_ms = await self._blocking(self._history.now_ms)
        known_before_ms = self._known_before(now_ms)
        sweep = self._swept is None or self._clock.now() - self._swept >= self._options.sweep_interval
        poll = self.watch.next_query(now_ms, sweep=sweep, named=self._named)
        began = self._clock.now()
        if poll.is_sweep:
            # A sweep that fails must not keep the source from short polls for long.
            self._swept = began - max(0.0, self._options.sweep_interval - _MAX_BACKOFF_SECONDS)
        entries = await self._blocking(lambda: self._history.read(poll))
        if poll.is_sweep:
            self._swept = began
            # One wrong Date header must not make the source forget everything.
            self.watch.forget(now_ms if self._server_ms is None else min(now_ms, self._server_ms))
        self._server_ms = now_ms
        self._warn_of_gap(now_ms)
        changes = self.watch.changes(entries, known_before_ms)
        events = [change for change in changes if change.is_event]
        for change in changes:
            if not change.is_event:
                self.watch.commit(change)
        self.watch.polled_ms = now_ms
        if poll.is_sweep or len(events) < len(changes):
            await self._save()
        seen_ms = await self._blocking(self._history.now_ms)
        for change in events:
            await self._deliver(change, seen_ms)

    async def _deliver(self, change: Change, seen_ms: int) -> None:
        await self._sender.send(change, seen_ms)
        self.watch.commit(change)
        # After every event: no signal reaches a source before its process ends.
        await self._save()

    async def _save(self) -> None:
        if self._checkpoint is None:
            return
        checkpoint = self._checkpoint
        try:
            await in_daemon_thread(lambda: checkpoint.save(self.watch))
        except OSError as error:
            LOG.error("state_file cannot be written, so events will repeat after a restart: %s", error)

    async def _blocking(self, work: Callable[[], T]) -> T:
        try:
            return await in_daemon_thread(work)
        except (JobError, asyncio.CancelledError):
            raise
        except Exception as error:
            # A bug must not end the process, and with it every other source.
            raise Unexpected(error) from error

    def _known_before(self, now_ms: int) -> int | None:
        """Return until when ends count as known at the first poll of all; None at every other one.

        Raises:
            InvalidTask: C(start) is after now.
        """
        if self.watch.polled_ms is not None:
            return None
        start, began_ms = self._options.start, now_ms - round((self._clock.now() - self._began) * 1000)
        if start.relative:
            # The source may have waited for JOB. What ended meanwhile is not known.
            return start.at(began_ms) + (0 if start.ms else _SECOND_MS)
        if start.ms > now_ms + _SECOND_MS:
            raise InvalidTask(["start: is after now"], "the event source did not start")
        if start.ms < now_ms - self._options.window_ms:
            LOG.warning("start is longer ago than window: ends of runs created before the window are not found")
        return start.ms

    def _warn_of_gap(self, now_ms: int) -> None:
        polled_ms, window_ms = self.watch.polled_ms, self._options.window_ms
        if polled_ms is not None and now_ms - polled_ms > window_ms:
            seconds = (now_ms - polled_ms) // 1000
            LOG.warning(
                "The last poll was %d s ago, and window is %d s: runs may be missed", seconds, window_ms // 1000
            )

    def _note_success(self) -> None:
        self._rejection.note_response()
        if self._failures:
            LOG.info("The history of %s is read again, after %d failed polls", self._options.scope, self._failures)
        self._failures, self._error = 0, None
        now = self._clock.now()
        self._named = {
            instance_id: until
            for instance_id, until in self._named.items()
            if until > now and not self.watch.is_final(instance_id)
        }

    def _note_error(self, error: JobError) -> None:
        text = one_line(self._secrets.redact(error.summary))
        advice = "" if error.hint is None else f" {self._secrets.redact(error.hint)}"
        if self._error is None or self._error.summary != error.summary:
            LOG.warning("The history of %s cannot be read: %s.%s", self._options.scope, text, advice)
        self._failures, self._error = self._failures + 1, error
        if self._rejection.note_error(error) and self._server_ms is None:
            raise error.rephrased(f"The history of {self._options.scope} cannot be read: {text}.{advice}")

    async def _pause(self) -> None:
        """Wait for the next poll: a callback ends the pause."""
        await self._wait(self._woken, self._seconds_to_next())
        if self._woken.is_set():
            gap = self._ended_poll + _MIN_GAP_SECONDS - self._clock.now()
            if gap > 0:
                await asyncio.sleep(gap)

    def _seconds_to_next(self) -> float:
        interval = self._options.interval
        if self._error is not None:
            pause = min(interval * 2.0 ** min(self._failures, 10), max(_MAX_BACKOFF_SECONDS, interval))
            if self._server_ms is None and not self._error.transient:
                pause = min(pause, _MAX_REJECTED_PAUSE)
            return max(self._clock.jitter(pause), min(self._error.retry_after or 0.0, _MAX_BACKOFF_SECONDS))
        if self._named:
            pause, self._named_pause = self._named_pause, min(self._named_pause * 2, _MAX_NAMED_PAUSE)
            return min(pause, interval)
        return self._clock.jitter(interval)
