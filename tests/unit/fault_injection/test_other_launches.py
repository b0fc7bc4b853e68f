# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A launch whose response is lost while other users launch the same: the module never takes their instances."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import (
    ServerClock,
    connection,
    estate,
    fresh_server,
    perform,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import SCOPE, Client

CALLS = {"plan": "execute_job_plan", "script": "fast_execute_script"}
BODIES: dict[str, dict[str, Any]] = {
    "plan": {"job_plan_id": 1, "global_var_list": [{"name": "version", "value": "2.0"}]},
    "script": {
        "script_content": "aG9zdG5hbWU=",
        "script_language": 1,
        "account_alias": "root",
        "task_name": "nightly",
        "target_server": {"host_id_list": [1]},
    },
}
OURS: dict[str, dict[str, Any]] = {"plan": {}, "script": {"task_name": "nightly"}}
OTHER_VALUE = {"global_var_list": [{"name": "version", "value": "3.0"}]}


@pytest.fixture
def server() -> Iterator[JobServer]:
    # However busy this machine is, steps without a wait between them happen at one moment.
    with fresh_server(estate(clock="manual")) as running:
        yield running


def other_user_launches(server: JobServer, task: str, user: str = "alice", **changes: Any) -> int:
    """The same as we do, but for the changes."""
    headers = {"X-Username": user, "X-AppCode": "shop", "Content-Type": "application/json"}
    body = {**SCOPE, **BODIES[task], **changes}
    response = Client(server).raw("POST", f"/esb/api/v3/{CALLS[task]}", json.dumps(body), headers).json
    return int(response["data"]["job_instance_id"])


def launch(server: JobServer, task: str, acts: bool, gateway: str = "esb", **options: Any) -> dict[str, Any]:
    """Our launch, whose response is lost."""
    server.faults.add(do="close", acts=acts, call=CALLS[task], gateway=gateway)
    given = {**connection(server, gateway), "launch_mode": "single", **OURS[task], **options}
    result, error = perform(task, given, ServerClock(server))
    assert (error.kind if error else None) == (None if result["launch_outcome"] == "recovered" else "unknown_outcome")
    return result


def ours_of(server: JobServer, others: int = 1) -> int | None:
    """Our instance, if there is one, is the one after those of the others."""
    created = [act["job_instance_id"] for entry in server.journal for act in entry["did"] if act["act"] == "create"]
    return int(created[others]) if len(created) > others else None


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("gateway", ["esb", "apigw"])
@pytest.mark.parametrize(
    ("task", "changes", "seconds"),
    [
        ("plan", {}, 600),
        ("plan", {}, 60),
        ("plan", {}, 2),
        ("script", {}, 2),
        ("plan", OTHER_VALUE, 0),
        ("script", {"task_name": "nightly-2"}, 0),
        ("script", {"task_name": "nightl"}, 0),
        ("script", {"task_name": "Nightly"}, 0),
    ],
)
def test_a_launch_that_cannot_be_ours(
    server: JobServer, task: str, changes: dict[str, Any], seconds: float, gateway: str, acts: bool
) -> None:
    other_user_launches(server, task, **changes)
    server.clock.advance(seconds)
    result = launch(server, task, acts, gateway)
    found = ("recovered" if acts else "unknown", ours_of(server))
    assert (result["launch_outcome"], result["job_instance_id"]) == found
    assert server.counters["started"] == 1 + acts


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("task", ["plan", "script"])
def test_a_launch_by_another_user(server: JobServer, task: str, acts: bool) -> None:
    """The user is known where the task names one."""
    other_user_launches(server, task, "bob")
    result = launch(server, task, acts)
    found = ("recovered" if acts else "unknown", ours_of(server))
    assert (result["launch_outcome"], result["job_instance_id"]) == found


@pytest.mark.parametrize("task", ["plan", "script"])
def test_a_launch_that_is_just_like_ours(server: JobServer, task: str) -> None:
    other = other_user_launches(server, task)
    result = launch(server, task, acts=True)
    ours = ours_of(server)
    assert (result["launch_outcome"], result["changed"], result["job_instance_id"]) == ("unknown", True, None)
    assert {entry["job_instance_id"] for entry in result["candidates"]} == {other, ours}
    assert server.counters["started"] == 2


def test_the_unique_name_of_a_script_identifies_it(server: JobServer) -> None:
    for _turn in range(3):
        other_user_launches(server, "script")
    result = launch(server, "script", acts=True, task_name=None)
    assert (result["launch_outcome"], result["job_instance_id"]) == ("recovered", ours_of(server, others=3))


@pytest.mark.parametrize("task", ["plan", "script"])
def test_more_launches_than_a_page_of_the_history_lists(server: JobServer, task: str) -> None:
    others = 30
    for turn in range(others):
        other_user_launches(server, task, **(OTHER_VALUE if task == "plan" else {"task_name": f"nightly-{turn}"}))
    result = launch(server, task, acts=True)
    assert result["launch_outcome"] in ("recovered", "unknown")
    if result["launch_outcome"] == "recovered":
        assert result["job_instance_id"] == ours_of(server, others)
    assert server.counters["started"] == others + 1
