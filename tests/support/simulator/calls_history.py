# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Execution history: `get_job_instance_list` of v3 and v4. JOB API: runs of all users are listed, newest first."""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .calls_status import LAUNCHED_BY_API
from .errors import JobError
from .ids import present
from .instances import FILE_STEP, JobInstance
from .like import named
from .messages import INTERNAL_ERROR
from .paging import bounds
from .scopes import scope_fields

PLAN_RUN, SCRIPT_RUN, FILE_RUN = 0, 1, 2
TYPES, LAUNCH_MODES = range(3), range(1, 4)
STATUSES = frozenset({*range(1, 12), 13, 14, 15})
MAX_SPAN = 30 * 24 * 3600 * 1000
"""JOB API: maximum span in v3 (milliseconds), 30 days; v4 has no such limit."""
DEFAULT_LENGTH_V4 = 10


def history_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: a page without entries has null instead of a list."""
    _check_times(params)
    if params["type"] not in (None, *TYPES):
        raise JobError(1241002)
    _check_filters(params)
    start, length = bounds(params)
    limit = context.inventory.settings.history_start
    if limit is not None and start > limit:
        raise JobError(1241010, f"start > {limit}")
    found = _matching(context, params)
    page = [_item(context, job) for job in found[start : start + length]]
    return {"start": start, "length": length, "total": len(found), "data": page or None}


def history_v4(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v4 does not count, accepts any time span, and reads an unknown type as no type."""
    params = {**params, "type": params["type"] if params["type"] in TYPES else None}
    _check_filters(params)
    start, length = params["offset"] or 0, params["length"] or DEFAULT_LENGTH_V4
    found = _matching(context, params)
    return {"job_instance_list": [_item(context, job) for job in found[start : start + length]]}


def _check_times(params: Params) -> None:
    for name in ("create_time_start", "create_time_end"):
        if present(params[name]) is None:
            raise JobError(1241007, name)
    span = params["create_time_end"] - params["create_time_start"]
    if span <= 0:
        raise JobError(1241007, "create_time_start|create_time_end")
    if span > MAX_SPAN:
        raise JobError(1241002)


def _check_filters(params: Params) -> None:
    """JOB API: a value outside its enumeration is an internal error."""
    for name, values in (("status", STATUSES), ("launch_mode", LAUNCH_MODES)):
        if params[name] is not None and params[name] not in values:
            raise JobError(INTERNAL_ERROR)


def _matching(context: Context, params: Params) -> list[JobInstance]:
    """JOB API: with an instance id every other filter but the address is ignored."""
    wanted = present(params["job_instance_id"])
    runs = [job for job in reversed(context.run_manager.runs()) if job.scope == context.scope]
    if wanted is not None:
        runs = [job for job in runs if job.id == wanted]
    else:
        runs = [job for job in runs if _fits(job, params)]
    return [job for job in runs if not params["ip"] or _touches(job, params["ip"])]


def _fits(job: JobInstance, params: Params) -> bool:
    facts = {"operator": job.operator, "launch_mode": LAUNCHED_BY_API, "type": _type(job), "status": job.status}
    return (
        params["create_time_start"] <= job.clock.created <= params["create_time_end"]
        and all(params[name] in (None, "", value) for name, value in facts.items())
        and named(params["name"], job.name)
        # The simulator has no timer launches.
        and not params["job_cron_id"]
    )


def _touches(job: JobInstance, ip: str) -> bool:
    """JOB API: a host that only sent files counts as well."""
    return any(host.ip == ip for step in job.steps for host in (*step.hosts, *step.senders))


def _type(job: JobInstance) -> int:
    if not job.fast:
        return PLAN_RUN
    return FILE_RUN if job.steps[0].kind == FILE_STEP else SCRIPT_RUN


def _item(context: Context, job: JobInstance) -> dict[str, Any]:
    """JOB API: only here the duration of an unfinished run is counted up to now."""
    clock = job.clock
    running = None if clock.started is None else context.run_manager.timeline.now_ms() - clock.started
    return {
        **scope_fields(job.scope),
        "job_instance_id": job.id,
        "job_plan_id": job.plan_id,
        "job_template_id": context.inventory.catalog.template_of(job.plan_id),
        "name": job.name,
        "operator": job.operator,
        "launch_mode": LAUNCHED_BY_API,
        "status": job.status,
        "type": _type(job),
        "create_time": clock.created,
        "start_time": clock.started,
        "end_time": clock.ended,
        "total_time": running if clock.total is None else clock.total,
    }
