# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Signals: block them during a launch, and raise Interrupted when the task may end."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from ..errors import Interrupted
from .clock import Clock

_SIGNAL_NAMES = {int(number): number.name for number in (signal.SIGINT, signal.SIGTERM)}


class Interrupts:
    """Raise Interrupted at the first signal, but only inside C(interruptible); until then the signal is pending.

    Args:
        more_signals: further signals to handle, each with the name that begins its message.
        received: a signal that arrived earlier.
    """

    def __init__(self, more_signals: Mapping[int, str] | None = None, received: int | None = None) -> None:
        self._names = {**_SIGNAL_NAMES, **(more_signals or {})}
        self._received = received
        self._interruptible_depth = 0
        self._raised = False

    @property
    def received(self) -> int | None:
        """Return the first signal that arrived, if any."""
        return self._received

    @contextmanager
    def installed(self) -> Iterator[Interrupts]:
        """Install the signal handlers. For the main thread of a process.

        Ignored signals stay ignored: a shell lets its background programs ignore Ctrl-C.
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
        """Allow a signal, also one that is pending, to end the block.

        Raises:
            Interrupted: the first signal arrived. Further signals are ignored.
        """
        self._interruptible_depth += 1
        try:
            self._raise_pending()
            yield
        finally:
            self._interruptible_depth -= 1

    def check(self) -> None:
        """Raise if a signal is pending.

        Raises:
            Interrupted: a signal arrived and was not raised yet.
        """
        self._raise_pending()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._received = self._received or number
        if self._interruptible_depth:
            self._raise_pending()

    def _raise_pending(self) -> None:
        if self._received is not None and not self._raised:
            self._raised = True
            raise Interrupted(self._names[self._received])


class InterruptibleClock(Clock):
    """A clock whose pauses end when a signal arrives."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts

    def sleep(self, seconds: float) -> None:
        """Sleep until the time is over or a signal arrives.

        Raises:
            Interrupted: a signal arrived.
        """
        with self._interrupts.interruptible():
            super().sleep(seconds)
