# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stopping runs at each moment, and the operations on steps that bring runs back from their end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import CONFIRM, SCRIPT, Bench, Run, bench
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import APP, ESB_V2, ESB_V3, Client

FIRST, SECOND = {"name": "first", **SCRIPT}, {"name": "second", **SCRIPT}
TEN = [{"seconds": 10}]


def test_a_stop_while_hosts_run() -> None:
    with bench(
        [{"hosts": [1], "seconds": 2}, {"seconds": 10, "stop_seconds": 3, "log": "begun"}], [FIRST, SECOND]
    ) as b:
        run = b.plan()
        b.clock.advance(5)
        assert run.stop() == 0
        assert run.states == (2, [2, 1])
        b.clock.advance(0)
        assert (run.states, run.status["finished"]) == ((10, [10, 1]), False)
        assert run.stop() == 1241003
        b.clock.advance(3)
        assert (run.states, run.hosts()) == ((11, [11, 1]), {1: 9, 2: 403, 3: 403, 4: 403})
        assert b.client.logs(run.id)[2] == "begun"
        assert run.stop() == 1241003


def test_a_stop_that_hosts_outrun() -> None:
    with bench([{"seconds": 10, "stop_seconds": 30}], [FIRST, SECOND]) as b:
        run = b.plan()
        b.clock.advance(5)
        run.stop()
        assert run.done() == (11, [3, 1])
        assert set(run.hosts().values()) == {9}


def test_a_stop_before_the_agents_have_the_task() -> None:
    with bench([{"waits": 20, "seconds": 1}], [FIRST, SECOND]) as b:
        run = b.plan()
        b.clock.advance(5)
        run.stop()
        assert run.done() == (11, [11, 1])
        assert set(run.hosts().values()) == {5}
        assert run.operate(8) == 0
        assert run.done() == (3, [3, 3])


def test_a_stop_before_the_first_step() -> None:
    with bench(TEN, [FIRST]) as b:
        run = b.plan()
        b.clock.step()
        assert (run.states, run.stop()) == ((2, [1]), 0)
        assert run.done()[0] == 11


def test_a_run_that_was_not_started_cannot_be_stopped() -> None:
    with bench(TEN, [FIRST]) as b:
        run = b.plan(start_task=False)
        assert (run.done(), run.stop()) == ((1, [1]), 1241003)
        b.client.data("operate_job_instance", job_instance_id=run.id, operation_code=2)
        assert run.states == (1, [1])
        assert run.done() == (3, [3])
        response = b.client.call("operate_job_instance", job_instance_id=run.id, operation_code=2)
        assert response["code"] == 1241015


def test_a_server_from_before_start_task_starts_what_was_only_to_be_created() -> None:
    with bench(TEN, [FIRST], honors_start_task=False) as b:
        for run in (b.plan(start_task=False), b.script(start_task=False)):
            assert run.done()[0] == 3
        assert b.server.counters["started"] == 2


@pytest.mark.parametrize(("code", "states"), [(9, (13, [13, 1])), (6, (3, [3, 3]))])
def test_a_stop_while_a_confirmation_waits(code: int, states: Any) -> None:
    with bench(steps=[CONFIRM, FIRST]) as b:
        run = b.plan()
        run.done()
        assert run.stop() == 0
        assert (run.done(), run.status["finished"]) == ((10, [7, 1]), False)
        assert run.operate(code) == 0
        assert run.done() == states


def test_a_stop_at_a_rolling_pause() -> None:
    with bench() as b:
        run = b.roll("2", mode=3)
        assert run.done() == (7, [7])
        assert run.stop() == 0
        assert run.done() == (11, [11])
        assert run.hosts() == {1: 9, 2: 9, 3: 5, 4: 5}


def test_a_stop_between_batches() -> None:
    with bench(TEN) as b:
        run = b.roll("2")
        b.clock.advance(9)
        b.clock.step()
        b.clock.step()
        assert (run.states, run.hosts()) == ((2, [15]), {1: 9, 2: 9, 3: 5, 4: 5})
        run.stop()
        # The next batch was queued before the stop.
        assert run.done() == (11, [11])
        assert run.hosts() == {1: 9, 2: 9, 3: 5, 4: 5}


# What brings a two-step run with failing first step, or a confirmation, into a state.
def _failed(b: Bench) -> Run:
    run = b.plan()
    assert run.done() == (4, [4, 1])
    return run


def _stopped(b: Bench) -> Run:
    run = b.plan()
    b.clock.advance(5)
    run.stop()
    assert run.done() == (11, [11, 1])
    return run


def _abnormal(b: Bench) -> Run:
    run = b.plan()
    assert run.done() == (9, [9, 1])
    return run


def _stopping(b: Bench) -> Run:
    run = b.plan()
    b.clock.advance(5)
    run.stop()
    b.clock.advance(0)
    assert run.states == (10, [10, 1])
    return run


FAILS_ONCE = [
    {"step": "first", "execution": 0, "hosts": [2], "exit_code": 3, "log": "bad"},
    {"log": "good {execution}"},
]
ABNORMAL_ONCE = [{"step": "first", "execution": 0, "engine": "abnormal"}, {}]
SLOW_FIRST = [{"step": "first", "execution": 0, "seconds": 10, "stop_seconds": 2}, {}]

OPERATIONS = [
    # code, rules, the way there, states right after the call, final states, execute_count, hosts of the first step
    pytest.param(2, FAILS_ONCE, _failed, (2, [4, 1]), (3, [3, 3]), 1, {9}, id="retry failed hosts, from 4"),
    pytest.param(8, FAILS_ONCE, _failed, (2, [4, 1]), (3, [3, 3]), 1, {9}, id="retry all hosts, from 4"),
    pytest.param(3, FAILS_ONCE, _failed, (2, [4, 1]), (3, [6, 3]), 0, {9, 104}, id="ignore the error, from 4"),
    pytest.param(2, ABNORMAL_ONCE, _abnormal, (2, [9, 1]), (3, [3, 3]), 1, {9}, id="retry failed hosts, from 9"),
    pytest.param(8, ABNORMAL_ONCE, _abnormal, (2, [9, 1]), (3, [3, 3]), 1, {9}, id="retry all hosts, from 9"),
    pytest.param(3, ABNORMAL_ONCE, _abnormal, (2, [9, 1]), (2, [9, 1]), 0, {5}, id="ignore the error, from 9: stuck"),
    pytest.param(2, SLOW_FIRST, _stopped, (2, [11, 1]), (3, [3, 3]), 1, {9}, id="retry failed hosts, from 11"),
    pytest.param(8, SLOW_FIRST, _stopped, (2, [11, 1]), (3, [3, 3]), 1, {9}, id="retry all hosts, from 11"),
    pytest.param(11, SLOW_FIRST, _stopped, (2, [11, 1]), (3, [5, 3]), 0, {403}, id="next step, from 11"),
    pytest.param(12, SLOW_FIRST, _stopping, (10, [10, 1]), (3, [5, 3]), 0, {500}, id="skip, from 10"),
]


@pytest.mark.parametrize(("code", "rules", "way", "after", "final", "count", "hosts"), OPERATIONS)
def test_operations(
    code: int, rules: Any, way: Callable[[Bench], Run], after: Any, final: Any, count: int, hosts: set[int]
) -> None:
    with bench(rules, [FIRST, SECOND]) as b:
        run = way(b)
        began = run.step()["start_time"]
        assert run.operate(code) == 0
        assert run.states == after
        if after[0] == 2:
            assert run.status["job_instance"]["end_time"] is None
            assert run.status["job_instance"]["total_time"] is None
        assert run.done() == final
        step = run.step()
        assert (step["execute_count"], step["start_time"]) == (count, began)
        assert set(run.hosts().values()) == hosts


REFUSED = [
    # the way there, the codes that the step's state does not allow
    pytest.param(FAILS_ONCE, _failed, (6, 9, 10, 11, 12, 13), id="failed"),
    pytest.param(SLOW_FIRST, _stopped, (3, 6, 9, 10, 12, 13), id="stopped"),
    pytest.param(ABNORMAL_ONCE, _abnormal, (6, 9, 10, 11, 12, 13), id="abnormal"),
    pytest.param(SLOW_FIRST, _stopping, (2, 3, 6, 8, 9, 10, 11, 13), id="stopping"),
]


@pytest.mark.parametrize(("rules", "way", "codes"), REFUSED)
def test_operations_that_a_state_does_not_allow(
    rules: Any, way: Callable[[Bench], Run], codes: tuple[int, ...]
) -> None:
    with bench(rules, [FIRST, SECOND]) as b:
        run = way(b)
        before = run.states
        assert [run.operate(code) for code in codes] == [1241003] * len(codes)
        assert run.states == before


def test_operations_that_a_confirmation_does_not_allow() -> None:
    with bench(steps=[CONFIRM, FIRST]) as b:
        run = b.plan()
        run.done()
        assert [run.operate(code) for code in (2, 3, 8, 10, 11, 12, 13)] == [1241003] * 7
        run.operate(9)
        run.done()
        assert [run.operate(code) for code in (2, 3, 6, 8, 9, 11, 12, 13)] == [1241003] * 8


def test_who_may_confirm() -> None:
    asking = {**CONFIRM, "confirmers": ["carol"], "confirmer_roles": ["maintainer"]}
    with bench(steps=[asking, FIRST]) as b:
        run = b.plan()
        run.done()
        assert run.operate(6) == 1244016
        assert run.states[0] == 7
        carol = {**APP, "bk_token": "carol-token"}
        assert run.operate(6, auth=carol) == 0
        assert run.done() == (3, [3, 3])


def test_roles_confirm_and_users_without_roles_exclude_no_user() -> None:
    users = [{"name": "admin", "tokens": ["admin-token"], "roles": ["maintainer"]}]
    for wanted in ({"confirmers": ["carol"]}, {"confirmer_roles": ["maintainer"]}):
        with bench(steps=[{**CONFIRM, **wanted}, FIRST], users=users) as b:
            run = b.plan()
            run.done()
            assert run.operate(6) == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, 1241002),
        ({"job_instance_id": 0}, 1241002),
        ({"step_instance_id": None}, 1241002),
        ({"operation_code": None}, 1241002),
        ({"operation_code": 7}, 1241002),
        ({"operation_code": 1}, 1241002),
        ({"job_instance_id": 404}, 1244006),
        ({"step_instance_id": 404}, 1244007),
    ],
)
def test_bad_operations(fields: Any, code: int) -> None:
    with bench(steps=[FIRST]) as b:
        run = b.plan()
        ids = {"job_instance_id": run.id, "step_instance_id": run.step()["step_instance_id"], "operation_code": 2}
        body = {**ids, **fields} if fields else {}
        assert b.client.call("operate_step_instance", **body)["code"] == code


@pytest.mark.parametrize("path", [ESB_V2, ESB_V3])
def test_both_generations_return_both_ids(path: str) -> None:
    with bench(FAILS_ONCE, [FIRST]) as b:
        run = b.plan()
        run.done()
        ids = {"job_instance_id": run.id, "step_instance_id": run.step()["step_instance_id"]}
        response = b.client.esb(f"{path}operate_step_instance/", {"bk_biz_id": 2, **ids, "operation_code": 2}).json
        assert response["data"] == (ids if path == ESB_V2 else {**ids, "job_instance_name": None})
        assert run.done() == (3, [3])


def _v2_hosts(client: Client, run: Run) -> dict[str, tuple[int, str]]:
    (step,) = client.v2("get_job_instance_log", job_instance_id=run.id)["data"]
    logs = [log for group in step["step_results"] for log in group["ip_logs"]]
    return {log["ip"]: (log["execute_count"], log["log_content"]) for log in logs}


@pytest.mark.parametrize(("code", "others"), [(2, (0, "good 0")), (8, (1, "good 1"))])
def test_every_execution_has_its_own_log_and_the_latest_shows(code: int, others: tuple[int, str]) -> None:
    with bench(FAILS_ONCE, [FIRST]) as b:
        run = b.plan()
        run.done()
        assert b.client.logs(run.id)[2] == "bad"
        run.operate(code)
        run.done()
        assert b.client.logs(run.id) == {host: "good 1" if host == 2 else others[1] for host in (1, 2, 3, 4)}
        assert _v2_hosts(b.client, run) == {
            f"10.0.0.{host}": (1, "good 1") if host == 2 else others for host in (1, 2, 3, 4)
        }
        step = b.server._run_manager._jobs[run.id].steps[0]
        first = {task.host.id: task.text() for task in step.tasks_of_execution(0)}
        assert first == {1: "good 0", 2: "bad", 3: "good 0", 4: "good 0"}


def test_a_retry_may_fail_again_and_again() -> None:
    with bench([{"hosts": [3], "exit_code": 1}], [FIRST]) as b:
        run = b.plan()
        for count in range(3):
            assert run.done() == (4, [4])
            assert run.step()["execute_count"] == count
            assert run.operate(2) == 0
            assert run.step()["execute_count"] == count + 1
            # A second one that comes before the first has begun is accepted as well, and changes nothing.
            assert run.operate(2) == 0
        assert json.dumps(run.status)
