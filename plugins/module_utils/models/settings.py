# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a task: how to launch, how to wait, and what to report.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WaitSettings:
    """How long to wait for the end and how often to look, in seconds, and what to do when the job does not just end."""

    wait: bool = True
    timeout: float = 7500.0
    interval: float = 1.0
    max_interval: float = 60.0
    terminate_on_timeout: bool = False
    terminate_on_interrupt: bool = False
    fail_on_confirmation: bool = True
    fail_on_any_host: bool = False
    # Whether lines for people are wanted while it waits.
    progress: bool = True


@dataclass(frozen=True)
class ReportSettings:
    """Which hosts the result lists, whose logs it carries, and how much of them (UTF-8 bytes, the tail is kept).

    C(log_dir) is a folder for the whole logs.
    """

    hosts: str = "all"
    logs: str = "failed"
    bytes_per_host: int = 8192
    bytes_total: int = 262144
    log_dir: str | None = None


@dataclass(frozen=True)
class LaunchSettings:
    """How to launch: in one step or two, and how long until the outcome is known (seconds).

    C(honors_start_task) says whether the server is known to create instances without starting them.
    """

    two_step: bool = False
    honors_start_task: bool = False
    timeout: float = 180.0
