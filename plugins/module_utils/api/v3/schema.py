# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Schema of API v3 (JOB API: execute_job_plan, fast_execute_script, fast_transfer_file).

Keys are in the order of the platform's own documents, for easy comparison.
"""

from __future__ import annotations

from ...models.connection import Scope
from ...models.launch import FileLaunch, GlobalVariable, Launch, LaunchedJob, PlanLaunch, ScriptLaunch
from ..calls import Call, without_none
from ..protocols import InstancesSchema, PlanSchema, StepVariables
from ..shared_requests import operation_call, push_unsupported, read_launched, scope_pair
from ..shared_variables import variable_values_call
from .history import HistoryV3
from .request_parts import rolling_config, target_server


class SchemaV3:
    """The current generation, available through both gateways."""

    generation = "v3"
    esb_system = "jobv3"
    results_need_logs = False
    always_returns_hosts = False
    history = HistoryV3()

    # The launch of a script needs no plans, and without a wait no instances.
    @property
    def plans(self) -> PlanSchema:
        """Return the calls for templates, plans and script checks."""
        from .plans import PlansV3

        return PlansV3()

    @property
    def instances(self) -> InstancesSchema:
        """Return the calls for instances: hosts on request, logs in batches."""
        from .instances import InstancesV3

        return InstancesV3()

    def unsupported(self, launch: Launch) -> list[tuple[str, str]]:
        """Return the given options that C(push_config_file) does not support; all other calls support every option."""
        return push_unsupported(launch) if isinstance(launch, FileLaunch) and launch.contents else []

    def launch(self, launch: Launch, start: bool = True) -> Call[LaunchedJob]:
        """Return the call that creates the job. C(start_task) is sent only if false."""
        flag = {} if start else {"start_task": False}
        if isinstance(launch, PlanLaunch):
            return Call("execute_job_plan", {**_plan(launch), **flag}, read_launched)
        if isinstance(launch, FileLaunch):
            # Compiled only for files.
            from .files import push_config_file, transfer_file

            if launch.contents:
                return Call("push_config_file", push_config_file(launch), read_launched)
            return Call("fast_transfer_file", {**transfer_file(launch), **flag}, read_launched)
        return Call("fast_execute_script", {**_script(launch), **flag}, read_launched)

    def operate(
        self, scope: Scope, job_instance_id: int, step_instance_id: int | None, operation: int
    ) -> Call[LaunchedJob]:
        """Return C(operate_job_instance), or C(operate_step_instance) for a step."""
        return operation_call(scope_pair(scope), job_instance_id, step_instance_id, operation)

    def variable_values(self, scope: Scope, job_instance_id: int) -> Call[list[StepVariables]]:
        """Return C(get_job_instance_global_var_value)."""
        return variable_values_call(scope_pair(scope), job_instance_id, "step_instance_var_list", "global_var_list")


def _plan(launch: PlanLaunch) -> dict[str, object]:
    variables = None if launch.variables is None else [_variable(variable) for variable in launch.variables]
    return without_none(
        {
            **scope_pair(launch.scope),
            "job_plan_id": launch.job_plan_id,
            "global_var_list": variables,
            "callback_url": launch.callback_url,
        }
    )


def _script(launch: ScriptLaunch) -> dict[str, object]:
    sensitive = None if launch.is_param_sensitive is None else int(launch.is_param_sensitive)
    return without_none(
        {
            **scope_pair(launch.scope),
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
            "target_server": target_server(launch.target),
            "callback_url": launch.callback_url,
            "windows_interpreter": launch.windows_interpreter,
            "rolling_config": rolling_config(launch.rolling_config),
        }
    )


def _variable(variable: GlobalVariable) -> dict[str, object]:
    return without_none(
        {
            "id": variable.id,
            "name": variable.name,
            "value": variable.value,
            "server": None if variable.server is None else target_server(variable.server),
        }
    )
