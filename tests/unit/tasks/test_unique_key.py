# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repeated tasks with a unique key, against the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, QuickClock, run_task

APIS = {"ESB v3": ("esb", ""), "API gateway v3": ("apigw", "/api/bk-job/prod")}
SPECS: dict[Task, Spec] = {fast_script: FAST_SCRIPT, job_plan: JOB_PLAN}
TWO_STEP = {"launch_mode": "two_step", "server_version": "3.12.1"}
LAUNCHES = ("execute_job_plan", "fast_execute_script")


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as running:
        yield running


@pytest.fixture(params=list(APIS))
def connection(request: pytest.FixtureRequest, server: JobServer) -> dict[str, object]:
    gateway, path = APIS[request.param]
    return {"gateway": gateway, "api_version": "v3", "api_url": server.url + path}


def run(task: Task, connection: dict[str, object], check_mode: bool = False, **options: object) -> dict[str, Any]:
    """Run a task. Pauses take hardly any time, and no deadline passes before real scripts end."""
    given = {
        "bk_app_code": "demo_app",
        "bk_app_secret": "demo_secret",
        "bk_username": "admin",
        "bk_scope_id": "2",
        "poll_interval": 0.05,
        "wait_timeout": 1_000_000,
        **connection,
        **options,
    }
    return run_task(task, SPECS[task], given, TaskContext(check_mode=check_mode, clock=QuickClock()))


def script(connection: dict[str, object], check_mode: bool = False, **options: object) -> dict[str, Any]:
    target = {"account_alias": "root", "ip_list": ["10.0.0.1"], "script_content": "hostname", "logs": "all"}
    return run(fast_script, connection, check_mode, **{**target, "unique_key": "night-1", **options})


def plan(connection: dict[str, object], check_mode: bool = False, **options: object) -> dict[str, Any]:
    keyed = {"unique_key": "2.0", "unique_key_variable": "version"}
    return run(job_plan, connection, check_mode, **{"job_plan_id": 1001, **keyed, **options})


TASKS = {"script": script, "plan": plan}


def launches(server: JobServer) -> int:
    return sum(entry["call"] in LAUNCHES for entry in server.journal)


@pytest.mark.parametrize("task", TASKS)
def test_a_repeated_task_continues_the_run(task: str, connection: dict[str, object], server: JobServer) -> None:
    first, second = TASKS[task](connection), TASKS[task](connection)
    assert (first["launch_outcome"], first["changed"], first["reattached"]) == ("started", True, False)
    assert (second["launch_outcome"], second["changed"], second["reattached"]) == ("existing", False, True)
    assert first["job_instance_id"] == second["job_instance_id"]
    assert first["hosts"] == second["hosts"]
    assert (second["status"], second["previous_job_instance_id"]) == ("success", None)
    assert launches(server) == 1


@pytest.mark.parametrize("task", TASKS)
def test_check_mode_names_the_run(task: str, connection: dict[str, object], server: JobServer) -> None:
    before = TASKS[task](connection, check_mode=True)
    started = TASKS[task](connection)
    after = TASKS[task](connection, check_mode=True)
    assert (before["launch_outcome"], before["changed"]) == ("check_mode", True)
    assert (after["launch_outcome"], after["changed"], after["reattached"]) == ("existing", False, True)
    assert (after["job_instance_id"], after["status"]) == (started["job_instance_id"], "success")
    assert launches(server) == 1


def test_a_failed_run_is_followed_by_a_new_one(connection: dict[str, object], server: JobServer) -> None:
    with pytest.raises(JobError) as caught:
        script(connection, script_content="exit 3")
    failed = caught.value.result["job_instance_id"]
    second = script(connection)
    assert (second["launch_outcome"], second["previous_job_instance_id"]) == ("started", failed)
    assert script(connection)["job_instance_id"] == second["job_instance_id"]
    assert launches(server) == 2


def test_a_run_that_has_not_ended_is_awaited(connection: dict[str, object], server: JobServer) -> None:
    first = script(connection, wait=False, script_content="sleep 0.3; hostname")
    second = script(connection, script_content="sleep 0.3; hostname")
    assert (second["job_instance_id"], second["status"]) == (first["job_instance_id"], "success")
    assert [host["log"] for host in second["hosts"]] == ["web-1\n"]
    assert launches(server) == 1


@pytest.mark.parametrize("task", TASKS)
def test_fail_on_an_existing_run(task: str, connection: dict[str, object]) -> None:
    first = TASKS[task](connection)
    with pytest.raises(
        JobError, match=f"job instance {first['job_instance_id']} with unique_key .* is success"
    ) as caught:
        TASKS[task](connection, on_existing="fail")
    result = caught.value.result
    assert (result["launch_outcome"], result["changed"], caught.value.kind) == ("not_sent", False, "not_sent")
    assert result["previous_job_instance_id"] == first["job_instance_id"]


@pytest.mark.parametrize("task", TASKS)
def test_a_pending_run_of_a_cut_launch_is_started(task: str, connection: dict[str, object], server: JobServer) -> None:
    server.faults.add(do="error", code=1241003, call="operate_job_instance", every=1)
    with pytest.raises(JobError) as caught:
        TASKS[task](connection, **TWO_STEP)
    assert caught.value.result["launch_outcome"] == "created"
    server.faults.clear()
    second = TASKS[task](connection, **TWO_STEP)
    assert second["job_instance_id"] == caught.value.result["job_instance_id"]
    assert (second["launch_outcome"], second["changed"], second["reattached"]) == ("started", True, True)
    assert (second["status"], launches(server)) == ("success", 1)


def test_a_history_that_cannot_be_read_launches_nothing(connection: dict[str, object], server: JobServer) -> None:
    server.faults.add(do="error", code=9900403, call="get_job_instance_list", every=1)
    with pytest.raises(JobError, match=r"Nothing was launched because runs with unique_key night-1") as caught:
        script(connection)
    assert caught.value.result["launch_outcome"] == "not_sent"
    assert launches(server) == 0


def test_the_key_is_not_sent_twice(connection: dict[str, object], server: JobServer) -> None:
    with pytest.raises(InvalidTask, match=r"global_var_list\[0\].name: sets version, whose value is unique_key"):
        plan(connection, global_var_list=[{"name": "version", "value": "3"}])
    with pytest.raises(
        InvalidTask, match="unique_key_variable: must be a string variable, but targets is a host variable"
    ):
        plan(connection, unique_key_variable="targets")
    with pytest.raises(
        InvalidTask, match="unique_key_variable: plan .* has no variable 'versoin'; did you mean version?"
    ):
        plan(connection, unique_key_variable="versoin")
    assert launches(server) == 0


def test_a_lost_response_is_found_by_the_key(connection: dict[str, object], server: JobServer) -> None:
    with pytest.raises(JobError):
        script(connection, script_content="exit 3", task_name="nightly")
    server.faults.add(do="close", acts=True, call="fast_execute_script")
    second = script(connection, task_name="nightly")
    assert (second["launch_outcome"], second["status"], second["changed"]) == ("recovered", "success", True)
    assert second["previous_job_instance_id"] == second["job_instance_id"] - 1
    assert not second.get("warnings")


def test_an_earlier_run_is_not_the_lost_one(connection: dict[str, object], server: JobServer) -> None:
    with pytest.raises(JobError):
        script(connection, script_content="exit 3", task_name="nightly")
    server.faults.add(do="close", acts=False, call="fast_execute_script")
    with pytest.raises(JobError) as caught:
        script(connection, task_name="nightly")
    result = caught.value.result
    assert (result["launch_outcome"], result["candidates"], caught.value.kind) == ("unknown", [], "unknown_outcome")
