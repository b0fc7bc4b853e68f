# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and rules for scripts in the words of v3 (JOB API: get_job_plan_list, get_job_plan_detail, check_script).

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from ..models import Scope, ScriptLaunch
from ..plans import (
    ASSOCIATIVE_ARRAY,
    CIPHER,
    HOST,
    INDEXED_ARRAY,
    NAMESPACE,
    STRING,
    PlanDetail,
    PlanPage,
    PlanSummary,
    PlanVariable,
    ScriptRisk,
)
from .answers import Answer, answers
from .base import Call, without_none
from .shared import scope_pair

# Plans of one page; without it the server gives 20.
_PAGE = 200
_KINDS = {1: STRING, 2: NAMESPACE, 3: HOST, 4: CIPHER, 5: ASSOCIATIVE_ARRAY, 6: INDEXED_ARRAY}
_LEVELS = {1: "warning", 2: "error", 3: "fatal"}


class CatalogV3:
    """The current generation."""

    def plan_page(self, scope: Scope, name: str | None, start: int) -> Call:
        """C(get_job_plan_list), which matches names by any part of them."""
        params = {**scope_pair(scope), "name": name, "start": start, "length": _PAGE}
        return Call("get_job_plan_list", without_none(params), get=True)

    def read_plan_page(self, data: object) -> PlanPage:
        """One page of plans, with the number of all."""
        page = Answer(data, "data")
        return PlanPage(
            tuple(
                PlanSummary(plan.number("id"), plan.maybe_text("name") or "", plan.maybe_number("job_template_id"))
                for plan in page.children("data")
            ),
            page.maybe_number("total"),
        )

    def plan(self, scope: Scope, plan_id: int) -> Call:
        """C(get_job_plan_detail)."""
        return Call("get_job_plan_detail", {**scope_pair(scope), "job_plan_id": plan_id}, get=True)

    def read_plan(self, data: object) -> PlanDetail | None:
        """The plan; older servers answer a success without data where there is none."""
        if data is None:
            return None
        plan = Answer(data, "data")
        variables = [
            read_variable(variable, "type", required=variable.maybe_number("required") == 1)
            for variable in plan.children("global_var_list")
        ]
        return PlanDetail(plan.number("id"), plan.maybe_text("name") or "", tuple(variables))

    def script_check(self, launch: ScriptLaunch) -> Call | None:
        """C(check_script), which changes nothing and knows no scope."""
        return Call("check_script", {"script_language": launch.script_language, "content": launch.script_content})

    def read_script_check(self, data: object) -> list[ScriptRisk]:
        """What was found; nothing in a harmless script."""
        return [
            ScriptRisk(
                finding.maybe_number("line"),
                _level(finding.maybe_number("level")),
                finding.maybe_text("description") or "no description",
            )
            for finding in answers(data, "data")
        ]


def read_variable(variable: Answer, kind_key: str, *, required: bool) -> PlanVariable:
    """A global variable of a plan (JOB API: global variable types)."""
    number = variable.number(kind_key)
    return PlanVariable(
        id=variable.number("id"),
        name=variable.maybe_text("name") or "",
        kind=_KINDS.get(number, f"unknown_{number}"),
        required=required,
        has_default=variable.filled("value") or variable.filled("server"),
    )


def _level(number: int | None) -> str:
    return "unknown level" if number is None else _LEVELS.get(number, f"level {number}")
