# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a task: how to launch, how to wait, and what to report.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WaitSettings:
    """Maximum duration and intervals of a wait, in seconds, and what to do on timeouts, confirmations and signals."""

    wait: bool = True
    timeout: float = 7500.0
    interval: float = 1.0
    max_interval: float = 60.0
    terminate_on_timeout: bool = False
    terminate_on_interrupt: bool = False
    fail_on_confirmation: bool = True
    fail_on_any_host: bool = False
    # Emit progress output while waiting.
    progress: bool = True


@dataclass(frozen=True)
class ReportSettings:
    """Hosts that the result lists, hosts whose logs it includes, and limits (UTF-8 bytes; the end of a log is kept).

    C(log_dir) is a directory for complete logs.
    """

    hosts: str = "all"
    logs: str = "failed"
    bytes_per_host: int = 8192
    bytes_total: int = 262144
    log_dir: str | None = None


@dataclass(frozen=True)
class LaunchSettings:
    """Launch in one step or two, and the maximum time until the outcome is known (seconds).

    C(honors_start_task) is true if the server is known to create instances without starting them.
    """

    two_step: bool = False
    honors_start_task: bool = False
    timeout: float = 180.0
