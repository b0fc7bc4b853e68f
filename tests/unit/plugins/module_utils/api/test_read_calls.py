# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and responses of read-only calls: the history, values of variables, and plans."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_apigw import ApiGateway
from ansible_collections.blueking.job.plugins.module_utils.api.json_reader import JsonObject
from ansible_collections.blueking.job.plugins.module_utils.api.shared_plans import parse_target, read_variable
from ansible_collections.blueking.job.plugins.module_utils.api.v2.plans import PlansV2
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.plans import PlansV3
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryEntry, HistoryQuery
from ansible_collections.blueking.job.plugins.module_utils.models.launch import HostAddress, TargetServer, TopoNode
from ansible_collections.blueking.job.plugins.module_utils.models.plan import PlanStep, PlanSummary
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION

SCOPE = Scope("biz", "2")
PAIR = {"bk_scope_type": "biz", "bk_scope_id": "2"}
VALUES = "get_job_instance_global_var_value"
LIST = SchemaV3().history.list_instances(HistoryQuery(SCOPE, 1, 2))
NEW_VALUES, OLD_VALUES = SchemaV3().variable_values(SCOPE, 17), SchemaV2().variable_values(SCOPE, 17)


def test_every_filter_of_the_history_is_sent() -> None:
    query = HistoryQuery(SCOPE, 5, 9, "a b", "admin", 2, 0, 4, "10.0.0.1", 7, 500)
    call = SchemaV3().history.list_instances(query)
    assert (call.name, call.get) == ("get_job_instance_list", True)
    assert call.params == {
        **PAIR,
        "create_time_start": 5,
        "create_time_end": 9,
        "name": "a b",
        "operator": "admin",
        "launch_mode": 2,
        "type": 0,
        "status": 4,
        "ip": "10.0.0.1",
        "start": 7,
        "length": 500,
    }
    request = ApiGateway().request(call, SchemaV3(), CONNECTION)
    assert request.query is not None
    assert (request.method, request.query["status"], request.query["name"]) == ("GET", "4", "a b")


def test_what_is_not_asked_for_is_not_sent() -> None:
    params = SchemaV3().history.list_instances(HistoryQuery(SCOPE, 5, 9)).params
    assert set(params) == {*PAIR, "create_time_start", "create_time_end", "start", "length"}


def test_an_entry_of_the_history() -> None:
    item = {
        **PAIR,
        "job_instance_id": 17,
        "job_plan_id": -1,
        "job_template_id": None,
        "name": "n",
        "operator": "admin",
        "launch_mode": 2,
        "status": 3,
        "type": 1,
        "create_time": 1769853600000,
        "start_time": 1769853600100,
        "end_time": 1769853602600,
        "total_time": 2500,
    }
    assert LIST.parse({"total": 5, "data": [item]}) == (
        [
            HistoryEntry(
                *(17, -1, "n", "admin", 3, "2026-01-31T10:00:00.000Z", 1769853600000, None, 1, 2),
                *("2026-01-31T10:00:00.100Z", "2026-01-31T10:00:02.600Z", 2.5),
            )
        ],
        5,
    )
    (bare,), _total = LIST.parse({"total": 1, "data": [{"job_instance_id": 17, "status": 1}]})
    assert bare == HistoryEntry(17, None, None, None, 1, None)


def test_calls_for_values() -> None:
    assert (NEW_VALUES.name, NEW_VALUES.get) == (OLD_VALUES.name, OLD_VALUES.get) == (VALUES, True)
    assert NEW_VALUES.params == {**PAIR, "job_instance_id": 17}
    assert OLD_VALUES.params == {"bk_biz_id": 2, "job_instance_id": 17}


def test_values_after_each_step() -> None:
    pairs = [{"name": "a", "value": "1", "type": 1}, {"name": "b", "value": None}, {"value": "nameless"}]
    new = [{"step_instance_id": 1, "global_var_list": None}, {"step_instance_id": 2, "global_var_list": pairs}]
    old = [{"step_instance_id": 1}, {"step_instance_id": 2, "step_instance_var_values": pairs}]
    expected = [{}, {"a": "1", "b": ""}]
    assert NEW_VALUES.parse({"job_instance_id": 17, "step_instance_var_list": new}) == expected
    assert OLD_VALUES.parse({"job_instance_id": 17, "job_instance_var_values": old}) == expected
    assert NEW_VALUES.parse({"step_instance_var_list": None}) == OLD_VALUES.parse({}) == []
    with pytest.raises(JobError):
        NEW_VALUES.parse(None)


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (None, None),
        ({}, None),
        ([{"ip": "a"}], None),
        ({"variable": "targets", "ip_list": None}, None),
        (
            {"ip_list": [{"bk_host_id": 5, "bk_cloud_id": 1, "ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]},
            TargetServer((), (HostAddress(1, "10.0.0.1"), HostAddress(0, "10.0.0.2"))),
        ),
        # One host has no address, so that all are named by their ids, as far as they have one.
        (
            {"ip_list": [{"bk_host_id": 5, "ip": "10.0.0.1"}, {"bk_host_id": 6, "ip": None}]},
            TargetServer((5, 6)),
        ),
        (
            {"ip_list": [{"bk_host_id": 6, "ip": ""}, {"bk_cloud_id": 1, "ip": "10.0.0.1"}, {}, "nonsense"]},
            TargetServer((6,), (HostAddress(1, "10.0.0.1"),)),
        ),
        (
            {
                "dynamic_group_list": [{"id": "a"}, {"id": None}],
                "dynamic_group_id_list": ["b", 7],
                "topo_node_list": [{"id": 1, "node_type": "set"}, {"id": 2}, {"node_type": "set"}],
            },
            TargetServer((), (), ("a", "b"), (TopoNode(1, "set"),)),
        ),
    ],
)
def test_hosts(server: object, expected: TargetServer | None) -> None:
    """What is odd about them never makes the rest of a plan unreadable."""
    assert parse_target(JsonObject({"server": server}, "data"), "server") == expected


def test_a_cipher_keeps_nothing_but_its_mask() -> None:
    for value, shown in (("secret", "******"), ("******", "******"), ("", ""), (None, None)):
        variable = read_variable(JsonObject({"id": 1, "type": 4, "value": value}, "v"), "type", None, None)
        assert (variable.value, variable.has_default) == (shown, bool(value))


@pytest.mark.parametrize("seconds", [1769853600, 1769853600000])
def test_times_of_plans_are_seconds_unlike_in_the_documents(seconds: int) -> None:
    data = {"total": 1, "data": [{"id": 1, "name": "p", "create_time": seconds, "need_update": True, "creator": "a"}]}
    (plan,) = PlansV3().plan_page(SCOPE, None, 0).parse(data).plans
    assert plan == PlanSummary(1, "p", creator="a", create_time="2026-01-31T10:00:00.000Z", need_update=True)


def test_steps_with_little_data() -> None:
    steps = [{"id": 1, "type": 2, "file_info": {}}, {"script_info": {"account": None, "server": None}}, "nonsense"]
    plan = PlansV3().plan(SCOPE, 7).parse({"id": 7, "step_list": steps})
    assert plan is not None
    assert plan.steps == (PlanStep(1, None, 2), PlanStep(None, None))
    plan = PlansV2().plan(SCOPE, 7).parse({"bk_job_id": 7, "steps": [{"step_id": 1, "name": "s", "type": 1}]})
    assert plan is not None
    # The type is where the script comes from.
    assert plan.steps == (PlanStep(1, "s"),)


def test_only_v3_asks_for_a_template() -> None:
    assert PlansV3().plan_page(SCOPE, None, 0, 9).params["job_template_id"] == 9
    assert "job_template_id" not in PlansV3().plan_page(SCOPE, None, 0).params
    assert PlansV2().plan_page(SCOPE, None, 0, 9).params == {"bk_biz_id": 2}
