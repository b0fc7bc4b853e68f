# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that were written for the platform, unchanged: the SDK from PyPI, the classic SDK's requests, plain HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ADMIN,
    ESB_V2,
    SCOPE,
    Client,
    b64,
    eventually,
)
from bkapi_component.open.client import Client as Sdk

PLAN_LIST_KEYS = {
    *("id", "job_template_id", "name", "creator", "create_time", "last_modify_user", "last_modify_time", "need_update"),
    *("bk_scope_type", "bk_scope_id", "bk_biz_id"),
}


@pytest.fixture
def sdk(server: JobServer) -> Iterator[Sdk]:
    client = Sdk(server.url, bk_api_ver="v2", language="en")
    client.update_bkapi_authorization(**ADMIN)
    with client.session:
        yield client


def over(sdk: Sdk, job_id: int) -> Any:
    def check() -> Any:
        fields = {**SCOPE, "job_instance_id": job_id, "return_ip_result": True}
        response = sdk.jobv3.get_job_instance_status(fields)
        assert response["result"] is True, response
        return response["data"] if response["data"]["finished"] else None

    return eventually(check)


def test_the_sdk_launches_a_script(sdk: Sdk, server: JobServer) -> None:
    launched = sdk.jobv3.fast_execute_script(
        {
            **SCOPE,
            "script_content": b64('echo "hello $1"'),
            "script_param": b64("world"),
            "script_language": 1,
            "account_alias": "root",
            "target_server": {"ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}]},
        }
    )
    assert (launched["result"], launched["code"], launched["message"]) == (True, 0, "")
    assert launched["request_id"]
    ids = {name: launched["data"][name] for name in ("job_instance_id", "step_instance_id")}
    data = over(sdk, ids["job_instance_id"])
    (host,) = data["step_instance_list"][0]["step_ip_result_list"]
    assert (data["job_instance"]["status"], host["status"], host["exit_code"]) == (3, 9, 0)
    log = sdk.jobv3.get_job_instance_ip_log({**SCOPE, **ids, "bk_cloud_id": 0, "ip": "10.0.0.1"})
    assert log["data"]["log_content"] == "hello world\n"
    logs = sdk.jobv3.batch_get_job_instance_ip_log({**SCOPE, **ids, "host_id_list": [101]})
    assert logs["data"]["script_task_logs"][0]["log_content"] == "hello world\n"
    # It asks with a query, truth values in Python's spelling and the credentials in the header.
    status = next(entry for entry in server.journal if entry["call"] == "get_job_instance_status")
    assert (status["method"], status["query"]["return_ip_result"]) == ("GET", "True")
    assert "x-bkapi-authorization" in status["headers"]


def test_the_sdk_launches_a_plan(sdk: Sdk) -> None:
    listed = sdk.jobv3.get_job_plan_list({**SCOPE, "name": "two-steps"})["data"]
    assert (listed["total"], set(listed["data"][0])) == (1, PLAN_LIST_KEYS)
    plan_id = listed["data"][0]["id"]
    detail = sdk.jobv3.get_job_plan_detail({**SCOPE, "job_plan_id": plan_id})["data"]
    greeting = next(variable for variable in detail["global_var_list"] if variable["name"] == "greeting")
    sent = [{"id": greeting["id"], "value": "from the sdk"}]
    launched = sdk.jobv3.execute_job_plan({**SCOPE, "job_plan_id": plan_id, "global_var_list": sent})["data"]
    data = over(sdk, launched["job_instance_id"])
    assert [step["status"] for step in data["step_instance_list"]] == [3, 3]
    values = sdk.jobv3.get_job_instance_global_var_value({**SCOPE, "job_instance_id": launched["job_instance_id"]})
    shown = values["data"]["step_instance_var_list"][0]["global_var_list"]
    assert shown == [{"name": "greeting", "value": "from the sdk", "type": 1}]


def test_the_sdk_reads_history_scripts_and_accounts(sdk: Sdk) -> None:
    now = time.time_ns() // 1_000_000
    launched = sdk.jobv3.execute_job_plan({**SCOPE, "job_plan_id": 13})["data"]
    span = {"create_time_start": now - 60_000, "create_time_end": now + 600_000}
    listed = sdk.jobv3.get_job_instance_list({**SCOPE, **span, "name": "asking", "length": 1})["data"]
    assert listed["data"][0]["job_instance_id"] == launched["job_instance_id"]
    scripts = sdk.jobv3.get_script_list({**SCOPE, "name": "report"})["data"]["data"]
    versions = sdk.jobv3.get_script_version_list({**SCOPE, "script_id": scripts[0]["id"]})["data"]
    assert versions["total"] == 4
    assert sdk.jobv3.get_account_list({**SCOPE, "category": 1})["data"]["total"] == 2
    stopped = sdk.jobv3.operate_job_instance(
        {**SCOPE, "job_instance_id": launched["job_instance_id"], "operation_code": 1}
    )
    assert stopped["data"]["job_instance_id"] == launched["job_instance_id"]


def test_the_sdk_gets_error_responses(sdk: Sdk) -> None:
    refused = sdk.jobv3.execute_job_plan({**SCOPE, "job_plan_id": 404})
    assert (refused["result"], refused["code"], refused["data"]) == (False, 1244012, None)
    sdk.update_bkapi_authorization(bk_token="unknown")
    assert sdk.jobv3.get_job_plan_list(SCOPE)["code"] == 1306000


def test_the_classic_sdk(client: Client) -> None:
    """JOB API: credentials among the parameters, in the body of a POST or the query of a GET, and no content type."""
    fields = {**ADMIN, "bk_biz_id": 2, "bk_job_id": 12}
    launched = client.raw("POST", f"{ESB_V2}execute_job/", json.dumps(fields), {}).json
    query = urlencode({**ADMIN, "bk_biz_id": 2, "job_instance_id": launched["data"]["job_instance_id"]})

    def finished() -> Any:
        response = client.raw("GET", f"{ESB_V2}get_job_instance_status/?{query}", None, {}).json
        return response["data"] if response["data"]["is_finished"] else None

    data = eventually(finished)
    assert data["job_instance"]["status"] == 3
    logs = client.raw("GET", f"{ESB_V2}get_job_instance_log/?{query}", None, {}).json["data"]
    assert logs[1]["step_results"][0]["ip_logs"][0]["log_content"] == "after\n"


def test_plans_over_v3_and_watching_over_v4(client: Client) -> None:
    """JOB API: the platform's own command-line client knows plans from v3, states and logs from v4."""
    token = {"access_token": "admin-access"}

    def v3(call: str, /, **fields: Any) -> Any:
        response = client.gateway(call, {**SCOPE, **fields}, token)
        assert (response.status, response.json["code"], response.json["result"]) == (200, 0, True)
        return response.json["data"]

    def v4(call: str, /, **fields: Any) -> Any:
        response = client.v4(call, auth=token, **fields)
        assert (response.status, set(response.json)) == (200, {"data", "job_request_id"})
        return response.json["data"]

    listed = v3("get_job_plan_list", name="two-steps", start=0, length=10)
    assert set(listed) == {"start", "length", "total", "data"}
    (found,) = listed["data"]
    assert set(found) == PLAN_LIST_KEYS
    detail = v3("get_job_plan_detail", job_plan_id=found["id"])
    assert set(detail) == {*PLAN_LIST_KEYS, "global_var_list", "step_list"} - {"need_update"}
    for variable in detail["global_var_list"]:
        assert {"id", "name", "type", "required", "description", "used"} <= set(variable)
        assert ("server" if variable["type"] == 3 else "value") in variable
    assert [variable["value"] for variable in detail["global_var_list"] if variable["type"] == 4] == ["******"]
    for step in detail["step_list"]:
        assert {"id", "name", "type", "script_info"} <= set(step)
        assert {"script_type", "script_content", "script_language", "script_timeout"} <= set(step["script_info"])
    targets = {"name": "targets", "server": {"host_id_list": [101, 102]}}
    launched = v3("execute_job_plan", job_plan_id=found["id"], global_var_list=[targets])
    assert set(launched) == {"job_instance_id", "job_instance_name", "step_instance_id"}
    job_id = launched["job_instance_id"]

    def finished() -> Any:
        status = v4("get_job_instance_status", job_instance_id=job_id, return_execute_object_result="true")
        return status if status["finished"] else None

    status = eventually(finished)
    assert {"job_instance_id", "name", "status", "create_time", "start_time", "end_time", "total_time"} <= set(
        status["job_instance"]
    )
    for step in status["step_instance_list"]:
        hosts = step["step_execute_object_result_list"]
        ids = [entry["execute_object"]["host"]["bk_host_id"] for entry in hosts]
        assert (sorted(ids), {entry["status"] for entry in hosts}) == ([101, 102], {9})
        logs = v4(
            "batch_get_job_instance_execute_object_log",
            job_instance_id=job_id,
            step_instance_id=step["step_instance_id"],
            host_id_list=ids,
        )
        printed = {
            entry["execute_object"]["host"]["bk_host_id"]: entry["log_content"]
            for entry in logs["script_step_execute_object_logs"]
        }
        assert set(printed) == {101, 102}
        assert all("p=" in text for text in printed.values())
    history = v4("get_job_instance_list", create_time_start=1, create_time_end=2, job_instance_id=job_id)
    assert history["job_instance_list"][0]["job_plan_id"] == found["id"]
