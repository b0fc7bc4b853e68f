# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Time limit of one request: it runs in a thread, which is abandoned when its time is over."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..common.clock import Clock, Deadline
from .calls import HttpResponse
from .reachability import NOTICE_SECONDS, PROBE_AFTER_SECONDS

# Time (seconds) after the timeouts of the library at which a request is abandoned.
GRACE_SECONDS = 0.2


class UnresponsiveServer(TimeoutError):
    """The server keeps the request, and does not respond to others either."""


class _RequestThread(threading.Thread):
    """Thread that sends one request, with its response or error."""

    def __init__(self, call: Callable[[threading.Event], HttpResponse]) -> None:
        super().__init__(daemon=True)
        self.timed_out = threading.Event()
        self.response: HttpResponse | None = None
        self.error: BaseException | None = None
        self._call = call

    def run(self) -> None:
        """Send the request, and wait for its response."""
        try:
            self.response = self._call(self.timed_out)
        except BaseException as error:
            self.error = error


def run_with_time_limit(
    seconds: float,
    call: Callable[[threading.Event], HttpResponse],
    on_slow: Callable[[], None],
    is_alive: Callable[[float], bool],
) -> HttpResponse:
    """Return or raise the result of the call. If it has none in time, its later result is dropped.

    Args:
        seconds: time limit (seconds), equal to the timeouts passed to requests.
        call: sends the request; its event is set when its time is over.
        on_slow: called once if there is no result yet.
        is_alive: called later with the remaining seconds; false ends the call.

    Raises:
        UnresponsiveServer: C(is_alive) has returned false.
        TimeoutError: the time is over.
    """
    thread, deadline = _RequestThread(call), Deadline(Clock(), seconds + GRACE_SECONDS)
    thread.start()
    thread.join(deadline.clip(NOTICE_SECONDS))
    if thread.is_alive() and deadline.remaining() > 0:
        on_slow()
        thread.join(deadline.clip(PROBE_AFTER_SECONDS - NOTICE_SECONDS))
    gives_up = thread.is_alive() and deadline.remaining() > 0 and not is_alive(deadline.remaining())
    if not gives_up:
        thread.join(deadline.remaining())
    thread.timed_out.set()
    if thread.error is not None:
        raise thread.error
    if thread.response is not None:
        return thread.response
    if gives_up:
        raise UnresponsiveServer("it keeps the request, and does not respond to others either")
    raise TimeoutError(f"no complete response within {seconds:.3g} s")
