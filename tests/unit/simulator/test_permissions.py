# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Permissions that a user lacks: which call needs which, and what the error response names."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import APP, SCOPE, Client, b64

ERIN = {**APP, "bk_token": "erin-token"}
CONTENT = {"script_content": b64("true"), "script_language": 1}
ORDER = {"account_alias": "app", "target_server": {"host_id_list": [101]}}
BIZ = {"type": "biz", "type_name": "Business", "id": "2", "name": "demo"}

ROWS: list[tuple[str, str, dict[str, Any], str, dict[str, str] | None]] = [
    ("access_business", "get_job_plan_list", {}, "biz", None),
    ("access_business", "execute_job_plan", {"job_plan_id": 10}, "biz", None),
    ("access_business", "get_job_instance_status", {"job_instance_id": 404}, "biz", None),
    ("launch_job_plan", "execute_job_plan", {"job_plan_id": 10}, "job_plan", {"id": "10", "name": "two-steps"}),
    ("view_job_plan", "get_job_plan_detail", {"job_plan_id": 10}, "job_plan", {"id": "10", "name": "two-steps"}),
    ("quick_execute_script", "fast_execute_script", {**CONTENT, **ORDER}, "host", None),
    (
        "execute_script",
        "fast_execute_script",
        {"script_id": "scr-1", **ORDER},
        "script",
        {"id": "scr-1", "name": "report"},
    ),
    (
        "execute_public_script",
        "fast_execute_script",
        {"script_id": "pub-1", **ORDER},
        "public_script",
        {"id": "pub-1", "name": "shared"},
    ),
    ("use_account", "fast_execute_script", {**CONTENT, **ORDER}, "account", {"id": "51", "name": "app"}),
    ("use_account", "execute_job_plan", {"job_plan_id": 24}, "account", {"id": "51", "name": "app"}),
    ("view_history", "get_job_instance_status", {}, "biz", None),
    ("view_history", "get_step_instance_status", {}, "biz", None),
    ("view_history", "get_job_instance_global_var_value", {}, "biz", None),
]


def prepared(estate: Any, action: str) -> Any:
    estate["users"].append({"name": "erin", "tokens": ["erin-token"]})
    estate["denied"] = [{"user": "erin", "action": action}]
    versions = [{"id": 6001, "version": "1", "status": 1, "content": "true"}]
    estate["scripts"].append({"id": "pub-1", "scope": "public", "name": "shared", "versions": versions})
    return estate


@pytest.mark.parametrize(("action", "name", "fields", "kind", "resource"), ROWS)
def test_the_payload(
    estate: Any, action: str, name: str, fields: dict[str, Any], kind: str, resource: dict[str, str] | None
) -> None:
    with JobServer(prepared(estate, action)) as server:
        client = Client(server)
        if action == "view_history":
            job_id = client.plan(12)
            step_id = client.status(job_id)["step_instance_list"][0]["step_instance_id"]
            fields = {"job_instance_id": job_id, "step_instance_id": step_id}
        response = client.gateway(name, {**SCOPE, **fields}, ERIN)
        assert (response.status, response.json["code"], response.json["result"]) == (200, 9900403, False)
        assert set(response.json) == {"code", "result", "message", "permission", "job_request_id"}
        payload = response.json["permission"]
        assert (payload["system_id"], payload["system_name"]) == ("bk_job", "Job")
        (wanted,) = payload["actions"]
        assert (wanted["id"], bool(wanted["name"])) == (action, True)
        (related,) = wanted["related_resource_types"]
        assert (related["system_id"], related["system_name"], related["type"]) == ("bk_job", "Job", kind)
        ((*path, last),) = related["instances"]
        if resource is None:
            assert (path, last) == ([], BIZ)
        else:
            assert path == [BIZ]
            assert last == {"type": kind, "type_name": related["type_name"], **resource}
        # No address for applying is contained.
        assert "http" not in str(payload)
        # Whoever has the permission passes.
        assert client.gateway(name, {**SCOPE, **fields}).json["code"] in (0, 1244006)


def test_own_runs_need_no_permission(estate: Any) -> None:
    with JobServer(prepared(estate, "view_history")) as server:
        client = Client(server)
        launched = client.gateway("execute_job_plan", {**SCOPE, "job_plan_id": 13}, ERIN).json["data"]
        ids = {**SCOPE, "job_instance_id": launched["job_instance_id"]}
        assert client.gateway("get_job_instance_status", ids, ERIN).json["code"] == 0
        # The list shows everybody's runs to everybody.
        span = {"create_time_start": 1, "create_time_end": 2}
        other = client.plan(12)
        found = client.gateway("get_job_instance_list", {**SCOPE, **span, "job_instance_id": other}, ERIN)
        assert found.json["data"]["total"] == 1


def test_business_comes_before_permission_at_a_launch(estate: Any) -> None:
    with JobServer(prepared(estate, "launch_job_plan")) as server:
        client = Client(server)
        variables = [{"name": "targets", "server": {"host_id_list": [999]}}]
        fields = {**SCOPE, "job_plan_id": 10, "global_var_list": variables}
        assert client.gateway("execute_job_plan", fields, ERIN).json["code"] == 1244030
