# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch a job plan: `execute_job` of v2 and `execute_job_plan` of v3."""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params, entries
from .catalog import DISABLED, Plan, PlanStep
from .cmdb import Host, Target
from .errors import JobError
from .ids import present
from .instances import JobInstance
from .launch_checks import check_quota, check_risk, reject_as_configured, start_run
from .run_manager import StepSpec
from .step_work import Work
from .targets import target_v2, target_v3
from .type_conversion import blank
from .variables import Entry, Values, settle


def execute_job(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v2 always starts the run, and its response has no step_instance_id."""
    plan_id = _plan_id(params, "bk_job_id")
    sent = []
    for item in entries(params["global_vars"]):
        _named(item, "global_vars")
        sent.append(Entry(item["id"], item["name"], item["value"], target_v2(item)))
    job = _launch(context, plan_id, sent, True, params["bk_callback_url"])
    return {"job_instance_id": job.id, "job_instance_name": job.name}


def execute_job_plan(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v3 can create a run without starting it, and returns a null step_instance_id."""
    plan_id = _plan_id(params, "job_plan_id")
    sent = []
    for item in entries(params["global_var_list"]):
        _named(item, "global_var")
        target = target_v3(item["server"]) if item["server"] is not None else None
        sent.append(Entry(item["id"], item["name"], item["value"], target))
    start = context.inventory.settings.starts(params["start_task"])
    job = _launch(context, plan_id, sent, start, params["callback_url"])
    return {"job_instance_id": job.id, "job_instance_name": job.name, "step_instance_id": None}


def _plan_id(params: Params, name: str) -> int:
    plan_id = present(params[name])
    if plan_id is None:
        raise JobError(1241005, name)
    return plan_id


def _named(item: Params, name: str) -> None:
    """JOB API: a variable needs a positive id or a name. v2's id 0 with a name is accepted, and matches nothing."""
    if present(item["id"]) is None and blank(item["name"]):
        raise JobError(1241005, f"{name}.id|{name}.name")


def _launch(context: Context, plan_id: int, sent: list[Entry], start: bool, callback_url: str | None) -> JobInstance:
    with context.inventory.settings.quotas.turn():
        return _admitted(context, plan_id, sent, start, callback_url)


def _admitted(context: Context, plan_id: int, sent: list[Entry], start: bool, callback_url: str | None) -> JobInstance:
    reject_as_configured(context, plan=plan_id)
    plan = context.inventory.catalog.plan(context.scope, plan_id, missing=1244012)
    _check_steps(context, plan)
    check_quota(context)
    for step in plan.steps:
        if not step.confirm:
            check_risk(context, *_source(context, step))
    values = settle(plan, sent)
    hosts = _hosts(context, plan, values)
    context.require("launch_job_plan", (str(plan.id), plan.name))
    _check_accounts(context, plan)
    step_specs = [_step_spec(context, step, values, hosts.get(step.id, ())) for step in plan.steps]
    return start_run(context, plan.name, step_specs, start, plan.id, callback_url)


def _check_steps(context: Context, plan: Plan) -> None:
    """JOB API: steps, then host variables, then script versions, then accounts, each over the whole plan."""
    scripts = [step for step in plan.steps if not step.confirm]
    names = {variable.name for variable in plan.variables}
    if not plan.steps:
        raise JobError(1244011)
    for step in scripts:
        if step.variable is not None and step.variable not in names:
            raise JobError(1244008, step.variable)
    for step in scripts:
        version = context.inventory.catalog.any_version(step.script_version) if step.script_version else None
        if version is not None and version.status == DISABLED:
            raise JobError(1244014, step.name)
    for step in scripts:
        if step.account is None or context.inventory.cmdb.account_named(context.scope, step.account) is None:
            raise JobError(1244003, step.account or step.name)


def _hosts(context: Context, plan: Plan, values: Values) -> dict[int, tuple[Host, ...]]:
    """Return the hosts of each script step. JOB API: host variables that no step uses are resolved as well."""
    wanted: dict[str, Target] = {f"variable {name}": target for name, target in values.targets.items() if target}
    keys: dict[int, str] = {}
    for step in plan.steps:
        if step.confirm:
            continue
        keys[step.id] = f"variable {step.variable}" if step.variable else f"step {step.id}"
        if step.target is not None:
            wanted[keys[step.id]] = step.target
    found = dict(zip(wanted, context.inventory.cmdb.resolve(context.scope, list(wanted.values())), strict=True))
    hosts = {step_id: found.get(key, ()) for step_id, key in keys.items()}
    for step in plan.steps:
        if not step.confirm and not hosts[step.id]:
            raise JobError(1244028, step.name)
    return hosts


def _check_accounts(context: Context, plan: Plan) -> None:
    for step in plan.steps:
        account = context.inventory.cmdb.account_named(context.scope, step.account) if step.account else None
        if account is not None:
            context.require("use_account", (str(account.id), account.alias))


def _source(context: Context, step: PlanStep) -> tuple[int, str]:
    """Return the language and the text of a step's script."""
    version = context.inventory.catalog.any_version(step.script_version) if step.script_version else None
    return (version.language, version.content) if version else (step.language, step.content)


def _step_spec(context: Context, step: PlanStep, values: Values, hosts: tuple[Host, ...]) -> StepSpec:
    if step.confirm:
        return StepSpec(step.id, step.name, None, confirmers=step.confirmers)
    language, content = _source(context, step)
    version = context.inventory.catalog.any_version(step.script_version) if step.script_version else None
    account = context.inventory.cmdb.account_named(context.scope, step.account or "")
    origin = context.inventory.catalog.origin(version, account, step.param_sensitive)
    work = Work(language, content.encode(), step.param, step.timeout, values.texts, origin)
    return StepSpec(step.id, step.name, work, hosts, step.ignore_error)
