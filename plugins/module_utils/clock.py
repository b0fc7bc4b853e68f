# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and chance, in one place, so that everything above can be tested with a fake.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import random
import secrets
import time


class Clock:
    """Monotonic seconds, sleeping, and jitter."""

    def now(self) -> float:
        """Seconds on a clock that no one can set."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep that many seconds (nothing if not positive)."""
        if seconds > 0:
            time.sleep(seconds)

    def jitter(self, seconds: float) -> float:
        """The same length give or take 15 %, so that many callers do not beat in step."""
        return seconds * random.uniform(0.85, 1.15)

    def unique_name(self) -> str:
        """A task name that no other launch has, by which an instance can be found again."""
        return f"ansible-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(6)}"


class Deadline:
    """A moment on the clock up to which something may take."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.now() + seconds

    def left(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self._end - self._clock.now())

    def clip(self, seconds: float) -> float:
        """That many seconds, or what is left of the time."""
        return min(seconds, self.left())
