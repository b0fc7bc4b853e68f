# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read plans and templates in v3: `get_job_plan_list`, `get_job_plan_detail` and `get_job_template_list`."""

from __future__ import annotations

import base64
from typing import Any

from .call_context import Context, Params
from .catalog import CIPHER, HOST_LIST, MASK, Plan, PlanStep, Variable
from .errors import JobError
from .ids import present
from .like import named
from .paging import page
from .scopes import scope_fields
from .script_origin import OWN_SCRIPT
from .shapes import account, approval, server

SCRIPT, APPROVAL = 1, 3
LAST_SECOND = 9_999_999_999


def plan_list(context: Context, params: Params) -> dict[str, Any]:
    """List the plans of a scope, in pages."""
    wanted = present(params["job_template_id"])
    plans = [plan for plan in matching(context, params) if wanted in (None, plan.template_id)]
    return page(params, [{**summary(context, plan), "need_update": False} for plan in plans], most=None)


def matching(context: Context, params: Params) -> list[Plan]:
    """Return the plans that match the filters of a list."""
    users = (("creator", params["creator"]), ("modified_by", params["last_modify_user"]))
    limits = [(params[f"{time}_start"], params[f"{time}_end"]) for time in ("create_time", "last_modify_time")]
    return [
        plan
        for plan in context.inventory.catalog.plans(context.scope)
        if named(params["name"], plan.name)
        and all(not person or person == getattr(plan, role) for role, person in users)
        and _within(plan.created, *limits[0])
        and _within(plan.modified, *limits[1])
    ]


def _within(moment: int, start: int | None, end: int | None) -> bool:
    """JOB API: plan times are seconds, although the documents show milliseconds; both are accepted."""
    low, high = (None if limit is None else limit // (1000 if limit > LAST_SECOND else 1) for limit in (start, end))
    return (low is None or low <= moment) and (high is None or moment <= high)


def summary(context: Context, plan: Plan) -> dict[str, Any]:
    """JOB API: the times of plans are epoch seconds."""
    return {
        **scope_fields(context.scope),
        "id": plan.id,
        "job_template_id": plan.template_id,
        "name": plan.name,
        "creator": plan.creator,
        "create_time": plan.created,
        "last_modify_user": plan.modified_by,
        "last_modify_time": plan.modified,
    }


def visible_plan(context: Context, plan_id: int | None, name: str) -> Plan:
    """Return the plan of a detail call. JOB API: needs view_job_plan; a plan that does not exist is a 1243009."""
    ident = present(plan_id)
    if ident is None:
        raise JobError(1241007, name)
    plan = context.inventory.catalog.plan(context.scope, ident, missing=1243009)
    context.require("view_job_plan", (str(plan.id), plan.name))
    return plan


def plan_detail(context: Context, params: Params) -> dict[str, Any]:
    """Return a plan with variables and steps. JOB API: no need_update here, and null for a plan without variables."""
    plan = visible_plan(context, params["job_plan_id"], "job_plan_id")
    return {
        **summary(context, plan),
        "global_var_list": [_variable(context, plan, variable) for variable in plan.variables] or None,
        "step_list": [_step(context, step) for step in plan.steps],
    }


def _variable(context: Context, plan: Plan, variable: Variable) -> dict[str, Any]:
    return {
        "id": variable.id,
        "name": variable.name,
        "type": variable.type,
        "required": int(variable.required),
        "description": variable.description,
        "used": plan.uses(variable),
        # JOB API: the value of a cipher is never returned.
        "value": MASK if variable.type == CIPHER and variable.value else variable.value,
        "server": server(context.inventory.cmdb, variable.target) if variable.type == HOST_LIST else None,
    }


def _step(context: Context, step: PlanStep) -> dict[str, Any]:
    return {
        "id": step.id,
        "name": step.name,
        "type": APPROVAL if step.confirm else SCRIPT,
        "script_info": None if step.confirm else _script(context, step),
        "file_info": None,
        "approval_info": approval(step.message) if step.confirm else None,
    }


def _script(context: Context, step: PlanStep) -> dict[str, Any]:
    """JOB API: of the account only the id is returned; whether errors are ignored is not."""
    catalog, cmdb = context.inventory.catalog, context.inventory.cmdb
    version = catalog.any_version(step.script_version) if step.script_version else None
    found = cmdb.account_named(context.scope, step.account or "")
    content, language = (version.content, version.language) if version else (step.content, step.language)
    return {
        "script_type": catalog.origin(version, None, False).source if version else OWN_SCRIPT,
        "script_id": version.script_id if version else None,
        "script_version_id": version.id if version else None,
        "script_content": _encoded(content),
        "script_language": language,
        "script_param": _encoded(step.param),
        "script_timeout": step.timeout,
        "account": account(found.id if found else None),
        "server": server(cmdb, step.target, step.variable),
        "is_param_sensitive": int(step.param_sensitive),
        "is_ignore_error": None,
        "windows_interpreter": None,
    }


def _encoded(text: str) -> str | None:
    """JOB API: an empty text is null."""
    return base64.b64encode(text.encode()).decode() if text.strip() else None


def template_list(context: Context, params: Params) -> dict[str, Any]:
    """List the templates of a scope. An inventory has only plans: the first plan of each sets author and time."""
    plans = sorted(context.inventory.catalog.plans(context.scope), key=lambda plan: plan.created)
    first = {plan.template_id: plan for plan in reversed(plans)}
    name, creator, modifier = params["name"], params["creator"], params["last_modify_user"]
    found = [
        _template(context, plan)
        for ident, plan in sorted(first.items())
        if named(name, f"template-{ident}")
        and creator in (None, "", plan.creator)
        and modifier in (None, "", plan.modified_by)
        and _within(plan.created, params["create_time_start"], params["create_time_end"])
        and _within(plan.modified, params["last_modify_time_start"], params["last_modify_time_end"])
    ]
    return page(params, found, most=None)


def _template(context: Context, plan: Plan) -> dict[str, Any]:
    return {
        **scope_fields(context.scope),
        "id": plan.template_id,
        "name": f"template-{plan.template_id}",
        "creator": plan.creator,
        "create_time": plan.created,
        "last_modify_user": plan.modified_by,
        "last_modify_time": plan.modified,
        "description": None,
    }
