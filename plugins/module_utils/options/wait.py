# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Wait and report settings: options to models."""

from __future__ import annotations

from ..common.paths import directory_problem
from ..common.text import quoted
from ..models.settings import ReportSettings, WaitSettings
from .reader import OptionReader

MAX_LOG_BYTES = 262_144


def read_wait_settings(reader: OptionReader) -> WaitSettings:
    """Return how to poll, and what to do on timeouts, confirmations and signals; add problems to C(reader)."""
    settings = WaitSettings(
        wait=reader.flag("wait") is not False,
        timeout=reader.seconds("wait_timeout"),
        interval=reader.seconds("poll_interval"),
        max_interval=reader.seconds("poll_max_interval"),
        terminate_on_timeout=reader.choice("on_timeout") == "terminate",
        terminate_on_interrupt=reader.choice("on_interrupt") == "terminate",
        fail_on_confirmation=reader.choice("on_confirmation") != "wait",
        fail_on_any_host=reader.choice("fail_on") == "any_host",
        progress=reader.flag("progress") is not False,
    )
    if settings.max_interval < settings.interval:
        reader.add_error(
            "poll_max_interval",
            f"is {settings.max_interval:g} s, must be poll_interval ({settings.interval:g} s) or more",
        )
    return settings


def read_report_settings(reader: OptionReader) -> ReportSettings:
    """Return which hosts and logs the result contains; add problems to C(reader)."""
    settings = ReportSettings(
        hosts=reader.setting("hosts"),
        logs=reader.choice("logs") or "auto",
        bytes_per_host=reader.integer("log_max_bytes_per_host", minimum=0, maximum=MAX_LOG_BYTES) or 0,
        bytes_total=reader.integer("log_max_bytes_total", minimum=0, maximum=MAX_LOG_BYTES) or 0,
        log_dir=reader.text("log_dir"),
    )
    if settings.log_dir is not None:
        _check_log_dir(reader, settings, settings.log_dir)
    return settings


def _check_log_dir(reader: OptionReader, settings: ReportSettings, log_dir: str) -> None:
    """Add the problems of log_dir that can be detected before the launch: unusable, or unused."""
    problem = directory_problem(log_dir)
    if problem is not None:
        reader.add_error("log_dir", f"{quoted(log_dir, 1000)} {problem}")
    if "none" in (settings.hosts, settings.logs):
        reader.problems.warn("log_dir is ignored because hosts or logs is none")
    elif reader.flag("wait") is False:
        reader.problems.warn("log_dir is ignored because wait is false")
