# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans, their variables and checks of scripts, in both API generations."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import Call
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_apigw import ApiGateway
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import ScriptLaunch, TargetServer
from ansible_collections.blueking.job.plugins.module_utils.models.plan import (
    PlanDetail,
    PlanPage,
    PlanSummary,
    PlanVariable,
    ScriptRisk,
)
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION

SCOPE = Scope("biz", "2")
NEW, OLD = SchemaV3().plans, SchemaV2().plans
PAIR = {"bk_scope_type": "biz", "bk_scope_id": "2"}


def sent(call: Call[object]) -> tuple[str, dict[str, object], bool]:
    return call.name, call.params, call.get


def test_v3_calls() -> None:
    listing = {**PAIR, "name": "a b", "start": 200, "length": 200}
    assert sent(NEW.plan_page(SCOPE, "a b", 200)) == ("get_job_plan_list", listing, True)
    assert NEW.plan_page(SCOPE, None, 0).params == {**PAIR, "start": 0, "length": 200}
    assert sent(NEW.plan(SCOPE, 7)) == ("get_job_plan_detail", {**PAIR, "job_plan_id": 7}, True)
    script = ScriptLaunch(SCOPE, TargetServer(), script_content="ZWNobw==", script_language=4)
    call = ("check_script", {"script_language": 4, "content": "ZWNobw=="}, False)
    assert sent(NEW.script_check(script)) == call


def test_over_the_api_gateway_plans_are_asked_for_in_the_query() -> None:
    request = ApiGateway().request(NEW.plan_page(SCOPE, "a b", 0), SchemaV3(), CONNECTION)
    assert (request.method, request.path, request.body) == ("GET", "/api/v3/get_job_plan_list", None)
    assert request.query == {**PAIR, "name": "a b", "start": "0", "length": "200"}


def test_v2_calls() -> None:
    assert sent(OLD.plan_page(SCOPE, "a", 0)) == ("get_job_list", {"bk_biz_id": 2, "name": "a"}, False)
    assert OLD.plan_page(SCOPE, None, 0).params == {"bk_biz_id": 2}
    assert sent(OLD.plan(SCOPE, 7)) == ("get_job_detail", {"bk_biz_id": 2, "bk_job_id": 7}, False)
    assert OLD.script_check(ScriptLaunch(SCOPE, TargetServer(), script_content="ZWNobw==")) is None


def test_v3_lists() -> None:
    data = {"start": 0, "length": 200, "total": 3, "data": [{"id": 1, "name": "a", "job_template_id": 9}, {"id": 2}]}
    assert NEW.plan_page(SCOPE, None, 0).parse(data) == PlanPage((PlanSummary(1, "a", 9), PlanSummary(2, "")), 3)
    assert NEW.plan_page(SCOPE, None, 0).parse({"total": 0, "data": None}) == PlanPage((), 0)
    assert str(PlanSummary(1, "a", 9)) == "a (1, template 9)"


def test_v2_lists() -> None:
    data = [{"bk_job_id": 1, "name": "a"}, {"bk_job_id": 2, "name": "b"}]
    assert OLD.plan_page(SCOPE, None, 0).parse(data) == PlanPage((PlanSummary(1, "a"), PlanSummary(2, "b")), 2)
    assert OLD.plan_page(SCOPE, None, 0).parse(None) == PlanPage((), 0)
    assert str(PlanSummary(1, "a")) == "a (1)"


EMPTY_SERVER = {"variable": None, "ip_list": None, "dynamic_group_list": [], "topo_node_list": None}


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ({"type": 1, "required": 1, "value": "x"}, ("string", True, True)),
        ({"type": 2, "required": 0, "value": ""}, ("namespace", False, False)),
        ({"type": 3, "required": 1, "value": None, "server": EMPTY_SERVER}, ("host", True, False)),
        ({"type": 3, "required": 1, "server": {**EMPTY_SERVER, "ip_list": [{"ip": "a"}]}}, ("host", True, True)),
        ({"type": 3, "required": 1, "server": {"something_new": [1]}}, ("host", True, True)),
        ({"type": 3, "server": None}, ("host", False, False)),
        ({"type": 4, "required": "1", "value": "******"}, ("cipher", True, True)),
        ({"type": 5, "value": "([a]=b)"}, ("associative_array", False, True)),
        ({"type": 6}, ("indexed_array", False, False)),
        ({"type": 99}, ("unknown_99", False, False)),
    ],
)
def test_v3_variables(variable: dict[str, object], expected: tuple[str, bool, bool]) -> None:
    plan = NEW.plan(SCOPE, 7).parse({"id": 7, "name": "p", "global_var_list": [{"id": 1, "name": "v", **variable}]})
    assert plan is not None
    (found,) = plan.variables
    assert (plan.id, plan.name, found.id, found.name) == (7, "p", 1, "v")
    assert (found.kind, found.required, found.has_default) == expected


def test_v2_does_not_return_whether_variables_are_required() -> None:
    data = {
        "bk_job_id": 7,
        "name": "p",
        "global_vars": [
            {"id": 1, "category": 3, "name": "h", "target_server": {"ip_list": [], "topo_node_list": []}},
            {"id": 2, "category": 1, "name": "s", "value": "x", "required": 1},
        ],
    }
    variables = (PlanVariable(1, "h", "host", None), PlanVariable(2, "s", "string", None, True, "x"))
    assert OLD.plan(SCOPE, 7).parse(data) == PlanDetail(7, "p", variables, (), PlanSummary(7, "p"))


def test_plans_without_variables_and_no_plans() -> None:
    assert NEW.plan(SCOPE, 7).parse({"id": 7, "name": None, "global_var_list": None}) == PlanDetail(
        7, "", summary=PlanSummary(7, "")
    )
    assert OLD.plan(SCOPE, 7).parse({"bk_job_id": 7}) == PlanDetail(7, "", summary=PlanSummary(7, ""))
    assert NEW.plan(SCOPE, 7).parse(None) is OLD.plan(SCOPE, 7).parse(None) is None


@pytest.mark.parametrize("broken", [{}, [], {"id": 7, "global_var_list": [{"id": 1}]}, {"id": 7, "global_var_list": 5}])
def test_incomplete_plans_are_unreadable(broken: object) -> None:
    with pytest.raises(JobError) as caught:
        NEW.plan(SCOPE, 7).parse(broken)
    assert (caught.value.kind, caught.value.transient) == ("protocol", True)


def test_opinions_about_scripts() -> None:
    problems = [
        {"line": 1, "level": 1, "description": "no first line"},
        {"line": 2, "level": 2, "description": "syntax"},
        {"line": 3, "level": 3, "description": "removes everything", "match_content": "rm -rf /"},
        {"level": 7},
        {},
    ]
    check = SchemaV3().plans.script_check(ScriptLaunch(SCOPE, TargetServer()))
    assert check is not None
    assert check.parse(problems) == [
        ScriptRisk(1, "warning", "no first line"),
        ScriptRisk(2, "error", "syntax"),
        ScriptRisk(3, "fatal", "removes everything"),
        ScriptRisk(None, "level 7", "no description"),
        ScriptRisk(None, "unknown level", "no description"),
    ]
    assert check.parse(None) == []
