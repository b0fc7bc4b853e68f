# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read-only calls: history, variables, steps, scripts, accounts, plans, in v2 and v3."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import GATEWAY, SCOPE, Client, b64

EVER = {"create_time_start": 1, "create_time_end": 2_000_000_000}
DAY = 24 * 3600 * 1000


@pytest.mark.parametrize(
    ("fields", "code", "names"),
    [
        ({"create_time_start": 0}, 1241007, "[create_time_start]"),
        ({"create_time_end": ""}, 1240003, ""),
        ({"create_time_start": 9, "create_time_end": 9}, 1241007, ""),
        ({"create_time_start": 1, "create_time_end": 30 * DAY + 2}, 1241002, ""),
        ({"create_time_start": 1, "create_time_end": 30 * DAY + 1}, 0, ""),
        ({"start": -1}, 0, ""),
        ({"length": 0}, 1240003, ""),
        ({"length": 1001}, 1240003, ""),
        ({"length": 1000}, 0, ""),
        ({"type": 3}, 1241002, ""),
        ({"status": 12}, 1240002, ""),
        ({"status": 15}, 0, ""),
        ({"launch_mode": 4}, 1240002, ""),
        ({"job_instance_id": 1, "create_time_start": ""}, 1240003, ""),
    ],
)
def test_history_error_responses(client: Client, fields: dict[str, Any], code: int, names: str) -> None:
    response = client.call("get_job_instance_list", **{**EVER, **fields})
    assert response["code"] == code
    assert names in response.get("message", "")


def test_history(estate: Any) -> None:
    with JobServer(estate) as server:
        client = Client(server)
        plan = client.plan(10)
        client.finished(plan)
        script = client.script("true", [103], task_name="sweep the floor")
        client.finished(script)
        waiting = client.plan(13)
        client.until(waiting, 7)
        since = client.status(plan)["job_instance"]["create_time"]
        span = {"create_time_start": since, "create_time_end": since + DAY}

        def ids(**filters: Any) -> list[int]:
            page = client.data("get_job_instance_list", **{**span, **filters})
            return [entry["job_instance_id"] for entry in page["data"] or []]

        assert ids() == [waiting, script, plan]
        assert ids(type=0) == [waiting, plan]
        assert ids(type=1) == [script]
        assert ids(type=2) == []
        assert ids(status=3) == [script, plan]
        assert ids(name="the") == [script]
        assert ids(operator="admin") == [waiting, script, plan]
        assert ids(operator="adm") == []
        assert ids(launch_mode=1) == []
        assert ids(launch_mode=2, ip="10.0.0.3") == [script]
        assert ids(ip="10.0.0") == []
        assert ids(job_cron_id=1) == []
        # With an id only the address still counts.
        assert ids(job_instance_id=plan, name="no", status=4, create_time_start=1, create_time_end=2) == [plan]
        assert ids(job_instance_id=plan, ip="10.0.0.3") == []
        page = client.data("get_job_instance_list", **span, start=1, length=1)
        assert (page["start"], page["length"], page["total"], len(page["data"])) == (1, 1, 3, 1)
        entry = page["data"][0]
        assert (entry["job_plan_id"], entry["job_template_id"], entry["type"], entry["launch_mode"]) == (-1, -1, 1, 2)
        assert entry["total_time"] == entry["end_time"] - entry["start_time"]
        first = client.data("get_job_instance_list", **span, job_instance_id=waiting)["data"][0]
        assert (first["end_time"], first["status"], first["bk_scope_id"]) == (None, 7, "2")
        assert first["total_time"] is not None
        assert client.data("get_job_instance_list", **span, type=2)["data"] is None
        other = client.gateway("get_job_instance_list", {**span, "bk_scope_type": "biz", "bk_scope_id": "3"})
        assert (other.json["data"]["total"], other.json["data"]["data"]) == (0, None)


def test_a_cap_on_how_far_history_is_leafed_through(estate: Any) -> None:
    estate["history_start"] = 1000
    with JobServer(estate) as server:
        client = Client(server)
        assert client.call("get_job_instance_list", **EVER, start=1000)["code"] == 0
        assert client.call("get_job_instance_list", **EVER, start=1001)["code"] == 1241010


def test_variables_of_a_run(client: Client) -> None:
    job_id = client.plan(10, {"name": "greeting", "value": "hi"})
    steps = client.finished(job_id)["step_instance_list"]
    data = client.data("get_job_instance_global_var_value", job_instance_id=job_id)
    assert data["job_instance_id"] == job_id
    assert [entry["step_instance_id"] for entry in data["step_instance_var_list"]] == [
        step["step_instance_id"] for step in steps
    ]
    assert data["step_instance_var_list"][0]["global_var_list"] == [{"name": "greeting", "value": "hi", "type": 1}]
    older = client.v2("get_job_instance_global_var_value", job_instance_id=job_id)["data"]
    values = older["job_instance_var_values"][0]["step_instance_var_values"]
    assert values == [{"name": "greeting", "value": "hi", "category": 1}]
    without = client.plan(12)
    client.finished(without)
    none = client.data("get_job_instance_global_var_value", job_instance_id=without)
    assert [entry["global_var_list"] for entry in none["step_instance_var_list"]] == [None, None]
    fast = client.data("get_job_instance_global_var_value", job_instance_id=client.script("true"))
    assert fast["step_instance_var_list"] == []
    # A confirmation is not a script step; the step that waits behind it has its values already.
    asking = client.data("get_job_instance_global_var_value", job_instance_id=client.plan(13))
    assert [entry["global_var_list"] for entry in asking["step_instance_var_list"]] == [None]
    assert client.v2("get_job_instance_global_var_value")["code"] == 1241007
    assert client.v2("get_job_instance_global_var_value", job_instance_id=404)["code"] == 1244006


def test_the_status_of_a_step(client: Client) -> None:
    job_id = client.plan(11)
    broken, never = client.finished(job_id)["step_instance_list"]
    ids = {"job_instance_id": job_id, "step_instance_id": broken["step_instance_id"]}
    data = client.data("get_step_instance_status", **ids)
    assert (data["status"], data["type"], data["execute_count"], data["name"]) == (4, 1, 0, "breaks")
    groups = {group["result_type"]: group for group in data["step_result_group_list"]}
    assert {kind: (group["host_size"], group["result_type_desc"]) for kind, group in groups.items()} == {
        9: (1, "Success"),
        104: (1, "Exit code is not zero"),
    }
    (host,) = groups[104]["host_result_list"]
    assert (host["bk_host_id"], host["ip"], host["ipv6"], host["exit_code"]) == (103, "10.0.0.3", None, 3)
    assert (host["bk_agent_id"], host["bk_cloud_name"], host["status_desc"]) == (
        "0:10.0.0.3",
        "default area",
        "Exit code is not zero",
    )

    def hosts(**filters: Any) -> list[list[int]]:
        found = client.data("get_step_instance_status", **ids, **filters)["step_result_group_list"]
        return sorted([host["bk_host_id"] for host in group["host_result_list"]] for group in found)

    assert hosts(status=104) == [[], [103]]
    assert hosts(search_ip="10.0.0.1") == [[101]]
    assert hosts(search_ip="0.0.") == [[101], [103]]
    assert hosts(keyword="nothing like that") == []
    assert hosts(max_host_num_per_group=0) == [[], []]
    # What has not begun shows all its targets as waiting.
    later = client.data("get_step_instance_status", job_instance_id=job_id, step_instance_id=never["step_instance_id"])
    assert [(group["result_type"], group["host_size"]) for group in later["step_result_group_list"]] == [(5, 1)]
    (pending,) = later["step_result_group_list"][0]["host_result_list"]
    assert (pending["tag"], pending["exit_code"], pending["total_time"]) == (None, 0, 0)
    assert client.call("get_step_instance_status", job_instance_id=404, step_instance_id=1)["code"] == 1244007
    assert client.call("get_step_instance_status", job_instance_id=job_id, step_instance_id=1)["code"] == 1244007
    by_business = {"bk_biz_id": 2, **ids}
    assert client.send("GET", f"{GATEWAY}get_step_instance_status?{urlencode(by_business)}").status == 400
    assert client.gateway("get_step_instance_status", by_business).json["code"] == 1240003


def test_the_status_of_a_step_in_v2(client: Client) -> None:
    job_id = client.plan(11)
    step = client.finished(job_id)["step_instance_list"][0]
    ids = {"job_instance_id": job_id, "step_instance_id": step["step_instance_id"]}
    data = client.v2("get_step_instance_status", **ids)["data"]
    assert data["is_finished"] is True
    assert data["step_instance_detail"]["target_ips"] == "0:10.0.0.1,0:10.0.0.3"
    analysed = {group["result_type"]: group for group in data["step_instance_analyse_result"]}
    assert analysed[104] == {
        "count": 1,
        "ip_list": [{"ip": "10.0.0.3", "bk_cloud_id": 0}],
        "result_type": 104,
        "result_type_text": "Exit code is not zero",
    }


def test_a_confirmation_has_no_hosts_but_a_detail(client: Client) -> None:
    job_id = client.plan(13)
    step = client.until(job_id, 7)["step_instance_list"][0]
    ids = {"job_instance_id": job_id, "step_instance_id": step["step_instance_id"]}
    assert client.call("get_step_instance_status", **ids)["code"] == 1241003
    data = client.data("get_step_instance_detail", **ids)
    assert (data["type"], data["script_info"], data["approval_info"]) == (
        3,
        None,
        {"approval_type": None, "approval_user": None, "approval_message": "go on?", "notify_channel": None},
    )


def test_the_detail_of_a_step(client: Client) -> None:
    job_id = client.script("echo $1", script_param=b64("hush"), is_param_sensitive=1, timeout=60)
    step = client.finished(job_id)["step_instance_list"][0]
    ids = {"job_instance_id": job_id, "step_instance_id": step["step_instance_id"]}
    data = client.data("get_step_instance_detail", **ids)
    info = data["script_info"]
    assert (data["type"], data["file_info"], data["approval_info"]) == (1, None, None)
    assert (info["script_type"], info["script_content"], info["script_language"]) == (1, "echo $1", 1)
    assert (info["script_param"], info["is_param_sensitive"], info["script_timeout"]) == ("******", 1, 60)
    assert info["account"] == {"id": 50, "name": "root", "alias": None}
    unknown = dict.fromkeys(("bk_cloud_name", "ipv6", "bk_agent_id", "alive"))
    assert info["server"]["ip_list"] == [{"bk_host_id": 101, "ip": "10.0.0.1", "bk_cloud_id": 0, **unknown}]
    planned = client.plan(24)
    step = client.status(planned)["step_instance_list"][0]
    ids = {"job_instance_id": planned, "step_instance_id": step["step_instance_id"]}
    info = client.data("get_step_instance_detail", **ids)["script_info"]
    assert (info["script_type"], info["script_id"], info["script_version_id"]) == (2, "scr-1", 5002)
    assert (info["account"]["name"], info["is_ignore_error"], info["is_param_sensitive"]) == ("app", 0, 0)


@pytest.fixture
def scripted(estate: Any) -> Any:
    versions = [{"id": 6001, "version": "1", "status": 1, "content": "echo public"}]
    estate["scripts"].append({"id": "pub-1", "scope": "public", "name": "shared report", "versions": versions})
    with JobServer(estate) as server:
        yield Client(server)


def test_scripts(scripted: Client) -> None:
    page = scripted.data("get_script_list")
    assert (page["start"], page["length"], page["total"]) == (0, 20, 2)
    script, draft = page["data"]
    assert (draft["id"], draft["online_script_version_id"]) == ("scr-draft", None)
    assert (script["id"], script["name"], script["online_script_version_id"]) == ("scr-1", "report", 5002)
    assert (script["script_language"], script["bk_scope_id"], script["creator"]) == (1, "2", "admin")
    assert script["create_time"] > 1_000_000_000_000
    assert scripted.data("get_script_list", name="epor")["total"] == 1
    assert scripted.data("get_script_list", name="Report")["total"] == 0
    assert scripted.data("get_script_list", script_language=4)["total"] == 0
    assert scripted.data("get_script_list", script_language=0)["total"] == 2
    # A page past the end counts nothing.
    beyond = scripted.data("get_script_list", start=2)
    assert (beyond["total"], beyond["data"]) == (0, [])
    assert scripted.data("get_script_version_list", script_id="scr-1")["length"] == 10
    for unknown in ("nobody", "scr-far"):
        assert scripted.data("get_script_version_list", script_id=unknown)["data"] == []


def test_script_versions(scripted: Client) -> None:
    page = scripted.data("get_script_version_list", script_id="scr-1")
    assert [(entry["id"], entry["status"], entry["content"]) for entry in page["data"]] == [
        (5001, 3, None),
        (5002, 1, None),
        (5003, 0, None),
        (5004, 2, None),
    ]
    page = scripted.data("get_script_version_list", script_id="scr-1", return_script_content=True)
    assert page["data"][1]["content"] == "echo online $*"
    one = scripted.data("get_script_version_detail", id=5004)
    assert (one["script_id"], one["version"], one["name"]) == ("scr-1", "1.5", "report")
    assert scripted.data("get_script_version_detail", script_id="scr-1", version="1.5") == one


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("get_script_version_list", {}, 1240003),
        ("get_script_list", {"script_language": 9}, 1241005),
        ("get_script_version_detail", {}, 1241007),
        ("get_script_version_detail", {"script_id": "scr-1"}, 1241007),
        ("get_script_version_detail", {"id": 5020}, 1243001),
        ("get_script_version_detail", {"script_id": "scr-1", "version": "9"}, 1243001),
        ("get_public_script_version_detail", {"id": 5002}, 1243001),
        ("get_account_list", {"category": 3}, 1240003),
    ],
)
def test_rejected_reads(scripted: Client, name: str, fields: dict[str, Any], code: int) -> None:
    assert scripted.call(name, **fields)["code"] == code


def test_public_scripts_need_no_scope_to_be_read_and_any_to_run(scripted: Client) -> None:
    def data(name: str, **fields: Any) -> Any:
        return scripted.gateway(name, fields).json["data"]

    (script,) = data("get_public_script_list")["data"]
    assert (script["id"], "bk_scope_id" in script) == ("pub-1", False)
    assert data("get_public_script_version_list", script_id="pub-1")["total"] == 1
    assert data("get_public_script_version_detail", id=6001)["content"] == "echo public"
    order = {"script_version_id": 6001, "account_alias": "root", "target_server": {"host_id_list": [101]}}
    job_id = scripted.data("fast_execute_script", **order)["job_instance_id"]
    step = scripted.finished(job_id)["step_instance_list"][0]
    assert scripted.logs(job_id) == {101: "public\n"}
    ids = {"job_instance_id": job_id, "step_instance_id": step["step_instance_id"]}
    assert scripted.data("get_step_instance_detail", **ids)["script_info"]["script_type"] == 3


def test_scripts_and_accounts_in_v2(scripted: Client) -> None:
    page = scripted.v2("get_script_list", return_script_content=True)["data"]
    assert (page["total_record_size"], page["data"][0]["id"], page["data"][0]["content"]) == (1, 5002, "echo online $*")
    assert scripted.v2("get_script_list")["data"]["data"][0]["content"] is None
    assert scripted.v2("get_public_script_list")["data"]["data"][0]["id"] == 6001
    detail = scripted.v2("get_script_detail", id=5001)["data"]
    assert (detail["name"], detail["version"], detail["type"], detail["public"]) == ("report", "1.0", 1, False)
    assert scripted.v2("get_script_detail", id=6001)["data"]["public"] is True
    assert scripted.v2("get_script_detail")["code"] == 1241007
    assert scripted.v2("get_script_detail", id=5020)["code"] == 1243001
    assert [account["alias"] for account in scripted.v2("get_os_account")["data"]] == ["root", "app"]
    assert scripted.v2("get_own_db_account_list")["data"]["data"][0]["db_alias"] == "mysql"


def test_accounts(client: Client) -> None:
    page = client.data("get_account_list")
    assert [(entry["id"], entry["alias"], entry["category"]) for entry in page["data"]] == [
        (50, "root", 1),
        (51, "app", 1),
        (52, "mysql", 2),
    ]
    assert page["data"][0]["os"] == "Linux"
    assert [entry["alias"] for entry in client.data("get_account_list", category=2)["data"]] == ["mysql"]
    assert client.data("get_account_list", alias="root")["total"] == 1
    assert client.data("get_account_list", alias="oo")["total"] == 0
    assert client.data("get_account_list", account="nobody")["data"] == []
    assert client.data("get_account_list", length=5000)["length"] == 1000


def test_filters_of_plans(client: Client) -> None:
    def names(**filters: Any) -> list[str]:
        return [plan["name"] for plan in client.data("get_job_plan_list", length=100, **filters)["data"]]

    everything = names()
    assert "two-steps" in everything
    assert names(job_template_id=7) == ["two-steps"]
    assert names(creator="nobody") == names(last_modify_user="nobody") == []
    assert names(creator="admin", last_modify_user="admin") == everything
    created = client.data("get_job_plan_list")["data"][0]["create_time"]
    assert created < 9_999_999_999
    assert names(create_time_start=created, create_time_end=created) == everything
    assert names(create_time_start=created * 1000, last_modify_time_end=created * 1000) == everything
    assert names(create_time_start=created + 1) == names(last_modify_time_end=created - 1) == []


def test_every_read_is_a_query_or_a_post_at_the_older_gateway(client: Client) -> None:
    fields = {**SCOPE, "script_id": "scr-1", **EVER}
    for name in ("get_script_list", "get_script_version_list", "get_account_list", "get_job_instance_list"):
        address = f"/api/c/compapi/v2/jobv3/{name}/"
        credentials = {"bk_app_code": "shop", "bk_app_secret": "shop-secret", "bk_token": "admin-token"}
        assert client.esb(address, fields).json["code"] == 0
        assert client.send("GET", f"{address}?{urlencode({**fields, **credentials})}").json["code"] == 0
