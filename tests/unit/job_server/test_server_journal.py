# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal keeps of each request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.blueking.job.tests.support.job_server import JobServer
from ansible_collections.blueking.job.tests.unit.job_server.client import ESB_V3, SCOPE, Client


def test_every_request_is_noted_before_its_answer(estate: Any, tmp_path: Path) -> None:
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


def test_a_refused_launch_started_nothing(estate: Any) -> None:
    with JobServer(estate) as server:
        Client(server).call("execute_job_plan", job_plan_id=404)
        assert server.journal[0]["answer"] == {"http": 200, "code": 1244012, "result": False, "started": None}
