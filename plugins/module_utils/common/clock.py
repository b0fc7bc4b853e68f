# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Clock, deadlines and backoff. Tests replace the clock."""

from __future__ import annotations

import random
import secrets
import time

_BACKOFF_FACTOR = 2.0


class Clock:
    """Monotonic time (seconds), sleep, and jitter."""

    def now(self) -> float:
        """Return the seconds of a clock that cannot be set."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep that many seconds; return at once if not positive."""
        if seconds > 0:
            time.sleep(seconds)

    def jitter(self, seconds: float) -> float:
        """Return the duration, or up to a quarter less, so that many callers do not poll in step."""
        return seconds * random.uniform(0.75, 1.0)

    def unique_name(self) -> str:
        """Return a task name that no other launch has, by which its instance can be found."""
        return f"ansible-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(6)}"


class Deadline:
    """A point in time on the clock after which work is given up."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.now() + seconds

    def remaining(self) -> float:
        """Return the seconds left, never below 0."""
        return max(0.0, self._end - self._clock.now())

    def clip(self, seconds: float) -> float:
        """Return the duration, or the time left if that is less."""
        return min(seconds, self.remaining())

    def within(self, seconds: float) -> Deadline:
        """Return the same deadline, or an earlier one in that many seconds."""
        return Deadline(self._clock, self.clip(seconds))


class Backoff:
    """Growing pauses between attempts, up to a deadline.

    Args:
        clock: time.
        deadline: no pause ends after it.
        first: length of the first pause, seconds.
        maximum: longest pause, seconds.
    """

    def __init__(self, clock: Clock, deadline: Deadline, first: float, maximum: float) -> None:
        self._clock = clock
        self._deadline = deadline
        self._next = first
        self._maximum = maximum

    def pause(self, minimum: float | None = None, maximum: float | None = None) -> bool:
        """Sleep for the next pause. Return False, at once, if the time left is too short for it.

        Args:
            minimum: pause that the server asks for, seconds.
            maximum: longest pause, seconds.
        """
        seconds = max(self._clock.jitter(self._next), minimum or 0.0)
        seconds = seconds if maximum is None else min(seconds, maximum)
        if seconds >= self._deadline.remaining():
            return False
        self._clock.sleep(seconds)
        self._next = min(self._next * _BACKOFF_FACTOR, self._maximum)
        return True
