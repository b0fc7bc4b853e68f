# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of steps, account variables, and hosts that v2 gives as text: whole tasks against the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.json_reader import JsonObject
from ansible_collections.blueking.job.plugins.module_utils.api.v2.targets import read_hosts_v2
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.read_only_tasks import APIS, STEP, connection, estate, run

NODES = {"topo_node_list": [{"id": 7, "node_type": "module"}]}
PLANS = [
    {
        "id": 1,
        "scope": "2",
        "name": "accounts",
        "variables": [
            {"id": 1, "name": "targets", "type": "host", "server": NODES},
            {"id": 2, "name": "runs_as", "type": "account", "value": "50"},
        ],
        "steps": [{**STEP, "name": "one"}, {**STEP, "name": "two"}],
    },
    {"id": 2, "scope": "2", "name": "asks", "steps": [{"name": "ask", "type": "confirm"}]},
]


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(estate(plans=PLANS)) as running:
        yield running


@pytest.fixture(params=APIS)
def api_case(request: pytest.FixtureRequest, server: JobServer) -> dict[str, object]:
    return connection(server, request.param)


def calls(server: JobServer, since: int) -> list[str]:
    return [entry["call"] for entry in server.journal[since:]]


def test_one_read_names_the_accounts_of_all_steps(server: JobServer, api_case: dict[str, object]) -> None:
    since = len(server.journal)
    steps = run(plan_info, api_case, job_plan_id=1)["plans"][0]["steps"]
    assert [(step["account"], step["account_id"]) for step in steps] == [("root", 50), ("root", 50)]
    assert calls(server, since).count("get_account_list") == (0 if api_case["api_version"] == "v2" else 1)


@pytest.mark.parametrize("task", [{"job_plan_id": 2}, {"details": False}])
def test_no_read_without_accounts(server: JobServer, api_case: dict[str, object], task: dict[str, Any]) -> None:
    since = len(server.journal)
    run(plan_info, api_case, **task)
    assert "get_account_list" not in calls(server, since)


@pytest.mark.parametrize("name", [name for name in APIS if "v3" in name])
def test_aliases_that_cannot_be_read_are_a_warning(server: JobServer, name: str) -> None:
    context = TaskContext()
    server.faults.add({"call": "get_account_list", "do": "error", "code": 1240002})
    try:
        steps = run(plan_info, connection(server, name), context, job_plan_id=1)["plans"][0]["steps"]
    finally:
        server.faults.clear()
    assert [(step["account"], step["account_id"]) for step in steps] == [(None, 50), (None, 50)]
    (warning,) = context.problems.warnings
    assert warning.startswith("Account aliases of biz 2 cannot be read, so steps have account_id only: ")


def test_an_account_variable(api_case: dict[str, object]) -> None:
    targets, account = run(plan_info, api_case, job_plan_id=1)["plans"][0]["variables"]
    assert (account["type"], account["value"]) == ("account", "50")
    assert (targets["value"], targets["server"]["topo_node_list"]) == (None, NODES["topo_node_list"])
    for wrong in ("root", "0", ["50"]):
        with pytest.raises(InvalidTask, match="runs_as is an account variable and accepts the id of an account"):
            run(job_plan, api_case, job_plan_id=1, wait=False, global_var_list=[{"name": "runs_as", "value": wrong}])


@pytest.mark.parametrize(
    "value", [None, "", "x", "[]", "{}", '{"hostNodeList": []}', '{"hostNodeList": {"hostList": {}}}', "[" * 9999]
)
def test_texts_that_name_no_hosts(value: str | None) -> None:
    assert read_hosts_v2(JsonObject({"value": value}, "variable")) is None


def test_the_pair_of_lists_comes_before_the_text() -> None:
    text = '{"hostNodeList": {"hostList": [{"hostId": 9, "cloudAreaId": 0, "ip": "10.0.0.9"}]}}'
    both = {"value": text, "ip_list": [{"bk_host_id": 5, "bk_cloud_id": 3, "ip": "10.0.0.5"}], "custom_query_id": ["g"]}
    found = read_hosts_v2(JsonObject(both, "variable"))
    assert found is not None
    assert ([str(each.ip) for each in found.addresses], found.dynamic_groups) == (["10.0.0.5"], ("g",))
    alone = read_hosts_v2(JsonObject({"value": text}, "variable"))
    assert alone is not None
    assert [each.ip for each in alone.addresses] == ["10.0.0.9"]
