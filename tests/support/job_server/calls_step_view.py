# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of a run: `get_step_instance_status` of v2 and v3, and v3's `get_step_instance_detail`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .calls_status import times, written_times
from .catalog import MASK
from .cmdb import Host
from .context import Context, Params
from .errors import JobError
from .instances import CONFIRM_STEP, FINAL, HostTask, JobInstance, StepInstance
from .messages import Language
from .texts import host_status

APPROVAL = 3
ALL_BATCHES = 0


def _find(context: Context, params: Params) -> tuple[JobInstance, StepInstance]:
    """JOB API: a step that the run does not have is a 1244007, a confirmation has no hosts to show (1241003)."""
    job = context.visible_job(params)
    step = job.step(params["step_instance_id"])
    if step is None:
        raise JobError(1244007)
    return job, step


def status_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: hosts in groups of equal state and tag; of a named state only that group shows its hosts."""
    job, step = _find(context, params)
    if step.kind == CONFIRM_STEP:
        raise JobError(1241003)
    with job.lock:
        return {
            "step_instance_id": step.id,
            "execute_count": step.execute_count if params["execute_count"] is None else params["execute_count"],
            "name": step.name,
            "type": step.kind,
            "status": step.status,
            **times(step.clock),
            "step_result_group_list": [
                _group(context.language, params, key, tasks)
                for key, tasks in _groups(_tasks(step, params["execute_count"], params["batch"])).items()
            ],
        }


def _tasks(step: StepInstance, execution: int | None = None, batch: int | None = ALL_BATCHES) -> list[HostTask]:
    """The hosts to show.

    JOB API: a step that has not begun shows all its targets as waiting; without an execution the latest state of each
    host counts; without a batch a rolling step shows its latest one. Batches are counted from 1, and 0 means all.
    """
    if not step.tasks:
        return [HostTask(host, step.clock) for host in step.hosts]
    tasks = step.tasks if execution is None else step.tasks_of_execution(execution)
    if step.rolling is None or batch == ALL_BATCHES:
        return list(tasks)
    number = step.batch if batch is None else batch - 1
    return [task for task in tasks if task.batch == number]


def _groups(tasks: Iterable[HostTask]) -> dict[tuple[int, str], list[HostTask]]:
    groups: dict[tuple[int, str], list[HostTask]] = {}
    for task in tasks:
        groups.setdefault((task.status, task.tag), []).append(task)
    return groups


def _group(language: Language, params: Params, key: tuple[int, str], tasks: list[HostTask]) -> dict[str, Any]:
    status, tag = key
    named = params["status"] is None or (params["status"] == status and params["tag"] in (None, "", tag))
    shown = [task for task in tasks if named and _wanted(task, params)][: params["max_host_num_per_group"]]
    return {
        "result_type": status,
        "result_type_desc": host_status(status, language),
        "tag": tag,
        "host_size": len(tasks),
        "host_result_list": [_host(task, language) for task in shown],
    }


def _wanted(task: HostTask, params: Params) -> bool:
    if params["search_ip"] and params["search_ip"] not in (task.host.ip, task.host.ipv6):
        return False
    return not params["keyword"] or params["keyword"] in (task.text() or "")


def _host(task: HostTask, language: Language) -> dict[str, Any]:
    host = task.host
    return {
        "bk_host_id": host.id,
        "ip": host.ip or None,
        "ipv6": host.ipv6,
        "bk_agent_id": host.agent_id,
        "bk_cloud_id": host.cloud_id,
        "bk_cloud_name": host.cloud_name,
        "status": task.status,
        "status_desc": host_status(task.status, language),
        "tag": task.tag,
        "exit_code": task.exit_code,
        "start_time": task.clock.started,
        "end_time": task.clock.ended,
        "total_time": task.total,
    }


def status_v2(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v2 counts hosts by state, and lists the targets in one line of text."""
    job, step = _find(context, params)
    with job.lock:
        groups = _groups(_tasks(step))
        return {
            "is_finished": step.status in FINAL,
            "step_instance_detail": {
                "step_instance_id": step.id,
                "name": step.name,
                "type": step.kind,
                "status": step.status,
                "execute_count": step.execute_count,
                "operator": job.operator,
                **written_times(step.clock),
                "target_ips": ",".join(f"{host.cloud_id}:{host.ip}" for host in step.hosts),
            },
            "step_instance_analyse_result": [
                {
                    "count": len(tasks),
                    "ip_list": [_address(task.host) for task in tasks],
                    "result_type": status,
                    "result_type_text": host_status(status, context.language),
                }
                for (status, _tag), tasks in groups.items()
            ],
        }


def _address(host: Host) -> dict[str, Any]:
    return {"ip": host.ip or None, "bk_cloud_id": host.cloud_id}


def detail(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: what a step was told to do; the script is plain text here, a sensitive argument line is masked."""
    job, step = _find(context, params)
    if step.kind == CONFIRM_STEP:
        planned = context.inventory.catalog.step(job.plan_id, step.step_id)
        approval = {"approval_message": planned.message if planned else ""}
        return {"id": step.id, "name": step.name, "type": APPROVAL, **_infos(approval_info=approval)}
    return {"id": step.id, "name": step.name, "type": step.kind, **_infos(script_info=_script(step))}


def _infos(**info: dict[str, Any]) -> dict[str, Any]:
    return {"script_info": None, "file_info": None, "approval_info": None, **info}


def _script(step: StepInstance) -> dict[str, Any]:
    work = step.work
    if work is None:
        return {}
    origin = work.origin
    return {
        "script_type": origin.source,
        "script_id": origin.script_id,
        "script_version_id": origin.version_id,
        "script_content": work.content.decode("utf-8", "replace"),
        "script_language": work.language,
        "script_param": MASK if origin.sensitive and work.param else work.param,
        "script_timeout": work.timeout,
        "account": {"id": origin.account_id, "name": origin.account},
        "server": {"ip_list": [{"bk_host_id": host.id, **_address(host)} for host in step.hosts]},
        "is_param_sensitive": int(origin.sensitive),
        "is_ignore_error": int(step.ignore_error),
    }
