# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that reaches JOB after the task has stopped waiting for its response."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from ansible_collections.blueking.job.tests.support.simulator.http_server import Server
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cells import START, TWO_STEP
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import (
    REPORT,
    ServerClock,
    connection,
    estate,
    fresh_server,
    perform,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS, eventually

CALLS = {"plan": "execute_job_plan", "script": "fast_execute_script"}
NEW = {**TWO_STEP, "server_version": "3.12.1"}
SINGLE = {"launch_mode": "single"}


@dataclass(frozen=True)
class Case:
    """Options of a launch, which call is late, and whether it arrives while the history is searched; what follows."""

    options: dict[str, str]
    outcome: str
    started: int = 1
    created: int = 1
    at_start: bool = False
    meanwhile: bool = False


CASES = {
    "single": Case(SINGLE, "unknown"),
    "single, meanwhile": Case(SINGLE, "recovered", meanwhile=True),
    "two steps": Case(TWO_STEP, "unknown", started=0),
    "two steps, meanwhile": Case(TWO_STEP, "recovered", meanwhile=True),
    "two steps that may be repeated": Case(NEW, "started", created=2),
    "start": Case(TWO_STEP, "started", at_start=True),
}


@pytest.mark.parametrize("task", ["plan", "script"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_late(task: str, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    on_its_way = threading.Event()
    # The server waits with the late call until the test lets it arrive.
    monkeypatch.setattr(Server, "pause", lambda _server, _seconds: not on_its_way.wait(LIMIT_SECONDS))
    with fresh_server(estate()) as server:

        def arrive() -> None:
            on_its_way.set()
            eventually(lambda: any(entry["fault"] for entry in server.journal))

        server.faults.add(do="delay", acts=False, seconds=1, call=START if case.at_start else CALLS[task])
        given = {**connection(server, "esb"), **REPORT, **case.options, "read_timeout": 0.1}
        clock = ServerClock(server, arrive if case.meanwhile else lambda: None)
        result, _error = perform(task, given, clock)
        arrive()
        server.clock.advance(3600)
        assert result["launch_outcome"] == case.outcome
        counters = server.counters
        assert (counters["created"], counters["started"]) == (case.created, case.started)
