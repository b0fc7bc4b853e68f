# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses, identification and envelopes of the three gateways, and their own error responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ADMIN,
    APP,
    ESB_V2,
    ESB_V3,
    GATEWAY,
    SCOPE,
    Client,
)

KIOSK = {"bk_app_code": "kiosk", "bk_app_secret": "kiosk-secret"}
LAUNCH = {**SCOPE, "job_plan_id": 10}
BAD_CREDENTIALS = [
    {},
    {"bk_app_code": "nobody", "bk_app_secret": "x", "bk_token": "admin-token"},
    {"bk_app_code": "shop", "bk_app_secret": "wrong", "bk_token": "admin-token"},
    {**APP},
    {**APP, "bk_token": "unknown"},
    {**KIOSK, "bk_username": "admin"},
    {**APP, "access_token": "unknown"},
]
GOOD_CREDENTIALS = [
    {**APP, "bk_token": "admin-token"},
    {**APP, "bk_ticket": "admin-ticket"},
    {**APP, "access_token": "admin-access"},
    {**APP, "bk_username": "admin"},
    {**KIOSK, "bk_token": "admin-token"},
]


def test_envelope_of_the_api_gateway(client: Client) -> None:
    response = client.gateway("execute_job_plan", LAUNCH)
    assert response.status == 200
    assert set(response.json) == {"code", "result", "data", "job_request_id"}
    assert response.json["data"]["step_instance_id"] is None
    assert response.headers["X-Bkapi-Error-Code"] == ""
    assert response.headers["X-Bkapi-Request-Id"]
    refused = client.gateway("execute_job_plan", {**LAUNCH, "job_plan_id": 404})
    assert refused.status == 200
    assert set(refused.json) == {"code", "result", "message", "job_request_id"}


def test_envelope_of_the_esb(client: Client) -> None:
    response = client.esb(f"{ESB_V3}execute_job_plan/", LAUNCH)
    assert set(response.json) == {"code", "result", "data", "message", "request_id", "job_request_id"}
    assert (response.status, response.json["message"], len(response.json["request_id"])) == (200, "", 32)
    refused = client.esb(f"{ESB_V3}execute_job_plan/", {**LAUNCH, "job_plan_id": 404})
    assert (refused.status, refused.json["code"], refused.json["data"]) == (200, 1244012, None)
    assert refused.json["message"]
    older = client.v2("execute_job", bk_job_id=10)
    assert set(older["data"]) == {"job_instance_id", "job_instance_name"}


@pytest.mark.parametrize("path", [GATEWAY, "/api/v3/", "/api/other/stag/api/v3/"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_addresses_of_the_api_gateway(client: Client, path: str, slash: str) -> None:
    headers = {"X_Bkapi_Authorization": json.dumps(ADMIN)}
    response = client.send("GET", f"{path}get_job_plan_list{slash}?{urlencode(SCOPE)}", **headers)
    assert response.json["code"] == 0


@pytest.mark.parametrize("auth", GOOD_CREDENTIALS)
def test_good_credentials(client: Client, auth: Mapping[str, str]) -> None:
    assert client.gateway("get_job_plan_list", SCOPE, auth).json["code"] == 0
    assert client.esb(f"{ESB_V3}get_job_plan_list", SCOPE, auth).json["code"] == 0


def test_an_access_token_alone_is_enough_at_the_api_gateway(client: Client) -> None:
    auth = {"access_token": "admin-access"}
    assert client.gateway("get_job_plan_list", SCOPE, auth).json["code"] == 0
    assert client.esb(f"{ESB_V3}get_job_plan_list", SCOPE, auth).json["code"] == 1306000


@pytest.mark.parametrize("auth", BAD_CREDENTIALS)
def test_bad_credentials(client: Client, auth: Mapping[str, str]) -> None:
    response = client.gateway("get_job_plan_list", SCOPE, auth)
    assert (response.status, response.json["code"], response.json["code_name"]) == (400, 1640001, "INVALID_ARGS")
    assert (response.headers["X-Bkapi-Error-Code"], response.json["data"]) == ("1640001", None)
    refused = client.esb(f"{ESB_V3}get_job_plan_list", SCOPE, auth)
    assert (refused.status, refused.json["code"], refused.json["result"]) == (200, 1306000, False)
    assert refused.json["request_id"]


def test_the_api_gateway_ignores_credentials_in_the_body(client: Client) -> None:
    body = json.dumps({**ADMIN, **LAUNCH})
    response = client.send("POST", f"{GATEWAY}execute_job_plan", body, Content_Type="application/json")
    assert (response.status, response.json["code"]) == (400, 1640001)


def test_denied_calls(client: Client) -> None:
    auth = {**KIOSK, "bk_token": "admin-token"}
    response = client.gateway("execute_job_plan", LAUNCH, auth)
    assert (response.status, response.json["code"], response.json["code_name"]) == (403, 1640301, "APP_NO_PERMISSION")
    assert client.esb(f"{ESB_V3}execute_job_plan/", LAUNCH, auth).json["code"] == 1306403


@pytest.mark.parametrize(
    ("method", "name"),
    [("GET", "execute_job_plan"), ("POST", "get_job_instance_status"), ("GET", "nothing"), ("PUT", "execute_job_plan")],
)
def test_paths_that_the_api_gateway_does_not_know(client: Client, method: str, name: str) -> None:
    response = client.send(method, GATEWAY + name, "{}")
    assert (response.status, response.json["code"], response.json["code_name"]) == (404, 1640401, "API_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", f"{ESB_V2}nothing/"), ("PUT", f"{ESB_V2}execute_job/"), ("POST", f"{ESB_V2}execute_job_plan/")],
)
def test_paths_that_the_esb_does_not_know(client: Client, method: str, path: str) -> None:
    response = client.send(method, path, "{}")
    assert response.status == 404
    assert set(response.json) == {"result", "data", "message"}


def test_other_paths(client: Client) -> None:
    assert client.send("GET", "/").status == 404


def test_a_query_and_a_form_work_at_the_esb(client: Client) -> None:
    fields = urlencode({**ADMIN, **SCOPE, "job_plan_id": "10"})
    for path in (f"{ESB_V3}get_job_plan_detail", f"{ESB_V3}get_job_plan_detail/"):
        assert client.send("GET", f"{path}?{fields}").json["data"]["name"] == "two-steps"
        assert client.send("POST", path, fields).json["data"]["name"] == "two-steps"


def test_the_header_wins_over_the_body_at_the_esb(client: Client) -> None:
    body = json.dumps({**APP, "bk_token": "unknown", **SCOPE})
    path = f"{ESB_V3}get_job_plan_list/"
    assert client.send("POST", path, body, X_Bkapi_Authorization=json.dumps(ADMIN)).json["code"] == 0
    body = json.dumps({**ADMIN, **SCOPE})
    assert client.send("POST", path, body, X_Bkapi_Authorization=json.dumps(APP)).json["code"] == 1306000


@pytest.mark.parametrize(
    ("body", "header", "code", "with_id"),
    [
        ("{bad", None, 1306000, True),
        ("[1]", None, 1306000, True),
        ("", None, 1306000, True),
        ("{}", "no json", 1306406, False),
        ("{}", "[1]", 1306406, False),
    ],
)
def test_unreadable_requests_at_the_esb(client: Client, body: str, header: Any, code: int, with_id: bool) -> None:
    headers = {} if header is None else {"X_Bkapi_Authorization": header}
    response = client.send("POST", f"{ESB_V3}execute_job_plan/", body, **headers)
    assert (response.status, response.json["code"], "request_id" in response.json) == (200, code, with_id)


@pytest.mark.parametrize(
    ("body", "kind"), [("{bad", "application/json"), ("", "application/json"), ("{}", "text/plain"), ("[]", "")]
)
def test_unreadable_requests_behind_the_api_gateway(client: Client, body: str, kind: str) -> None:
    headers = {"X_Bkapi_Authorization": json.dumps(ADMIN), "Content_Type": kind}
    response = client.send("POST", f"{GATEWAY}execute_job_plan", body, **headers)
    assert (response.status, response.json["code"]) == (200, 1240003)


def test_language(client: Client) -> None:
    def words(path: str, **headers: str) -> str:
        body = json.dumps({**SCOPE, "job_plan_id": 404})
        headers = {"X_Bkapi_Authorization": json.dumps(ADMIN), "Content_Type": "application/json", **headers}
        return str(client.send("POST", path, body, **headers).json["message"])

    gateway, esb = f"{GATEWAY}execute_job_plan", f"{ESB_V3}execute_job_plan/"
    assert not words(gateway).isascii()
    assert words(gateway, Blueking_Language="en").isascii()
    assert not words(gateway, Blueking_Language="fr").isascii()
    assert words(esb).isascii()
    assert not words(esb, Blueking_Language="zh-cn").isascii()
    error_response = client.send("GET", f"{GATEWAY}nothing")
    # The newer gateway speaks English alone.
    assert error_response.json["message"].isascii()
    assert error_response.headers["X-Bkapi-Error-Message"].isascii()
