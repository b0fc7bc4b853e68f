# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks between a valid request and a run: configured rejections, high-risk rules, quotas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .call_context import Context
from .errors import JobError
from .instances import JobInstance
from .messages import INTERNAL_ERROR, Text, pick
from .run_manager import StepSpec
from .type_conversion import blank

OVER_SCOPE, OVER_APP, OVER_SYSTEM = 1244032, 1244033, 1244034
HIGH_RISK = 1244019
MAX_COLUMN = 512
DEFAULT_TIMEOUT = 7200


def reject_as_configured(context: Context, **facts: Any) -> None:
    """Reject launches that must fail by the inventory."""
    for rejection in context.inventory.settings.refusals:
        rejection.check({"user": context.user, "app": context.caller.app, **facts})


def task_name(context: Context, name: str | None, kind: Text) -> str:
    """Return the name of a fast task.

    JOB API: the default is the name of the task type, and the local time in milliseconds. Only v4 validates the length;
    in the others the database insert fails.
    """
    if name is None or blank(name):
        name = f"{pick(kind, context.language)}_{datetime.now():%Y%m%d%H%M%S%f}"[:-3]
    check_column(name)
    return name


def check_column(text: str | None) -> None:
    """JOB API: a column for a name or a path has 512 characters."""
    if text is not None and len(text) > MAX_COLUMN:
        raise JobError(INTERNAL_ERROR)


def check_quota(context: Context) -> None:
    """JOB API: unfinished runs are counted by scope, by application and in total, also before their start."""
    quotas = context.inventory.settings.quotas
    if not quotas.limited:
        return
    running = [job for job in context.run_manager.runs() if not job.finished]
    counts = (
        (OVER_SCOPE, quotas.scope, sum(job.scope == context.scope for job in running)),
        (OVER_APP, quotas.app, sum(job.app == context.caller.app for job in running)),
        (OVER_SYSTEM, quotas.system, len(running)),
    )
    for code, limit, count in counts:
        if limit is not None and count >= limit:
            raise JobError(code)


def risks(context: Context, language: int, content: str) -> list[dict[str, Any]]:
    """Return what the high-risk rules find in a script, line by line."""
    rules = context.inventory.settings.high_risk
    if not rules:
        return []
    return [
        {
            "line": number,
            "line_content": line,
            "match_content": found,
            "level": rule.level,
            "description": rule.description,
            "intercept": rule.intercept,
        }
        for number, line in enumerate(content.splitlines(), start=1)
        for rule in rules
        if (found := rule.found(language, line)) is not None
    ]


def check_risk(context: Context, language: int, content: str) -> None:
    """JOB API: a rule that intercepts rejects the launch (1244019); one that only warns does not."""
    for finding in risks(context, language, content):
        if finding["intercept"]:
            raise JobError(HIGH_RISK, f"[{finding['match_content']}]")


def start_run(
    context: Context,
    name: str,
    step_specs: Sequence[StepSpec],
    start: bool,
    plan_id: int = -1,
    callback_url: str | None = None,
) -> JobInstance:
    """Create a run for the caller, and start it unless it must wait for a start call."""
    job = create_run(context, name, step_specs, plan_id, callback_url)
    if start:
        begin_run(context, job)
    return job


def create_run(
    context: Context, name: str, step_specs: Sequence[StepSpec], plan_id: int = -1, callback_url: str | None = None
) -> JobInstance:
    """Create a run for the caller, in state 1."""
    job = context.run_manager.create(context.scope, name, context.user, step_specs, plan_id, callback_url)
    job.app = context.caller.app
    context.started.append(job.id)
    context.note("create", job, name=name, steps=[step.id for step in job.steps])
    return job


def begin_run(context: Context, job: JobInstance) -> None:
    """Start a created run."""
    context.run_manager.start(job)
    context.note("start", job)
