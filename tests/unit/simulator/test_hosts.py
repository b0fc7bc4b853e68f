# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How targets become hosts, and who may not use them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import APP, ESB_V3, SCOPE, Client, b64

SCRIPT = {"script_content": b64("true"), "script_language": 1, "account_alias": "root"}


def ip(address: str, cloud: int = 0) -> dict[str, Any]:
    return {"bk_cloud_id": cloud, "ip": address}


def group(name: str) -> dict[str, str]:
    return {"id": name}


@pytest.mark.parametrize(
    ("target", "hosts"),
    [
        ({"host_id_list": [101, 101, 103]}, [101, 103]),
        ({"ip_list": [ip("10.0.0.2")]}, [102]),
        ({"host_id_list": [103], "ip_list": [ip("10.9.9.9")]}, [103]),
        ({"dynamic_group_list": [group("web")]}, [101, 102]),
        ({"dynamic_group_list": [group("2:web")]}, [101, 102]),
        ({"topo_node_list": [{"id": 1001, "node_type": "module"}]}, [103]),
        ({"topo_node_list": [{"id": 900, "node_type": "set"}]}, [101, 102, 103]),
        ({"topo_node_list": [{"id": 2, "node_type": "biz"}]}, [101, 102, 103, 104]),
        (
            {
                "host_id_list": [103],
                "dynamic_group_list": [group("web"), group("empty")],
                "topo_node_list": [{"id": 900, "node_type": "set"}],
            },
            [103, 101, 102],
        ),
    ],
)
def test_targets_are_united(client: Client, target: dict[str, Any], hosts: list[int]) -> None:
    launched = client.data("fast_execute_script", **SCRIPT, target_server=target)
    status = client.finished(launched["job_instance_id"])
    assert [host["bk_host_id"] for host in status["step_instance_list"][0]["step_ip_result_list"]] == hosts


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ({"host_id_list": [101, 998, 999]}, 1244030, "(host_id:998), (host_id:999)"),
        ({"ip_list": [ip("10.0.0.1"), ip("10.9.9.9")]}, 1244030, "(ip:0:10.9.9.9)"),
        ({"ip_list": [ip("10.0.0.1", cloud=5)]}, 1244030, "(ip:5:10.0.0.1)"),
        ({"host_id_list": [101, 301]}, 1244002, "0:10.0.9.1"),
        ({"ip_list": [ip("10.0.9.1")]}, 1244002, "0:10.0.9.1"),
        ({"host_id_list": [301, 999]}, 1244030, "(host_id:999)"),
        ({"dynamic_group_list": [group("empty")]}, 1244028, ""),
        ({"dynamic_group_list": [group("nobody")]}, 1211003, "nobody"),
        ({"topo_node_list": [{"id": 1, "node_type": "module"}]}, 1244028, ""),
        ({"host_id_list": []}, 1244001, ""),
    ],
)
def test_bad_targets_refuse_the_whole_request(client: Client, target: dict[str, Any], code: int, words: str) -> None:
    body = client.call("fast_execute_script", **SCRIPT, target_server=target)
    assert body["code"] == code
    assert words in body["message"]


def test_an_address_means_the_host_of_the_scope(client: Client) -> None:
    fields = {**SCRIPT, "bk_scope_id": "3", "target_server": {"ip_list": [ip("10.0.0.1")]}}
    launched = client.data("fast_execute_script", **fields)

    def over() -> Any:
        return client.data(
            "get_job_instance_status", bk_scope_id="3", job_instance_id=launched["job_instance_id"],
            return_ip_result="true",
        )  # fmt: skip

    assert over()["step_instance_list"][0]["step_ip_result_list"][0]["bk_host_id"] == 201


def test_the_older_target_is_ignored_beside_target_server(client: Client) -> None:
    order = {"script_content": b64("true"), "script_type": 1, "account": "root"}

    def hosts(**target: Any) -> list[str]:
        launched = client.v2("fast_execute_script", **order, **target)["data"]
        status = client.finished(launched["job_instance_id"])
        return [host["ip"] for host in status["step_instance_list"][0]["step_ip_result_list"]]

    pair = {"ip_list": [ip("10.0.0.3")], "custom_query_id": ["web"]}
    assert hosts(**pair) == ["10.0.0.3", "10.0.0.1", "10.0.0.2"]
    assert hosts(**pair, target_server={"dynamic_group_id_list": ["web"]}) == ["10.0.0.1", "10.0.0.2"]
    assert hosts(target_server={"topo_node_list": [{"id": 1001, "node_type": "module"}]}) == ["10.0.0.3"]


def test_missing_permissions(client: Client) -> None:
    auth = {**APP, "bk_token": "carol-token"}
    body = client.gateway("execute_job_plan", {**SCOPE, "job_plan_id": 10}, auth).json
    assert (body["code"], body["result"], "data" in body) == (9900403, False, False)
    action = body["permission"]["actions"][0]
    assert (body["permission"]["system_id"], action["id"]) == ("bk_job", "launch_job_plan")
    kind = action["related_resource_types"][0]
    assert kind["type"] == "job_plan"
    assert [[(part["type"], part["id"]) for part in path] for path in kind["instances"]] == [
        [("biz", "2"), ("job_plan", "10")]
    ]
    far = client.esb(f"{ESB_V3}execute_job_plan/", {"bk_biz_id": 3, "job_plan_id": True}, auth).json
    assert (far["code"], far["permission"]["actions"][0]["id"]) == (9900403, "access_business")
    fields = {**SCOPE, **SCRIPT, "account_id": 51, "target_server": {"host_id_list": [101]}}
    body = client.gateway("fast_execute_script", fields, auth).json
    assert body["permission"]["actions"][0]["id"] == "use_account"
    assert client.gateway("execute_job_plan", {**SCOPE, "job_plan_id": 11}, auth).json["code"] == 0


def test_reading_runs_of_others_needs_a_permission(client: Client) -> None:
    auth = {**APP, "bk_token": "carol-token"}
    job_id = client.script("true")
    body = client.gateway("get_job_instance_status", {**SCOPE, "job_instance_id": job_id}, auth).json
    assert (body["code"], body["permission"]["actions"][0]["id"]) == (9900403, "view_history")
    launched = client.gateway("execute_job_plan", {**SCOPE, "job_plan_id": 12}, auth).json["data"]
    fields = {**SCOPE, "job_instance_id": launched["job_instance_id"]}
    assert client.gateway("get_job_instance_status", fields, auth).json["code"] == 0
