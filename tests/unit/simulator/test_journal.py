# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal keeps of each request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import ESB_V3, SCOPE, Client


def test_every_request_is_recorded_before_its_response(estate: Any, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with JobServer(estate, journal=path) as server:
        client = Client(server)
        job_id = client.plan(13)
        assert len(path.read_text(encoding="utf-8").splitlines()) == 1
        client.send("GET", f"{ESB_V3}get_job_plan_list/?a=1&a=2")
        client.send("POST", "/nowhere", "körper", X_Test="yes")
        pending = client.plan(13, start_task=False)
        client.data("operate_job_instance", job_instance_id=pending, operation_code=2)
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert lines == server.journal
    launch, listing, lost, created, started = lines
    assert [entry["n"] for entry in lines] == [1, 2, 3, 4, 5]
    assert (launch["gateway"], launch["call"], launch["method"]) == ("apigw", "execute_job_plan", "POST")
    assert launch["json"] == {**SCOPE, "job_plan_id": 13, "global_var_list": []}
    assert launch["answer"] == {"http": 200, "code": 0, "result": True, "started": job_id}
    assert (listing["gateway"], listing["query"], listing["json"]) == ("esb", {"a": "2"}, None)
    assert listing["answer"] == {"http": 200, "code": 1306000, "result": False, "started": None}
    assert (lost["gateway"], lost["call"], lost["path"], lost["body"]) == ("none", None, "/nowhere", "körper")
    assert lost["headers"]["x-test"] == "yes"
    assert lost["answer"] == {"http": 404, "code": None, "result": False, "started": None}
    assert created["answer"]["started"] == started["answer"]["started"] == pending


def test_a_rejected_launch_started_nothing(estate: Any) -> None:
    with JobServer(estate) as server:
        Client(server).call("execute_job_plan", job_plan_id=404)
        assert server.journal[0]["answer"] == {"http": 200, "code": 1244012, "result": False, "started": None}


def test_what_the_server_did_is_noted(estate: Any) -> None:
    estate["apps"][0]["login_exempt"] = True
    with JobServer(estate) as server:
        client = Client(server)
        pending = client.plan(13, start_task=False)
        client.data("operate_job_instance", job_instance_id=pending, operation_code=2)
        client.until(pending, 7)
        client.data("operate_job_instance", job_instance_id=pending, operation_code=1)
        fast = client.script("true", task_name="noted")
        entries = [entry for entry in server.journal if entry["did"]]
        steps = [step["step_instance_id"] for step in client.status(pending)["step_instance_list"]]
        fast_steps = [step["step_instance_id"] for step in client.status(fast)["step_instance_list"]]
    assert [entry["did"] for entry in entries] == [
        [{"act": "create", "job_instance_id": pending, "name": "asking", "steps": steps}],
        [{"act": "start", "job_instance_id": pending}],
        [{"act": "terminate", "job_instance_id": pending}],
        [
            {"act": "create", "job_instance_id": fast, "name": "noted", "steps": fast_steps},
            {"act": "start", "job_instance_id": fast},
        ],
    ]
    assert {str(entry["caller"]) for entry in entries} == {"{'user': 'admin', 'app': 'shop'}"}


def test_requests_are_kept_as_they_came(estate: Any) -> None:
    with JobServer(estate) as server:
        client = Client(server)
        client.send(
            "GET", f"{ESB_V3}get_job_plan_list/?name=a%20b&name=c&x", None, X_Odd="ü".encode().decode("latin-1")
        )
        client.send("POST", "/esb/api/v3/execute_job_plan", b"\xff\x00")
        client.v4("get_job_instance_status", job_instance_id=404)
        query, raw, newer = server.journal
    assert query["target"] == f"{ESB_V3}get_job_plan_list/?name=a%20b&name=c&x"
    assert (query["caller"], query["did"]) == (None, [])
    assert (raw["gateway"], raw["body"], raw["json"]) == ("job", "\ufffd\x00", None)
    assert raw["caller"] == {"user": "", "app": ""}
    assert newer["answer"] == {"http": 404, "code": "NOT_FOUND", "result": None, "started": None}


def test_what_was_done_is_noted_although_the_caller_did_not_learn_it(estate: Any) -> None:
    estate["troubles"] = [{"gateway": "esb", "kind": "backend_slow", "call": "execute_job_plan"}]
    with JobServer(estate) as server:
        client = Client(server)
        response = client.esb(f"{ESB_V3}execute_job_plan/", {**SCOPE, "job_plan_id": 13})
        assert response.json["code"] == 1306201
        (entry,) = server.journal
        started = entry["answer"]["started"]
        assert [act["act"] for act in entry["did"]] == ["create", "start"]
        assert client.status(started)["job_instance"]["name"] == "asking"
