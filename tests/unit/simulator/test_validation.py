# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that are rejected, with their codes, and unusual ones that are accepted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import SCOPE, Client, b64

PLAN = {**SCOPE, "job_plan_id": 10}
SCRIPT = {
    **SCOPE,
    "script_content": b64("true"),
    "script_language": 1,
    "account_alias": "root",
    "target_server": {"host_id_list": [101]},
}
V2_SCRIPT = {
    "script_content": b64("true"),
    "script_type": 1,
    "account": "root",
    "ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}],
}
ABSENT = object()


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not ABSENT}


def variable(**fields: Any) -> dict[str, Any]:
    return {"global_var_list": [fields]}


@pytest.mark.parametrize(
    ("changes", "code", "names"),
    [
        ({}, 0, ""),
        ({"bk_scope_type": ABSENT, "bk_scope_id": ABSENT}, 1240003, ""),
        ({"bk_scope_id": ABSENT}, 1240003, ""),
        ({"bk_scope_type": ABSENT}, 1240003, ""),
        ({"bk_scope_id": ABSENT, "bk_biz_id": 2}, 1240003, ""),
        ({"bk_scope_id": 2}, 0, ""),
        ({"bk_scope_type": "foo"}, 1241005, "[bk_scope_type]"),
        ({"bk_scope_id": "404"}, 1243049, ""),
        ({"bk_scope_type": ABSENT, "bk_scope_id": ABSENT, "bk_biz_id": "2"}, 0, ""),
        ({"bk_scope_type": "", "bk_scope_id": "", "bk_biz_id": 2}, 0, ""),
        ({"bk_scope_type": ABSENT, "bk_scope_id": ABSENT, "bk_biz_id": 0}, 1240003, ""),
        ({"bk_scope_type": ABSENT, "bk_scope_id": ABSENT, "bk_biz_id": "two"}, 1240002, ""),
        ({"bk_scope_type": ABSENT, "bk_scope_id": ABSENT, "bk_biz_id": 8000001}, 1244012, ""),
        ({"bk_biz_id": 404}, 0, ""),
        ({"bk_scope_id": "404", "job_plan_id": True}, 1243049, ""),
        ({"job_plan_id": ABSENT}, 1241005, "[job_plan_id]"),
        ({"job_plan_id": -1}, 1241005, "[job_plan_id]"),
        ({"job_plan_id": ""}, 1241005, "[job_plan_id]"),
        ({"job_plan_id": "10"}, 0, ""),
        ({"job_plan_id": 10.7}, 0, ""),
        ({"job_plan_id": "ten"}, 1240003, ""),
        ({"job_plan_id": True}, 1240003, ""),
        ({"job_plan_id": 10**20}, 1240003, ""),
        ({"job_plan_id": [10]}, 1240003, ""),
        ({"foo": 1, "task_name": "ignored"}, 0, ""),
        ({"global_var_list": None}, 0, ""),
        ({"global_var_list": {}}, 1240003, ""),
        ({"global_var_list": [None]}, 1240002, ""),
        ({"global_var_list": [{}]}, 1241005, "[global_var.id|global_var.name]"),
        (variable(id=0, value="x"), 1240003, ""),
        (variable(name="greeting"), 0, ""),
        (variable(name="greeting", value=True), 0, ""),
        (variable(name="greeting", value=5), 0, ""),
        (variable(name="greeting", value=["x"]), 1240003, ""),
        (variable(name="greeting", value={}), 1240003, ""),
        (variable(name="h", server={"host_id_list": ["101"]}), 0, ""),
        (variable(name="h", server={"ip_list": [{"ip": "10.0.0.1"}]}), 1240003, ""),
        (variable(name="h", server={"ip_list": [{"bk_cloud_id": 0, "ip": " 10.0.0.1"}]}), 1240003, ""),
        (variable(name="h", server={"ip_list": [{"bk_cloud_id": -1, "ip": "10.0.0.1"}]}), 1240003, ""),
        (variable(name="h", server={"dynamic_group_list": [{}]}), 1240003, ""),
        (variable(name="h", server={"topo_node_list": [{"id": 1}]}), 1240003, ""),
        (variable(name="h", server={"topo_node_list": [{"node_type": "module"}]}), 1240003, ""),
        ({"callback_url": "https://x.example/cb"}, 0, ""),
        ({"callback_url": "x.example/cb"}, 1240003, ""),
        ({"callback_url": "http://u:p@x.example/cb"}, 1240003, ""),
        ({"callback_url": "http://x.example/a b"}, 1240003, ""),
        ({"callback_url": "ftp://x.example/"}, 1240003, ""),
        ({"callback_url": "http:///cb"}, 1240003, ""),
        ({"start_task": "false"}, 0, ""),
        ({"start_task": "no"}, 1240003, ""),
        ({"job_plan_id": 20}, 1244011, ""),
        ({"job_plan_id": 21}, 1244008, "nobody"),
        ({"job_plan_id": 22}, 1244014, ""),
        ({"job_plan_id": 23}, 1244003, ""),
        ({"job_plan_id": 30}, 1244012, ""),
    ],
)
def test_execute_job_plan(client: Client, changes: dict[str, Any], code: int, names: str) -> None:
    response = client.gateway("execute_job_plan", merged(PLAN, changes))
    assert (response.status, response.json["code"]) == (200, code)
    assert names in response.json.get("message", "")


@pytest.mark.parametrize(
    ("changes", "code", "names"),
    [
        ({}, 0, ""),
        ({"script_content": ABSENT}, 1241004, "[script_version_id|script_id|script_content]"),
        ({"script_content": ""}, 1241004, "[script_version_id|script_id|script_content]"),
        ({"script_content": "no base64 %%"}, 0, ""),
        ({"script_language": ABSENT}, 1241005, "[script_language]"),
        ({"script_language": 0}, 1241005, "[script_language]"),
        ({"script_language": 7}, 1241005, "[script_language]"),
        ({"script_language": "1"}, 0, ""),
        ({"script_language": 7, "script_version_id": 5002}, 1241005, "[script_language]"),
        ({"script_content": ABSENT, "script_language": ABSENT, "script_version_id": 5002}, 0, ""),
        ({"script_version_id": 0}, 1241005, "[script_version_id]"),
        ({"script_version_id": 404}, 1243001, ""),
        ({"script_version_id": 5001}, 1244018, ""),
        ({"script_version_id": 5003}, 1244018, ""),
        ({"script_version_id": 5004}, 0, ""),
        ({"script_version_id": 5020}, 1243001, ""),
        ({"script_version_id": 5002, "script_id": "nobody"}, 0, ""),
        ({"script_id": "scr-1"}, 0, ""),
        ({"script_id": "scr-draft"}, 1243001, ""),
        ({"script_id": "nobody"}, 1243001, ""),
        ({"account_alias": "  "}, 1241004, "[account_id|account_alias]"),
        ({"account_alias": "nobody"}, 1244003, ""),
        ({"account_alias": "mysql"}, 1244003, ""),
        ({"account_alias": "nobody", "account_id": 60}, 0, ""),
        ({"account_id": 404}, 1244003, ""),
        ({"target_server": ABSENT}, 1241004, "[target_server]"),
        ({"target_server": ABSENT, "account_alias": ABSENT}, 1241004, "[target_server]"),
        ({"target_server": {}}, 1244001, ""),
        ({"target_server": {"ip_list": [{"bk_host_id": 101}]}}, 1240003, ""),
        ({"target_server": {"host_id_list": [101], "ip_list": [{"bk_cloud_id": 0, "ip": "abc"}]}}, 1240003, ""),
        ({"timeout": 0}, 1240003, ""),
        ({"timeout": 86401}, 0, ""),
        ({"timeout": 259201}, 1240003, ""),
        ({"timeout": "60"}, 0, ""),
        ({"timeout": 0, "script_content": ABSENT}, 1240003, ""),
        ({"script_param": b64("x" * 65536)}, 1240003, ""),
        ({"script_param": b64("x" * 48129), "is_param_sensitive": 1}, 1240003, ""),
        ({"script_param": b64("x" * 48129), "is_param_sensitive": 2}, 0, ""),
        ({"is_param_sensitive": True}, 1240003, ""),
        ({"windows_interpreter": "C:\\py"}, 1240003, ""),
        ({"windows_interpreter": " C:\\py.exe "}, 0, ""),
        ({"host_password_list": [{}]}, 1240003, ""),
        ({"host_password_list": [{"host_id": 1, "encrypted_password": "x"}]}, 0, ""),
        ({"rolling_config": {"expression": "10%"}}, 0, ""),
        ({"rolling_config": {"expression": "1 +5 *2 50%", "mode": 1}}, 0, ""),
        ({"rolling_config": {}}, 1240003, ""),
        ({"rolling_config": {"expression": "1  2"}}, 1244026, ""),
        ({"rolling_config": {"expression": "1", "execution_mode": 2}}, 1240003, ""),
        ({"rolling_config": {"type": 2}}, 1240003, ""),
        ({"account_id": 0}, 0, ""),
        ({"account_id": 0, "account_alias": ABSENT}, 1241004, "[account_id|account_alias]"),
        ({"target_server": {"host_id_list": [None]}}, 1240002, ""),
    ],
)
def test_fast_execute_script(client: Client, changes: dict[str, Any], code: int, names: str) -> None:
    response = client.gateway("fast_execute_script", merged(SCRIPT, changes))
    assert (response.status, response.json["code"]) == (200, code)
    assert names in response.json.get("message", "")


@pytest.mark.parametrize(
    ("changes", "code", "names"),
    [
        ({}, 0, ""),
        ({"script_id": 5002, "script_content": ABSENT, "script_type": ABSENT}, 0, ""),
        ({"script_id": 0}, 1241005, "[script_id]"),
        ({"script_type": ABSENT, "script_content": ABSENT}, 1241005, "[script_type]"),
        ({"script_content": " "}, 1241005, "[script_content]"),
        ({"account": ABSENT}, 1241004, "[account]"),
        ({"account": "nobody"}, 1244003, ""),
        ({"account": "nobody", "script_id": 404}, 1244003, ""),
        ({"account": ABSENT, "ip_list": ABSENT}, 1241007, "[ip_list|custom_query_id|target_server]"),
        ({"ip_list": []}, 1241007, "[ip_list|custom_query_id|target_server]"),
        ({"ip_list": ABSENT}, 1241007, "[ip_list|custom_query_id|target_server]"),
        ({"target_server": {}}, 1244028, ""),
        ({"script_timeout": 0}, 1240003, ""),
        ({"ip_list": [{"bk_cloud_id": 0, "ip": "no address"}]}, 1244030, ""),
        ({"bk_callback_url": "nowhere"}, 1240003, ""),
    ],
)
def test_fast_execute_script_v2(client: Client, changes: dict[str, Any], code: int, names: str) -> None:
    response = client.v2("fast_execute_script", **merged(V2_SCRIPT, changes))
    assert response["code"] == code
    assert names in response["message"]


@pytest.mark.parametrize(
    ("changes", "code", "names"),
    [
        ({}, 1241005, "[bk_job_id]"),
        ({"bk_job_id": 404}, 1244012, ""),
        ({"bk_job_id": 10, "global_vars": [{}]}, 1241005, "[global_vars.id|global_vars.name]"),
        ({"bk_job_id": 10, "global_vars": [{"id": 0}]}, 1241005, "[global_vars.id|global_vars.name]"),
        ({"bk_job_id": 10, "global_vars": [{"id": 0, "name": "greeting", "value": "x"}]}, 0, ""),
    ],
)
def test_execute_job(client: Client, changes: dict[str, Any], code: int, names: str) -> None:
    response = client.v2("execute_job", **changes)
    assert response["code"] == code
    assert names in response["message"]


def test_reading_calls(client: Client) -> None:
    def code(name: str, **fields: Any) -> int:
        return int(client.call(name, **fields)["code"])

    assert code("get_job_instance_status") == 1240003
    assert code("get_job_instance_status", job_instance_id="x") == 1240003
    assert code("get_job_instance_status", job_instance_id=404) == 1244006
    assert code("get_job_instance_ip_log", job_instance_id=404, step_instance_id=1) == 1241007
    assert code("get_job_instance_ip_log", job_instance_id=404, step_instance_id=0, bk_host_id=1) == 1244006
    assert code("batch_get_job_instance_ip_log", job_instance_id=1, step_instance_id=1) == 1241007
    many = list(range(1, 502))
    assert code("batch_get_job_instance_ip_log", job_instance_id=1, step_instance_id=1, host_id_list=many) == 1241007
    assert client.v2("get_job_instance_status")["code"] == 1241007
    assert code("get_job_plan_detail") == 1240003
    assert code("get_job_plan_detail", job_plan_id=404) == 1243009
    assert client.v2("get_job_detail", bk_job_id=0)["code"] == 1241007


@pytest.mark.parametrize(
    "fields", [{}, {"job_instance_id": 1}, {"operation_code": 1}, {"job_instance_id": 1, "operation_code": 9}]
)
def test_operate_job_instance(client: Client, fields: dict[str, int]) -> None:
    assert client.call("operate_job_instance", **fields)["code"] == 1241002
