# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans in the words of v2 (JOB API: get_job_list, get_job_detail), which has no call that looks at a script.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from ..models import Scope, ScriptLaunch
from ..plans import PlanDetail, PlanPage, PlanSummary, ScriptRisk
from .answers import Answer, answers
from .base import Call, without_none
from .catalog_v3 import read_variable
from .shared import scope_or_biz


class CatalogV2:
    """The legacy generation."""

    def plan_page(self, scope: Scope, name: str | None, start: int) -> Call:
        """C(get_job_list), which gives everything at once unless it is asked for a page."""
        return Call("get_job_list", without_none({**scope_or_biz(scope), "name": name}))

    def read_plan_page(self, data: object) -> PlanPage:
        """All plans; v2 does not name their templates."""
        plans = [PlanSummary(plan.number("bk_job_id"), plan.maybe_text("name") or "") for plan in answers(data, "data")]
        return PlanPage(tuple(plans), len(plans))

    def plan(self, scope: Scope, plan_id: int) -> Call:
        """C(get_job_detail)."""
        return Call("get_job_detail", {**scope_or_biz(scope), "bk_job_id": plan_id})

    def read_plan(self, data: object) -> PlanDetail | None:
        """The plan; v2 does not tell which variables are required. A success without data means that there is none."""
        if data is None:
            return None
        plan = Answer(data, "data")
        variables = [read_variable(variable, "category", required=False) for variable in plan.children("global_vars")]
        return PlanDetail(plan.number("bk_job_id"), plan.maybe_text("name") or "", tuple(variables))

    def script_check(self, launch: ScriptLaunch) -> Call | None:
        """None: v2 cannot be asked."""
        return None

    def read_script_check(self, data: object) -> list[ScriptRisk]:
        """Nothing, as nothing was asked."""
        return []
