# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error responses of each gateway: every row of the error tables, and what the platform did nevertheless."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ADMIN,
    APP,
    ESB_V2,
    ESB_V3,
    GATEWAY,
    SCOPE,
    Client,
)

LAUNCH = {**SCOPE, "job_plan_id": 13}
PATH = f"{ESB_V3}execute_job_plan/"
EXEMPT = {**APP, "bk_username": "admin"}

APIGW_ROWS = [
    ("invalid_args", 400, 1640001, "INVALID_ARGS", 0),
    ("unauthorized", 401, 1640100, "UNAUTHORIZED", 0),
    ("app_verify_failed", 401, 1640101, "APP_VERIFY_FAILED", 0),
    ("user_verify_failed", 401, 1640102, "USER_VERIFY_FAILED", 0),
    ("app_no_permission", 403, 1640301, "APP_NO_PERMISSION", 0),
    ("ip_not_allowed", 403, 1640302, None, 0),
    ("user_restricted", 403, 1640303, None, 0),
    ("tenant_restricted", 403, 1640304, None, 0),
    ("not_found", 404, 1640401, "API_NOT_FOUND", 0),
    ("body_too_large", 413, 1641301, None, 0),
    ("uri_too_long", 414, 1641401, None, 0),
    ("rate_limited", 429, 1642901, "RATE_LIMIT_RESTRICTION", 0),
    ("rate_limited_stage", 429, 1642902, "RATE_LIMIT_RESTRICTION", 0),
    ("rate_limited_resource", 429, 1642903, "RATE_LIMIT_RESTRICTION", 0),
    ("concurrency_limited", 429, 1642904, "CONCURRENCY_LIMIT_RESTRICTION", 0),
    ("internal_error", 500, 1650001, "INTERNAL_SERVER_ERROR", 0),
    ("bad_gateway", 502, 1650200, "BAD_GATEWAY", 1),
    ("backend_failed", 502, 1650201, "ERROR_REQUESTING_RESOURCE", 0),
    ("unavailable", 503, 1650300, "SERVICE_UNAVAILABLE", 0),
    ("backend_slow", 504, 1650401, "REQUEST_BACKEND_TIMEOUT", 1),
]

ESB_ROWS = [
    ("component_missing", 200, 1306404, False, 0),
    ("inactive", 200, 1306405, False, 0),
    ("rate_limited", 200, 1306429, True, 0),
    ("login_down", 200, 1306201, True, 0),
    ("backend_refused", 200, 1306201, True, 0),
    ("backend_slow", 200, 1306201, True, 1),
    ("backend_status", 200, 1306201, True, 1),
    ("backend_no_json", 200, 1306201, True, 1),
    ("backend_empty", 200, 1306201, True, 1),
    ("backend_tls", 200, 1306203, True, 1),
    ("crash", 500, None, False, 0),
]


def created(server: JobServer) -> int:
    return sum(act["act"] == "create" for entry in server.journal for act in entry["did"])


@pytest.mark.parametrize(("kind", "status", "code", "name", "runs"), APIGW_ROWS)
def test_the_api_gateway(estate: Any, kind: str, status: int, code: int, name: str | None, runs: int) -> None:
    estate["troubles"] = [{"gateway": "apigw", "kind": kind, "call": "execute_job_plan"}]
    with JobServer(estate) as server:
        response = Client(server).gateway("execute_job_plan", LAUNCH)
        assert (response.status, response.json["code"]) == (status, code)
        assert set(response.json) == {"code", "code_name", "message", "data", "result"}
        assert name in (None, response.json["code_name"])
        assert (response.json["data"], response.json["result"]) == (None, False)
        assert response.headers["X-Bkapi-Error-Code"] == str(code)
        assert response.headers["X-Bkapi-Error-Message"]
        assert response.headers["X-Bkapi-Request-Id"]
        assert ("X-Bkapi-RateLimit-Limit" in response.headers) is kind.startswith("rate_limited")
        assert created(server) == runs
        assert Client(server).gateway("get_job_plan_list", SCOPE).status == 200


@pytest.mark.parametrize(("kind", "status", "code", "with_id", "runs"), ESB_ROWS)
def test_the_esb(estate: Any, kind: str, status: int, code: int | None, with_id: bool, runs: int) -> None:
    estate["troubles"] = [{"gateway": "esb", "kind": kind, "app": "shop"}]
    with JobServer(estate) as server:
        response = Client(server).esb(PATH, LAUNCH)
        assert (response.status, response.json.get("code")) == (status, code)
        expected = {"result", "message", "data", *(("code",) if code else ()), *(("request_id",) if with_id else ())}
        assert set(response.json) == expected
        assert (response.json["result"], response.json["data"]) == (False, None)
        assert response.json["message"]
        assert created(server) == runs


def test_a_refused_connection_is_reported(estate: Any) -> None:
    """By these words a launch that was never delivered differs from one whose outcome is unknown."""
    estate["troubles"] = [{"gateway": "esb", "kind": "backend_refused"}]
    with JobServer(estate) as server:
        assert "refused" in Client(server).esb(PATH, LAUNCH).json["message"]


def test_without_a_token_the_login_system_is_not_called(estate: Any) -> None:
    estate["troubles"] = [{"gateway": "esb", "kind": "login_down"}]
    with JobServer(estate) as server:
        bare = Client(server).esb(f"{ESB_V3}get_job_plan_list/", SCOPE, {"bk_app_code": "shop"})
        assert bare.json["code"] == 1306000


def test_a_list_passes_the_esb_as_it_is(estate: Any) -> None:
    estate["troubles"] = [{"gateway": "esb", "kind": "backend_list"}]
    with JobServer(estate) as server:
        response = Client(server).esb(PATH, LAUNCH)
        assert response.status == 200
        assert isinstance(response.json, list)
        assert server.journal[0]["answer"]["code"] is None


APIGW_AUTH: list[tuple[str | None, int, int]] = [
    (None, 400, 1640001),
    ("", 400, 1640001),
    ("no json", 400, 1640001),
    ("[1]", 400, 1640001),
    ("{}", 400, 1640001),
    (json.dumps({**APP, "bk_token": "unknown"}), 400, 1640001),
    (json.dumps({"bk_app_code": "shop", "bk_token": "admin-token"}), 400, 1640001),
    (json.dumps({"access_token": "unknown"}), 400, 1640001),
    (json.dumps({**APP, "bk_app_secret": "wrong", "bk_token": "admin-token"}), 400, 1640001),
    (json.dumps({"bk_app_code": "kiosk", "bk_app_secret": "kiosk-secret", "bk_username": "admin"}), 400, 1640001),
    (json.dumps({"bk_app_code": "kiosk", "bk_app_secret": "kiosk-secret", "bk_token": "admin-token"}), 403, 1640301),
]


@pytest.mark.parametrize(("header", "status", "code"), APIGW_AUTH)
def test_identification_at_the_api_gateway(client: Client, header: str | None, status: int, code: int) -> None:
    headers = {"Content-Type": "application/json"} | ({} if header is None else {"X-Bkapi-Authorization": header})
    response = client.raw("POST", f"{GATEWAY}execute_job_plan", json.dumps(LAUNCH), headers)
    assert (response.status, response.json["code"]) == (status, code)


ESB_AUTH: list[tuple[dict[str, Any], int]] = [
    ({}, 1306000),
    ({"bk_app_code": "shop"}, 1306000),
    ({"bk_app_code": "nobody", "bk_app_secret": "x", "bk_token": "admin-token"}, 1306000),
    ({"bk_app_code": "shop", "bk_app_secret": "x", "bk_token": "admin-token"}, 1306000),
    (APP, 1306000),
    ({**APP, "bk_token": "unknown"}, 1306000),
    ({**APP, "bk_access_token": "unknown"}, 1306000),
    ({"bk_app_code": "kiosk", "bk_app_secret": "kiosk-secret", "bk_username": "admin"}, 1306000),
    ({"bk_app_code": "kiosk", "bk_app_secret": "kiosk-secret", "bk_token": "admin-token"}, 1306403),
    ({"app_code": "shop", "app_secret": "shop-secret", "username": "admin"}, 0),
    ({**APP, "bk_access_token": "admin-access", "bk_token": "unknown"}, 0),
    ({**APP, "bk_token": "admin-token", "bk_username": "carol"}, 0),
]


@pytest.mark.parametrize(("auth", "code"), ESB_AUTH)
@pytest.mark.parametrize("place", ["body", "header"])
def test_identification_at_the_esb(client: Client, auth: dict[str, Any], code: int, place: str) -> None:
    fields = LAUNCH if place == "header" else {**auth, **LAUNCH}
    headers = {"X-Bkapi-Authorization": json.dumps(auth)} if place == "header" else {}
    response = client.raw("POST", PATH, json.dumps(fields), headers)
    assert (response.status, response.json["code"]) == (200, code)
    assert "request_id" in response.json


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{ESB_V3}nothing/"),
        ("PUT", PATH),
        ("DELETE", PATH),
        ("POST", "/api/c/compapi/v2/cc/search_host/"),
        ("POST", f"{ESB_V2}get_job_instance_list/"),
        ("POST", f"{ESB_V3}get_step_instance_status/"),
        ("GET", f"{ESB_V3}get_step_instance_detail/"),
        ("POST", f"{ESB_V3}batch_get_job_instance_execute_object_log/"),
        ("POST", f"{ESB_V3}get_latest_service_version/"),
    ],
)
def test_what_the_esb_does_not_have(client: Client, method: str, path: str) -> None:
    response = client.esb(path, LAUNCH) if method == "POST" else client.send(method, path, json.dumps(ADMIN))
    assert response.status == 404
    assert set(response.json) == {"result", "data", "message"}


def test_a_body_of_more_than_40_mb(client: Client) -> None:
    body = b" " * (40 * 1024 * 1024 + 1)
    response = client.send("POST", f"{GATEWAY}execute_job_plan", body, Content_Type="application/json")
    assert (response.status, response.json["code"]) == (413, 1641301)


def test_a_list_and_a_number_are_no_objects(client: Client) -> None:
    for body in ("[]", "[{}]", ""):
        response = client.send("POST", PATH, body)
        assert (response.status, response.json["code"], "request_id" in response.json) == (200, 1306000, True)


def test_forms_and_queries_launch_too(client: Client) -> None:
    form = f"bk_app_code=shop&bk_app_secret=shop-secret&bk_username=admin&{query(LAUNCH)}"
    for response in (client.send("GET", f"{PATH}?{form}"), client.send("POST", PATH[:-1], form)):
        assert (response.status, response.json["code"]) == (200, 0)


def query(fields: dict[str, Any]) -> str:
    return "&".join(f"{name}={value}" for name, value in fields.items())


def test_the_name_in_a_body_reaches_the_platform_only_as_the_caller(estate: Any) -> None:
    with JobServer(estate) as server:
        Client(server).esb(PATH, LAUNCH, EXEMPT)
        assert server.journal[0]["caller"] == {"user": "admin", "app": "shop"}
