# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a run that exists: as after a launch, but nothing is launched, and a wrong number fails at once."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.signals import Interrupts
from ansible_collections.blueking.job.plugins.module_utils.errors import Interrupted, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.poller import Poller
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task
from ansible_collections.blueking.job.tests.unit.helpers.instance_states import APIS, FIRST, STANDINGS, Await, Busy
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import bench

STATUS = "get_job_instance_status"
# Result of a wait for each state that does not change by itself: kind of error, state.
ENDS = {
    "success": (None, "success"),
    "failed": ("job_failed", "failed"),
    "error ignored, success": (None, "success"),
    "abnormal": ("job_failed", "abnormal"),
    "abandoned": ("job_failed", "abandoned"),
    "terminated": ("terminated", "terminated"),
    "terminated after success": ("terminated", "terminated"),
    "asking": ("waiting_confirmation", "waiting_confirmation"),
    "asking between batches": ("waiting_confirmation", "waiting_confirmation"),
    "refused": ("job_failed", "confirmation_refused"),
    "confirmed, success": (None, "success"),
    "batch failed": ("job_failed", "failed"),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("state", ENDS)
def test_a_run_that_does_not_continue_is_reported_at_once(state: str, api: str) -> None:
    with STANDINGS[state].reached() as (place, run):
        task = Await(place, run, api)
        assert (task.kind, task.result["status"]) == ENDS[state]
        assert (task.result["changed"], task.result["launch_outcome"], task.asked) == (False, None, [])
        assert task.clock.now() == 0
        assert all(call.startswith(("get_", "batch_get_")) for call in task.calls)


@pytest.mark.parametrize("api", APIS)
def test_an_active_run_is_waited_for(api: str) -> None:
    with bench([{"hosts": [2], "seconds": 40, "exit_code": 7, "log": "no\n"}, {"seconds": 30}], [FIRST]) as place:
        run = place.plan()
        task = Await(place, run, api, logs="all", web_url="https://job.example.com")
        result = task.result
        assert (task.kind, result["status"], result["changed"]) == ("job_failed", "failed", False)
        assert result["counts"] == {"total": 4, "success": 3, "failed": 1, "unfinished": 0}
        failed: Any = result["failed_hosts"]
        assert [(host["exit_code"], host["log"]) for host in failed] == [(7, "no\n")]
        assert (result["job_instance_id"], result["job_instance_name"]) == (run.id, "plan")
        assert result["job_instance_url"] == f"https://job.example.com/api_execute/{run.id}"
        assert 40 <= task.clock.now() < 60


def test_the_result_has_the_keys_of_a_launch() -> None:
    with bench(steps=[FIRST]) as place:
        run = place.plan()
        waited = Await(place, run)
        launch = {"job_plan_id": 1, "api_url": place.server.url, "bk_token": "admin-token", "bk_scope_id": "2"}
        launch |= {"bk_app_code": "shop", "bk_app_secret": "shop-secret"}
        launched = run_task(job_plan, JOB_PLAN, launch, TaskContext(clock=waited.clock))
        assert list(waited.result) == list(launched)
        unknown = Await(place, run, job_instance_id=4711)
        wrong = Await(place, run, job_instance_id=-1)
        assert list(unknown.result) == list(wrong.result) == list(launched)


@pytest.mark.parametrize("api", APIS)
def test_a_number_that_does_not_exist_fails_at_once(api: str) -> None:
    with STANDINGS["success"].reached() as (place, run):
        task = Await(place, run, api, job_instance_id=4711)
        assert (task.kind, task.error and task.error.code, task.calls) == ("not_found", 1244006, [STATUS])
        assert task.msg.startswith("The state of job instance 4711 cannot be read: ")
        assert (task.clock.now(), task.result["changed"], task.result["job_instance_id"]) == (0, False, 4711)
        assert task.error is not None
        assert "still be running" not in (task.error.hint or "")


@pytest.mark.parametrize(
    ("refused", "ends"),
    [((2, 3, 4), (None, "success")), (tuple(range(2, 16)), ("not_found", "running"))],
)
def test_once_it_was_read_a_rejection_may_be_a_short_failure(
    refused: Iterable[int], ends: tuple[str | None, str]
) -> None:
    with bench([{"seconds": 90}], [FIRST]) as place:
        run = place.plan()
        place.clock.advance(1)
        for number in refused:
            place.server.faults.add(do="error", code=1244006, call=STATUS, nth=number)
        task = Await(place, run)
        assert (task.kind, task.result["status"]) == ends
        assert task.error is None or "can no longer be read" in task.msg


def test_polls_that_fail_do_not_end_the_wait() -> None:
    with STANDINGS["success"].reached() as (place, run):
        place.server.faults.add(do="garbage", call=STATUS, next=2)
        place.server.faults.add(do="close", call=STATUS, nth=3)
        task = Await(place, run)
        assert (task.kind, task.result["status"]) == (None, "success")
        assert task.calls.count(STATUS) >= 4


@pytest.mark.parametrize(
    ("policy", "check_mode", "state", "changed", "stops"),
    [
        ("leave", False, "running", False, 0),
        ("terminate", False, "terminated", True, 1),
        ("terminate", True, "running", True, 0),
        ("leave", True, "running", False, 0),
    ],
)
def test_a_run_that_takes_too_long(policy: str, check_mode: bool, state: str, changed: bool, stops: int) -> None:
    with STANDINGS["running"].reached() as (place, run):
        task = Await(place, run, wait_timeout=60, on_timeout=policy, context=TaskContext(check_mode=check_mode))
        assert (task.kind, task.result["status"], task.result["changed"]) == ("wait_timeout", state, changed)
        assert len(task.asked) == stops
        assert ("in check mode it is not terminated" in task.msg) is (check_mode and changed)


def test_a_run_that_ends_while_it_is_being_stopped_was_not_changed() -> None:
    with bench([{"seconds": 60.2}], [FIRST]) as place:
        run = place.plan()
        place.server.faults.add(do="close", call="operate_job_instance")
        task = Await(place, run, wait_timeout=60, on_timeout="terminate")
        assert (task.kind, task.result["status"], task.result["changed"]) == (None, "success", False)


def test_a_stop_whose_responses_are_lost_may_have_changed_it() -> None:
    with STANDINGS["running"].reached() as (place, run):
        place.server.faults.add(do="close", call="operate_job_instance", every=1)
        task = Await(place, run, wait_timeout=60, on_timeout="terminate")
        assert (task.kind, task.result["status"], task.result["changed"]) == ("wait_timeout", "running", True)


def test_a_rejected_stop_changes_nothing() -> None:
    with STANDINGS["running"].reached() as (place, run):
        place.server.faults.add(do="error", code=9900403, call="operate_job_instance", every=1)
        task = Await(place, run, wait_timeout=60, on_timeout="terminate")
        assert (task.kind, task.result["status"], task.result["changed"]) == ("wait_timeout", "running", False)


@pytest.mark.parametrize(("policy", "state"), [("leave", "running"), ("terminate", "terminated")])
def test_a_signal(policy: str, state: str) -> None:
    def signal() -> None:
        raise Interrupted("SIGTERM")

    with STANDINGS["running"].reached() as (place, run):
        task = Await(place, run, clock=Busy(place, signal), on_interrupt=policy)
        assert (task.kind, task.result["status"]) == ("interrupted", state)
        assert task.result["changed"] is (policy == "terminate")


def test_a_signal_before_anything_was_asked_leaves_the_job_alone() -> None:
    with STANDINGS["running"].reached() as (place, run):
        task = Await(
            place, run, context=TaskContext(interrupts=Interrupts(received=signal.SIGTERM)), on_interrupt="terminate"
        )
        assert (task.kind, task.result["changed"], task.calls) == ("interrupted", False, [])
        assert task.msg == f"Interrupted by SIGTERM; job instance {run.id} was not changed"


def test_a_step_without_hosts_leaves_the_logs_incomplete() -> None:
    with STANDINGS["success"].reached() as (place, run):
        steps = [{"step_instance_id": 31, "status": 3, "type": 1}, {"step_instance_id": 32, "status": 3, "type": 3}]
        data = {"finished": True, "job_instance": {"job_instance_id": run.id, "status": 3}, "step_instance_list": steps}
        place.server.faults.add(do="answer", call=STATUS, next=9, body={"result": True, "code": 0, "data": data})
        task = Await(place, run, logs="all")
        assert (task.kind, task.result["status"], task.result["logs_complete"]) == (None, "success", False)
        assert task.context.problems.warnings == [
            f"JOB returned no hosts for step 31 of job instance {run.id}; the result lacks their logs"
        ]


def test_a_person_may_be_waited_for() -> None:
    with STANDINGS["asking"].reached() as (place, run):
        task = Await(place, run, on_confirmation="wait", clock=Busy(place, lambda: run.operate(6)))
        assert (task.kind, task.result["status"], task.asked) == (None, "success", [])


def test_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    with STANDINGS["success"].reached() as (place, run):
        monkeypatch.setattr(Poller, "until_finished", lambda *_arguments: 1 / 0)
        task = Await(place, run)
        assert (task.kind, task.result["changed"], task.result["job_instance_id"]) == ("protocol", False, run.id)


def test_all_errors_of_a_task_come_together() -> None:
    with STANDINGS["success"].reached() as (place, run):
        task = Await(place, run, job_instance_id=None, wait_timeout=0, bk_scope_id=None)
        assert isinstance(task.error, JobError)
        assert task.msg.splitlines()[1:] == [
            "- bk_scope_id: is required (or bk_biz_id, "
            "or the environment variable BK_SCOPE_ID or BK_BIZ_ID where the task runs)",
            "- job_instance_id: is null; a launch in check mode, and one that failed, return no id: check the task "
            "that it comes from",
            "- wait_timeout: must be a number of seconds above 0, at most 2592000, not 0.0",
        ]
        assert task.calls == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_logs_are_written_to_files_unless_in_check_mode(check_mode: bool, tmp_path: Path) -> None:
    with bench([{"log": "hello\n"}], [FIRST]) as place:
        run = place.plan()
        folder = tmp_path / "logs"
        task = Await(place, run, logs="all", log_dir=str(folder), context=TaskContext(check_mode=check_mode))
        assert (task.kind, task.result["status"]) == (None, "success")
        assert folder.exists() is not check_mode
        if not check_mode:
            assert len(list(folder.iterdir())) == 4
