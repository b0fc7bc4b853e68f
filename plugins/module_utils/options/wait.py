# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait and report settings: options to models.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from ..common.text import shown
from ..models.settings import ReportPlan, WaitPlan
from .reader import Fields

HOSTS_CHOICES = ("all", "failed", "none")
LOGS_CHOICES = ("all", "failed", "none")
AT_END = ("leave", "terminate")
ON_CONFIRMATION = ("fail", "wait")
FAIL_ON = ("job", "any_host")
LOG_BYTES_MOST = 262_144


def read_wait_plan(fields: Fields) -> WaitPlan:
    """Whether, how long and how often to look, and what to do when the job does not just end."""
    defaults = WaitPlan()
    wait = fields.flag("wait")
    plan = WaitPlan(
        wait=defaults.wait if wait is None else wait,
        timeout=fields.seconds("wait_timeout") or defaults.timeout,
        interval=fields.seconds("poll_interval") or defaults.interval,
        max_interval=fields.seconds("poll_max_interval") or defaults.max_interval,
        terminate_on_timeout=fields.choice("on_timeout", AT_END) == "terminate",
        terminate_on_interrupt=fields.choice("on_interrupt", AT_END) == "terminate",
        fail_on_confirmation=fields.choice("on_confirmation", ON_CONFIRMATION) != "wait",
        fail_on_any_host=fields.choice("fail_on", FAIL_ON) == "any_host",
        progress=fields.flag("progress") is not False,
    )
    if plan.max_interval < plan.interval:
        fields.fault("poll_max_interval", f"is {plan.max_interval:g} s, below poll_interval ({plan.interval:g} s)")
    return plan


def read_report_plan(fields: Fields) -> ReportPlan:
    """Which hosts and logs the result carries."""
    defaults = ReportPlan()
    per_host = fields.integer("log_max_bytes_per_host", least=0, most=LOG_BYTES_MOST)
    total = fields.integer("log_max_bytes_total", least=0, most=LOG_BYTES_MOST)
    plan = ReportPlan(
        hosts=fields.choice("hosts", HOSTS_CHOICES) or defaults.hosts,
        logs=fields.choice("logs", LOGS_CHOICES) or defaults.logs,
        bytes_per_host=defaults.bytes_per_host if per_host is None else per_host,
        bytes_total=defaults.bytes_total if total is None else total,
        log_dir=fields.text("log_dir"),
    )
    if plan.log_dir is not None:
        _check_log_dir(fields, plan, plan.log_dir)
    return plan


def _check_log_dir(fields: Fields, plan: ReportPlan, log_dir: str) -> None:
    """What can be seen before the launch: a folder that cannot be, or that nothing would be written to."""
    from ..common.paths import folder_fault

    fault = folder_fault(log_dir)
    if fault is not None:
        fields.fault("log_dir", f"{shown(log_dir, 1000)} {fault}")
    if "none" in (plan.hosts, plan.logs):
        fields.findings.warn("log_dir stays empty, as hosts or logs says none")
    elif fields.flag("wait") is False:
        fields.findings.warn("log_dir stays empty, as the task does not wait for logs (wait is false)")
