# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of the demo: the examples of the API documents run in it, and its plans do what they promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ESB_V2,
    ESB_V3,
    Client,
    eventually,
    hosts_of,
    steps_of,
)

DOCUMENTED = {"bk_app_code": "esb_test", "bk_app_secret": "xxx", "bk_token": "xxx"}
DEMO = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret"}
ADDRESSES = [{"bk_cloud_id": 0, "ip": "10.0.0.1"}, {"bk_cloud_id": 0, "ip": "10.0.0.2"}]
NODES = [{"id": 1000, "node_type": "module"}]
GROUPS = ["blo8gojho0skft7pr5q0", "blo8gojho0sabc7priuy"]
GREETING = {"id": 437, "value": "new String value"}
V3_TARGET = {"dynamic_group_list": [{"id": GROUPS[0]}], "host_id_list": [101, 102], "topo_node_list": NODES}
EXAMPLES: list[tuple[str, dict[str, Any], list[int]]] = [
    (
        f"{ESB_V2}execute_job/",
        {
            "bk_biz_id": 1,
            "bk_job_id": 100,
            "global_vars": [{"id": 436, "custom_query_id": ["3", "5", "7"], "ip_list": ADDRESSES}, GREETING],
        },
        [111, 112],
    ),
    (
        f"{ESB_V2}execute_job/",
        {
            "bk_biz_id": 1,
            "bk_job_id": 100,
            "global_vars": [
                {
                    "id": 436,
                    "target_server": {"dynamic_group_id_list": GROUPS, "ip_list": ADDRESSES, "topo_node_list": NODES},
                },
                GREETING,
            ],
        },
        [111, 112, 101, 102],
    ),
    (
        f"{ESB_V3}execute_job_plan/",
        {
            "bk_scope_type": "biz",
            "bk_scope_id": "1",
            "job_plan_id": 100,
            "global_var_list": [{"id": 436, "server": V3_TARGET}, {"name": "param_name", "value": "param_value"}],
        },
        [101, 102],
    ),
    (
        f"{ESB_V3}fast_execute_script/",
        {
            "bk_scope_type": "biz",
            "bk_scope_id": "1",
            "script_version_id": 1,
            "script_content": "ZWNobyAkMQ==",
            "script_param": "aGVsbG8=",
            "timeout": 1000,
            "account_id": 1000,
            "is_param_sensitive": 0,
            "script_language": 1,
            "target_server": V3_TARGET,
        },
        [101, 102],
    ),
]


@pytest.fixture(scope="module")
def demo() -> Iterator[Client]:
    with JobServer() as server:
        yield Client(server)


def finished(demo: Client, job_id: int, **scope: Any) -> Any:
    fields = {"bk_biz_id": 2, **scope, "job_instance_id": job_id, "return_ip_result": True}

    def over() -> Any:
        data = demo.esb(f"{ESB_V3}get_job_instance_status/", fields, {**DEMO, "bk_username": "esb_user"}).json["data"]
        return data if data["finished"] else None

    return eventually(over)


def launch(demo: Client, plan: int, **fields: Any) -> int:
    body = {"bk_biz_id": 2, "job_plan_id": plan, **fields}
    response = demo.esb(f"{ESB_V3}execute_job_plan/", body, {**DEMO, "bk_username": "esb_user"}).json
    return int(response["data"]["job_instance_id"])


@pytest.mark.parametrize(("path", "fields", "hosts"), EXAMPLES)
def test_examples_of_the_documents(demo: Client, path: str, fields: dict[str, Any], hosts: list[int]) -> None:
    response = demo.send("POST", path, json.dumps({**DOCUMENTED, **fields})).json
    assert response["result"] is True, response
    status = finished(demo, response["data"]["job_instance_id"], bk_biz_id=1)
    assert status["job_instance"]["status"] == 3
    assert list(hosts_of(status)) == hosts


def test_deploy_web(demo: Client) -> None:
    version = {"name": "version", "value": "2.1.0"}
    targets = {"name": "targets", "server": {"dynamic_group_list": [{"id": "grp-web"}]}}
    job_id = launch(demo, 1001, global_var_list=[version, targets])
    status = finished(demo, job_id)
    assert (status["job_instance"]["name"], steps_of(status)) == ("deploy-web", [3, 3])
    data = demo.esb(
        f"{ESB_V2}get_job_instance_log/",
        {"bk_biz_id": 2, "job_instance_id": job_id},
        {**DEMO, "bk_username": "esb_user"},
    ).json["data"]
    logs = [log["log_content"] for log in data[1]["step_results"][0]["ip_logs"]]
    assert ["[web-1] version 2.1.0 is live on 10.0.0.1" in logs[0], "[web-2]" in logs[1]] == [True, True]


def test_broken(demo: Client) -> None:
    status = finished(demo, launch(demo, 1002))
    assert steps_of(status) == [4, 1]
    assert hosts_of(status) == {101: (9, 0), 102: (9, 0), 103: (104, 3)}


def test_bob_lacks_permissions(demo: Client) -> None:
    auth = {**DEMO, "bk_token": "bob-token"}
    for fields in ({"bk_biz_id": 2, "job_plan_id": 403}, {"bk_biz_id": 3, "job_plan_id": 1}):
        assert demo.esb(f"{ESB_V3}execute_job_plan/", fields, auth).json["code"] == 9900403
    fields = {"bk_biz_id": 2, "job_plan_id": 1003}
    assert demo.esb(f"{ESB_V3}execute_job_plan/", fields, auth).json["code"] == 0
