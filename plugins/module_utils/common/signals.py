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

_SIGNAL_NAMES = {int(number): number.name for number in (signal.SIGINT, signal.SIGTERM)}


class Interrupts:
    """Ends what is going on at the first signal, but only where that was allowed; until then the signal waits.

    Args:
        more_signals: further signals that count, each with the word for it that begins a message.
        received: a signal that came before, while something else was done.
    """

    def __init__(self, more_signals: Mapping[int, str] | None = None, received: int | None = None) -> None:
        self._names = {**_SIGNAL_NAMES, **(more_signals or {})}
        self._received = received
        self._interruptible_depth = 0
        self._raised = False

    @property
    def received(self) -> int | None:
        """The first signal that came, if any."""
        return self._received

    @contextmanager
    def installed(self) -> Iterator[Interrupts]:
        """From here on signals do not end the process. For the main thread of a process.

        What was ignored before stays so: a shell has programs in the background ignore the Ctrl-C that is for others.
        """
        handled = [number for number in self._names if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._handle) for number in handled}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Here a signal may end what is going on, also one that came before.

        Raises:
            Interrupted: the first signal was caught. Further signals change nothing any more.
        """
        self._interruptible_depth += 1
        try:
            self._raise_pending()
            yield
        finally:
            self._interruptible_depth -= 1

    def check(self) -> None:
        """End here if a signal came already.

        Raises:
            Interrupted: it did, and was not told of yet.
        """
        with self.interruptible():
            pass

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._received = self._received or number
        if self._interruptible_depth:
            self._raise_pending()

    def _raise_pending(self) -> None:
        if self._received is not None and not self._raised:
            self._raised = True
            raise Interrupted(self._names[self._received])


class InterruptibleClock(Clock):
    """A clock on which every pause may be ended by a signal."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts

    def sleep(self, seconds: float) -> None:
        """Sleep, unless a signal ends it.

        Raises:
            Interrupted: by a signal.
        """
        with self._interrupts.interruptible():
            super().sleep(seconds)
