# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that no proper client sends: each gets a response, and each is in the journal."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    GATEWAY,
    LIMIT_SECONDS,
    SCOPE,
    Client,
    b64,
)

ORDER = {**SCOPE, "script_content": b64("true"), "script_language": 1, "account_alias": "root"}
ORDER |= {"target_server": {"host_id_list": [101]}}


def test_half_a_surrogate_pair_breaks_nothing(estate: Any, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    with JobServer(estate, journal) as server:
        client = Client(server)
        assert client.call("fast_execute_script", **ORDER, task_name="\ud800x")["code"] == 0
        now = client.data("get_job_instance_status", job_instance_id=20_000_000_001)["job_instance"]["create_time"]
        span = {"create_time_start": now - 1000, "create_time_end": now + 1000}
        assert client.data("get_job_instance_list", **span)["total"] == 1
        assert len(server.journal) == len(journal.read_text(encoding="utf-8").splitlines()) == 3


def test_a_name_that_does_not_fit(estate: Any) -> None:
    with JobServer(estate) as server:
        client = Client(server)
        assert client.call("fast_execute_script", **ORDER, task_name="x" * 512)["code"] == 0
        assert client.call("fast_execute_script", **ORDER, task_name="x" * 513)["code"] == 1240002


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("POST", {"Content-Length": "abc"}, b"", 400),
        ("POST", {"Content-Length": "-1"}, b"", 400),
        ("POST", {"Transfer-Encoding": "chunked"}, b"no size\r\n", 400),
        ("HEAD", {}, b"", 404),
        ("OPTIONS", {}, b"", 404),
    ],
)
def test_requests_that_cannot_be_read(
    estate: Any, method: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    with JobServer(estate) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)
        connection.putrequest(method, GATEWAY + "execute_job_plan")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        assert response.status == status
        response.read()
        connection.close()
        assert [(entry["method"], entry["answer"]["http"]) for entry in server.journal] == [(method, status)]


def test_chunked_bodies_are_read_to_their_end(estate: Any) -> None:
    data = json.dumps(ORDER).encode()
    pieces = [data[:10], data[10:]]
    identity = {"bk_app_code": "demo", "bk_app_secret": "s", "bk_token": "t"}
    with JobServer(estate) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)
        for _turn in range(2):
            headers = {"X-Bkapi-Authorization": json.dumps(identity), "Content-Type": "application/json"}
            connection.request("POST", GATEWAY + "fast_execute_script", iter(pieces), headers, encode_chunked=True)
            connection.getresponse().read()
        connection.close()
        assert [entry["json"] for entry in server.journal] == [ORDER, ORDER]
