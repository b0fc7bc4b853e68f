# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can reject a valid request: high-risk rules, quotas, error responses on demand, permissions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import InventoryError, JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import SCOPE, Client, b64

KIOSK = {"bk_app_code": "kiosk", "bk_app_secret": "kiosk-secret", "bk_token": "admin-token"}
DANGER = "cd /\nrm -rf /\necho done"
RISKS = [
    {"pattern": r"rm\s+-rf\s+/", "level": 3, "description": "removes everything", "languages": [1]},
    {"pattern": "echo", "intercept": False, "level": 1, "description": "talks"},
]


# A run that is under way until the server ends.
BUSY: dict[str, Any] = {"content": "sleep 60", "start_task": True}


def fast(client: Client, content: str = "true", auth: Any = None, **fields: Any) -> int:
    order = {"script_content": b64(content), "script_language": 1, "account_alias": "root"}
    body = {**SCOPE, **order, "target_server": {"host_id_list": [101]}, "start_task": False, **fields}
    response = (
        client.gateway("fast_execute_script", body, auth) if auth else client.gateway("fast_execute_script", body)
    )
    return int(response.json["code"])


def test_high_risk_scripts(estate: Any) -> None:
    estate["high_risk"] = RISKS
    estate["plans"][1]["steps"][1]["content"] = DANGER
    with JobServer(estate) as server:
        client = Client(server)
        assert fast(client, DANGER) == 1244019
        assert fast(client, DANGER, script_language=4) == 0
        assert fast(client, "echo mostly harmless") == 0
        assert client.call("execute_job_plan", job_plan_id=11)["code"] == 1244019
        assert client.v2("execute_job", bk_job_id=11)["code"] == 1244019
        # The source comes first, the quota and the hosts afterwards.
        assert fast(client, DANGER, script_version_id=404) == 1243001
        assert fast(client, DANGER, target_server={"host_id_list": [999]}) == 1244019


def test_check_script(estate: Any) -> None:
    estate["high_risk"] = RISKS
    with JobServer(estate) as server:
        client = Client(server)
        dangerous = b64(DANGER.replace("cd /", "#!/bin/sh"))
        found = client.gateway("check_script", {"script_language": 1, "content": dangerous}).json["data"]
        built_in, *found = found
        assert (built_in["line"], built_in["level"], built_in["line_content"]) == (2, 2, "rm -rf /")
        assert found == [
            {
                "line": 2,
                "line_content": "rm -rf /",
                "match_content": "rm -rf /",
                "level": 3,
                "description": "removes everything",
            },
            {"line": 3, "line_content": "echo done", "match_content": "echo", "level": 1, "description": "talks"},
        ]
        assert client.gateway("check_script", {"script_language": 4, "content": b64("rm -rf /")}).json["data"] == []
        assert client.gateway("check_script", {"content": b64("x")}).json["code"] == 1240003
        assert client.gateway("check_script", {"script_language": 7, "content": b64("x")}).json["code"] == 1240003
        assert client.gateway("check_script", {"script_language": 1}).json["code"] == 1240003


@pytest.mark.parametrize(("kind", "code"), [("scope", 1244032), ("app", 1244033), ("system", 1244034)])
def test_quotas(estate: Any, kind: str, code: int) -> None:
    estate["quotas"] = {kind: 2}
    estate["apps"][1]["denied_calls"] = []
    with JobServer(estate) as server:
        client = Client(server)
        # A run that has not been started counts like any other.
        assert fast(client, start_task=False) == 0
        first = client.script("sleep 60")
        assert fast(client, **BUSY) == code
        assert client.call("execute_job_plan", job_plan_id=10)["code"] == code
        assert client.v2("execute_job", bk_job_id=10)["code"] == code
        # Another application, or another scope, has a quota of its own.
        assert (fast(client, auth=KIOSK, **BUSY) == 0) is (kind == "app")
        far = {"bk_scope_id": "3", "target_server": {"host_id_list": [301]}, **BUSY}
        assert (fast(client, **far) == 0) is (kind == "scope")
        # What has ended does not count.
        client.data("operate_job_instance", job_instance_id=first, operation_code=1)
        client.finished(first)
        assert fast(client, **BUSY) in ((0,) if kind == "scope" else (0, code))


def test_the_quota_is_kept_when_many_come_at_once(estate: Any) -> None:
    estate["quotas"] = {"scope": 5}
    with JobServer(estate) as server, ThreadPoolExecutor(32) as pool:
        client = Client(server)
        codes = list(pool.map(lambda _n: fast(client, **BUSY), range(32)))
    assert (codes.count(0), codes.count(1244032)) == (5, 27)


REFUSED: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"task_name": "boom"}, {"task_name": "boom"}, True),
    ({"task_name": "boom"}, {"task_name": "boom!"}, False),
    ({"account": "root"}, {}, True),
    ({"account": "app"}, {}, False),
    ({"script_version": 5002}, {"script_version_id": 5002}, True),
    ({"script_id": "scr-1"}, {"script_id": "scr-1"}, True),
    ({"user": "admin"}, {}, True),
    ({"user": "carol"}, {}, False),
    ({"app": "shop", "task_name": "boom"}, {"task_name": "boom"}, True),
    ({"app": "kiosk", "task_name": "boom"}, {"task_name": "boom"}, False),
    ({"plan": 10}, {}, False),
]


@pytest.mark.parametrize(("facts", "fields", "hit"), REFUSED)
def test_error_responses_on_demand(estate: Any, facts: dict[str, Any], fields: dict[str, Any], hit: bool) -> None:
    estate["refusals"] = [{**facts, "error": 1244025}]
    with JobServer(estate) as server:
        client = Client(server)
        assert fast(client, **fields) == (1244025 if hit else 0)
        # Sound requests only: what is refused anyway is refused for its own reason.
        assert fast(client, **{**fields, "timeout": 0}) == 1240003


def test_rejected_calls_for_plans(estate: Any) -> None:
    estate["refusals"] = [{"plan": 10, "error": 1240001}]
    with JobServer(estate) as server:
        client = Client(server)
        assert client.call("execute_job_plan", job_plan_id=10)["code"] == 1240001
        assert client.v2("execute_job", bk_job_id=10)["code"] == 1240001
        assert client.call("execute_job_plan", job_plan_id=12)["code"] == 0


BAD_SETTINGS: list[tuple[str, Any, str]] = [
    ("refusals", [{"error": 5}], "refusals[0]: expected at least one of user, app, plan"),
    ("refusals", [{"plan": 1}], "refusals[0].error: expected a value"),
    ("refusals", [{"plan": 1, "error": 5, "kind": "WRONG"}], "refusals[0].kind: expected one of INVALID_ARGUMENT"),
    ("high_risk", [{"pattern": "("}], "high_risk[0].pattern: expected a regular expression"),
    ("high_risk", [{"pattern": "x", "languages": [7]}], "high_risk[0].languages[0]: expected one of 1, 2"),
    ("quotas", {"scope": 0}, "quotas.scope: expected a whole number of at least 1, found 0"),
    ("quotas", {"user": 1}, "quotas.user: expected no such key here, only scope, app, system"),
    ("troubles", [{"gateway": "cgi", "kind": "x"}], "troubles[0].gateway: expected one of esb, apigw"),
    ("troubles", [{"gateway": "esb", "kind": "not_found"}], "troubles[0].kind: expected one of inactive"),
    ("multi_tenant", "yes", "multi_tenant: expected true or false, found 'yes'"),
    ("history_start", 0, "history_start: expected a whole number of at least 1"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD_SETTINGS)
def test_settings_that_cannot_be_used(estate: Any, name: str, value: Any, message: str) -> None:
    estate[name] = value
    with pytest.raises(InventoryError) as caught:
        JobServer(estate)
    assert str(caught.value).startswith(f"inventory: {message}")
