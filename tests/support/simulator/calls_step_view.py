# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Status of one step of a run: `get_step_instance_status` of v2 and v3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .call_context import Context, Params
from .calls_status import times, written_times
from .cmdb import Host
from .errors import JobError
from .host_tasks import HostTask
from .ids import present
from .instances import CONFIRM_STEP, FINAL, JobInstance, StepInstance
from .messages import Language
from .status_texts import host_status

ALL_BATCHES = 0


def find_step(context: Context, params: Params) -> tuple[JobInstance, StepInstance]:
    """Return the step of a request. JOB API: a step or a run that does not exist is a 1244007."""
    ident = present(params["job_instance_id"])
    if ident is not None and not context.run_manager.knows(ident):
        raise JobError(1244007)
    job = context.visible_job(params)
    step = job.step(params["step_instance_id"])
    if step is None:
        raise JobError(1244007)
    return job, step


def status_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: hosts in groups of equal state and tag; if a state is requested, only that group lists its hosts.

    A confirmation has no hosts (1241003).
    """
    job, step = find_step(context, params)
    if step.kind == CONFIRM_STEP:
        raise JobError(1241003)
    with job.lock:
        found = (task for task in _tasks(step, params["execute_count"], params["batch"]) if _wanted(task, params))
        return {
            "step_instance_id": step.id,
            "execute_count": step.execute_count if params["execute_count"] is None else params["execute_count"],
            "name": step.name,
            "type": step.kind,
            "status": step.status,
            **times(step.clock),
            "step_result_group_list": [
                _group(context.language, params, key, tasks) for key, tasks in sorted(_groups(found).items())
            ],
        }


def _tasks(step: StepInstance, execution: int | None = None, batch: int | None = ALL_BATCHES) -> list[HostTask]:
    """Return the hosts to list.

    JOB API: a step that has not begun lists all its targets as waiting; without an execution the latest state of each
    host is used; without a batch a rolling step lists its latest one. Batches are counted from 1, and 0 means all.
    """
    if not step.tasks:
        tasks = step.pending_tasks()
    else:
        tasks = step.tasks if execution is None else step.tasks_of_execution(execution)
    if step.rolling is None or batch == ALL_BATCHES:
        return list(tasks)
    number = step.batch if batch is None else batch - 1
    return [task for task in tasks if task.batch == number]


def _groups(tasks: Iterable[HostTask]) -> dict[tuple[int, str | None], list[HostTask]]:
    groups: dict[tuple[int, str | None], list[HostTask]] = {}
    for task in tasks:
        groups.setdefault((task.status, task.tag), []).append(task)
    return groups


def _group(language: Language, params: Params, key: tuple[int, str | None], tasks: list[HostTask]) -> dict[str, Any]:
    status, tag = key
    named = params["status"] is None or (params["status"] == status and params["tag"] in (None, "", tag))
    shown = tasks[: params["max_host_num_per_group"]] if named else []
    return {
        "result_type": status,
        "result_type_desc": host_status(status, language),
        "tag": tag,
        "host_size": len(tasks),
        "host_result_list": [_host(task, language) for task in shown],
    }


def _wanted(task: HostTask, params: Params) -> bool:
    """JOB API: hosts are filtered by any part of an address and of a log, before they are counted."""
    if not any((params["search_ip"] or "") in (ip or "") for ip in (task.host.ip, task.host.ipv6)):
        return False
    return not params["keyword"] or params["keyword"] in (task.text() or "")


def _host(task: HostTask, language: Language) -> dict[str, Any]:
    """JOB API: a host whose step has not begun has no tag, and zeros as exit code and time."""
    host, untouched = task.host, task.planned
    return {
        "bk_host_id": host.id,
        "ip": host.ip or None,
        "ipv6": host.ipv6,
        "bk_agent_id": host.agent_id,
        "bk_cloud_id": host.cloud_id,
        "bk_cloud_name": host.cloud_name,
        "status": task.status,
        "status_desc": host_status(task.status, language),
        "tag": None if untouched else task.tag,
        "exit_code": 0 if untouched else task.exit_code,
        "start_time": task.clock.started,
        "end_time": task.clock.ended,
        "total_time": 0 if untouched else task.total,
    }


def status_v2(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v2 counts hosts by state, and lists the targets in one line of text."""
    job, step = find_step(context, params)
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
