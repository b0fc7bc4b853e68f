# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for several runs in one task: few requests, the verdict of each, and the worst one for the task."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.common.signals import Interrupts
from ansible_collections.blueking.job.plugins.module_utils.errors import Interrupted, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.group_monitor import GroupMonitor
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, LinkedClock, run_task
from ansible_collections.blueking.job.tests.unit.helpers.instance_states import APIS, MODULES, Await, Busy, Performed
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import CONFIRM, Bench, Run, bench

STATUS, HISTORY = "get_job_instance_status", "get_job_instance_list"


class AwaitAll(Performed):
    """A wait for several runs, on a clock that moves the server."""

    def __init__(
        self,
        place: Bench,
        ids: Sequence[object] | str | None,
        api: str = "ESB v3",
        *,
        clock: Clock | None = None,
        context: TaskContext | None = None,
        **options: object,
    ) -> None:
        clock = clock or LinkedClock(place.server)
        super().__init__("wait", place, api, clock, context, **{"job_instance_ids": ids, **options})

    @property
    def runs(self) -> list[Any]:
        return self.result["runs"]  # type: ignore[return-value]


def hosts(number: int) -> list[dict[str, Any]]:
    return [{"generate": {"count": number, "scope": "2", "name": "node-{n}"}}]


def lasting(*seconds: float, **more: Any) -> list[dict[str, Any]]:
    """Return outcomes: a script on host 1 takes the first duration, one on host 2 the second, and so on."""
    return [{"hosts": [number], "seconds": each, **more} for number, each in enumerate(seconds, start=1)]


def scripts(place: Bench, number: int) -> list[int]:
    """Start a script on each of the first hosts; return their ids."""
    return [place.script(hosts=[host]).id for host in range(1, number + 1)]


def test_many_runs_cost_a_quarter_of_single_waits_and_end_as_soon() -> None:
    seconds = [58 + number / 10 for number in range(40)]
    with bench(lasting(*seconds), hosts=hosts(40)) as place:
        together = AwaitAll(place, scripts(place, 40))
    assert together.error is None
    assert (together.result["status"], together.result["finished"]) == ("success", True)
    assert together.result["counts"] == {"total": 40, "success": 40, "failed": 0, "unfinished": 0}
    with bench(lasting(60)) as place:
        single = Await(place, place.script(hosts=[1]))
    assert len(together.calls) <= 0.25 * 40 * len(single.calls)
    # A pause is at most 12 % of the time waited so far, as for one run.
    assert together.clock.now() <= 1.12 * max(seconds) + 1


@pytest.mark.parametrize("api", APIS)
def test_each_run_has_its_own_result_and_the_worst_one_counts(api: str) -> None:
    outcomes = [{"hosts": [1], "seconds": 5}, {"hosts": [2], "seconds": 40, "exit_code": 7, "log": "no\n"}]
    with bench([*outcomes, {"hosts": [3], "seconds": 90}]) as place:
        ended, failing, long = scripts(place, 3)
        place.clock.advance(20)
        task = AwaitAll(place, [ended, "4711", failing, ended, long], api, logs="all")
    assert [run["job_instance_id"] for run in task.runs] == [ended, 4711, failing, long]
    assert [run["status"] for run in task.runs] == ["success", None, "failed", "success"]
    assert [run["failed"] for run in task.runs] == [False, True, True, False]
    assert [run["error"] and run["error"]["kind"] for run in task.runs] == [None, "not_found", "job_failed", None]
    assert [(host["exit_code"], host["log"]) for host in task.runs[2]["failed_hosts"]] == [(7, "no\n")]
    assert (task.kind, task.result["status"], task.result["changed"]) == ("job_failed", "failed", False)
    assert task.msg.startswith(f"2 of 4 runs did not succeed. Job instance {failing}: failed in step ")
    assert task.error is not None
    assert [line.partition(" cannot")[0] for line in task.error.details] == ["- The state of job instance 4711"]
    assert (task.result["job_instance_id"], task.result["finished"]) == (None, False)
    assert 70 <= task.clock.now() < 80


def test_each_run_has_the_keys_of_a_single_wait() -> None:
    with bench() as place:
        (number,) = scripts(place, 1)
        one, task = Await(place, Run(place.client, number)), AwaitAll(place, [number])
        assert set(task.runs[0]) == set(one.result) | {"failed", "msg", "error"}
        assert set(task.result) == set(one.result) | {"runs"}


@pytest.mark.parametrize("fault", [{"do": "error", "code": 9900403}, {"do": "garbage"}, {"do": "close"}])
def test_a_history_that_cannot_be_read_costs_only_requests(fault: dict[str, Any]) -> None:
    with bench(lasting(30, 40)) as place:
        place.server.faults.add(call=HISTORY, every=1, **fault)
        task = AwaitAll(place, scripts(place, 2))
    assert (task.kind, task.result["status"]) == (None, "success")
    assert task.calls.count(HISTORY) <= 3
    assert task.clock.now() < 46


def test_a_server_that_is_down_for_a_while_is_waited_for() -> None:
    with bench(lasting(200, 200, 200)) as place:
        ids = scripts(place, 3)
        clock = Busy(place, lambda: place.server.faults.add(do="close", every=1))
        task = AwaitAll(place, ids, clock=clock, wait_timeout=60)
        assert {run["error"]["kind"] for run in task.runs} == {"wait_timeout"}
        assert "polls failed" in task.msg
        # One failed call is enough in each round.
        assert len(task.calls) < 3 + 3 * 30


def test_runs_that_take_too_long_are_stopped_together() -> None:
    with bench(lasting(10, 900, 900, stop_seconds=8)) as place:
        place.server.faults.add(do="error", code=9900403, call="operate_job_instance", nth=2)
        task = AwaitAll(place, scripts(place, 3), wait_timeout=60, on_timeout="terminate")
    assert [run["status"] for run in task.runs] == ["success", "terminated", "running"]
    assert [run["changed"] for run in task.runs] == [False, True, False]
    assert "; it was terminated" in task.runs[1]["msg"]
    assert "; it could not be stopped: " in task.runs[2]["msg"]
    assert (task.kind, task.result["changed"], len(task.asked)) == ("wait_timeout", True, 2)
    assert task.clock.now() < 60 + 20


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("policy", ["leave", "terminate"])
def test_a_signal(policy: str, check_mode: bool) -> None:
    def interrupt() -> None:
        raise Interrupted("SIGTERM")

    with bench(lasting(900, 900)) as place:
        ids = scripts(place, 2)
        place.clock.advance(1)
        context = TaskContext(check_mode=check_mode)
        task = AwaitAll(place, ids, clock=Busy(place, interrupt), context=context, on_interrupt=policy)
    stops = policy == "terminate" and not check_mode
    assert [run["status"] for run in task.runs] == ["terminated" if stops else "running"] * 2
    assert (task.kind, task.result["changed"], len(task.asked)) == ("interrupted", policy == "terminate", 2 * stops)
    assert task.error is not None
    assert any(line == f"{ids[0]}, {ids[1]}" for line in task.error.details) is not stops
    assert ("in check mode it is not terminated" in task.msg) is (check_mode and policy == "terminate")


def test_a_confirmation_ends_only_the_wait_for_its_run() -> None:
    with bench([{"seconds": 30}], [CONFIRM]) as place:
        asking = place.plan()
        place.clock.advance(1)
        (number,) = scripts(place, 1)
        task = AwaitAll(place, [asking.id, number])
    assert [run["status"] for run in task.runs] == ["waiting_confirmation", "success"]
    assert (task.kind, task.result["finished"]) == ("waiting_confirmation", False)


@pytest.mark.parametrize(("given", "errors"), [
    (None, ["job_instance_ids: is null; "]),
    ([], ["job_instance_ids: is empty; "]),
    ("", ["job_instance_ids: is empty; "]),
    ([7, None, 0, "x"], ["job_instance_ids[1]: is null; ", "job_instance_ids[2]: is 0, ", "job_instance_ids[3]: must"]),
    (list(range(1, 202)), ["job_instance_ids: has 201 ids, at most 200 "]),
    ({"a": 1}, ["job_instance_ids: must be a list"]),
])  # fmt: skip
def test_ids_that_are_no_ids_are_reported_together(given: Any, errors: list[str]) -> None:
    with bench() as place:
        task = AwaitAll(place, given, wait_timeout=0)
    lines = task.msg.splitlines()[1:]
    assert [line.removeprefix("- ")[: len(error)] for line, error in zip(lines, errors, strict=False)] == errors
    assert (len(lines), task.calls) == (len(errors) + 1, [])


def test_one_run_or_several_but_not_both() -> None:
    with bench() as place:
        task = AwaitAll(place, [1], job_instance_id=2)
        assert task.msg.endswith("- job_instance_ids: is mutually exclusive with job_instance_id")


@pytest.mark.parametrize("given", [None, [], [None, None], ["", ""]])
def test_launches_in_check_mode_leave_nothing_to_wait_for(given: Any) -> None:
    with bench() as place:
        task = AwaitAll(place, given, context=TaskContext(check_mode=True))
    assert [task.result[key] for key in ("skipped", "finished", "changed", "runs")] == [True, True, False, []]
    assert task.calls == []


def test_in_check_mode_the_runs_that_exist_are_waited_for(tmp_path: Path) -> None:
    with bench(lasting(20)) as place:
        (number,) = scripts(place, 1)
        options = {"log_dir": str(tmp_path / "logs"), "context": TaskContext(check_mode=True)}
        task = AwaitAll(place, [None, number], **options)
    assert [run["status"] for run in task.runs] == ["success"]
    assert not (tmp_path / "logs").exists()


def test_progress_counts_the_runs_that_have_ended() -> None:
    lines: list[str] = []
    with bench([{"hosts": [2], "seconds": 20, "exit_code": 1}, {"hosts": [1], "seconds": 100}]) as place:
        task = AwaitAll(place, scripts(place, 2), context=TaskContext(emit_progress=lines.append))
    assert task.kind == "job_failed"
    states = [line.rpartition(", ")[0] for line in lines]
    assert list(dict.fromkeys(states)) == [
        "bk_job_wait 2 runs: 1 ended, 1 failed",
        "bk_job_wait 2 runs: 2 ended, 1 failed",
    ]
    assert len(lines) <= 5


def test_a_failed_task_lists_only_failed_hosts_if_there_are_many() -> None:
    with bench([{"hosts": [1], "exit_code": 3}, {"log_bytes": 9000}]) as place:
        ids = [place.script(hosts=[1]).id, *(place.script(hosts=[2, 3, 4, 5, 6, 7, 8]).id for _each in range(3))]
        task, every = AwaitAll(place, ids), AwaitAll(place, ids, hosts="all")
    assert [len(run["failed_hosts"]) for run in task.runs] == [1, 0, 0, 0]
    assert [(len(run["hosts"]), run["hosts_truncated"]) for run in task.runs] == [(0, False), *[(0, True)] * 3]
    assert task.context.problems.warnings == [
        "The hosts of 3 runs that succeeded are left out; set `hosts: all` to get them"
    ]
    assert [len(run["hosts"]) for run in every.runs] == [1, 7, 7, 7]


def error_without_server(context: TaskContext) -> JobError:
    """Return the error of a task that ends before its first call."""
    task, spec = MODULES["wait"]
    given = {"bk_app_code": "shop", "bk_app_secret": "shop-secret", "bk_token": "admin-token", "bk_scope_id": "2"}
    with pytest.raises(JobError) as caught:
        run_task(task, spec, {**given, "api_url": "http://127.0.0.1:1", "job_instance_ids": [1, 2]}, context)
    return caught.value


def test_a_signal_before_the_first_call_changes_no_run() -> None:
    error = error_without_server(TaskContext(clock=FakeClock(), interrupts=Interrupts(received=signal.SIGTERM)))
    assert (error.kind, error.summary) == ("interrupted", "Interrupted by SIGTERM; no job instance was changed")
    assert error.result["changed"] is False


@pytest.mark.parametrize(("stopped", "kind"), [(False, "protocol"), (True, "unknown_outcome")])
def test_after_a_bug_it_is_only_unknown_what_became_of_runs_that_were_stopped(
    stopped: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow(group: GroupMonitor) -> None:
        group.monitors[1].run_result.stopped = stopped
        raise ValueError("odd")

    monkeypatch.setattr(GroupMonitor, "follow", follow)
    error = error_without_server(TaskContext(clock=FakeClock()))
    assert (error.kind, error.summary) == (kind, "Unexpected ValueError: odd")
    assert error.result["changed"] is stopped
