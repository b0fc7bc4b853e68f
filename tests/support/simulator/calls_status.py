# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Status of a run: `get_job_instance_status` of v2 and v3; stop or start: `operate_job_instance`."""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .errors import JobError
from .host_tasks import Clock, HostTask
from .ids import present
from .instances import JobInstance, StepInstance
from .scopes import scope_fields
from .time_format import seconds, written

LAUNCHED_BY_API = 2
TERMINATE, START = 1, 2


def status_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: hosts are listed only on request; without it their list is null."""
    job = context.visible_job(params)
    with job.lock:
        return {
            "finished": job.finished,
            "job_instance": {
                "job_instance_id": job.id,
                **scope_fields(job.scope),
                "name": job.name,
                "status": job.status,
                **times(job.clock),
            },
            "step_instance_list": [_step_v3(step, bool(params["return_ip_result"])) for step in job.steps],
        }


def times(clock: Clock) -> dict[str, int | None]:
    """JOB API: v3 and v4 use milliseconds since the epoch."""
    return {
        "create_time": clock.created,
        "start_time": clock.started,
        "end_time": clock.ended,
        "total_time": clock.total,
    }


def _step_v3(step: StepInstance, with_hosts: bool) -> dict[str, Any]:
    return {
        "step_instance_id": step.id,
        "name": step.name,
        "status": step.status,
        "type": step.kind,
        "execute_count": step.execute_count,
        **times(step.clock),
        "step_ip_result_list": [_host_v3(task) for task in step.tasks] if with_hosts else None,
    }


def _host_v3(task: HostTask) -> dict[str, Any]:
    return {
        "bk_host_id": task.host.id,
        "bk_cloud_id": task.host.cloud_id,
        "ip": task.host.ip or None,
        "status": task.status,
        "tag": task.tag,
        "exit_code": task.exit_code,
        "error_code": task.error_code,
        "start_time": task.clock.started,
        "end_time": task.clock.ended,
        "total_time": task.total,
    }


def status_v2(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v2 always lists hosts, puts each step into a block of its own, and writes times as text."""
    job = context.visible_job(params)
    with job.lock:
        return {
            "is_finished": job.finished,
            "job_instance": {
                **scope_fields(job.scope),
                "job_instance_id": job.id,
                "bk_job_id": job.plan_id,
                "name": job.name,
                "operator": job.operator,
                "status": job.status,
                **written_times(job.clock),
                "start_way": LAUNCHED_BY_API,
                "current_step_instance_id": job.current.id,
            },
            "blocks": [{"step_instances": [_step_v2(job, step)]} for step in job.steps],
        }


def written_times(clock: Clock) -> dict[str, Any]:
    """Return the times of a part as v2 writes them."""
    return {
        "create_time": written(clock.created),
        "start_time": written(clock.started),
        "end_time": written(clock.ended),
        "total_time": seconds(clock.total),
    }


def _step_v2(job: JobInstance, step: StepInstance) -> dict[str, Any]:
    hosts = [{"ip": task.host.ip, "bk_cloud_id": task.host.cloud_id, "status": task.status} for task in step.tasks]
    return {
        "step_instance_id": step.id,
        "step_id": step.step_id,
        "name": step.name,
        "type": step.kind,
        "operator": job.operator,
        "status": step.status,
        "execute_count": step.execute_count,
        **written_times(step.clock),
        "pause": None,
        "step_ip_status": hosts,
    }


def operate_v2(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v2 returns only the instance id."""
    return {"job_instance_id": _operate(context, params)}


def operate_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v3 returns the fields of a launch, the other two null."""
    return {"job_instance_id": _operate(context, params), "job_instance_name": None, "step_instance_id": None}


def _operate(context: Context, params: Params) -> int:
    """JOB API: anything missing or unknown is a 1241002 without a field's name; success means only accepted."""
    job_id, code = present(params["job_instance_id"]), params["operation_code"]
    if job_id is None or code not in (TERMINATE, START):
        raise JobError(1241002)
    job = context.run_manager.find(context.scope, job_id)
    if code == TERMINATE:
        context.run_manager.terminate(job)
        context.note("terminate", job)
    else:
        context.run_manager.start(job)
        context.started.append(job.id)
        context.note("start", job)
    return job.id
