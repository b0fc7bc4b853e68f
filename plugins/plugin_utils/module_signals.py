# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Signals of a worker whose task runs in module mode.

A signal would end the worker at once, and with it the only reader of the module's result. The module handles signals
by itself and ends within seconds, so the worker waits for it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def pass_on_signals() -> Iterator[list[int]]:
    """Pass the first SIGINT or SIGTERM on to the module and continue. The module ends soon, so later ones are ignored.

    From ansible-core 2.19 on, a worker leads a process group that only its module shares. Before, a terminal sends
    Ctrl-C to both, and SIGTERM acts as without this, because the module would not get it.

    Yields:
        The signals received.
    """
    received: list[int] = []
    leads_group = os.getpgrp() == os.getpid()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def handle(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        # Ansible sends SIGTERM after Ctrl-C. Neither that nor our own signal may end this process.
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        if leads_group:
            os.killpg(os.getpgrp(), number)

    for number in _SIGNALS if leads_group else (signal.SIGINT,):
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, handle)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
