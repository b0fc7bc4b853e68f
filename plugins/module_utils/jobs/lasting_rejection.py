# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Decide when error responses to polls have lasted long enough to give up."""

from __future__ import annotations

from ..common.clock import Clock
from ..errors import JobError

# Give up after this many error responses in a row, over at least this many seconds; fewer may be a short failure of
# a gateway.
_MAX_REJECTIONS = 3
_MAX_REJECTED_SECONDS = 10.0


class LastingRejection:
    """Error responses to the polls of one task that a retry would not change."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        self._since = 0.0

    def note_response(self) -> None:
        """Record a successful poll."""
        self._count = 0

    def note_error(self, error: JobError) -> bool:
        """Record a failed poll; return whether the error is a rejection that has lasted."""
        if error.transient:
            self._count = 0
            return False
        self._count += 1
        if self._count == 1:
            self._since = self._clock.now()
        return self._count >= _MAX_REJECTIONS and self._clock.now() >= self._since + _MAX_REJECTED_SECONDS
