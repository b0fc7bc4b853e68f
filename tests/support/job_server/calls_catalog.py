# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at plans: `get_job_plan_list` and `_detail` (v3), `get_job_list` and `get_job_detail` (v2)."""

from __future__ import annotations

import base64
from typing import Any

from .catalog import CIPHER, HOST_LIST, MASK, Plan, PlanStep, Variable
from .cmdb import Target
from .context import Context, Params
from .errors import JobError
from .scopes import scope_fields
from .times import written

OWN_SCRIPT, REFERENCED_SCRIPT = 1, 2
SCRIPT, APPROVAL = 1, 3
DEFAULT_LENGTH = 20
LAST_SECOND = 9_999_999_999


def plan_list(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: names are matched by any part of them, and pages are 20 long unless said otherwise."""
    wanted = params["job_template_id"]
    plans = [plan for plan in _matching(context, params) if wanted is None or plan.template_id == wanted]
    start, length = params["start"] or 0, params["length"] or DEFAULT_LENGTH
    page = [_summary(context, plan) for plan in plans[start : start + length]]
    return {"start": start, "length": length, "total": len(plans), "data": page}


def _matching(context: Context, params: Params) -> list[Plan]:
    name, people = params["name"] or "", (params["creator"], params["last_modify_user"])
    limits = [(params[f"{time}_start"], params[f"{time}_end"]) for time in ("create_time", "last_modify_time")]
    return [
        plan
        for plan in context.inventory.catalog.plans(context.scope)
        if name in plan.name
        and all(not person or person == plan.creator for person in people)
        and all(_within(plan.created, *limit) for limit in limits)
    ]


def _within(moment: int, start: int | None, end: int | None) -> bool:
    """JOB API: plan times are seconds, although the documents show milliseconds; both are understood."""
    low, high = (None if limit is None else limit // (1000 if limit > LAST_SECOND else 1) for limit in (start, end))
    return (low is None or low <= moment) and (high is None or moment <= high)


def _summary(context: Context, plan: Plan) -> dict[str, Any]:
    """JOB API: the times of plans are epoch seconds."""
    return {
        **scope_fields(context.scope),
        "id": plan.id,
        "job_template_id": plan.template_id,
        "name": plan.name,
        "creator": plan.creator,
        "create_time": plan.created,
        "last_modify_user": plan.creator,
        "last_modify_time": plan.created,
        "need_update": False,
    }


def _visible(context: Context, plan_id: int | None, name: str) -> Plan:
    if plan_id is None or plan_id <= 0:
        raise JobError(1241007, name)
    plan = context.inventory.catalog.plan(context.scope, plan_id, missing=1243009)
    context.require("view_job_plan", (str(plan.id), plan.name))
    return plan


def plan_detail(context: Context, params: Params) -> dict[str, Any]:
    """A plan with its variables and steps. JOB API: needs view_job_plan; a plan that is not there is a 1243009."""
    plan = _visible(context, params["job_plan_id"], "job_plan_id")
    return {
        **_summary(context, plan),
        "global_var_list": [_variable_v3(context, plan, variable) for variable in plan.variables],
        "step_list": [_step_v3(context, step) for step in plan.steps],
    }


def _variable_v3(context: Context, plan: Plan, variable: Variable) -> dict[str, Any]:
    return {
        "id": variable.id,
        "name": variable.name,
        "type": variable.type,
        "required": int(variable.required),
        "description": variable.description,
        "used": plan.uses(variable),
        "value": _shown(variable),
        "server": _server(context, variable.target) if variable.type == HOST_LIST else None,
    }


def _shown(variable: Variable) -> str | None:
    """JOB API: the value of a cipher is never shown."""
    return MASK if variable.type == CIPHER and variable.value else variable.value


def _server(context: Context, target: Target | None, variable: str | None = None) -> dict[str, Any]:
    target = target or Target()
    hosts = [context.inventory.cmdb.host(host_id) for host_id in target.host_ids]
    addresses: list[dict[str, Any]] = [
        {"bk_host_id": host.id, "bk_cloud_id": host.cloud_id, "ip": host.ip or None} for host in hosts if host
    ]
    addresses += [{"bk_host_id": None, "bk_cloud_id": cloud, "ip": ip} for cloud, ip in target.ips]
    return {
        "variable": variable,
        "ip_list": addresses or None,
        "dynamic_group_list": [{"id": group} for group in target.groups] or None,
        "topo_node_list": [{"id": ident, "node_type": kind} for kind, ident in target.nodes] or None,
    }


def _step_v3(context: Context, step: PlanStep) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": step.id, "name": step.name, "type": APPROVAL if step.confirm else SCRIPT}
    script = None if step.confirm else _script_v3(context, step)
    approval = {"approval_message": step.message} if step.confirm else None
    return {**shown, "script_info": script, "file_info": None, "approval_info": approval}


def _script_v3(context: Context, step: PlanStep) -> dict[str, Any]:
    catalog = context.inventory.catalog
    version = catalog.any_version(step.script_version) if step.script_version else None
    account = context.inventory.cmdb.account_named(context.scope, step.account or "")
    content, language = (version.content, version.language) if version else (step.content, step.language)
    return {
        "script_type": REFERENCED_SCRIPT if version else OWN_SCRIPT,
        "script_id": version.script_id if version else None,
        "script_version_id": version.id if version else None,
        "script_content": base64.b64encode(content.encode()).decode(),
        "script_language": language,
        "script_param": MASK if step.param_sensitive else base64.b64encode(step.param.encode()).decode(),
        "script_timeout": step.timeout,
        "account": {"id": account.id, "name": account.account} if account else None,
        "server": _server(context, step.target, step.variable),
        "is_param_sensitive": int(step.param_sensitive),
        "is_ignore_error": int(step.ignore_error),
    }


def job_list(context: Context, params: Params) -> list[dict[str, Any]]:
    """JOB API: v2 lists a scope's plans without paging unless a length is given."""
    start = params["start"] or 0
    end = None if params["length"] is None else start + params["length"]
    return [_summary_v2(context, plan) for plan in _matching(context, params)[start:end]]


def _summary_v2(context: Context, plan: Plan) -> dict[str, Any]:
    stamp = written(plan.created * 1000)
    return {
        **scope_fields(context.scope),
        "bk_job_id": plan.id,
        "name": plan.name,
        "creator": plan.creator,
        "create_time": stamp,
        "last_modify_user": plan.creator,
        "last_modify_time": stamp,
    }


def job_detail(context: Context, params: Params) -> dict[str, Any]:
    """The same in v2's words. JOB API: variables have a category here, host variables a list of their steps."""
    plan = _visible(context, params["bk_job_id"], "bk_job_id")
    return {
        **_summary_v2(context, plan),
        "template_id": plan.template_id,
        "global_vars": [_variable_v2(context, plan, variable) for variable in plan.variables],
        "steps": [_step_v2(context, step) for step in plan.steps],
    }


def _variable_v2(context: Context, plan: Plan, variable: Variable) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": variable.id, "category": variable.type, "name": variable.name}
    shown["description"] = variable.description
    if variable.type != HOST_LIST:
        return {**shown, "value": _shown(variable)}
    return {**shown, "target_server": _server_v2(context, variable.target), "step_ids": plan.steps_with(variable)}


def _server_v2(context: Context, target: Target | None) -> dict[str, Any]:
    server = _server(context, target)
    return {
        "ip_list": [{"bk_cloud_id": item["bk_cloud_id"], "ip": item["ip"]} for item in server["ip_list"] or ()],
        "dynamic_group_id_list": list(target.groups) if target else [],
        "topo_node_list": server["topo_node_list"] or [],
    }


def _step_v2(context: Context, step: PlanStep) -> dict[str, Any]:
    """JOB API: what v2 calls a step's type is the origin of its script."""
    shown: dict[str, Any] = {"step_id": step.id, "name": step.name}
    if step.confirm:
        return {**shown, "type": APPROVAL}
    script = _script_v3(context, step)
    return {
        **shown,
        "type": script["script_type"],
        "script_type": script["script_language"],
        "script_id": script["script_version_id"],
        "script_content": base64.b64decode(script["script_content"]).decode(),
        "script_param": MASK if step.param_sensitive else step.param,
        "script_timeout": step.timeout,
        "is_param_sensitive": int(step.param_sensitive),
        "account": step.account,
        "target_server": _server_v2(context, step.target) if step.target else None,
    }
