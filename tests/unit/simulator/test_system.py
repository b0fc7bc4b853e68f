# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls without a login, estates with several tenants, and languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ADMIN,
    APP,
    ESB_V3,
    SCOPE,
    Client,
    Exchange,
)

SYSTEM_V3, SYSTEM_V4 = "/api/bk-job/prod/api/v3/system/", "/api/bk-job/prod/api/v4/system/"
QUERY = "bk_scope_type=biz&bk_scope_id=2"
STATUS = f"get_job_instance_status?{QUERY}&job_instance_id=404"


def system(client: Client, method: str, path: str, body: str | None = None, **headers: str) -> Exchange:
    base = {"X_Bkapi_Authorization": json.dumps(APP), "Blueking_Language": "en", "Content_Type": "application/json"}
    return client.send(method, path, body, **{**base, **headers})


def test_a_system_call_acts_for_the_user_in_its_header(client: Client) -> None:
    body = json.dumps({**SCOPE, "job_plan_id": 13})
    response = system(client, "POST", f"{SYSTEM_V3}execute_job_plan", body, X_Bk_Username="dora")
    assert (response.status, response.json["code"]) == (200, 0)
    entry = client.server.journal[-1]
    assert entry["caller"] == {"user": "dora", "app": "shop"}
    listed = client.data(
        "get_job_instance_list",
        create_time_start=1,
        create_time_end=2,
        job_instance_id=response.json["data"]["job_instance_id"],
    )
    assert listed["data"][0]["operator"] == "dora"
    denied = system(client, "POST", f"{SYSTEM_V3}execute_job_plan", body.replace("13", "10"), X_Bk_Username="carol")
    assert denied.json["code"] == 9900403


@pytest.mark.parametrize("path", [SYSTEM_V3, SYSTEM_V4])
def test_a_system_call_without_a_user_is_a_401_in_the_older_envelope(client: Client, path: str) -> None:
    response = system(client, "GET", path + STATUS)
    assert (response.status, response.json["code"], response.json["result"]) == (401, 1247002, False)
    assert response.headers["X-Bkapi-Error-Code"] == ""


@pytest.mark.parametrize(("path", "status"), [(SYSTEM_V3, 200), (SYSTEM_V4, 404)])
def test_the_twins_of_both_generations(client: Client, path: str, status: int) -> None:
    response = system(client, "GET", path + STATUS, X_Bk_Username="admin")
    assert response.status == status
    text = json.dumps(response.json)
    assert "1244006" in text


def test_a_system_call_still_needs_its_application(client: Client) -> None:
    response = client.send("GET", SYSTEM_V3 + STATUS, None, X_Bk_Username="admin", X_Bkapi_Authorization="{}")
    assert (response.status, response.json["code"]) == (400, 1640001)


def test_the_header_is_ignored_elsewhere(client: Client) -> None:
    headers = {"X_Bkapi_Authorization": json.dumps(ADMIN), "X_Bk_Username": "carol"}
    client.send("GET", f"/api/v3/get_job_plan_list?{QUERY}", None, **headers)
    assert client.server.journal[-1]["caller"]["user"] == "admin"


@pytest.fixture
def tenants(estate: Any) -> Iterator[Client]:
    estate["multi_tenant"] = True
    with JobServer(estate) as server:
        yield Client(server)


@pytest.mark.parametrize("generation", ["v3", "v4"])
def test_several_tenants_need_a_tenants_header(tenants: Client, generation: str) -> None:
    path = f"/api/bk-job/prod/api/{generation}/{STATUS}"
    headers = {"X_Bkapi_Authorization": json.dumps(ADMIN)}
    without = tenants.send("GET", path, None, **headers)
    assert (without.status, without.json, without.headers["Content-Length"]) == (401, None, "0")
    within = tenants.send("GET", path, None, X_Bk_Tenant_Id="default", **headers)
    assert within.json is not None
    assert tenants.server.journal[0]["answer"]["http"] == 401


def test_the_esb_cannot_serve_several_tenants(tenants: Client) -> None:
    response = tenants.esb(f"{ESB_V3}get_job_plan_list/", SCOPE)
    assert (response.status, response.json["code"]) == (200, 1306201)


def test_a_single_tenant_ignores_the_header(client: Client) -> None:
    response = client.gateway("get_job_plan_list", SCOPE, X_Bk_Tenant_Id="whatever")
    assert response.json["code"] == 0


@pytest.mark.parametrize(
    ("language", "english"), [("en", True), ("EN", True), ("zh-cn", False), ("de", False), ("", False)]
)
def test_every_text_follows_the_language(client: Client, language: str, english: bool) -> None:
    launch = {"Blueking_Language": language}
    body = {**SCOPE, "script_content": "x", "script_language": 1, "account_alias": "root"}
    name = client.gateway("fast_execute_script", {**body, "target_server": {"host_id_list": [101]}}, **launch)
    assert name.json["data"]["job_instance_name"].isascii() is english
    for fields in ({"target_server": {}}, {"target_server": {"host_id_list": [999]}}, {"timeout": 0}, {}):
        assert client.gateway("fast_execute_script", {**body, **fields}, **launch).json["message"].isascii() is english
    newer = system(client, "GET", SYSTEM_V4 + STATUS, X_Bk_Username="admin", **launch)
    assert newer.json["error"]["message"].isascii() is english
