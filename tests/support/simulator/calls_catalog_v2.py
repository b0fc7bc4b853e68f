# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read plans in v2: `get_job_list` and `get_job_detail`."""

from __future__ import annotations

import json
from typing import Any

from .call_context import Context, Params
from .calls_catalog import matching, visible_plan
from .catalog import HOST_LIST, Plan, PlanStep, Variable
from .cmdb import Cmdb, Target
from .paging import bounds
from .scopes import scope_fields
from .script_origin import OWN_SCRIPT
from .shapes import addresses
from .time_format import server_time

CONFIRM = 3


def job_list(context: Context, params: Params) -> list[dict[str, Any]]:
    """JOB API: v2 lists a scope's plans without paging unless a length is given."""
    plans = matching(context, params)
    if params["length"] is not None:
        start, length = bounds(params)
        plans = plans[start : start + length]
    return [_summary(context, plan) for plan in plans]


def _summary(context: Context, plan: Plan) -> dict[str, Any]:
    """JOB API: times of plans are those of the server's own zone, not of the caller's."""
    return {
        **scope_fields(context.scope),
        "bk_job_id": plan.id,
        "name": plan.name,
        "creator": plan.creator,
        "create_time": server_time(plan.created * 1000),
        "last_modify_user": plan.modified_by,
        "last_modify_time": server_time(plan.modified * 1000),
    }


def job_detail(context: Context, params: Params) -> dict[str, Any]:
    """Return a plan with variables and steps. JOB API: hosts are a pair of lists, in steps and variables alike."""
    plan = visible_plan(context, params["bk_job_id"], "bk_job_id")
    return {
        **_summary(context, plan),
        "template_id": plan.template_id,
        "global_vars": [_variable(context.inventory.cmdb, variable) for variable in plan.variables],
        "steps": [_step(context, step) for step in plan.steps],
    }


def _hosts(cmdb: Cmdb, target: Target | None) -> dict[str, Any]:
    return {
        "ip_list": addresses(cmdb, target) or None if target else None,
        "custom_query_id": list(target.groups) or None if target else None,
    }


def _variable(cmdb: Cmdb, variable: Variable) -> dict[str, Any]:
    """JOB API: a host variable repeats its hosts as JSON text. Ciphers are returned in plain text."""
    hosts = variable.type == HOST_LIST
    return {
        "category": variable.type,
        "id": variable.id,
        "name": variable.name,
        "description": variable.description,
        "value": _host_text(cmdb, variable.target) if hosts and variable.target else variable.value,
        **_hosts(cmdb, variable.target if hosts else None),
    }


def _host_text(cmdb: Cmdb, target: Target) -> str:
    hosts = [
        {"hostId": item["bk_host_id"], "cloudAreaId": item["bk_cloud_id"], "ip": item["ip"]}
        for item in addresses(cmdb, target)
    ]
    nodes = [{"id": ident, "type": kind} for kind, ident in target.nodes]
    lists = {"hostList": hosts, "topoNodeList": nodes, "dynamicGroupList": [{"id": group} for group in target.groups]}
    return json.dumps({"hostNodeList": lists}, separators=(",", ":"))


_STEP_KEYS = (
    *("account", "step_id", "script_id", "account_id", "is_param_sensitive", "script_timeout", "script_type"),
    *("db_account_id", "script_param", "script_content", "file_target_path", "file_source", "ip_list"),
    *("custom_query_id", "name", "type", "order", "creator", "create_time", "last_modify_user", "last_modify_time"),
    "confirm_message",
)
"""JOB API: a step has every key, whatever its type."""


def _step(context: Context, step: PlanStep) -> dict[str, Any]:
    """JOB API: the type of a script step is the origin of its script."""
    known: dict[str, Any] = {"step_id": step.id, "name": step.name}
    if step.confirm:
        known |= {"type": CONFIRM, "confirm_message": step.message}
    else:
        known |= _script(context, step)
    return dict.fromkeys(_STEP_KEYS) | known


def _script(context: Context, step: PlanStep) -> dict[str, Any]:
    catalog, cmdb = context.inventory.catalog, context.inventory.cmdb
    version = catalog.any_version(step.script_version) if step.script_version else None
    account = cmdb.account_named(context.scope, step.account or "")
    return {
        "type": catalog.origin(version, None, False).source if version else OWN_SCRIPT,
        "script_id": version.id if version else None,
        "script_content": version.content if version else step.content,
        "script_param": step.param or None,
        "script_timeout": step.timeout,
        "is_param_sensitive": int(step.param_sensitive),
        "account": step.account,
        "account_id": account.id if account else None,
        **_hosts(cmdb, step.target),
    }
