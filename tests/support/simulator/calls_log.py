# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs: `get_job_instance_log` (v2), `get_job_instance_ip_log` and its batch form (v3)."""

from __future__ import annotations

import html
from typing import Any

from .call_context import Context, Params, entries
from .calls_file_log import batch_entries, single_rows
from .errors import JobError
from .host_tasks import HostTask
from .instances import FILE_STEP, FINAL, SCRIPT_STEP, JobInstance, StepInstance
from .time_format import seconds, written

SCRIPT_LOG, FILE_LOG = 1, 2
MAX_BATCH = 500


def log_v2(context: Context, params: Params) -> list[dict[str, Any]]:
    """JOB API: all steps and hosts at once, hosts grouped by state and tag, text HTML-escaped."""
    job = context.visible_job(params)
    with job.lock:
        return [
            {
                "is_finished": step.status in FINAL,
                "step_instance_id": step.id,
                "name": step.name,
                "status": step.status,
                "step_results": _groups(step),
            }
            for step in job.steps
        ]


def _groups(step: StepInstance) -> list[dict[str, Any]]:
    groups: dict[tuple[int, str | None], list[HostTask]] = {}
    for task in step.tasks:
        groups.setdefault((task.status, task.tag), []).append(task)
    return [
        {"ip_status": status, "tag": tag, "ip_logs": [_host_v2(task) for task in tasks]}
        for (status, tag), tasks in groups.items()
    ]


def _host_v2(task: HostTask) -> dict[str, Any]:
    text = task.text()
    return {
        "ip": task.host.ip or None,
        "bk_cloud_id": task.host.cloud_id,
        "start_time": written(task.clock.started),
        "end_time": written(task.clock.ended),
        "total_time": seconds(task.total),
        "execute_count": task.execution,
        "error_code": task.error_code,
        "exit_code": task.exit_code,
        # JOB API: a host without log has an empty one here.
        "log_content": html.escape(text or "", quote=False),
    }


def ip_log(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: one host's raw text; for a host without log, or outside the step, it is null."""
    host_id, cloud_id, ip = params["bk_host_id"], params["bk_cloud_id"], params["ip"]
    if host_id is None and (cloud_id is None or not ip):
        raise JobError(1241007, "host_id/(bk_cloud_id+ip)")
    job = context.visible_job(params)
    with job.lock:
        step = _step(job, params)
        task = task_for(step, host_id, cloud_id, ip)
        files = single_rows(step, (host_id, cloud_id, ip)) if step.transfer else None
        return {
            "log_type": log_type(step),
            "bk_host_id": task.host.id if task else host_id,
            "bk_cloud_id": cloud_id,
            "ip": ip,
            "log_content": task.text() if task and files is None else None,
            "file_logs": files,
        }


def batch_ip_log(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: at most 500 hosts; those without log are absent, and without any log the list itself is null."""
    wanted = [(host, None, None) for host in params["host_id_list"] or ()] or _wanted(entries(params["ip_list"]))
    if not wanted or len(wanted) > MAX_BATCH:
        raise JobError(1241007, "host_id_list/ip_list")
    job = context.visible_job(params)
    with job.lock:
        step = _step(job, params)
        scripts, files = [], []
        if step.transfer:
            files = batch_entries(step, wanted)
        else:
            scripts = [_batch_entry(task) for host in dict.fromkeys(wanted) if (task := task_for(step, *host))]
    return {
        "job_instance_id": job.id,
        "step_instance_id": step.id,
        "log_type": log_type(step),
        "script_task_logs": [entry for entry in scripts if entry["log_content"] is not None] or None,
        "file_task_logs": files or None,
    }


def _wanted(items: list[dict[str, Any]]) -> list[tuple[int | None, int | None, str | None]]:
    """JOB API: the first entry of an ip_list decides how all are read; those of the other kind are ignored."""
    if items and items[0]["bk_host_id"] is not None:
        return [(item["bk_host_id"], None, None) for item in items if item["bk_host_id"] is not None]
    return [(None, item["bk_cloud_id"], item["ip"]) for item in items if item["bk_cloud_id"] is not None]


def _batch_entry(task: HostTask) -> dict[str, Any]:
    host = task.host
    return {
        "host_id": host.id,
        "bk_host_id": host.id,
        "bk_cloud_id": host.cloud_id,
        "ip": host.ip or None,
        "ipv6": host.ipv6,
        "log_content": task.text(),
    }


def _step(job: JobInstance, params: Params) -> StepInstance:
    """JOB API: a step that the run does not have is reported as a missing run."""
    step = job.step(params["step_instance_id"])
    if step is None:
        raise JobError(1244006)
    return step


def log_type(step: StepInstance) -> int | None:
    """Return 1 for a script step, 2 for a file step, and None for a confirmation."""
    return {SCRIPT_STEP: SCRIPT_LOG, FILE_STEP: FILE_LOG}.get(step.kind)


def task_for(step: StepInstance, host_id: int | None, cloud_id: int | None, ip: str | None) -> HostTask | None:
    """Return the task of a host, by its id or else by its address."""
    if host_id is not None:
        return step.task_of(host_id)
    return None if cloud_id is None or ip is None else step.task_at(cloud_id, ip)
