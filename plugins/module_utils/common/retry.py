# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Retry policy of a kind of call: pauses between attempts, time for each attempt, and the errors to retry."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import Delivery, JobError
from .clock import Backoff, Clock, Deadline


class RetryPolicy(NamedTuple):
    """How to repeat one kind of call.

    C(attempt_share) is the part of the remaining time that one attempt may take, so that some remains to find out what
    became of it. C(rejected_kinds) are the kinds of error responses after which to retry; None for all that are
    transient. C(codes) are error codes after which to retry in any case.
    """

    first_pause_seconds: float
    max_pause_seconds: float
    attempt_share: float = 1.0
    rejected_kinds: frozenset[str] | None = None
    codes: frozenset[int] = frozenset()

    def backoff(self, clock: Clock, deadline: Deadline) -> Backoff:
        """Return the pauses between attempts."""
        return Backoff(clock, deadline, self.first_pause_seconds, self.max_pause_seconds)

    def attempt_seconds(self, deadline: Deadline) -> float:
        """Return the time limit of the next attempt (seconds)."""
        return deadline.remaining() * self.attempt_share

    def may_retry(self, error: JobError) -> bool:
        """Return whether to retry after an error."""
        if error.code in self.codes:
            return True
        if self.rejected_kinds is not None and error.delivery is Delivery.REJECTED:
            return error.kind in self.rejected_kinds
        return error.transient


READ = RetryPolicy(0.5, 5.0)
