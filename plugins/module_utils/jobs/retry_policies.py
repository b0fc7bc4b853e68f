# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Retry policies of calls that change something; that of reads is READ in common/retry.py."""

from __future__ import annotations

from ..common.retry import RetryPolicy
from ..models.job_error_codes import ALREADY_STARTED, WRONG_STATE

_BUSY = frozenset({"quota", "rate_limited"})

LAUNCH = RetryPolicy(1.0, 15.0, attempt_share=2 / 3, rejected_kinds=_BUSY)
OPERATE = RetryPolicy(
    0.3, 2.0, attempt_share=2 / 3, rejected_kinds=_BUSY, codes=frozenset({WRONG_STATE, ALREADY_STARTED})
)
# A job that was just created may be running, and be stopped, in a moment.
STOP = RetryPolicy(0.3, 2.0, attempt_share=1 / 3, codes=frozenset({WRONG_STATE}))
