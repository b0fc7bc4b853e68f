# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""v4: `fast_execute_script`, `get_job_instance_status`, `batch_get_job_instance_execute_object_log`.

JOB API: v4 has execute objects, which are hosts or containers. No scope here has containers.
"""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params, entries
from .calls_file_log import object_entries
from .calls_log import log_type, task_for
from .calls_script import launch, script_request
from .calls_status import times
from .cmdb import Host, Target
from .errors import JobError
from .host_tasks import HostTask
from .instances import StepInstance
from .scopes import scope_fields

HOST_OBJECT = 1
NO_CONTAINERS = 1241011


def fast_script(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: a request without target passes validation and fails as a step without hosts (1244028)."""
    wanted = params["execute_target"] or {}
    if wanted.get("kube_container_filters"):
        raise JobError(NO_CONTAINERS, "kube_container_filters")
    return launch(context, params, script_request(context, params, _target(wanted)), params["timeout"])


def _target(wanted: Params) -> Target:
    """JOB API: for a host given twice over the id is used; hosts may be given in different ways."""
    hosts = entries(wanted.get("host_list"))
    return Target(
        host_ids=tuple(host["bk_host_id"] for host in hosts if host["bk_host_id"] is not None),
        ips=tuple((host["bk_cloud_id"], host["ip"]) for host in hosts if host["bk_host_id"] is None),
        groups=tuple(item["id"] for item in entries(wanted.get("dynamic_group_list"))),
        nodes=tuple((item["node_type"], item["id"]) for item in entries(wanted.get("topo_node_list"))),
        both=True,
    )


def status(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: as in v3, with execute objects in place of addresses."""
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
            "step_instance_list": [_step(step, params["return_execute_object_result"]) for step in job.steps],
        }


def _step(step: StepInstance, with_objects: bool | None) -> dict[str, Any]:
    return {
        "step_instance_id": step.id,
        "name": step.name,
        "status": step.status,
        "type": step.kind,
        "execute_count": step.execute_count,
        **times(step.clock),
        "step_execute_object_result_list": [_result(task) for task in step.tasks] or None if with_objects else None,
    }


def _result(task: HostTask) -> dict[str, Any]:
    return {
        "execute_object": _object(task.host),
        "status": task.status,
        "tag": task.tag,
        "exit_code": task.exit_code,
        "start_time": task.clock.started,
        "end_time": task.clock.ended,
        "total_time": task.total,
    }


def _object(host: Host) -> dict[str, Any]:
    return {
        "type": HOST_OBJECT,
        "resource_id": str(host.id),
        "host": {
            "bk_host_id": host.id,
            "bk_cloud_id": host.cloud_id,
            "bk_cloud_name": host.cloud_name,
            "ip": host.ip or None,
            "ipv6": host.ipv6,
            "bk_agent_id": host.agent_id,
            "alive": int(host.agent_up),
        },
    }


def logs(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: a step that the run does not have is a 404 with 1244007; objects without log are missing."""
    job = context.visible_job(params)
    wanted: list[tuple[int | None, int | None, str | None]] = [
        (one, None, None) for one in params["host_id_list"] or ()
    ]
    if not wanted:
        wanted = [(item["bk_host_id"], item["bk_cloud_id"], item["ip"]) for item in entries(params["ip_list"])]
    with job.lock:
        step = job.step(params["step_instance_id"])
        if step is None:
            raise JobError(1244007)
        shown = {"job_instance_id": job.id, "step_instance_id": step.id, "log_type": log_type(step)}
        if step.transfer:
            return {**shown, "file_step_execute_object_logs": object_entries(step, wanted, _object)}
        tasks = [task for one in dict.fromkeys(wanted) if (task := task_for(step, *one))]
        found = [{"execute_object": _object(task.host), "log_content": task.text()} for task in tasks]
    return {
        **shown,
        "script_step_execute_object_logs": [entry for entry in found if entry["log_content"] is not None],
    }
