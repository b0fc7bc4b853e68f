# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Plans of API v2 (JOB API: get_job_list, get_job_detail). v2 cannot check scripts."""

from __future__ import annotations

from ...models.connection import Scope
from ...models.launch import ScriptLaunch
from ...models.plan import PlanDetail, PlanPage, PlanStep, PlanSummary
from ..calls import Call, without_none
from ..json_reader import JsonObject, json_objects
from ..shared_plans import read_variable
from ..shared_requests import scope_or_biz
from .targets import read_hosts_v2


class PlansV2:
    """The legacy generation."""

    knows_templates = False

    def plan_page(self, scope: Scope, name: str | None, start: int, template_id: int | None = None) -> Call[PlanPage]:
        """Return C(get_job_list), which returns everything unless a page is requested, and ignores templates."""
        return Call("get_job_list", without_none({**scope_or_biz(scope), "name": name}), _plan_page)

    def plan(self, scope: Scope, plan_id: int) -> Call[PlanDetail | None]:
        """Return C(get_job_detail)."""
        return Call("get_job_detail", {**scope_or_biz(scope), "bk_job_id": plan_id}, _plan)

    def accounts(self, scope: Scope) -> None:
        """Return None: steps contain account aliases."""

    def script_check(self, launch: ScriptLaunch) -> None:
        """Return None: v2 cannot check scripts."""


def _plan_page(data: object) -> PlanPage:
    """Parse all plans; v2 does not return their templates."""
    plans = tuple(_summary(plan) for plan in json_objects(data, "data"))
    return PlanPage(plans, len(plans))


def _plan(data: object) -> PlanDetail | None:
    """Parse a plan; v2 does not return which variables are required. Without data the plan does not exist."""
    if data is None:
        return None
    plan = JsonObject(data, "data")
    summary = _summary(plan)
    return PlanDetail(
        id=summary.id,
        name=summary.name,
        variables=tuple(
            read_variable(variable, "category", read_hosts_v2(variable), required=None)
            for variable in plan.children("global_vars")
        ),
        steps=tuple(_step(step) for step in plan.maybe_children("steps")),
        summary=summary,
    )


def _summary(plan: JsonObject) -> PlanSummary:
    return PlanSummary(
        id=plan.number("bk_job_id"),
        name=plan.maybe_text("name") or "",
        template_id=plan.maybe_number("template_id"),
        creator=plan.maybe_text("creator"),
        create_time=plan.formatted_time("create_time"),
        last_modify_user=plan.maybe_text("last_modify_user"),
        last_modify_time=plan.formatted_time("last_modify_time"),
    )


def _step(step: JsonObject) -> PlanStep:
    """Parse a step. v2's C(type) is the source of the script, not the kind of step."""
    return PlanStep(
        id=step.maybe_number("step_id"),
        name=step.maybe_text("name"),
        script_language=step.maybe_number("script_type"),
        account=step.maybe_text("account"),
        account_id=step.maybe_number("account_id"),
        timeout=step.maybe_number("script_timeout"),
        server=read_hosts_v2(step),
    )
