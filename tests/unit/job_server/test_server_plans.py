# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at plans, in the words of both generations."""

from __future__ import annotations

import base64
from typing import Any

from ansible_collections.blueking.job.tests.unit.job_server.client import Client


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
    assert client.call("get_job_plan_list", length=0)["code"] == 1240003
    older = client.v2("get_job_list", name="two")["data"]
    assert [(plan["bk_job_id"], plan["name"]) for plan in older] == [(10, "two-steps")]


def test_detail(client: Client) -> None:
    plan = client.data("get_job_plan_detail", job_plan_id=10)
    variables = {variable["name"]: variable for variable in plan["global_var_list"]}
    assert [variables[name]["type"] for name in ("targets", "greeting", "secret", "place")] == [3, 1, 4, 2]
    assert variables["secret"]["value"] == "******"
    assert (variables["greeting"]["value"], variables["greeting"]["required"]) == ("hello", 0)
    assert (variables["targets"]["value"], variables["targets"]["required"]) == (None, 1)
    assert variables["targets"]["server"]["ip_list"] == [{"bk_host_id": 101, "bk_cloud_id": 0, "ip": "10.0.0.1"}]
    assert [variables[name]["used"] for name in ("targets", "words", "spare")] == [True, True, False]
    step = plan["step_list"][0]
    assert (step["type"], step["script_info"]["server"]["variable"]) == (1, "targets")
    assert base64.b64decode(step["script_info"]["script_content"]).startswith(b"echo")
    asking = client.data("get_job_plan_detail", job_plan_id=13)
    assert asking["step_list"][0]["type"] == 3
    assert asking["step_list"][0]["approval_info"] == {"approval_message": "go on?"}
    cited = client.data("get_job_plan_detail", job_plan_id=24)["step_list"][0]["script_info"]
    assert (cited["script_type"], cited["script_id"], cited["script_version_id"]) == (2, "scr-1", 5002)


def test_detail_in_the_older_words(client: Client) -> None:
    plan = client.v2("get_job_detail", bk_job_id=10)["data"]
    variables = {variable["name"]: variable for variable in plan["global_vars"]}
    assert variables["targets"]["step_ids"] == [1, 2]
    assert variables["targets"]["target_server"]["ip_list"] == [{"bk_cloud_id": 0, "ip": "10.0.0.1"}]
    assert (variables["secret"]["category"], variables["secret"]["value"]) == (4, "******")
    assert plan["steps"][0]["script_content"].startswith("echo")
    assert (plan["bk_job_id"], plan["template_id"]) == (10, 7)
