# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: what each does to a request, on which requests, and its entry in the journal."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.blueking.job.tests.support.simulator import FaultError, JobServer
from ansible_collections.blueking.job.tests.support.simulator.fault_responses import FAULT_RESPONSES, RequestInfo
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import SCRIPT, estate
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ADMIN,
    ESB_V3,
    GATEWAY,
    LIMIT_SECONDS,
    SCOPE,
    eventually,
)

PLAN = {**SCOPE, "job_plan_id": 1}
LAUNCH = "execute_job_plan"
Response = tuple[int, Mapping[str, str], bytes]


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(estate(steps=[{"name": "first", **SCRIPT}])) as running:
        yield running


def launch(server: JobServer, gateway: str = "apigw", timeout: float = LIMIT_SECONDS) -> Response:
    """One launch over a connection of its own; any status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    try:
        headers = {"X-Bkapi-Authorization": json.dumps(ADMIN), "Content-Type": "application/json"}
        path = f"{GATEWAY}{LAUNCH}" if gateway == "apigw" else f"{ESB_V3}{LAUNCH}/"
        connection.request("POST", path, json.dumps(PLAN), headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def created(server: JobServer) -> int:
    return int(server.counters["created"])


@pytest.mark.parametrize("acts", [False, True])
def test_close(server: JobServer, acts: bool) -> None:
    fault = server.faults.add(do="close", call=LAUNCH, acts=acts)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        launch(server)
    assert created(server) == acts
    entry = server.journal[0]
    assert entry["fault"] == {"id": fault, "do": "close", "acts": acts}
    started = 20_000_000_001 if acts else None
    assert entry["answer"] == {"http": None, "code": None, "result": None, "started": started}
    assert (entry["gateway"], entry["call"]) == ("apigw", LAUNCH)
    assert launch(server)[0] == 200
    assert server.journal[1]["fault"] is None


@pytest.mark.parametrize("size", [0, 1, 40, 200])
def test_reset_after_some_bytes(server: JobServer, size: int) -> None:
    server.faults.add({"do": "reset", "bytes": size})
    with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_SECONDS) as raw:
        head = f"POST {GATEWAY}{LAUNCH} HTTP/1.1\r\nX-Bkapi-Authorization: {json.dumps(ADMIN)}\r\n"
        body = json.dumps(PLAN)
        raw.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        found = b""
        with pytest.raises(ConnectionResetError):
            while piece := raw.recv(4096):
                found += piece
        assert len(found) == size
        assert b"HTTP/1.1 200 OK".startswith(found[:15])
    assert created(server) == 1
    assert server.journal[0]["answer"]["started"] == 20_000_000_001


@pytest.mark.parametrize(("size", "left"), [(0, 0), (1, 1), (40, 40), (-1, -1), (-20, -20)])
def test_the_end_of_a_connection_after_some_bytes(server: JobServer, size: int, left: int) -> None:
    head = f"POST {GATEWAY}{LAUNCH} HTTP/1.1\r\nX-Bkapi-Authorization: {json.dumps(ADMIN)}\r\n"
    request = (
        f"{head}Content-Type: application/json\r\nContent-Length: {len(json.dumps(PLAN))}\r\n\r\n{json.dumps(PLAN)}"
    )
    whole = read_to_the_end(server, request.replace("HTTP/1.1", "HTTP/1.0", 1))
    server.faults.add(do="cut", bytes=size)
    found = read_to_the_end(server, request)
    assert len(found) == (left if left >= 0 else len(whole) + left)
    assert found[:15] == whole[: len(found)][:15]
    assert created(server) == 2


def read_to_the_end(server: JobServer, request: str) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_SECONDS) as raw:
        raw.sendall(request.encode())
        return b"".join(iter(lambda: raw.recv(4096), b""))


def test_truncated_json(server: JobServer) -> None:
    server.faults.add(do="truncate", next=2)
    status, headers, body = launch(server)
    assert (status, int(headers["Content-Length"])) == (200, len(body))
    with pytest.raises(ValueError, match="."):
        json.loads(body)
    assert body.startswith(b'{"')
    server.faults.clear()
    server.faults.add(do="truncate", bytes=3)
    assert len(launch(server)[2]) == 3
    server.faults.add(do="truncate", bytes=-1)
    assert launch(server)[2].endswith(b'"')
    server.faults.add(do="truncate", bytes=0)
    assert launch(server)[2] == b""
    assert created(server) == 4


@pytest.mark.parametrize("acts", [False, True])
@pytest.mark.parametrize(
    ("body", "sent"), [({"code": 0, "data": []}, b'{"code": 0, "data": []}'), ("", b""), ("{", b"{")]
)
def test_any_response(server: JobServer, body: Any, sent: bytes, acts: bool) -> None:
    server.faults.add(do="answer", body=body, http=302, headers={"Location": "/x"}, acts=acts)
    status, headers, found = launch(server)
    assert (status, headers["Location"], found) == (302, "/x", sent)
    assert created(server) == acts


OTHERS = [
    # words, gateway, status, headers, code of the body
    ({"do": "bad_gateway"}, "apigw", 502, {"X-Bkapi-Error-Code": "1650200"}, 1650200),
    ({"do": "gateway_timeout"}, "apigw", 504, {"X-Bkapi-Error-Code": "1650401"}, 1650401),
    ({"do": "esb_unreachable"}, "esb", 200, {}, 1306201),
    ({"do": "error", "code": 1240002}, "apigw", 200, {}, 1240002),
    ({"do": "error", "code": 1240002}, "esb", 200, {}, 1240002),
    ({"do": "html"}, "apigw", 200, {"Content-Type": "text/html; charset=utf-8"}, None),
    ({"do": "html", "http": 503}, "esb", 503, {"Content-Type": "text/html; charset=utf-8"}, None),
    ({"do": "garbage"}, "apigw", 200, {}, None),
]


@pytest.mark.parametrize("acts", [False, True])
@pytest.mark.parametrize(("words", "gateway", "status", "headers", "code"), OTHERS)
def test_other_responses(
    server: JobServer, words: Any, gateway: str, status: int, headers: Any, code: int | None, acts: bool
) -> None:
    server.faults.add({**words, "acts": acts})
    found, sent, body = launch(server, gateway)
    assert found == status
    assert {name: sent[name] for name in headers} == headers
    if code is None:
        with pytest.raises(ValueError, match="."):
            json.loads(body)
    else:
        response = json.loads(body)
        assert (response["code"], response["result"]) == (code, False)
        assert ("request_id" in response) is (gateway == "esb")
    assert created(server) == acts
    response = server.journal[0]["answer"]
    assert (response["http"], response["code"]) == (status, code)
    assert response["started"] == (20_000_000_001 if acts else None)


REQUEST = RequestInfo("apigw", "/api/bk-job/prod/api/v4/fast_execute_script", "zh-cn")


def test_error_responses_have_the_callers_language_and_the_text_of_the_gateway() -> None:
    response = FAULT_RESPONSES["error"]({"code": 1240003}, REQUEST)
    error = json.loads(response.body)["error"]
    assert (response.http, error["code"], error["details"][0]["code"]) == (400, "INVALID_ARGUMENT", "1241025")
    assert not error["message"].isascii()
    assert response.headers["X-Bkapi-Error-Code"] == ""
    assert len(response.headers["X-Bkapi-Request-Id"]) == 32
    response = FAULT_RESPONSES["error"](
        {"code": 9900403}, RequestInfo("esb", "/api/c/compapi/v2/jobv3/execute_job_plan/", "en")
    )
    body = json.loads(response.body)
    assert (response.http, body["data"], body["permission"]) == (
        200,
        None,
        {"system_id": None, "system_name": None, "actions": None},
    )
    response = FAULT_RESPONSES["error"]({"code": 1247002}, REQUEST)
    assert (response.http, json.loads(response.body)["code"]) == (401, 1247002)


def test_the_envelope_of_the_newest_generation() -> None:
    for code, status, name in (
        (1244032, 429, "RESOURCE_EXHAUSTED"),
        (1240002, 500, "INTERNAL"),
        (1244006, 404, "NOT_FOUND"),
        (1241003, 400, "FAILED_PRECONDITION"),
        (9900403, 403, "NO_PERMISSION"),
        (1244019, 500, "INTERNAL"),
        (1211003, 500, "INTERNAL"),
        (1241005, 400, "INVALID_ARGUMENT"),
    ):
        response = FAULT_RESPONSES["error"]({"code": code}, REQUEST)
        error = json.loads(response.body)["error"]
        assert (response.http, error["code"], error["details"][0]["code"]) == (status, name, str(code))


def test_rate_limits(server: JobServer) -> None:
    server.faults.add(do="rate_limit", next=2, seconds=7)
    status, headers, body = launch(server)
    assert (status, json.loads(body)["code"]) == (429, 1642901)
    limits = {name: headers[f"X-Bkapi-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")}
    assert limits == {"Limit": "1", "Remaining": "0", "Reset": "7"}
    assert headers["X-Bkapi-RateLimit-Plugin"]
    status, _headers, body = launch(server, "esb")
    assert (status, json.loads(body)["code"]) == (200, 1306429)
    assert created(server) == 0


def test_quota_some_times(server: JobServer) -> None:
    server.faults.add(do="error", code=1244032, next=3, call=LAUNCH)
    codes = [json.loads(launch(server)[2])["code"] for _turn in range(4)]
    assert codes == [1244032] * 3 + [0]
    assert created(server) == 1


@pytest.mark.parametrize(
    ("occurrence", "struck"),
    [({}, [1]), ({"next": 2}, [1, 2]), ({"nth": 3}, [3]), ({"every": 2}, [2, 4, 6])],
)
def test_occurrences(server: JobServer, occurrence: Any, struck: list[int]) -> None:
    fault = server.faults.add({"do": "bad_gateway", **occurrence})
    found = [number for number in range(1, 7) if launch(server)[0] == 502]
    assert found == struck
    (listed,) = server.faults.list()
    assert (listed["id"], listed["seen"], listed["struck"]) == (fault, 6, len(struck))


def test_only_the_call_and_gateway_that_are_meant(server: JobServer) -> None:
    server.faults.add(do="bad_gateway", call="get_job_instance_status")
    server.faults.add(do="gateway_timeout", gateway="esb")
    assert [launch(server)[0], launch(server, "esb")[0], launch(server, "esb")[0]] == [200, 504, 200]


def test_of_several_faults_the_first_strikes_and_all_count(server: JobServer) -> None:
    server.faults.add(do="bad_gateway", nth=2)
    server.faults.add(do="gateway_timeout", next=3)
    assert [launch(server)[0] for _turn in range(4)] == [504, 502, 504, 200]


@pytest.mark.parametrize("gateway", ["apigw", "esb"])
def test_an_echo_repeats_the_whole_request(server: JobServer, gateway: str) -> None:
    places = [("text", "message"), ("json", "job_request_id"), ("base64", "permission"), ("url", "page")]
    responses = []
    for form, place in places:
        server.faults.add(do="echo", form=form, place=place, code=1244025)
        responses.append(launch(server, gateway))
    bodies = [json.loads(body) for _status, _headers, body in responses[:3]]
    echoes = [
        bodies[0]["message"],
        json.loads(bodies[1]["job_request_id"]),
        base64.b64decode(bodies[2]["permission"]["asked"][0]).decode(),
        unquote(responses[3][2].decode()),
    ]
    for echo in echoes:
        assert "POST /api/" in echo
        assert "execute_job_plan" in echo
        assert "content-length: " in echo
        assert '"job_plan_id": 1' in echo
    assert [body["code"] for body in bodies] == [1244025] * 3
    assert responses[3][0] == 502
    assert created(server) == 0


@pytest.mark.parametrize("acts", [False, True])
def test_a_delay_longer_than_the_client_waits(server: JobServer, acts: bool) -> None:
    server.faults.add(do="delay", seconds=3600, acts=acts)
    with pytest.raises(TimeoutError):
        launch(server, timeout=0.2)
    if acts:
        # The server may be slower than that.
        eventually(lambda: server.journal)
    assert created(server) == len(server.journal) == acts


@pytest.mark.parametrize("acts", [False, True])
def test_a_short_delay_changes_nothing(server: JobServer, acts: bool) -> None:
    server.faults.add(do="delay", seconds=0.01, acts=acts)
    assert json.loads(launch(server)[2])["code"] == 0
    assert server.journal[0]["answer"] == {"http": 200, "code": 0, "result": True, "started": 20_000_000_001}


def test_a_slow_drip(server: JobServer) -> None:
    server.faults.add(do="drip", seconds=0.001, bytes=16)
    assert json.loads(launch(server)[2])["code"] == 0
    server.faults.add(do="drip", seconds=3600)
    with pytest.raises(TimeoutError):
        launch(server, timeout=0.2)
    eventually(lambda: created(server) == 2)


def test_the_end_of_the_server_does_not_wait_for_delays() -> None:
    server = JobServer(estate()).start()
    server.faults.add(do="delay", seconds=3600, acts=False)
    failed = threading.Event()

    def call() -> None:
        try:
            launch(server)
        except (OSError, http.client.HTTPException):
            failed.set()

    thread = threading.Thread(target=call)
    thread.start()
    eventually(lambda: server.faults.list()[0]["struck"])
    server.stop()
    thread.join(LIMIT_SECONDS)
    assert failed.is_set()


def test_connections_are_reset(server: JobServer) -> None:
    server.faults.add(do="reset_connection", nth=2)
    assert launch(server)[0] == 200
    with pytest.raises(ConnectionResetError):
        launch(server)
    assert launch(server)[0] == 200
    assert created(server) == 2


def test_connections_are_refused(server: JobServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)
    connection.request("GET", "/")
    connection.getresponse().read()
    server.faults.add(do="refuse", seconds=3600)
    for _turn in range(3):
        with pytest.raises(ConnectionRefusedError):
            launch(server)
    # Who is connected already stays so.
    connection.request("GET", "/")
    assert connection.getresponse().read()
    connection.close()
    server.faults.clear()
    assert launch(server)[0] == 200
    server.faults.add(do="refuse", seconds=0.05)
    eventually(lambda: _accepted(server))


def _accepted(server: JobServer) -> bool:
    try:
        return launch(server)[0] == 200
    except ConnectionRefusedError:
        return False


def test_the_server_stops_while_it_refuses() -> None:
    server = JobServer(estate()).start()
    server.faults.add(do="refuse", seconds=3600)
    server.stop()
    assert server.faults.refusing


WRONG = [
    ("close", "fault: expected a mapping with the key do"),
    ({"do": "error", "code": [1]}, "fault: code: expected a code"),
    ({"do": "close", "call": ["a"]}, "fault: call: expected the name"),
    ({"do": "html", "http": 204}, "fault: http: expected an HTTP status"),
    ({"do": "html", "http": 99999}, "fault: http: expected an HTTP status"),
    ({}, "do: expected one of refuse"),
    ({"do": "explode"}, "do: expected one of refuse"),
    ({"do": "close", "sometimes": 3}, "sometimes: expected no such key here, only"),
    ({"do": "close", "nth": 0}, "nth: expected a whole number of at least 1, found 0"),
    ({"do": "close", "nth": 1, "every": 2}, "every: expected either this or nth, not both"),
    ({"do": "close", "call": "launch"}, "call: expected the name of a call that the server has, found 'launch'"),
    ({"do": "close", "gateway": "x"}, "gateway: expected one of esb, apigw, found 'x'"),
    ({"do": "reset", "acts": False}, "acts: expected true, for this fault allows nothing else, found False"),
    ({"do": "rate_limit", "acts": True}, "acts: expected false, for this fault allows nothing else, found True"),
    (
        {"do": "cut", "bytes": True},
        "bytes: expected a whole number of bytes; a negative one counts from the end, found True",
    ),
    ({"do": "answer"}, "body: expected a value, for the key is required"),
    ({"do": "answer", "body": 1, "headers": []}, "headers: expected a mapping of header names to their texts"),
    ({"do": "delay"}, "seconds: expected a value, for the key is required"),
    ({"do": "delay", "seconds": "long"}, "seconds: expected seconds between 0 and 3600, found 'long'"),
    (
        {"do": "error", "code": 7},
        "code: expected a code of MESSAGES in tests/support/simulator/messages.py, such as 1240002",
    ),
    ({"do": "refuse", "seconds": 1, "call": LAUNCH}, "call: expected no such key here, only"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_wrong_words(server: JobServer, words: Any, message: str) -> None:
    with pytest.raises(FaultError) as caught:
        server.faults.add(words)
    assert message in str(caught.value)
    assert server.faults.list() == []


def test_faults_can_be_taken_back(server: JobServer) -> None:
    fault = server.faults.add(do="bad_gateway", every=1)
    assert launch(server)[0] == 502
    assert server.faults.remove(fault)
    assert not server.faults.remove(fault)
    assert launch(server)[0] == 200
