# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that reaches JOB after the task has stopped waiting for its response."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cells import START, TWO_STEP
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import (
    REPORT,
    ServerClock,
    connection,
    estate,
    fresh_server,
    perform,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import eventually

CALLS = {"plan": "execute_job_plan", "script": "fast_execute_script"}
NEW = {**TWO_STEP, "server_version": "3.12.1"}
SINGLE = {"launch_mode": "single"}


@pytest.mark.parametrize("task", ["plan", "script"])
@pytest.mark.parametrize(
    ("options", "at_start", "outcomes", "created"),
    [
        # It may arrive just while the history is searched.
        (SINGLE, False, {"unknown", "recovered"}, 1),
        (TWO_STEP, False, {"unknown", "recovered"}, 1),
        (NEW, False, {"started"}, 2),
        (TWO_STEP, True, {"started"}, 1),
    ],
)
def test_late(task: str, options: dict[str, str], at_start: bool, outcomes: set[str], created: int) -> None:
    call = START if at_start else CALLS[task]
    with fresh_server(estate()) as server:
        server.faults.add(do="delay", acts=False, seconds=0.5, call=call)
        given = {**connection(server, "esb"), **REPORT, **options, "read_timeout": 0.25}
        result, _error = perform(task, given, ServerClock(server))
        eventually(lambda: any(entry["fault"] for entry in server.journal))
        server.clock.advance(3600)
        assert result["launch_outcome"] in outcomes
        assert server.counters["created"] == created
        assert server.counters["started"] == (0 if result["launch_outcome"] == "unknown" and options is TWO_STEP else 1)
