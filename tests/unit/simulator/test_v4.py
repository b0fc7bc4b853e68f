# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""v4: its envelope and statuses, launching a script, its status, its logs and its history."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ADMIN,
    GATEWAY_V4,
    SCOPE,
    Client,
    Exchange,
    b64,
    eventually,
)

CAROL = {"bk_app_code": "shop", "bk_app_secret": "shop-secret", "bk_token": "carol-token"}
ABSENT = object()
SCRIPT = {
    "script_content": b64('echo "$(hostname) $*"'),
    "script_language": 1,
    "account_alias": "root",
    "execute_target": {"host_list": [{"bk_host_id": 101}]},
}
CONTAINERS = {"kube_cluster_filter": {"cluster_uid_list": ["BCS-1"]}, "execute_in_whole_cluster": True}


def launch(client: Client, **changes: Any) -> Exchange:
    fields = {name: value for name, value in {**SCRIPT, **changes}.items() if value is not ABSENT}
    return client.v4("fast_execute_script", **fields)


def refused(response: Exchange, status: int, kind: str, code: int) -> None:
    assert (response.status, response.json["error"]["code"]) == (status, kind), response.json
    assert set(response.json) == {"error", "job_request_id"}
    assert response.json["error"]["message"]
    assert [(detail["code"], bool(detail["message"])) for detail in response.json["error"]["details"]] == [
        (str(code), True)
    ]


def nulls(value: Any) -> bool:
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(nulls(entry) for entry in entries)


def finished(client: Client, job_id: int) -> Any:
    def over() -> Any:
        response = client.v4("get_job_instance_status", job_instance_id=job_id, return_execute_object_result=True)
        return response.json["data"] if response.json["data"]["finished"] else None

    return eventually(over)


def test_a_script_from_launch_to_logs(client: Client) -> None:
    hosts = [{"bk_host_id": 101, "bk_cloud_id": 0, "ip": "9.9.9.9"}, {"bk_cloud_id": 0, "ip": "10.0.0.2"}]
    response = launch(client, execute_target={"host_list": hosts}, script_param=b64("x y"), task_name="newest")
    assert (response.status, set(response.json)) == (200, {"data", "job_request_id"})
    assert response.json["data"]["job_instance_name"] == "newest"
    job_id, step_id = (response.json["data"][name] for name in ("job_instance_id", "step_instance_id"))
    status = finished(client, job_id)
    assert not nulls(status)
    assert status["job_instance"]["status"] == 3
    (step,) = status["step_instance_list"]
    first, second = step["step_execute_object_result_list"]
    assert first["execute_object"] == {
        "type": 1,
        "resource_id": "101",
        "host": {
            "bk_host_id": 101,
            "bk_cloud_id": 0,
            "bk_cloud_name": "default area",
            "ip": "10.0.0.1",
            "bk_agent_id": "0:10.0.0.1",
            "alive": 1,
        },
    }
    assert (second["execute_object"]["resource_id"], second["status"], second["exit_code"]) == ("102", 9, 0)
    ids = {"job_instance_id": job_id, "step_instance_id": step_id}
    by_id = client.v4("batch_get_job_instance_execute_object_log", **ids, host_id_list=[101, 102, 103]).json["data"]
    assert {name: by_id[name] for name in (*ids, "log_type")} == {**ids, "log_type": 1}
    logs = {
        log["execute_object"]["resource_id"]: log["log_content"] for log in by_id["script_step_execute_object_logs"]
    }
    assert logs == {"101": "web-1 x y\n", "102": "web-2 x y\n"}
    addresses = [{"bk_cloud_id": 0, "ip": "10.0.0.2"}]
    by_ip = client.v4("batch_get_job_instance_execute_object_log", **ids, ip_list=addresses).json["data"]
    assert len(by_ip["script_step_execute_object_logs"]) == 1
    none = client.v4("batch_get_job_instance_execute_object_log", **ids, host_id_list=[103]).json["data"]
    assert none["script_step_execute_object_logs"] == []


def test_a_run_without_hosts_asked_for_has_no_nulls(client: Client) -> None:
    job_id = launch(client, start_task=False).json["data"]["job_instance_id"]
    data = client.v4("get_job_instance_status", job_instance_id=job_id).json["data"]
    assert not nulls(data)
    assert "end_time" not in data["job_instance"]
    assert "step_execute_object_result_list" not in data["step_instance_list"][0]
    assert data["finished"] is False


@pytest.mark.parametrize(
    ("changes", "status", "kind", "code"),
    [
        ({"script_content": ABSENT}, 400, "INVALID_ARGUMENT", 1241025),
        ({"script_language": ABSENT}, 400, "INVALID_ARGUMENT", 1241025),
        ({"script_language": 7}, 400, "INVALID_ARGUMENT", 1241025),
        ({"account_alias": " "}, 400, "INVALID_ARGUMENT", 1241025),
        ({"task_name": "x" * 513}, 400, "INVALID_ARGUMENT", 1241025),
        ({"timeout": 0}, 400, "INVALID_ARGUMENT", 1241025),
        ({"script_param": b64("x" * 48_129), "param_sensitive": True}, 400, "INVALID_ARGUMENT", 1241025),
        ({"timeout": "soon"}, 400, "INVALID_ARGUMENT", 1241020),
        ({"execute_target": {}}, 400, "INVALID_ARGUMENT", 1241025),
        ({"execute_target": {"host_list": [{}]}}, 400, "INVALID_ARGUMENT", 1241025),
        (
            {"execute_target": {"host_list": [{"bk_host_id": 101}], "kube_container_filters": [CONTAINERS]}},
            400,
            "INVALID_ARGUMENT",
            1241025,
        ),
        ({"execute_target": {"kube_container_filters": [{}]}}, 400, "INVALID_ARGUMENT", 1241025),
        (
            {"execute_target": {"kube_container_filters": [{**CONTAINERS, "execute_in_whole_cluster": False}]}},
            400,
            "INVALID_ARGUMENT",
            1241025,
        ),
        ({"execute_target": {"kube_container_filters": [CONTAINERS]}}, 500, "INTERNAL", 1241011),
        ({"script_version_id": 0, "script_content": ABSENT}, 400, "INVALID_ARGUMENT", 1241025),
        ({"account_alias": ABSENT, "account_id": 0}, 400, "INVALID_ARGUMENT", 1241025),
        ({"rolling_config": {"expression": "1", "mode": 4}}, 400, "INVALID_ARGUMENT", 1241025),
        ({"script_version_id": 404}, 404, "NOT_FOUND", 1243001),
        ({"script_version_id": 5001}, 400, "FAILED_PRECONDITION", 1244018),
        ({"execute_target": ABSENT}, 400, "FAILED_PRECONDITION", 1244028),
        ({"execute_target": {"host_list": [{"bk_host_id": 999}]}}, 400, "FAILED_PRECONDITION", 1244030),
        ({"execute_target": {"host_list": [{"bk_host_id": 301}]}}, 400, "FAILED_PRECONDITION", 1244002),
        ({"account_alias": "nobody"}, 404, "NOT_FOUND", 1244003),
        ({"account_id": 404}, 500, "INTERNAL", 1244003),
        ({"bk_scope_id": "404"}, 404, "NOT_FOUND", 1243049),
        ({"bk_scope_type": "foo"}, 400, "INVALID_ARGUMENT", 1241005),
    ],
)
def test_rejected_scripts(client: Client, changes: dict[str, Any], status: int, kind: str, code: int) -> None:
    refused(launch(client, **changes), status, kind, code)


def test_the_fields_of_a_violation_are_named(client: Client) -> None:
    response = launch(client, execute_target={"host_list": [{}]})
    assert "Fields [execute_target.host_list] bind failed" in response.json["error"]["message"]


READING_ROWS: list[tuple[str, dict[str, Any], int, str, int]] = [
    ("get_job_instance_status", {}, 400, "INVALID_ARGUMENT", 1241004),
    ("get_job_instance_status", {"job_instance_id": "x"}, 400, "INVALID_ARGUMENT", 1241020),
    ("get_job_instance_status", {"job_instance_id": 0}, 400, "INVALID_ARGUMENT", 1241025),
    ("get_job_instance_status", {"job_instance_id": 404}, 404, "NOT_FOUND", 1244006),
    ("get_job_instance_list", {}, 400, "INVALID_ARGUMENT", 1241004),
    (
        "get_job_instance_list",
        {"create_time_start": 1, "create_time_end": 2, "length": 201},
        400,
        "INVALID_ARGUMENT",
        1241025,
    ),
    (
        "get_job_instance_list",
        {"create_time_start": 1, "create_time_end": 2, "offset": 10_001},
        400,
        "INVALID_ARGUMENT",
        1241025,
    ),
    ("get_job_instance_list", {"create_time_start": 1, "create_time_end": 2, "status": 12}, 500, "INTERNAL", 1240002),
]


@pytest.mark.parametrize(("name", "fields", "status", "kind", "code"), READING_ROWS)
def test_rejected_reads(client: Client, name: str, fields: dict[str, Any], status: int, kind: str, code: int) -> None:
    refused(client.v4(name, **fields), status, kind, code)


@pytest.mark.parametrize("odd", [{"create_time_end": 1}, {"create_time_start": 0}, {"type": 9}])
def test_odd_filters_of_the_history_are_taken(client: Client, odd: dict[str, int]) -> None:
    response = client.v4("get_job_instance_list", **{"create_time_start": 2, "create_time_end": 3, **odd})
    assert (response.status, response.json["data"]) == (200, {"job_instance_list": []})


def test_an_id_below_1_counts_as_absent(client: Client) -> None:
    assert launch(client, script_version_id=0, account_id=-1).status == 200


def test_rejected_calls_for_logs(client: Client) -> None:
    launched = launch(client).json["data"]
    ids = {name: launched[name] for name in ("job_instance_id", "step_instance_id")}

    def logs(**fields: Any) -> Exchange:
        return client.v4("batch_get_job_instance_execute_object_log", **{**ids, **fields})

    refused(logs(), 400, "INVALID_ARGUMENT", 1241025)
    refused(logs(host_id_list=list(range(51))), 400, "INVALID_ARGUMENT", 1241025)
    refused(logs(host_id_list=[101], step_instance_id=1), 404, "NOT_FOUND", 1244007)
    refused(logs(host_id_list=[101], job_instance_id=1), 404, "NOT_FOUND", 1244006)
    assert logs(host_id_list=list(range(1, 51)), ip_list=[{}] * 60).status == 200


def test_queries_know_only_the_pair_as_scope(client: Client) -> None:
    headers = {"X_Bkapi_Authorization": json.dumps(ADMIN)}
    response = client.send("GET", f"{GATEWAY_V4}get_job_instance_status?bk_biz_id=2&job_instance_id=1", None, **headers)
    assert response.status == 400
    body = json.dumps({"bk_biz_id": 2, **SCRIPT})
    posted = client.send("POST", f"{GATEWAY_V4}fast_execute_script", body, Content_Type="application/json", **headers)
    assert posted.status == 200


@pytest.mark.parametrize(
    ("headers", "body", "status", "kind"),
    [
        ({"Content_Type": "application/json"}, "{bad", 400, "INVALID_ARGUMENT"),
        ({"Content_Type": "application/json"}, "[]", 400, "INVALID_ARGUMENT"),
        ({"Content_Type": "text/plain"}, "{}", 415, "Unsupported Media Type"),
        ({}, "{}", 415, "Unsupported Media Type"),
        ({"Content_Type": "application/json", "Accept": "text/html"}, "{}", 406, "MEDIA_TYPE_NOT_ACCEPTABLE"),
    ],
)
def test_bodies_that_are_not_taken(client: Client, headers: dict[str, str], body: str, status: int, kind: str) -> None:
    authorized = {"X_Bkapi_Authorization": json.dumps(ADMIN), **headers}
    response = client.send("POST", f"{GATEWAY_V4}fast_execute_script", body, **authorized)
    assert (response.status, response.json["error"]["code"]) == (status, kind)
    if status == 400:
        assert response.json["error"]["details"][0]["code"] == "1241022"


ON_DEMAND: list[tuple[int, str | None, int, str]] = [
    (1241003, None, 400, "FAILED_PRECONDITION"),
    (1244022, None, 429, "RESOURCE_EXHAUSTED"),
    (1244025, None, 429, "RESOURCE_EXHAUSTED"),
    (1244032, None, 429, "RESOURCE_EXHAUSTED"),
    (1244033, None, 429, "RESOURCE_EXHAUSTED"),
    (1244034, None, 429, "RESOURCE_EXHAUSTED"),
    (1244019, None, 500, "INTERNAL"),
    (1244021, None, 500, "INTERNAL"),
    (1241011, None, 500, "INTERNAL"),
    (1240002, None, 500, "INTERNAL"),
    (1299999, None, 500, "INTERNAL"),
    (9900403, None, 403, "NO_PERMISSION"),
    (1299999, "ALREADY_EXISTS", 409, "ALREADY_EXISTS"),
    (1299999, "UNAUTHENTICATED", 401, "UNAUTHENTICATED"),
]


@pytest.mark.parametrize(("code", "given", "status", "kind"), ON_DEMAND)
def test_error_responses_on_demand(estate: Any, code: int, given: str | None, status: int, kind: str) -> None:
    estate["refusals"] = [{"task_name": "unlucky", "error": code, **({"kind": given} if given else {})}]
    with JobServer(estate) as server:
        client = Client(server)
        response = launch(client, task_name="unlucky")
        assert (response.status, response.json["error"]["code"]) == (status, kind)
        assert response.json["error"]["details"][0]["code"] == str(code)
        assert launch(client, task_name="lucky").status == 200
        assert response.json["error"]["message"]


def test_missing_permissions(client: Client) -> None:
    fields = {name: value for name, value in SCRIPT.items() if name != "account_alias"}
    response = client.v4("fast_execute_script", auth=CAROL, account_alias="app", **fields)
    refused(response, 403, "NO_PERMISSION", 9900403)
    assert response.json["error"]["data"]["actions"][0]["id"] == "use_account"


def test_history(client: Client) -> None:
    ids = [launch(client, task_name=f"history-{n}", start_task=False).json["data"]["job_instance_id"] for n in range(3)]
    span = {"create_time_start": 1, "create_time_end": 9_999_999_999_999}
    data = client.v4("get_job_instance_list", **span, name="history-").json["data"]
    assert set(data) == {"job_instance_list"}
    assert [entry["job_instance_id"] for entry in data["job_instance_list"]] == ids[::-1]
    assert not nulls(data)
    page = client.v4("get_job_instance_list", **span, name="history-", offset=1, length=1).json["data"]
    assert [entry["job_instance_id"] for entry in page["job_instance_list"]] == [ids[1]]
    assert client.v4("get_job_instance_list", **span, name="never").json["data"] == {"job_instance_list": []}
    assert SCOPE["bk_scope_id"] == data["job_instance_list"][0]["bk_scope_id"]
