# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole waits against the server, whose clock moves only when the task sleeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.errors import Interrupted, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.monitor import JobMonitor
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.run import JobInstance
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.results.run_result import RunResult
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    FakeTransport,
    LinkedClock,
    error_body,
    report_settings,
    run_task,
    wait_settings,
)

SLOW = {"seconds": 600}
SCRIPT = {"name": "deploy", "account": "root", "content": "run", "target": {"host_id_list": [1, 2, 3, 4]}}
CONFIRM = {"name": "go live?", "type": "confirm"}
APIS = {"esb": "", "apigw": "/api/bk-job/prod"}


class Disturbed(LinkedClock):
    """A clock on which sleeping may end in an error."""

    def __init__(self, server: JobServer) -> None:
        super().__init__(server)
        self.on_sleep: list[Exception | Interrupted] = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.on_sleep:
            raise self.on_sleep.pop(0)


@contextmanager
def serving(outcomes: Sequence[Any] = (), steps: Sequence[Any] = (SCRIPT,)) -> Iterator[JobServer]:
    inventory = {
        "apps": [{"code": "shop", "secret": "shop-secret", "login_exempt": True}],
        "users": [{"name": "admin"}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
        "hosts": [{"generate": {"count": 4, "scope": "2", "name": "node-{n}"}}],
        "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
        "plans": [{"id": 1, "scope": "2", "name": "release", "steps": list(steps)}],
        "executor": "scripted",
        "clock": "manual",
        "outcomes": list(outcomes),
    }
    with JobServer(inventory) as server:
        yield server


class Task:
    """One task with its result, on success and on failure."""

    def __init__(
        self,
        server: JobServer,
        options: Mapping[str, object] | None = None,
        gateway: str = "esb",
        clock: Disturbed | None = None,
    ) -> None:
        words = {"job_plan_id": 1} if options is None or "script_content" not in options else {}
        given = {
            "api_url": server.url + APIS[gateway],
            "gateway": gateway,
            "bk_app_code": "shop",
            "bk_app_secret": "shop-secret",
            "bk_username": "admin",
            "bk_scope_id": "2",
            **words,
            **(options or {}),
        }
        self.clock = clock or Disturbed(server)
        self.lines: list[str] = []
        self.context = TaskContext(clock=self.clock, emit_progress=self.lines.append)
        task, spec = (job_plan, JOB_PLAN) if words else (fast_script, FAST_SCRIPT)
        self.error: JobError | None = None
        try:
            self.result = run_task(task, spec, given, self.context)
        except JobError as error:
            self.error, self.result = error, error.result

    @property
    def outcome(self) -> tuple[str | None, object, object]:
        """Kind of error, state, changed."""
        return self.error.kind if self.error else None, self.result["status"], self.result["changed"]

    @property
    def msg(self) -> str:
        assert self.error is not None
        return self.error.summary


def stops(server: JobServer) -> list[tuple[str, object]]:
    """What the server was asked to do with instances and steps."""
    return [
        (entry["call"], entry["json"]["operation_code"])
        for entry in server.journal
        if "operate" in (entry["call"] or "")
    ]


@pytest.mark.parametrize("gateway", list(APIS))
def test_a_job_that_takes_too_long_is_not_stopped_by_default(gateway: str) -> None:
    with serving([SLOW]) as server:
        task = Task(server, {"wait_timeout": 60}, gateway)
        assert task.outcome == ("wait_timeout", "running", True)
        assert (task.result["counts"], stops(server)) == ({"total": 4, "success": 0, "failed": 0, "unfinished": 4}, [])
        task = Task(server, {"wait_timeout": 60, "on_timeout": "terminate"}, gateway)
        assert task.outcome == ("wait_timeout", "terminated", True)
        assert "did not end within 60 s" in task.msg
        assert task.msg.endswith("; it was terminated")
        assert stops(server) == [("operate_job_instance", 1)]
        assert task.result["counts"] == {"total": 4, "success": 0, "failed": 4, "unfinished": 0}


def test_a_stop_that_takes_long_is_reported_with_its_last_state() -> None:
    with serving([{**SLOW, "stop_seconds": 300}]) as server:
        task = Task(server, {"wait_timeout": 60, "on_timeout": "terminate"})
        assert task.outcome == ("wait_timeout", "terminating", True)
        assert task.msg.endswith("; the stop was accepted, but it is still terminating")
        assert task.clock.time < 60 + 40


@pytest.mark.parametrize("gateway", list(APIS))
def test_progress_is_reported(gateway: str) -> None:
    with serving([{"hosts": [2], "exit_code": 1}, {"hosts": [3], "seconds": 40}], [SCRIPT, SCRIPT]) as server:
        task = Task(server, {}, gateway)
        number = task.result["job_instance_id"]
        assert all(line.startswith(f"bk_job_plan {number} ") for line in task.lines)
        assert "[step 1/2 deploy] 3/4 hosts, 1 failed, " in task.lines[-2]
        assert task.lines[-1].startswith(f"bk_job_plan {number} failed, ")
        silent = Task(server, {"progress": False}, gateway)
        assert (silent.lines, silent.outcome) == ([], task.outcome)


@pytest.mark.parametrize(("code", "kind"), [(0, None), (1, "job_failed")])
def test_a_job_that_ends_by_itself_while_it_is_being_stopped_gets_its_own_verdict(code: int, kind: str | None) -> None:
    with serving([{"seconds": 60.2, "exit_code": code}]) as server:
        # The stop is lost on its way, and while it is tried again the job ends.
        server.faults.add(do="close", call="operate_job_instance")
        task = Task(server, {"wait_timeout": 60, "on_timeout": "terminate"})
        assert task.outcome == (kind, "failed" if code else "success", True)


def test_a_rejected_stop_reports_the_reason() -> None:
    with serving([SLOW]) as server:
        server.faults.add(do="error", code=9900403, call="operate_job_instance", every=1)
        task = Task(server, {"wait_timeout": 60, "on_timeout": "terminate"})
        assert task.outcome == ("wait_timeout", "running", True)
        assert "it could not be stopped: " in task.msg
        assert task.error is not None
        assert task.error.code == 9900403


@pytest.mark.parametrize("policy", ["leave", "terminate"])
def test_a_signal_ends_the_wait(policy: str) -> None:
    with serving([SLOW]) as server:
        clock = Disturbed(server)
        clock.on_sleep = [Interrupted("SIGTERM")]
        task = Task(server, {"on_interrupt": policy}, clock=clock)
        assert task.outcome == ("interrupted", "terminated" if policy == "terminate" else "running", True)
        assert task.error is not None
        number = task.result["job_instance_id"]
        stop = f"{{operation: terminate, job_instance_id: {number}, bk_scope_type: biz, bk_scope_id: '2'}}"
        advice = f"It keeps running. To stop it, run this task: blueking.job.bk_job_operate: {stop}"
        assert (advice in task.error.details) is (policy == "leave")
        assert task.msg.startswith(
            f"Interrupted by SIGTERM while waiting for job instance {task.result['job_instance_id']}"
        )
        assert len(stops(server)) == (policy == "terminate")
        assert clock.time < 10


def test_a_signal_before_the_launch_reports_that_nothing_was_launched() -> None:
    with serving([SLOW]) as server:
        clock = Disturbed(server)
        clock.on_sleep = [Interrupted("SIGINT")]
        server.faults.add(do="error", code=1244032, call="execute_job_plan")
        task = Task(server, clock=clock)
        assert task.outcome == ("interrupted", None, False)
        assert (task.result["launch_outcome"], server.counters["started"]) == ("rejected", 0)
        assert task.msg == "Interrupted by SIGINT; nothing was launched"


def test_a_signal_while_a_lost_launch_is_searched_for_leaves_the_outcome_unknown() -> None:
    with serving([SLOW]) as server:
        clock = Disturbed(server)
        clock.on_sleep = [Interrupted("SIGINT")]
        server.faults.add(do="close", call="execute_job_plan", acts=False)
        task = Task(server, clock=clock)
        assert task.outcome == ("interrupted", None, True)
        assert task.result["launch_outcome"] == "unknown"
        assert "the job may be running" in task.msg


def test_a_confirmation_fails_at_once_with_the_name_of_the_step() -> None:
    with serving(steps=[SCRIPT, CONFIRM, SCRIPT]) as server:
        task = Task(server)
        assert task.outcome == ("waiting_confirmation", "waiting_confirmation", True)
        assert "(go live?)" in task.msg
        assert (task.clock.time < 10, stops(server)) == (True, [])
        assert task.result["counts"] == {"total": 4, "success": 4, "failed": 0, "unfinished": 0}


def test_a_confirmation_may_be_waited_for_and_a_stop_then_refuses_it() -> None:
    with serving(steps=[CONFIRM, SCRIPT]) as server:
        task = Task(server, {"on_confirmation": "wait", "wait_timeout": 90})
        assert task.outcome == ("wait_timeout", "waiting_confirmation", True)
        task = Task(server, {"on_confirmation": "wait", "wait_timeout": 90, "on_timeout": "terminate"})
        assert task.outcome == ("wait_timeout", "confirmation_refused", True)
        assert stops(server) == [("operate_step_instance", 9)]


def test_a_rolling_run_that_waits_for_approval() -> None:
    rolling = {
        "script_content": "run",
        "account_alias": "root",
        "target_server": {"host_id_list": [1, 2, 3, 4]},
        "rolling_config": {"type": 1, "mode": 3, "expression": "50%"},
    }
    with serving() as server:
        task = Task(server, rolling)
        assert task.outcome == ("waiting_confirmation", "waiting_confirmation", True)
        assert "approval of the next batch of hosts" in task.msg
        task = Task(server, {**rolling, "on_confirmation": "wait", "wait_timeout": 90, "on_timeout": "terminate"})
        assert task.outcome == ("wait_timeout", "terminated", True)


@pytest.mark.parametrize("case", ["ignored error", "rolling on"])
def test_hosts_that_failed_behind_a_successful_job(case: str) -> None:
    options: dict[str, object] = {}
    steps = [{**SCRIPT, "ignore_error": True}]
    if case == "rolling on":
        options = {
            "script_content": "run",
            "account_alias": "root",
            "target_server": {"host_id_list": [1, 2, 3, 4]},
            "rolling_config": {"type": 1, "mode": 2, "expression": "25%"},
        }
    with serving([{"hosts": [2], "exit_code": 9}], steps) as server:
        task = Task(server, options or None)
        assert task.outcome == (None, "success", True)
        assert task.result["counts"] == {"total": 4, "success": 3, "failed": 1, "unfinished": 0}
        task = Task(server, {**options, "fail_on": "any_host"})
        assert task.outcome == ("job_failed", "success", True)
        assert "success, but 1 of 4 hosts failed, the first one in step " in task.msg
        assert task.error is not None
        assert task.error.details == ("- 10.0.0.2: exit code 9",)
        assert (task.result["hosts"], len(task.result["failed_hosts"])) == ([], 1)


def test_a_missing_permission_is_described() -> None:
    with serving() as server:
        server.faults.add(do="error", code=9900403, call="execute_job_plan")
        task = Task(server)
        assert task.outcome == ("permission", None, False)
        assert task.error is not None
        assert isinstance(task.error.permission, dict)


def test_hosts_that_do_not_exist_come_back_as_data() -> None:
    with serving() as server:
        options = {"script_content": "run", "account_alias": "root", "target_server": {"host_id_list": [1, 98, 99]}}
        task = Task(server, options)
        assert task.outcome == ("validation", None, False)
        assert task.error is not None
        assert task.error.payload()["invalid_hosts"] == [
            {"bk_host_id": 98, "bk_cloud_id": None, "ip": None},
            {"bk_host_id": 99, "bk_cloud_id": None, "ip": None},
        ]


def test_a_signal_after_the_end_costs_hosts_and_logs_but_not_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object) -> None:
        raise Interrupted("SIGTERM")

    monkeypatch.setattr(JobMonitor, "_report", interrupted)
    with serving([{"exit_code": 1}]) as server:
        task = Task(server)
        assert task.outcome == ("job_failed", "failed", True)
        assert task.result["logs_complete"] is False
        assert "Interrupted by SIGTERM while reading" in task.context.problems.warnings[0]


def test_an_interrupted_task_gives_no_advice_to_stop_a_run_that_has_ended() -> None:
    clock = FakeClock()
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), FakeTransport(error_body(1)), clock)  # type: ignore[arg-type]
    for ended, advice in ((True, False), (False, True)):
        monitor = JobMonitor(client, Scope("biz", "2"), 17, RunResult(report_settings()), TaskContext(clock=clock))
        monitor.on_instance(JobInstance(17, 11 if ended else 2, ended))
        with pytest.raises(JobError, match="Interrupted by SIGTERM") as caught:
            monitor.finish(wait_settings(), 0, monitor.interruption(Interrupted("SIGTERM")))
        assert any("To stop it, run this task: " in line for line in caught.value.details) is advice
