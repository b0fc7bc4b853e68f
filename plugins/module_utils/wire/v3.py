# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of API generation v3 (JOB API: execute_job_plan, fast_execute_script and their readers).

Private to the collection blueking.job: no stable interface for others.

Keys stand in the order of the platform's own documents, so that a request reads like them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from ..models import (
    GlobalVariable,
    HostKey,
    HostLog,
    HostResult,
    JobInstance,
    Launched,
    PlanLaunch,
    Scope,
    ScriptLaunch,
    StepResult,
    TargetServer,
)
from .answers import Answer
from .base import Call, Catalog, LogBatch, StepHost, ValuesSchema, without_none
from .catalog_v3 import CatalogV3
from .history import PAST
from .shared import addresses, operate_job, operate_step, read_launched, scope_pair, topo_nodes
from .values import ValuesV3

# The server answers a longer list as if a parameter were missing (JOB API: batch_get_job_instance_ip_log).
_LOG_BATCH = 500


class V3:
    """The current generation; both gateways carry it."""

    generation = "v3"
    esb_system = "jobv3"
    results_need_logs = False
    past = PAST
    catalog: Catalog = CatalogV3()
    values: ValuesSchema = ValuesV3()

    def unsupported(self, launch: PlanLaunch | ScriptLaunch) -> list[tuple[str, str]]:
        """Nothing: v3 carries every option."""
        return []

    def launch(self, launch: PlanLaunch | ScriptLaunch, start: bool = True) -> Call:
        """C(execute_job_plan) or C(fast_execute_script). The flag is sent only where it says no."""
        flag = {} if start else {"start_task": False}
        if isinstance(launch, PlanLaunch):
            return Call("execute_job_plan", {**_plan(launch), **flag})
        return Call("fast_execute_script", {**_script(launch), **flag})

    def operate_job(self, scope: Scope, job_instance_id: int, operation: int) -> Call:
        """C(operate_job_instance)."""
        return operate_job(scope_pair(scope), job_instance_id, operation)

    def operate_step(self, scope: Scope, job_instance_id: int, step_instance_id: int, operation: int) -> Call:
        """C(operate_step_instance)."""
        return operate_step(scope_pair(scope), job_instance_id, step_instance_id, operation)

    def read_launched(self, data: object) -> Launched:
        """Ids and name; C(step_instance_id) is null for plans."""
        return read_launched(data)

    def status(self, scope: Scope, job_instance_id: int, with_hosts: bool) -> Call:
        """C(get_job_instance_status); per-host results only on request, as they are large."""
        params = {**scope_pair(scope), "job_instance_id": job_instance_id, "return_ip_result": with_hosts}
        return Call("get_job_instance_status", params, get=True)

    def read_status(self, data: object) -> JobInstance:
        """The instance with its steps, and with hosts where they were asked for."""
        answer = Answer(data, "data")
        job = answer.child("job_instance")
        return JobInstance(
            job_instance_id=job.number("job_instance_id"),
            status=job.number("status"),
            finished=answer.flag("finished"),
            name=job.maybe_text("name"),
            create_time=job.epoch_ms("create_time"),
            start_time=job.epoch_ms("start_time"),
            end_time=job.epoch_ms("end_time"),
            total_time=job.seconds("total_time", 1000),
            steps=[_step(step) for step in answer.children("step_instance_list")],
        )

    def log_batches(self, scope: Scope, job_instance_id: int, hosts: Sequence[StepHost]) -> Iterator[LogBatch]:
        """C(batch_get_job_instance_ip_log) for at most 500 hosts of one step at a time."""
        for step_id, group in groupby(hosts, key=lambda host: host[0]):
            # A host without id and address cannot be asked for, and would make the server refuse the others too.
            of_step = [host for host in group if host[1].key.bk_host_id is not None or host[1].key.ip is not None]
            for start in range(0, len(of_step), _LOG_BATCH):
                batch = of_step[start : start + _LOG_BATCH]
                params = {
                    **scope_pair(scope),
                    "job_instance_id": job_instance_id,
                    "step_instance_id": step_id,
                    **_log_hosts([host.key for _step_id, host in batch]),
                }
                yield LogBatch(Call("batch_get_job_instance_ip_log", params), batch)

    def read_logs(self, data: object) -> list[HostLog]:
        """Logs of scripts, or of file copies with their lines joined; hosts without a log are absent."""
        answer = Answer(data, "data")
        step_id = answer.number("step_instance_id")
        logs = [
            HostLog(step_id, _key(host), host.maybe_text("log_content")) for host in answer.children("script_task_logs")
        ]
        for host in answer.children("file_task_logs"):
            lines = [file.maybe_text("log_content") or "" for file in host.children("file_logs")]
            logs.append(HostLog(step_id, _key(host), "\n".join(line.rstrip("\n") for line in lines if line)))
        return logs


def _plan(launch: PlanLaunch) -> dict[str, object]:
    variables = None if launch.variables is None else [_variable(variable) for variable in launch.variables]
    return {
        **scope_pair(launch.scope),
        **without_none(
            {
                "job_plan_id": launch.job_plan_id,
                "global_var_list": variables,
                "callback_url": launch.callback_url,
            }
        ),
    }


def _script(launch: ScriptLaunch) -> dict[str, object]:
    sensitive = None if launch.is_param_sensitive is None else int(launch.is_param_sensitive)
    rolling = None if launch.rolling_config is None else without_none(asdict(launch.rolling_config))
    return {
        **scope_pair(launch.scope),
        **without_none(
            {
                "script_version_id": launch.script_version_id,
                "script_id": launch.script_id,
                "script_content": launch.script_content,
                "task_name": launch.task_name,
                "script_param": launch.script_param,
                "timeout": launch.timeout,
                "account_alias": launch.account_alias,
                "account_id": launch.account_id,
                "is_param_sensitive": sensitive,
                "script_language": launch.script_language,
                "target_server": _target(launch.target),
                "callback_url": launch.callback_url,
                "windows_interpreter": launch.windows_interpreter,
                "rolling_config": rolling,
            }
        ),
    }


def _variable(variable: GlobalVariable) -> dict[str, object]:
    return without_none(
        {
            "id": variable.id,
            "name": variable.name,
            "value": variable.value,
            "server": None if variable.server is None else _target(variable.server),
        }
    )


def _target(target: TargetServer) -> dict[str, object]:
    return without_none(
        {
            "dynamic_group_list": [{"id": group} for group in target.dynamic_groups] or None,
            "host_id_list": list(target.host_ids) or None,
            "ip_list": addresses(target),
            "topo_node_list": topo_nodes(target),
        }
    )


def _step(step: Answer) -> StepResult:
    hosts = None
    if step.has_list("step_ip_result_list"):
        hosts = [_host(host) for host in step.children("step_ip_result_list")]
    return StepResult(
        step_instance_id=step.number("step_instance_id"),
        name=step.maybe_text("name"),
        status=step.number("status"),
        type=step.maybe_number("type"),
        execute_count=step.maybe_number("execute_count"),
        create_time=step.epoch_ms("create_time"),
        start_time=step.epoch_ms("start_time"),
        end_time=step.epoch_ms("end_time"),
        total_time=step.seconds("total_time", 1000),
        hosts=hosts,
    )


def _host(host: Answer) -> HostResult:
    return HostResult(
        key=_key(host),
        status=host.number("status"),
        exit_code=host.maybe_number("exit_code"),
        tag=host.maybe_text("tag") or None,
        start_time=host.epoch_ms("start_time"),
        end_time=host.epoch_ms("end_time"),
        total_time=host.seconds("total_time", 1000),
    )


def _key(host: Answer) -> HostKey:
    return HostKey(host.maybe_number("bk_host_id"), host.maybe_number("bk_cloud_id"), host.maybe_text("ip"))


def _log_hosts(keys: Sequence[HostKey]) -> dict[str, object]:
    """Hosts by id where all have one, else by id or address each."""
    if all(key.bk_host_id is not None for key in keys):
        return {"host_id_list": [key.bk_host_id for key in keys]}
    return {
        "ip_list": [
            {"bk_cloud_id": key.bk_cloud_id, "ip": key.ip} if key.bk_host_id is None else {"bk_host_id": key.bk_host_id}
            for key in keys
        ]
    }
