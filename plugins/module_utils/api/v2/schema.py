# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Schema of API v2, available only through the ESB (JOB API: execute_job, fast_execute_script, fast_push_file)."""

from __future__ import annotations

from ...models.connection import Scope
from ...models.launch import FileLaunch, GlobalVariable, Launch, LaunchedJob, PlanLaunch, ScriptLaunch, TargetServer
from ..calls import Call, without_none
from ..protocols import InstancesSchema, PlanSchema, StepVariables
from ..shared_requests import addresses, operation_call, other_fields, read_launched, scope_or_biz
from ..shared_variables import variable_values_call
from .request_parts import target_server

_USE_V3 = "use api_version v3 (fast_execute_script, execute_job_plan), which supports it"
# Fields of the launch of a script that v2 has, and those that no request carries.
_SCRIPT_FIELDS = frozenset(
    ("scope", "target", "script_version_id", "script_content", "script_language", "script_param", "is_param_sensitive")
    + ("timeout", "account_alias", "task_name", "callback_url", "unique_name", "unique_key")
)
_SCRIPT_ADVICE = {
    "script_id": f"v2's script_id is the id of a version, so set script_version_id; or {_USE_V3}",
    "account_id": f"{_USE_V3}; or use account_alias",
}


class SchemaV2:
    """The legacy generation. It has no host ids, script ids or rolling."""

    generation = "v2"
    esb_system = "job"
    results_need_logs = True
    always_returns_hosts = True
    history = None

    # The launch of a script needs no plans, and without a wait no instances.
    @property
    def plans(self) -> PlanSchema:
        """Return the calls for plans."""
        from .plans import PlansV2

        return PlansV2()

    @property
    def instances(self) -> InstancesSchema:
        """Return the calls for instances: always with hosts, all logs at once."""
        from .instances import InstancesV2

        return InstancesV2()

    def unsupported(self, launch: Launch) -> list[tuple[str, str]]:
        """Return the given options that v2 does not support."""
        if isinstance(launch, PlanLaunch):
            return [
                (f"global_var_list[{position}].server.host_id_list", f"{_USE_V3}; or list the hosts in ip_list")
                for position, variable in enumerate(launch.variables or ())
                if variable.server is not None and variable.server.host_ids
            ]
        if isinstance(launch, FileLaunch):
            # Compiled only for files.
            from .files import files_unsupported

            return files_unsupported(launch)
        found = [(name, _SCRIPT_ADVICE.get(name, _USE_V3)) for name in other_fields(launch, _SCRIPT_FIELDS)]
        if launch.target.host_ids:
            found.append(("target_server.host_id_list", f"{_USE_V3}; or list the hosts in ip_list"))
        return found

    def launch(self, launch: Launch, start: bool = True) -> Call[LaunchedJob]:
        """Return the call that creates the job and always starts it."""
        if isinstance(launch, PlanLaunch):
            return Call("execute_job", _plan(launch), read_launched)
        if isinstance(launch, FileLaunch):
            from .files import push_config_file, push_file

            if launch.contents:
                return Call("push_config_file", push_config_file(launch), read_launched)
            return Call("fast_push_file", push_file(launch), read_launched)
        return Call("fast_execute_script", _script(launch), read_launched)

    def operate(
        self, scope: Scope, job_instance_id: int, step_instance_id: int | None, operation: int
    ) -> Call[LaunchedJob]:
        """Return C(operate_job_instance), or C(operate_step_instance) for a step."""
        return operation_call(scope_or_biz(scope), job_instance_id, step_instance_id, operation)

    def variable_values(self, scope: Scope, job_instance_id: int) -> Call[list[StepVariables]]:
        """Return C(get_job_instance_global_var_value)."""
        return variable_values_call(
            scope_or_biz(scope), job_instance_id, "job_instance_var_values", "step_instance_var_values"
        )


def _plan(launch: PlanLaunch) -> dict[str, object]:
    variables = None if launch.variables is None else [_variable(variable) for variable in launch.variables]
    return without_none(
        {
            **scope_or_biz(launch.scope),
            "bk_job_id": launch.job_plan_id,
            "global_vars": variables,
            "bk_callback_url": launch.callback_url,
        }
    )


def _script(launch: ScriptLaunch) -> dict[str, object]:
    sensitive = None if launch.is_param_sensitive is None else int(launch.is_param_sensitive)
    return without_none(
        {
            **scope_or_biz(launch.scope),
            # Despite its name this is the id of a script version; v3's script_id is the id of a script.
            "script_id": launch.script_version_id,
            "script_content": launch.script_content,
            "task_name": launch.task_name,
            "script_param": launch.script_param,
            "script_timeout": launch.timeout,
            "account": launch.account_alias,
            "is_param_sensitive": sensitive,
            "script_type": launch.script_language,
            "target_server": target_server(launch.target),
            "bk_callback_url": launch.callback_url,
        }
    )


def _variable(variable: GlobalVariable) -> dict[str, object]:
    return {
        **without_none({"id": variable.id, "name": variable.name, "value": variable.value}),
        **({} if variable.server is None else _variable_hosts(variable.server)),
    }


def _variable_hosts(target: TargetServer) -> dict[str, object]:
    """Return addresses and groups as the pair that every v2 server accepts; nodes require C(target_server).

    Never both: beside C(target_server) the server ignores the pair.
    """
    if target.topo_nodes:
        return {"target_server": target_server(target)}
    return without_none({"custom_query_id": list(target.dynamic_groups) or None, "ip_list": addresses(target)})
