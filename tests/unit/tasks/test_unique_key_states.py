# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches with a unique key while runs with that key are in rare states, on the clock of the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import (
    TASKS,
    WORK,
    ServerClock,
    connection,
    estate,
    fresh_server,
    perform,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import SCOPE, Client

LAUNCH = {"plan": "execute_job_plan", "script": "fast_execute_script"}
KEYED: dict[str, dict[str, Any]] = {
    "plan": {"unique_key": "night-1", "unique_key_variable": "version", "global_var_list": None},
    "script": {"unique_key": "night-1"},
}
TWO_STEP = {"launch_mode": "two_step"}
NEW = {**TWO_STEP, "server_version": "3.12.1"}
REPORT = {"poll_interval": 10, "hosts": "none", "logs": "none"}


@pytest.fixture
def server() -> Iterator[JobServer]:
    with fresh_server(estate(clock="manual")) as running:
        yield running


def launch(server: JobServer, task: str = "script", **options: Any) -> tuple[dict[str, Any], JobError | None]:
    given = {**connection(server, "esb"), **REPORT, **KEYED[task], **options}
    return perform(task, given, ServerClock(server))


def call(server: JobServer, name: str, **body: Any) -> Any:
    """Call JOB as another client."""
    headers = {"X-Username": "alice", "X-AppCode": "shop", "Content-Type": "application/json"}
    return Client(server).raw("POST", f"/esb/api/v3/{name}", json.dumps({**SCOPE, **body}), headers).json["data"]


@pytest.mark.parametrize("task_name", ["C:\\temp", "a_b\\"])
def test_wildcards_of_a_task_name_do_not_keep_its_run_from_being_found(server: JobServer, task_name: str) -> None:
    """JOB takes a backslash in the filter for an escape character."""
    server.faults.add(do="close", acts=True, call=LAUNCH["script"])
    first, _error = launch(server, task_name=task_name)
    second, _error = launch(server, task_name=task_name)
    assert (first["launch_outcome"], second["launch_outcome"]) == ("recovered", "existing")
    assert server.counters["created"] == 1


@pytest.mark.parametrize("task", LAUNCH)
def test_a_pending_run_is_started_although_the_server_version_is_not_known(server: JobServer, task: str) -> None:
    server.faults.add(do="error", code=1241002, call="operate_job_instance", every=1)
    first, _error = launch(server, task, launch_timeout=30, **TWO_STEP)
    server.faults.clear()
    second, error = launch(server, task, wait_timeout=300, **TWO_STEP)
    assert error is None
    assert (second["job_instance_id"], second["status"]) == (first["job_instance_id"], "success")
    assert (second["launch_outcome"], second["changed"]) == ("started", True)
    assert server.counters["created"] == 1


def test_a_pending_duplicate_is_not_started_beside_its_run(server: JobServer) -> None:
    """A create that took effect after its repetition is newer than the run that was started."""
    first, _error = launch(server, **NEW)
    server.clock.advance(10)
    body = {
        "script_content": "aG9zdG5hbWU=",
        "script_language": 1,
        "account_alias": "root",
        "target_server": {"host_id_list": [1]},
        "task_name": first["job_instance_name"],
        "start_task": False,
    }
    late = call(server, LAUNCH["script"], **body)["job_instance_id"]
    second, _error = launch(server, **NEW)
    assert late != second["job_instance_id"] == first["job_instance_id"]
    assert (second["launch_outcome"], server.counters["started"]) == ("existing", 1)


def test_check_mode_reports_that_a_pending_run_would_be_started(server: JobServer) -> None:
    server.faults.add(do="error", code=1241003, call="operate_job_instance", every=1)
    first, _error = launch(server, launch_timeout=30, **NEW)
    server.faults.clear()
    function, spec = TASKS["script"]
    given = {**connection(server, "esb"), **REPORT, **WORK["script"], **KEYED["script"], **NEW}
    result = run_task(function, spec, given, TaskContext(check_mode=True, clock=ServerClock(server)))
    assert (result["launch_outcome"], result["changed"], result["reattached"]) == ("check_mode", True, True)
    assert result["job_instance_id"] == first["job_instance_id"]
    # The launch is not sent again.
    assert "request" not in result


def test_a_run_from_before_the_window_is_not_the_lost_one(server: JobServer) -> None:
    first, _error = launch(server)
    server.clock.advance(100)
    server.faults.add(do="close", acts=False, call=LAUNCH["script"])
    second, error = launch(server, unique_window="1m")
    assert (second["launch_outcome"], second["job_instance_id"]) == ("unknown", None), first
    assert error is not None
    assert server.counters["created"] == 1


@pytest.mark.parametrize(("given", "words"), [("versoin", "did you mean version"), ("gone", "has no variable 'gone'")])
def test_the_variable_of_the_key_is_checked_in_any_case(server: JobServer, given: str, words: str) -> None:
    """JOB ignores a variable that the plan does not have, and a repeated task would launch again."""
    result, error = launch(server, "plan", unique_key_variable=given, validate_variables=False)
    assert error is not None
    assert words in str(error)
    assert (result["launch_outcome"], server.counters["created"]) == ("not_sent", 0)


def test_a_plan_that_may_not_be_read_is_not_launched_with_a_key(server: JobServer) -> None:
    server.faults.add(do="error", code=9900403, call="get_job_plan_detail", every=1)
    result, error = launch(server, "plan")
    assert error is not None
    assert "unique_key needs a plan that can be read" in (error.hint or "")
    assert (error.kind, result["launch_outcome"], server.counters["created"]) == ("permission", "not_sent", 0)
