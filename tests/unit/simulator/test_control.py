# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control address, and many clients at once."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import SCRIPT, Run, estate
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    ADMIN,
    GATEWAY,
    LIMIT_SECONDS,
    SCOPE,
    Client,
    eventually,
)
from ansible_collections.blueking.job.tests.unit.simulator.test_process import running

STEPS = [{"name": "first", **SCRIPT}]


def control(client: Client, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    response = client.send(method, f"/control{path}", None if body is None else json.dumps(body))
    return response.status, response.json


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/control"), ("POST", "/control/faults"), ("GET", "/control/clock")]
)
def test_it_is_off_unless_wanted(method: str, path: str) -> None:
    with JobServer(estate()) as server:
        response = Client(server).send(method, path, "{}")
        assert (response.status, "code" in response.json) == (404, False)
        assert len(server.journal) == 1


def test_faults_and_counters() -> None:
    with JobServer(estate(steps=STEPS), control=True) as server:
        client = Client(server)
        words = {"do": "error", "code": 1240002, "call": "execute_job_plan", "acts": True, "next": 2}
        assert control(client, "POST", "/faults", words) == (200, {"id": 1})
        assert client.call("execute_job_plan", job_plan_id=1)["code"] == 1240002
        status, found = control(client, "GET", "")
        assert status == 200
        assert found["faults"] == [{"id": 1, **words, "gateway": None, "seen": 1, "struck": 1}]
        server.clock.advance(0)
        _status, found = control(client, "GET", "/")
        assert found["counters"] == {
            "requests": 1,
            "by_call": {"execute_job_plan": 1},
            "launched": 1,
            "created": 1,
            "started": 1,
            "callbacks": 0,
        }
        assert control(client, "DELETE", "/faults/1") == (200, {"removed": 1})
        assert control(client, "DELETE", "/faults/1")[0] == 404
        control(client, "POST", "/faults", {"do": "close"})
        assert control(client, "DELETE", "/faults") == (200, {"faults": []})
        assert control(client, "GET", "/faults") == (200, {"faults": []})
        assert len(server.journal) == 1


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/faults", {"do": "explode"}, "do: expected one of refuse"),
        ("/faults", [], "expected a mapping with the key do"),
        ("/clock", {}, "either advance or steps"),
        ("/clock", {"advance": -1}, "clock.advance: expected seconds"),
        ("/clock", {"advance": 1, "steps": 1}, "either advance or steps"),
        ("/clock", {"back": 1}, "clock.back: expected no such key"),
    ],
)
def test_wrong_words(path: str, body: Any, words: str) -> None:
    with JobServer(estate(), control=True) as server:
        status, response = control(Client(server), "POST", path, body)
        assert status == 400
        assert words in response["error"]


def test_no_such_address() -> None:
    with JobServer(estate(), control=True) as server:
        client = Client(server)
        for method, path in (("GET", "/nothing"), ("PUT", "/faults"), ("GET", "/faults/1")):
            status, response = control(client, method, path)
            assert status == 404
            assert "POST /control/clock" in response["error"]
        assert client.send("POST", "/control/faults", "no json").status == 400
        assert client.send("GET", "/controller").json.get("error") is None


def test_the_clock() -> None:
    with JobServer(estate([{"seconds": 60}], STEPS), control=True) as server:
        client = Client(server)
        run = Run(client, client.plan(1))
        _status, before = control(client, "GET", "/clock")
        assert before["clock"]["manual"] is True
        _status, after = control(client, "POST", "/clock", {"steps": 1})
        assert (after["happened"], run.states) == (1, (2, [1]))
        _status, after = control(client, "POST", "/clock", {"advance": 60})
        assert after["clock"]["now"] == before["clock"]["now"] + 60_000
        assert run.states == (3, [3])
        assert control(client, "POST", "/clock", {"steps": 5})[1]["happened"] == 0


def test_a_flowing_clock_moves_ahead_but_not_by_steps() -> None:
    with JobServer(estate([{"seconds": 3600}], STEPS, clock="flowing"), control=True) as server:
        client = Client(server)
        run = Run(client, client.plan(1))
        eventually(lambda: set(run.hosts().values()) == {7})
        assert control(client, "POST", "/clock", {"steps": 1})[0] == 400
        control(client, "POST", "/clock", {"advance": 3600})
        assert eventually(lambda: run.status["finished"])
        assert run.step()["total_time"] >= 3_600_000
        with pytest.raises(RuntimeError):
            server.clock.step()


@pytest.mark.parametrize("options", [(), ("--control",)])
def test_the_command_line(tmp_path: Path, options: tuple[str, ...]) -> None:
    with running(tmp_path, *options) as process:
        port = int(eventually(lambda: (tmp_path / "port").exists() and (tmp_path / "port").read_text()))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
        connection.request("GET", "/control")
        response = connection.getresponse()
        response.read()
        connection.close()
        assert response.status == (200 if options else 404)
        process.terminate()
        assert process.wait(LIMIT_SECONDS) == 0


CLIENTS, LAUNCHES = 32, 8


def _launch_and_watch(server: JobServer, name: int, ids: list[int], bad: list[Any]) -> None:
    """Launches over one connection that stays open; every response must belong to its own request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)
    headers = {"X-Bkapi-Authorization": json.dumps(ADMIN), "Content-Type": "application/json"}
    order = {"account_alias": "root", "script_content": "eA==", "script_language": 1, **SCOPE}
    for number in range(LAUNCHES):
        body = {**order, "task_name": f"{name}-{number}", "target_server": {"host_id_list": [1, 2, 3]}}
        connection.request("POST", f"{GATEWAY}fast_execute_script", json.dumps(body), headers)
        data = json.loads(connection.getresponse().read())["data"]
        if data["job_instance_name"] != f"{name}-{number}":
            bad.append(data)
        job_id = data["job_instance_id"]
        ids.append(job_id)
        query = f"bk_scope_type=biz&bk_scope_id=2&job_instance_id={job_id}"
        connection.request("GET", f"{GATEWAY}get_job_instance_status?{query}", headers=headers)
        found = json.loads(connection.getresponse().read())["data"]["job_instance"]
        if (found["job_instance_id"], found["name"]) != (job_id, f"{name}-{number}"):
            bad.append(found)
    connection.close()


def test_32_clients_at_once_lose_nothing() -> None:
    with JobServer(estate(clock="flowing")) as server:
        ids: list[int] = []
        bad: list[Any] = []
        threads = [threading.Thread(target=_launch_and_watch, args=(server, name, ids, bad)) for name in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT_SECONDS)
        assert bad == []
        assert len(set(ids)) == len(ids) == CLIENTS * LAUNCHES == server.counters["created"]
        entries = server.journal
        assert [entry["n"] for entry in entries] == list(range(1, 2 * CLIENTS * LAUNCHES + 1))
        launched = Counter(entry["answer"]["started"] for entry in entries if entry["answer"]["started"])
        assert launched == Counter(ids)
        client = Client(server)
        for job_id in ids:
            assert client.finished(job_id)["job_instance"]["status"] == 3
