# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGINT and SIGTERM: kept back while something is under way that must not be cut short, and told where it may be.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .clock import Clock
from .errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Ends what is going on at the first signal, but only where that was allowed; until then the signal waits."""

    def __init__(self) -> None:
        self._caught: str | None = None
        self._open = 0
        self._told = False

    @contextmanager
    def caught(self) -> Iterator[Interrupts]:
        """From here on signals do not end the process. For the main thread of a process."""
        before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Here a signal may end what is going on, also one that came before.

        Raises:
            Interrupted: the first signal was caught. Further signals change nothing any more.
        """
        self._open += 1
        try:
            self._tell()
            yield
        finally:
            self._open -= 1

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._caught = self._caught or signal.Signals(number).name
        if self._open:
            self._tell()

    def _tell(self) -> None:
        if self._caught is not None and not self._told:
            self._told = True
            raise Interrupted(self._caught)


class InterruptibleClock(Clock):
    """A clock on which every pause may be ended by a signal."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts

    def sleep(self, seconds: float) -> None:
        """Sleep, unless a signal ends it.

        Raises:
            Interrupted: by a signal.
        """
        with self._interrupts.allowed():
            super().sleep(seconds)
