# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests about existing runs that were recorded from the platform's own controllers, and their responses.

The recordings were made behind the gateways and at the older gateway. They are replayed at JOB's own door, through the
older gateway, and at the API gateway if that has the call with the verb of the recording.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ESB_V2,
    ESB_V3,
    GATEWAY,
    Exchange,
    is_query,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_companions import (
    CREDENTIALS,
    INSIDE,
    PAIRS,
    World,
    world,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_matching import agree, matches

JOB = [pair for pair in PAIRS if pair["call"] != "esb"]
ESB = [pair for pair in PAIRS if pair["call"] == "esb"]
CHANGING = ("opstep ignore failed", "opstep confirm", "opstep confirm by other", "opstep refuse", "opjob start pending")
"""Recordings that leave a run in another state: each gets runs of its own."""
SHORTENED = ("rolling: 500 serial batches of one host", "rolling: 502 serial batches of one host")
"""Recordings of launches that contain only code and result."""
LAUNCHED = {"job_instance_id": "<int>", "job_instance_name": "<generated>", "step_instance_id": "<int>"}
ONLY_AT_JOB = ("batch_sizes", "instance_left_behind")


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with world() as one:
        yield one


@pytest.fixture
def place(request: pytest.FixtureRequest, shared: World) -> Iterator[World]:
    """The runs for a pair; what a pair may change is its own."""
    pair = request.getfixturevalue("pair")
    with ExitStack() as stack:
        changes = pair["why"] in CHANGING or (pair["why"], pair.get("method")) == ("opjob GET", "GET")
        yield stack.enter_context(world()) if changes else shared


def method_of(pair: dict[str, Any]) -> str:
    return str(pair.get("method", "POST"))


def sent(place: World, pair: dict[str, Any], path: str, headers: dict[str, str], **more: Any) -> Exchange:
    """Send a request as it was recorded: as a query, or with a body."""
    fields = {**place.request(pair), **more}
    if method_of(pair) == "GET":
        return place.client.raw("GET", f"{path}?{urlencode(fields)}", None, headers)
    return place.client.raw("POST", path, json.dumps(fields), {"Content-Type": "application/json", **headers})


def expected(place: World, pair: dict[str, Any]) -> dict[str, Any]:
    """A pair with the ids of the place, without what the response does not say itself."""
    response = {name: value for name, value in pair["answer"].items() if name not in ONLY_AT_JOB}
    if response.get("code") == 9900403:
        # The recordings were made with a permission system that named no actions.
        response["permission"] = {**response["permission"], "actions": "<list>"}
    if pair["why"] in SHORTENED and response["code"] == 0:
        response["data"] = LAUNCHED
    return {**pair, "answer": place.filled(response)}


def test_nothing_is_missing() -> None:
    assert (len(PAIRS), len(JOB), len(ESB)) == (250, 225, 25)


@pytest.mark.parametrize("pair", JOB, ids=[pair["why"] for pair in JOB])
def test_behind_the_gateways(place: World, pair: dict[str, Any]) -> None:
    generation, name = pair["call"].split(".")
    launches = name == "fast_execute_script" and pair["why"] not in SHORTENED
    before = place.runs() if launches else []
    response = sent(place, pair, f"/esb/api/{generation}/{name}", INSIDE)
    if "http_error" in pair["answer"]:
        assert (response.status, response.json["status"]) == (pair["http"], pair["answer"]["http_error"])
        return
    agree(response, expected(place, pair))
    assert "message" not in response.json or response.json["result"] is False
    if "batch_sizes" in pair["answer"]:
        assert place.batch_sizes(response.json["data"]) == pair["answer"]["batch_sizes"]
    if launches:
        after = place.runs()
        created = [run["status"] for run in after[: len(after) - len(before)]]
        assert created == ([1] if response.json["result"] or "instance_left_behind" in pair["answer"] else [])


AT_THE_API_GATEWAY = [
    pair
    for pair in JOB
    if pair["call"].startswith("v3.")
    and method_of(pair) == ("GET" if is_query(pair["call"][3:]) else "POST")
    and "http_error" not in pair["answer"]
]


@pytest.mark.parametrize("pair", AT_THE_API_GATEWAY, ids=[pair["why"] for pair in AT_THE_API_GATEWAY])
def test_at_the_api_gateway(place: World, pair: dict[str, Any]) -> None:
    headers = {"X-Bkapi-Authorization": json.dumps(CREDENTIALS), "Blueking-Language": "en"}
    response = sent(place, pair, GATEWAY + pair["call"][3:], headers)
    assert response.headers["X-Bkapi-Error-Code"] == ""
    agree(response, expected(place, pair))


NOT_IN_THE_ESB = ("get_step_instance_status", "get_step_instance_detail")
THROUGH_THE_ESB = [pair for pair in JOB if pair["call"][3:] not in NOT_IN_THE_ESB]
AS_A_POST = {
    "status GET no id": 1241007,
    "status GET bool 1": 1240003,
    "list GET no times": 1241007,
    "plan GET no id": 1241007,
    "opjob GET": 0,
}
"""Queries that JOB itself reads in another way than the POST that the older gateway makes of them: the code."""


@pytest.mark.parametrize("pair", THROUGH_THE_ESB, ids=[pair["why"] for pair in THROUGH_THE_ESB])
def test_through_the_esb(place: World, pair: dict[str, Any]) -> None:
    generation, name = pair["call"].split(".")
    path = f"{ESB_V2 if generation == 'v2' else ESB_V3}{name}/"
    response = sent(place, pair, path, {"Blueking-Language": "en"}, **CREDENTIALS)
    if pair["why"] in AS_A_POST:
        assert (response.status, response.json["code"]) == (200, AS_A_POST[pair["why"]])
        return
    assert response.json["message"] == "" or response.json["result"] is False
    agree(response, expected(place, pair), {"data": None, "request_id": "<id>"})


SECRETS = {"<good>": "my_secret"}


@pytest.mark.parametrize("pair", ESB, ids=[pair["why"] for pair in ESB])
def test_at_the_esb(place: World, pair: dict[str, Any]) -> None:
    fields = {name: SECRETS.get(str(value), value) for name, value in pair["request"].items()}
    body = fields["raw"] if "raw" in fields else json.dumps(fields)
    query = f"?{urlencode(CREDENTIALS)}" if "query" in pair else ""
    headers = {name: json.dumps(CREDENTIALS) if value == "<json>" else value for name, value in pair["headers"].items()}
    response = place.client.raw(method_of(pair), pair["path"] + query, body, headers)
    assert response.status == pair["http"]
    message = response.json.pop("message")
    assert message
    matches(response.json, pair["answer"])


@pytest.mark.parametrize("name", NOT_IN_THE_ESB)
def test_calls_that_the_esb_does_not_have(shared: World, name: str) -> None:
    response = shared.client.esb(f"{ESB_V3}{name}/", {"bk_scope_type": "biz", "bk_scope_id": "2"}, CREDENTIALS)
    assert (response.status, "code" in response.json) == (404, False)
