# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read plans, in both API generations."""

from __future__ import annotations

import base64
import json
from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client

ACCOUNT = {"id": 50, "name": None, "alias": None}
SCRIPT_KEYS = {
    *("script_type", "script_id", "script_version_id", "script_content", "script_language", "script_param"),
    *("script_timeout", "account", "server", "is_param_sensitive", "is_ignore_error", "windows_interpreter"),
}


def names(page: Any) -> list[str]:
    return [plan["name"] for plan in page["data"]]


def test_lists(client: Client) -> None:
    page = client.data("get_job_plan_list")
    assert (page["start"], page["length"], page["total"]) == (0, 20, len(page["data"]))
    assert "elsewhere" not in names(page)
    first = page["data"][0]
    assert (first["id"], first["job_template_id"], first["bk_scope_id"], first["bk_biz_id"]) == (10, 7, "2", 2)
    assert first["create_time"] < 9_999_999_999
    assert names(client.data("get_job_plan_list", name="-steps")) == ["two-steps", "no-steps"]
    assert names(client.data("get_job_plan_list", name="-steps", start=1, length=1)) == ["no-steps"]
    assert names(client.data("get_job_plan_list", job_template_id=7)) == ["two-steps"]
    assert names(client.data("get_job_plan_list", name="two_ste%")) == ["two-steps"]
    assert names(client.data("get_job_plan_list", name="two\\_steps")) == []
    older = client.v2("get_job_list", name="two")["data"]
    assert [(plan["bk_job_id"], plan["name"]) for plan in older] == [(10, "two-steps")]


def test_detail(client: Client) -> None:
    plan = client.data("get_job_plan_detail", job_plan_id=10)
    variables = {variable["name"]: variable for variable in plan["global_var_list"]}
    assert [variables[name]["type"] for name in ("targets", "greeting", "secret", "place")] == [3, 1, 4, 2]
    assert variables["secret"]["value"] == "******"
    assert (variables["greeting"]["value"], variables["greeting"]["required"]) == ("hello", 0)
    assert (variables["targets"]["value"], variables["targets"]["required"]) == (None, 1)
    unknown = dict.fromkeys(("bk_cloud_name", "ipv6", "bk_agent_id", "alive"))
    first = {"bk_host_id": 101, "bk_cloud_id": 0, "ip": "10.0.0.1", **unknown}
    assert variables["targets"]["server"] == {"ip_list": [first], "dynamic_group_list": None, "topo_node_list": None}
    assert [variables[name]["used"] for name in ("targets", "words", "spare")] == [True, True, False]
    assert "need_update" not in plan
    step = plan["step_list"][0]
    assert set(step["script_info"]) == SCRIPT_KEYS
    assert (step["script_info"]["account"], step["script_info"]["is_ignore_error"]) == (ACCOUNT, None)
    assert (step["type"], step["script_info"]["server"]["variable"]) == (1, "targets")
    assert base64.b64decode(step["script_info"]["script_content"]).startswith(b"echo")
    asking = client.data("get_job_plan_detail", job_plan_id=13)
    assert asking["step_list"][0]["type"] == 3
    assert asking["step_list"][0]["approval_info"] == {
        "approval_type": None,
        "approval_user": None,
        "approval_message": "go on?",
        "notify_channel": None,
    }
    assert asking["global_var_list"] is None
    cited = client.data("get_job_plan_detail", job_plan_id=24)["step_list"][0]["script_info"]
    assert (cited["script_type"], cited["script_id"], cited["script_version_id"]) == (2, "scr-1", 5002)


def test_detail_in_api_v2(client: Client) -> None:
    plan = client.v2("get_job_detail", bk_job_id=10)["data"]
    variables = {variable["name"]: variable for variable in plan["global_vars"]}
    (host,) = variables["targets"]["ip_list"]
    assert (host["bk_host_id"], host["bk_cloud_id"], host["ip"]) == (101, 0, "10.0.0.1")
    assert json.loads(variables["targets"]["value"])["hostNodeList"]["hostList"][0]["hostId"] == 101
    assert (variables["secret"]["category"], variables["secret"]["value"]) == (4, "s3cr3t")
    assert (plan["steps"][0]["account"], plan["steps"][0]["account_id"]) == ("root", 50)
    assert plan["steps"][0]["script_content"].startswith("echo")
    assert (plan["bk_job_id"], plan["template_id"]) == (10, 7)
