# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clock and scheduler of the server: the current time, and the pending actions.

A flowing clock follows the real one and can be moved ahead. A manual one stops until it is moved: then all actions that
are due run in order, each at its own time, before the call that moves the clock returns.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

Action = Callable[[], object]


class Timeline:
    """Times in whole milliseconds since the epoch, and pending actions."""

    def __init__(self, manual: bool = False) -> None:
        self.manual = manual
        self._origin = time.time_ns() // 1_000_000
        self._real_origin = time.monotonic_ns()
        self._moved = 0
        self._waiting: list[tuple[int, int, Action]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        # Only one thread at a time runs actions, so that their order is that of their times.
        self._acting = threading.RLock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def now_ms(self) -> int:
        """Return the current time."""
        flowed = 0 if self.manual else (time.monotonic_ns() - self._real_origin) // 1_000_000
        return self._origin + self._moved + flowed

    def after(self, seconds: float, action: Action) -> None:
        """Run an action later. With 0 it runs soon, in another thread or when the clock is moved."""
        with self._changed:
            if self._closed:
                return
            due = self.now_ms() + round(seconds * 1000)
            heapq.heappush(self._waiting, (due, next(self._numbers), action))
            if self.manual:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._flow, name="job-timeline", daemon=True)
                self._thread.start()
            self._changed.notify()

    def advance(self, seconds: float) -> int:
        """Move the clock ahead and run all actions that become due; return how many."""
        with self._acting:
            target = self.now_ms() + round(seconds * 1000)
            if not self.manual:
                with self._changed:
                    self._moved += round(seconds * 1000)
                    # Waiting threads have to wait less now.
                    self._changed.notify()
            happened = 0
            while self._next(target):
                happened += 1
            if self.manual:
                self._moved = max(self._moved, target - self._origin)
            return happened

    def step(self) -> bool:
        """Run the next action, however late it is due; return whether there was one. Only for a manual clock."""
        if not self.manual:
            raise RuntimeError("only a manual clock goes step by step")
        with self._acting:
            return self._next(None)

    @property
    def waiting(self) -> int:
        """Return the number of pending actions."""
        with self._changed:
            return len(self._waiting)

    def close(self) -> None:
        """Run no more actions."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _next(self, until: int | None) -> bool:
        """Run the first action that is due by some time, with a manual clock set to its time."""
        with self._changed:
            if not self._waiting or (until is not None and self._waiting[0][0] > until):
                return False
            due, _number, action = heapq.heappop(self._waiting)
            if self.manual:
                self._moved = max(self._moved, due - self._origin)
        action()
        return True

    def _flow(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                wait = (self._waiting[0][0] - self.now_ms()) / 1000 if self._waiting else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
            with self._acting:
                self._next(self.now_ms())
