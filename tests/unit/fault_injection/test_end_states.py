# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every number that the state of a job can have, known or invented: it ends the wait, or it does not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import (
    ServerClock,
    connection,
    estate,
    fresh_server,
    perform,
)

# JOB API: job and step status, with the kind of failure that a job which ends so is.
ENDS = {
    3: ("success", None),
    4: ("failed", "job_failed"),
    5: ("skipped", "job_failed"),
    6: ("ignored_error", "job_failed"),
    8: ("terminated_manually", "job_failed"),
    9: ("abnormal", "job_failed"),
    11: ("terminated", "terminated"),
    13: ("confirmation_refused", "job_failed"),
    14: ("abandoned", "job_failed"),
}
GOES_ON = {1: "pending", 2: "running", 10: "terminating", 15: "rolling_waiting", 12: "unknown_12", 99: "unknown_99"}
WAITING = 7
FIRST_JOB = 20_000_000_001


def response(status: int, version: str) -> dict[str, Any]:
    """The response for a job in some state; it reports the end if the API does."""
    over, step = status in ENDS, {"step_instance_id": 30_000_000_001, "name": "first", "type": 3, "status": status}
    job = {"job_instance_id": FIRST_JOB, "name": "nightly", "status": status}
    if version == "v2":
        data = {
            "is_finished": over,
            "job_instance": job,
            "blocks": [{"step_instances": [{**step, "step_ip_status": []}]}],
        }
    else:
        data = {"finished": over, "job_instance": job, "step_instance_list": [{**step, "step_ip_result_list": []}]}
    return {"do": "answer", "body": {"code": 0, "result": True, "data": data}, "call": "get_job_instance_status"}


def wait(
    server: JobServer, status: int, version: str, times: dict[str, int], **options: Any
) -> tuple[dict[str, Any], JobError | None, float]:
    """A task that sees the state so many times; its result and error, and how long it took."""
    server.faults.add({**response(status, version), **times})
    clock = ServerClock(server)
    given = {**connection(server, "esb"), "api_version": version, "logs": "none", **options}
    result, error = perform("plan", given, clock)
    assert result["job_instance_id"] == FIRST_JOB
    return result, error, clock.slept


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("status", ENDS)
def test_an_end(status: int, version: str) -> None:
    with fresh_server(estate()) as server:
        result, error, slept = wait(server, status, version, {"every": 1})
    word, kind = ENDS[status]
    assert (result["status"], result["status_code"], result["finished"]) == (word, status, True)
    assert (error.kind if error else None, slept) == (kind, 0)


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("status", GOES_ON)
def test_no_end(status: int, version: str) -> None:
    with fresh_server(estate()) as server:
        result, error, slept = wait(server, status, version, {"next": 3})
    assert (result["status"], error) == ("success", None)
    assert slept > 40
    with fresh_server(estate(clock="manual")) as server:
        result, error, slept = wait(server, status, version, {"every": 1}, wait_timeout=500)
    assert (error.kind if error else None, result["status"], result["finished"]) == (
        "wait_timeout",
        GOES_ON[status],
        False,
    )
    assert error is not None
    assert GOES_ON[status] in error.summary
    assert slept == pytest.approx(500, abs=0.1)


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_a_job_that_waits_for_a_person(version: str) -> None:
    with fresh_server(estate()) as server:
        result, error, slept = wait(server, WAITING, version, {"next": 3}, on_confirmation="wait")
    assert (result["status"], error) == ("success", None)
    with fresh_server(estate()) as server:
        result, error, slept = wait(server, WAITING, version, {"every": 1})
    assert (error.kind if error else None, result["status"], slept) == (
        "waiting_confirmation",
        "waiting_confirmation",
        0,
    )
    assert error is not None
    assert "(first)" in error.summary
