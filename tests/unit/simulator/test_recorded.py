# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that were recorded from the platform's own controllers, and further requests of the same kind.

The recordings were made behind the gateways, so they are replayed at the platform's own door, at the API gateway where
it has the call, and through the older gateway with what that adds.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import ESB_V2, ESB_V3, GATEWAY, Client, b64
from ansible_collections.blueking.job.tests.unit.helpers.simulator_matching import agree

DATA = Path(__file__).with_name("data")
RECORDED: list[dict[str, Any]] = json.loads((DATA / "recorded.json").read_text(encoding="utf-8"))
ESTATE = yaml.safe_load((DATA / "recorded.yml").read_text(encoding="utf-8"))
CREDENTIALS = {"bk_app_code": "recorder", "bk_app_secret": "recorder-secret", "bk_token": "recorder-token"}
INSIDE = {"X-Username": "recorder", "X-AppCode": "recorder", "Content-Type": "application/json"}
READING = ("get_job_instance_status", "get_job_instance_ip_log")
LONG_PARAM = "script_param of 9000 decoded bytes, sensitive"
IDS = [pair["why"] for pair in RECORDED]


@pytest.fixture(scope="module")
def recorder() -> Iterator[Client]:
    with JobServer(ESTATE) as server:
        yield Client(server)


def body_of(pair: dict[str, Any]) -> str:
    request = copy.deepcopy(pair["request"])
    if "raw" in request:
        return str(request["raw"])
    if pair.get("request_note") == LONG_PARAM:
        request |= {"script_content": b64("echo 1"), "script_param": b64("x" * 9000)}
    return json.dumps(request)


def headers_of(pair: dict[str, Any], **more: str) -> dict[str, str]:
    headers = {**INSIDE, "Blueking-Language": "en", **pair["headers"], **more}
    return {name: value for name, value in headers.items() if value is not None}


def test_nothing_is_missing() -> None:
    assert len(RECORDED) == 95


@pytest.mark.parametrize("pair", RECORDED, ids=IDS)
def test_behind_the_gateways(recorder: Client, pair: dict[str, Any]) -> None:
    generation, name = pair["call"].split(".")
    response = recorder.raw("POST", f"/esb/api/{generation}/{name}", body_of(pair), headers_of(pair))
    assert "message" not in response.json or response.json["result"] is False
    agree(response, pair)


def at_the_api_gateway(pair: dict[str, Any]) -> bool:
    """What it adds by itself cannot be left out, and what only reads is not a POST there."""
    generation, name = pair["call"].split(".")
    gateways_own = "X-Username" in pair["headers"] or "X-AppCode" in pair["headers"]
    return generation == "v3" and name not in READING and not gateways_own


@pytest.mark.parametrize("pair", [pair for pair in RECORDED if at_the_api_gateway(pair)], ids=lambda pair: pair["why"])
def test_at_the_api_gateway(recorder: Client, pair: dict[str, Any]) -> None:
    headers = headers_of(pair, **{"X-Bkapi-Authorization": json.dumps(CREDENTIALS)})
    response = recorder.raw("POST", GATEWAY + pair["call"].split(".")[1], body_of(pair), headers)
    assert response.headers["X-Bkapi-Error-Code"] == ""
    agree(response, pair)


BY_THE_ESB = {
    "plan: body empty": (1306000, True),
    "plan: body not json": (1306000, True),
    # The gateway names user and application by itself, and always sends JSON.
    "no username hdr": (0, True),
    "no appcode hdr": (0, True),
    "content-type none/text": (0, True),
}
"""Recordings to which the older gateway has a response of its own: the code, and whether it has a request_id."""


@pytest.mark.parametrize("place", ["body", "header"])
@pytest.mark.parametrize("pair", RECORDED, ids=IDS)
def test_through_the_esb(recorder: Client, pair: dict[str, Any], place: str) -> None:
    generation, name = pair["call"].split(".")
    body, headers = body_of(pair), {"Blueking-Language": "en"}
    if place == "header":
        headers["X-Bkapi-Authorization"] = json.dumps(CREDENTIALS)
    elif "raw" not in pair["request"]:
        body = json.dumps({**CREDENTIALS, **json.loads(body)})
    response = recorder.raw("POST", f"{ESB_V2 if generation == 'v2' else ESB_V3}{name}/", body, headers)
    if pair["why"] in BY_THE_ESB:
        code, with_id = BY_THE_ESB[pair["why"]]
        assert (response.status, response.json["code"], "request_id" in response.json) == (200, code, with_id)
        return
    assert response.json["message"] == "" or response.json["result"] is False
    agree(response, pair, {"data": None, "request_id": "<id>"})


def plan(**changes: Any) -> tuple[str, dict[str, Any]]:
    return "v3/execute_job_plan", {"bk_scope_type": "biz", "bk_scope_id": "2", "job_plan_id": 100, **changes}


def script(**changes: Any) -> tuple[str, dict[str, Any]]:
    base = {"bk_scope_type": "biz", "bk_scope_id": "2", "script_content": "ZWNobyAx", "script_language": 1}
    return "v3/fast_execute_script", {
        **base,
        "account_alias": "root",
        "target_server": {"host_id_list": [1]},
        **changes,
    }


def variable(**fields: Any) -> tuple[str, dict[str, Any]]:
    return plan(global_var_list=[fields])


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        # Numbers: text, fractions, truth values, lists.
        (plan(job_plan_id="100.0"), 1240003),
        (plan(job_plan_id=100.99), 0),
        (plan(job_plan_id=" 100 "), 0),
        (plan(job_plan_id=True), 1240003),
        (plan(job_plan_id=[100]), 1240003),
        (plan(job_plan_id={}), 1240003),
        (plan(job_plan_id=-1.5), 1241005),
        (plan(job_plan_id=0), 1241005),
        (plan(job_plan_id=404), 1244012),
        (script(timeout=60.9), 0),
        (script(timeout="60s"), 1240003),
        (script(timeout=""), 0),
        (script(timeout=None), 0),
        (script(timeout=2**31), 1240003),
        (script(script_language="1"), 0),
        (script(script_language=""), 1241005),
        (script(is_param_sensitive=True), 1240003),
        (script(is_param_sensitive="1"), 0),
        (script(is_param_sensitive=False), 1240003),
        (script(target_server={"host_id_list": ["1", 2]}), 0),
        (script(target_server={"host_id_list": "1"}), 1240003),
        (script(target_server={"host_id_list": [True]}), 1240003),
        # Texts: numbers and truth values pass, lists and objects do not.
        (variable(name="a", value=1.5), 0),
        (variable(name="a", value=False), 0),
        (variable(name="a", value=None), 0),
        (variable(name="a", value={"x": 1}), 1240003),
        (variable(name=7, value="x"), 0),
        (script(task_name=5), 0),
        (script(account_alias=["root"]), 1240003),
        (script(script_content=["x"]), 1240003),
        (script(script_content="%%%"), 0),
        # Truth values.
        (plan(start_task="FALSE"), 0),
        (plan(start_task=0), 0),
        (plan(start_task="never"), 1240003),
        # Only the first violation, and bean validation before what is written by hand.
        (script(timeout=0, script_content=None), 1240003),
        (script(windows_interpreter="sh", target_server=None), 1240003),
        (script(script_content=None, script_language=9, account_alias=None), 1241004),
        (script(script_version_id=0, script_language=9), 1241005),
        (script(target_server=None, account_alias=None), 1241004),
        (script(target_server={}, account_alias="nosuch"), 1244001),
        (script(account_alias="nosuch", target_server={"host_id_list": [9]}), 1244003),
        (plan(bk_scope_id="404", job_plan_id=True), 1243049),
        (plan(bk_scope_type="foo", bk_scope_id="404"), 1241005),
        (plan(callback_url="", job_plan_id=None), 1241005),
        (plan(callback_url="nowhere", job_plan_id=None), 1240003),
        # Values of error responses on demand.
        (script(task_name="errquota"), 1244032),
        (script(task_name="err5000"), 0),
        (plan(job_plan_id=403, callback_url="nowhere"), 1240003),
    ],
)
def test_others_of_the_kind(recorder: Client, request_: tuple[str, dict[str, Any]], code: int) -> None:
    address, fields = request_
    response = recorder.raw("POST", f"/esb/api/{address}", json.dumps(fields), INSIDE)
    assert (response.status, response.json["code"]) == (200, code)
    assert response.json["result"] is (code == 0)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/esb/api/v3/nothing", 404),
        ("POST", "/esb/api/v5/execute_job_plan", 404),
        ("GET", "/esb/api/v3/execute_job_plan", 405),
        ("PUT", "/esb/api/v3/get_job_instance_status", 405),
        ("POST", "/esb/api/v3/get_step_instance_status", 405),
        ("POST", "/esb/api/v4/get_job_instance_status", 405),
    ],
)
def test_the_frameworks_own_responses(recorder: Client, method: str, path: str, status: int) -> None:
    response = recorder.raw(method, path, "{}", INSIDE)
    assert response.status == response.json["status"] == status
    assert set(response.json) == {"timestamp", "status", "error", "path"}


def test_status_without_an_id(recorder: Client) -> None:
    scope = "bk_scope_type=biz&bk_scope_id=2"
    assert recorder.raw("GET", f"/esb/api/v3/get_job_instance_status?{scope}", None, INSIDE).json["code"] == 1240003
    body = json.dumps({"bk_scope_type": "biz", "bk_scope_id": "2"})
    assert recorder.raw("POST", "/esb/api/v3/get_job_instance_status", body, INSIDE).json["code"] == 1241007
