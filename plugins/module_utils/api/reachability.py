# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Reachability of the server: give up an address that has never responded.

A server that responded before may be restarting, so it is retried. An address that never responded is probably wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..common.clock import Clock
from ..errors import JobError

# Maximum time (seconds) for an address that has not responded once.
GIVE_UP_SECONDS = 30.0
# Time (seconds) without any response after which the user is notified.
NOTICE_SECONDS = 3.0
# Time (seconds) after which a launch without response makes the session send a request that changes nothing, and the
# time limit of that. If it gets no response either, a search for the launch has the rest of the maximum time.
PROBE_AFTER_SECONDS = 12.0
PROBE_SECONDS = 8.0
_SEARCH_SECONDS = GIVE_UP_SECONDS - PROBE_AFTER_SECONDS - PROBE_SECONDS
_GIVEN_UP_HINT = f"The address has never responded; gave up after {GIVE_UP_SECONDS:g} s."
_ADDRESS_HINT = "Check api_url, and the proxy if there is one."


class Reachability:
    """Whether the server of one task has ever responded.

    Args:
        address: address of the connection, for messages.
        clock: time.
        emit: prints a line while the task runs; None without progress output.
    """

    def __init__(self, address: str, clock: Clock, emit: Callable[[str], None] | None = None) -> None:
        self._address = address
        self._clock = clock
        self._emit = emit
        self._began: float | None = None
        # Whether the server has responded, with any status.
        self.responded = False

    def begin(self) -> None:
        """Record that a request is about to be sent."""
        if self._began is None:
            self._began = self._clock.now()

    def max_silence_seconds(self) -> float:
        """Return the limit (seconds) for connecting, and for a read without data.

        Infinite if the server has ever responded. A launch that got no response is searched in any case, so there is
        always some time for that.
        """
        return math.inf if self.responded else self._left(GIVE_UP_SECONDS) or _SEARCH_SECONDS

    def note_error(self, error: JobError) -> JobError:
        """Return the error of a request without a response; it is final if the address is given up.

        The delivery of the request stays as it is: the server may still be carrying out a launch.
        """
        if self.responded:
            return error
        error.hint = error.hint or _ADDRESS_HINT
        if not error.transient:
            return error
        left = self._left(GIVE_UP_SECONDS)
        if left <= 0:
            text = f"{error.summary}; given up after {GIVE_UP_SECONDS:g} s"
            return error.rephrased(text, hint=f"{_GIVEN_UP_HINT} {error.hint}")
        until_notice = self._left(NOTICE_SECONDS)
        if until_notice <= 0:
            self._notify(f"{error.summary}; trying for {left:.0f} s more")
        error.retry_within = left if self._emit is None else until_notice
        return error

    def note_silence(self, seconds_left: float) -> None:
        """Notify the user of a request without response, and of its maximum remaining time."""
        left = min(seconds_left, GIVE_UP_SECONDS - NOTICE_SECONDS)
        self._notify(f"No response from {self._address} yet; waiting for up to {left:.0f} s more")

    def _notify(self, line: str) -> None:
        """Notify the user, once for each task, what is retried and for how long."""
        if self._emit is not None and not self.responded:
            emit, self._emit = self._emit, None
            emit(line)

    def _left(self, seconds: float) -> float:
        began = self._clock.now() if self._began is None else self._began
        return max(0.0, began + seconds - self._clock.now())
