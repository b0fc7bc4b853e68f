# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""List plans with their steps and variables: M(blueking.job.bk_job_plan_info)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..api.client import JobClient
from ..api.factory import schema_for
from ..common.clock import Deadline
from ..common.text import join_first
from ..errors import JobError
from ..jobs.context import TaskContext
from ..models.connection import Scope
from ..models.history import exact_name_filter
from ..models.launch import TargetServer
from ..models.plan import PLAN_NOT_FOUND_HINT, PlanDetail, PlanFilter, PlanStep, PlanSummary, PlanVariable
from ..models.status import SCRIPT_LANGUAGES, STEP_TYPES, enum_name
from ..options.connection import read_connection, read_scope
from ..options.filters import read_plan_filter
from ..options.reader import OptionReader
from ..results.size_limit import fitting_entries
from .read_only import error_context, run_read_only

_MAX_NAMES_SHOWN = 5


@dataclass
class _PlanInfo:
    """What was read so far; C(details) by the plan's id, C(aliases) of accounts by the account's id."""

    summaries: list[PlanSummary] = field(default_factory=list)
    details: dict[int, PlanDetail] = field(default_factory=dict)
    total: int | None = None
    aliases: Mapping[int, str] = field(default_factory=dict)

    def result(self) -> dict[str, object]:
        """Return the documented result."""
        entries = [_entry(summary, self.details.get(summary.id), self.aliases) for summary in self.summaries]
        kept = fitting_entries(entries)
        return {
            "changed": False,
            "plans": kept,
            "total": self.total,
            "truncated": self.total is not None and self.total > len(kept),
        }


def plan_info(reader: OptionReader, context: TaskContext) -> dict[str, object]:
    """List plans.

    Raises:
        JobError: the task fails; C(result) of the error contains what is known.
    """
    scope, connection = read_scope(reader), read_connection(reader)
    filters = read_plan_filter(reader)
    if filters.template_id is not None and not schema_for(connection).plans.knows_templates:
        reader.add_error("job_template_id", "is not supported by API v2: use api_version v3, or filter by name")
    plans = _PlanInfo()
    deadline = Deadline(context.clock, reader.seconds("info_timeout"))

    def work(client: JobClient) -> None:
        if filters.job_plan_id is not None:
            _read_one(client, scope, filters.job_plan_id, filters.details, plans, deadline)
        else:
            _list_plans(client, scope, filters, plans, deadline, context)
        _name_accounts(client, scope, plans, deadline, context)

    return run_read_only(context, connection, work, plans.result)


def _read_one(
    client: JobClient, scope: Scope, plan_id: int, details: bool, plans: _PlanInfo, deadline: Deadline
) -> None:
    with error_context(f"Plan {plan_id} of {scope} cannot be read"):
        plan = client.plan(scope, plan_id, deadline)
    if plan is None:
        raise JobError(f"Plan {plan_id} does not exist in {scope}", kind="not_found", hint=PLAN_NOT_FOUND_HINT)
    plans.summaries = [plan.summary or PlanSummary(plan.id, plan.name)]
    plans.details = {plan.id: plan} if details else {}
    plans.total = 1


def _list_plans(
    client: JobClient, scope: Scope, filters: PlanFilter, plans: _PlanInfo, deadline: Deadline, context: TaskContext
) -> None:
    with error_context(f"The plans of {scope} cannot be listed"):
        name = exact_name_filter(filters.name) if filters.name and filters.exact_name else filters.name
        found = client.plans(scope, name, deadline, template_id=filters.template_id)
    # JOB matches parts of names.
    matching = [plan for plan in found if not filters.name or not filters.exact_name or plan.name == filters.name]
    plans.summaries, plans.total = matching[: filters.limit], len(matching)
    unread = []
    for summary in plans.summaries if filters.details else ():
        try:
            detail = client.plan(scope, summary.id, deadline)
        except JobError as error:
            # A plan that the user may not read, or that was just removed, must not prevent listing the others.
            if error.kind not in ("permission", "not_found"):
                raise error.rephrased(f"Plan {summary} cannot be read: {error.summary}") from error
            unread.append((summary, error.summary))
        else:
            if detail is not None:
                plans.details[summary.id] = detail
    if unread:
        names = join_first([str(summary) for summary, _reason in unread], _MAX_NAMES_SHOWN)
        context.problems.warn(f"Steps and variables of {names} cannot be read: {unread[0][1]}")


def _name_accounts(client: JobClient, scope: Scope, plans: _PlanInfo, deadline: Deadline, context: TaskContext) -> None:
    """Add the aliases of accounts for which JOB returned only the id."""
    unnamed = [
        step for plan in plans.details.values() for step in plan.steps if step.account is None and step.account_id
    ]
    if not unnamed:
        return
    try:
        plans.aliases = client.account_aliases(scope, deadline)
    except JobError as error:
        context.problems.warn(
            f"Account aliases of {scope} cannot be read, so steps have account_id only: {error.summary}"
        )


def _entry(summary: PlanSummary, detail: PlanDetail | None, aliases: Mapping[int, str]) -> dict[str, object]:
    # A list may contain less about a plan than its details.
    about = detail.summary if detail is not None and detail.summary is not None else summary
    return {
        "job_plan_id": summary.id,
        "name": summary.name,
        "job_template_id": about.template_id,
        "creator": about.creator,
        "create_time": about.create_time,
        "last_modify_user": about.last_modify_user,
        "last_modify_time": about.last_modify_time,
        "need_update": summary.need_update,
        "steps": None if detail is None else [_step(step, aliases) for step in detail.steps],
        "variables": None if detail is None else [_variable(variable) for variable in detail.variables],
    }


def _step(step: PlanStep, aliases: Mapping[int, str]) -> dict[str, object]:
    return {
        "id": step.id,
        "name": step.name,
        "type": enum_name(STEP_TYPES, step.type),
        "script_language": enum_name(SCRIPT_LANGUAGES, step.script_language),
        "account": step.account or aliases.get(step.account_id or 0),
        "account_id": step.account_id,
        "timeout": step.timeout,
        "ignore_error": step.ignore_error,
        "host_variable": step.host_variable,
        "server": _server(step.server),
    }


def _variable(variable: PlanVariable) -> dict[str, object]:
    return {
        "id": variable.id,
        "name": variable.name,
        "type": variable.kind,
        "required": variable.required,
        "description": variable.description,
        "used": variable.used,
        "value": variable.value,
        "server": _server(variable.server),
    }


def _server(target: TargetServer | None) -> dict[str, object] | None:
    """Return hosts with the same keys as in a task."""
    if target is None:
        return None
    return {
        "host_id_list": list(target.host_ids),
        "ip_list": [{"bk_cloud_id": address.bk_cloud_id, "ip": address.ip} for address in target.addresses],
        "dynamic_group_list": [{"id": group} for group in target.dynamic_groups],
        "topo_node_list": [{"id": node.id, "node_type": node.node_type} for node in target.topo_nodes],
    }
