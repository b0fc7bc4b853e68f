# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Plans and script checks of API v3 (JOB API: get_job_plan_list, get_job_plan_detail, check_script)."""

from __future__ import annotations

from ...models.connection import Scope
from ...models.launch import ScriptLaunch
from ...models.plan import PlanDetail, PlanPage, PlanStep, PlanSummary, PlanVariable, ScriptRisk
from ..calls import Call, without_none
from ..json_reader import JsonObject, json_objects
from ..shared_plans import parse_target, read_variable
from ..shared_requests import scope_pair

# Plans per page; the server's default is 20.
_PAGE_SIZE = 200
_SYSTEM, _ACCOUNTS = 1, 1000
_LEVELS = {1: "warning", 2: "error", 3: "fatal"}


class PlansV3:
    """The current generation."""

    knows_templates = True

    def plan_page(self, scope: Scope, name: str | None, start: int, template_id: int | None = None) -> Call[PlanPage]:
        """Return C(get_job_plan_list), which matches parts of names."""
        filters = {"job_template_id": template_id, "name": name}
        params = {**scope_pair(scope), **filters, "start": start, "length": _PAGE_SIZE}
        return Call("get_job_plan_list", without_none(params), _plan_page, get=True)

    def plan(self, scope: Scope, plan_id: int) -> Call[PlanDetail | None]:
        """Return C(get_job_plan_detail)."""
        return Call("get_job_plan_detail", {**scope_pair(scope), "job_plan_id": plan_id}, _plan, get=True)

    def accounts(self, scope: Scope) -> Call[dict[int, str]]:
        """Return C(get_account_list) of system accounts, with the maximum page size."""
        params = {**scope_pair(scope), "category": _SYSTEM, "start": 0, "length": _ACCOUNTS}
        return Call("get_account_list", params, _aliases, get=True)

    def script_check(self, launch: ScriptLaunch) -> Call[list[ScriptRisk]]:
        """Return C(check_script), which changes nothing and has no scope."""
        params: dict[str, object] = {"script_language": launch.script_language, "content": launch.script_content}
        return Call("check_script", params, _risks)


def _plan_page(data: object) -> PlanPage:
    """Parse one page of plans, with the total."""
    page = JsonObject(data, "data")
    return PlanPage(tuple(_summary(plan) for plan in page.children("data")), page.maybe_number("total"))


def _plan(data: object) -> PlanDetail | None:
    """Parse a plan; older servers send a success without data if there is none."""
    if data is None:
        return None
    plan = JsonObject(data, "data")
    summary = _summary(plan)
    return PlanDetail(
        id=summary.id,
        name=summary.name,
        variables=tuple(_variable(variable) for variable in plan.children("global_var_list")),
        steps=tuple(_step(step) for step in plan.maybe_children("step_list")),
        summary=summary,
    )


def _aliases(data: object) -> dict[int, str]:
    """Parse the aliases of accounts by id."""
    found = ((each.maybe_number("id"), each.maybe_text("alias")) for each in JsonObject(data, "data").children("data"))
    return {account_id: alias for account_id, alias in found if account_id is not None and alias}


def _risks(data: object) -> list[ScriptRisk]:
    """Parse the findings of a script check; empty for a harmless script."""
    return [
        ScriptRisk(
            finding.maybe_number("line"),
            _level(finding.maybe_number("level")),
            finding.maybe_text("description") or "no description",
        )
        for finding in json_objects(data, "data")
    ]


def _summary(plan: JsonObject) -> PlanSummary:
    return PlanSummary(
        id=plan.number("id"),
        name=plan.maybe_text("name") or "",
        template_id=plan.maybe_number("job_template_id"),
        creator=plan.maybe_text("creator"),
        create_time=plan.epoch("create_time"),
        last_modify_user=plan.maybe_text("last_modify_user"),
        last_modify_time=plan.epoch("last_modify_time"),
        need_update=plan.maybe_flag("need_update"),
    )


def _variable(variable: JsonObject) -> PlanVariable:
    required = variable.maybe_number("required") == 1
    return read_variable(variable, "type", parse_target(variable, "server"), required)


def _step(step: JsonObject) -> PlanStep:
    """Parse a step; beyond name and type only scripts are parsed."""
    plain = PlanStep(step.maybe_number("id"), step.maybe_text("name"), step.maybe_number("type"))
    script = step.maybe_child("script_info")
    if script is None:
        return plain
    account, server = script.maybe_child("account"), script.maybe_child("server")
    return plain._replace(
        script_language=script.maybe_number("script_language"),
        account=account.maybe_text("alias") if account else None,
        account_id=account.maybe_number("id") if account else None,
        timeout=script.maybe_number("script_timeout"),
        ignore_error=script.maybe_flag("is_ignore_error"),
        host_variable=(server.maybe_text("variable") or None) if server else None,
        server=parse_target(script, "server"),
    )


def _level(number: int | None) -> str:
    return "unknown level" if number is None else _LEVELS.get(number, f"level {number}")
