# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals: hold them back during a launch, and raise Interrupted where a task may end.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from ..errors import Interrupted
from .clock import Clock

_SIGNALS = {int(number): number.name for number in (signal.SIGINT, signal.SIGTERM)}


class Interrupts:
    """Ends what is going on at the first signal, but only where that was allowed; until then the signal waits.

    Args:
        more: further signals that count, each with the word for it that begins a message.
        came: a signal that came before, while something else was done.
    """

    def __init__(self, more: Mapping[int, str] | None = None, came: int | None = None) -> None:
        self._words = {**_SIGNALS, **(more or {})}
        self._came = came
        self._open = 0
        self._told = False

    @property
    def came(self) -> int | None:
        """The first signal that came, if any."""
        return self._came

    @contextmanager
    def caught(self) -> Iterator[Interrupts]:
        """From here on signals do not end the process. For the main thread of a process.

        What was ignored before stays so: a shell has programs in the background ignore the Ctrl-C that is for others.
        """
        heard = [number for number in self._words if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._handle) for number in heard}
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

    def check(self) -> None:
        """End here if a signal came already.

        Raises:
            Interrupted: it did, and was not told of yet.
        """
        with self.allowed():
            pass

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._came = self._came or number
        if self._open:
            self._tell()

    def _tell(self) -> None:
        if self._came is not None and not self._told:
            self._told = True
            raise Interrupted(self._words[self._came])


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
