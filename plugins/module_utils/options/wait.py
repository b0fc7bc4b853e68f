# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait and report settings: options to models.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from ..common.paths import directory_problem
from ..common.text import quoted
from ..models.settings import ReportSettings, WaitSettings
from .reader import OptionReader

HOSTS_CHOICES = ("all", "failed", "none")
LOGS_CHOICES = ("all", "failed", "none")
ON_END_CHOICES = ("leave", "terminate")
ON_CONFIRMATION = ("fail", "wait")
FAIL_ON = ("job", "any_host")
MAX_LOG_BYTES = 262_144


def read_wait_settings(reader: OptionReader) -> WaitSettings:
    """Return whether, how long and how often to poll, and what to do on timeouts, confirmations and signals."""
    defaults = WaitSettings()
    wait = reader.flag("wait")
    settings = WaitSettings(
        wait=defaults.wait if wait is None else wait,
        timeout=reader.seconds("wait_timeout") or defaults.timeout,
        interval=reader.seconds("poll_interval") or defaults.interval,
        max_interval=reader.seconds("poll_max_interval") or defaults.max_interval,
        terminate_on_timeout=reader.choice("on_timeout", ON_END_CHOICES) == "terminate",
        terminate_on_interrupt=reader.choice("on_interrupt", ON_END_CHOICES) == "terminate",
        fail_on_confirmation=reader.choice("on_confirmation", ON_CONFIRMATION) != "wait",
        fail_on_any_host=reader.choice("fail_on", FAIL_ON) == "any_host",
        progress=reader.flag("progress") is not False,
    )
    if settings.max_interval < settings.interval:
        reader.add_error(
            "poll_max_interval", f"is {settings.max_interval:g} s, below poll_interval ({settings.interval:g} s)"
        )
    return settings


def read_report_settings(reader: OptionReader) -> ReportSettings:
    """Return which hosts and logs the result contains."""
    defaults = ReportSettings()
    per_host = reader.integer("log_max_bytes_per_host", minimum=0, maximum=MAX_LOG_BYTES)
    total = reader.integer("log_max_bytes_total", minimum=0, maximum=MAX_LOG_BYTES)
    settings = ReportSettings(
        hosts=reader.choice("hosts", HOSTS_CHOICES) or defaults.hosts,
        logs=reader.choice("logs", LOGS_CHOICES) or defaults.logs,
        bytes_per_host=defaults.bytes_per_host if per_host is None else per_host,
        bytes_total=defaults.bytes_total if total is None else total,
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
