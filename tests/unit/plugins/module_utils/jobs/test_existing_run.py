# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for a run with a unique key: number of requests, exact comparison, values of plans that are not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.common.dates import DAY_MS
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import existing_run
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.existing_run import ExistingRunSearch
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryEntry
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    Launch,
    PlanLaunch,
    ScriptLaunch,
    TargetServer,
    UniqueKey,
)
from ansible_collections.blueking.job.tests.support.simulator.like import named
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    http,
    launch_settings,
    success,
)

SCOPE = Scope("biz", "2")
DATE, NOW = "Sat, 31 Jan 2026 10:00:00 GMT", 1_769_853_600_000
HISTORY, VALUES, STATUS = "get_job_instance_list", "get_job_instance_global_var_value", "get_job_instance_status"
PENDING, RUNNING, SUCCESS, FAILED, TERMINATING, TERMINATED = 1, 2, 3, 4, 10, 11
ENTRIES = 10_000


@dataclass
class Job:
    """JOB with a history, whose filters for names are LIKE patterns, and with the values of each run."""

    runs: list[dict[str, Any]]
    values: Callable[[int], list[dict[str, str] | None]] = lambda _: []
    on_send: Callable[[], None] = lambda: None
    calls: Counter[str] = field(default_factory=Counter)

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        call, given = request.path.rstrip("/").rpartition("/")[2], dict(request.body or {})
        self.calls[call] += 1
        self.on_send()
        data = {HISTORY: self._page, VALUES: self._values, STATUS: self._status}[call](given)
        return HttpResponse(200, {"date": DATE}, http(success(data)).body)

    def _page(self, given: dict[str, Any]) -> dict[str, Any]:
        found = [
            run
            for run in self.runs
            if given["create_time_start"] <= run["create_time"] <= given["create_time_end"]
            and named(given.get("name"), run["name"])
            and given["type"] == run["type"]
        ]
        found.sort(key=lambda run: (run["create_time"], run["job_instance_id"]), reverse=True)
        page = found[given["start"] : given["start"] + given["length"]]
        return {"start": given["start"], "length": given["length"], "total": len(found), "data": page or None}

    def _values(self, given: dict[str, Any]) -> dict[str, Any]:
        steps = [
            {"step_instance_id": step, "global_var_list": None if each is None else _variables(each)}
            for step, each in enumerate(self.values(given["job_instance_id"]), 1)
        ]
        return {"job_instance_id": given["job_instance_id"], "step_instance_var_list": steps}

    def _status(self, given: dict[str, Any]) -> dict[str, Any]:
        run = next(each for each in self.runs if each["job_instance_id"] == given["job_instance_id"])
        instance = {"job_instance_id": run["job_instance_id"], "name": run["name"], "status": run["status"]}
        return {"finished": run["status"] in (SUCCESS, FAILED), "job_instance": instance, "step_instance_list": []}


def _variables(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value, "type": 1} for name, value in values.items()]


def run(number: int, name: str, status: int = SUCCESS, seconds_ago: int = 3600, kind: int = 1) -> dict[str, Any]:
    plan = 7 if kind == 0 else -1
    times = {"create_time": NOW - seconds_ago * 1000}
    return {"job_instance_id": number, "name": name, "status": status, "type": kind, "job_plan_id": plan, **times}


def script(key: str, window_ms: int = DAY_MS) -> ScriptLaunch:
    name = f"bk_fast_script [{key}]"
    return ScriptLaunch(SCOPE, target=TargetServer(), task_name=name, unique_key=UniqueKey(key, window_ms))


def plan(key: str) -> PlanLaunch:
    return PlanLaunch(SCOPE, 7, unique_key=UniqueKey(key, DAY_MS, variable="run_key"))


def search(job: Job, launch: Launch, context: TaskContext | None = None, **settings: Any) -> int | None:
    """Return the id of the run that is found."""
    found = find(job, launch, context, **settings)
    return None if found is None else found.job_instance_id


def find(job: Job, launch: Launch, context: TaskContext | None = None, **settings: Any) -> HistoryEntry | None:
    context = context or TaskContext(clock=FakeClock())
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), job, context.clock)  # type: ignore[arg-type]
    assert launch.unique_key is not None
    deadline, how = Deadline(context.clock, 180), launch_settings(**settings)
    return ExistingRunSearch(client, launch, launch.unique_key, how, context, deadline).run()


def test_ten_thousand_other_runs_cost_no_request() -> None:
    others = [run(number, f"bk_fast_script [other-{number}]", seconds_ago=number) for number in range(1, ENTRIES)]
    job = Job([*others, run(ENTRIES, "bk_fast_script [night-1]")])
    assert search(job, script("night-1")) == ENTRIES
    # One more reads the time of the server.
    assert job.calls[HISTORY] == 2
    assert search(job, script("night-2")) is None
    assert job.calls[HISTORY] == 4


def test_neighbors_of_a_wildcard_cost_their_pages_and_are_not_continued() -> None:
    """Every name matches the filter, because an underscore matches any character, and none is the same."""
    neighbors = "".join(chr(code) for code in range(0x4E00, 0x4E00 + ENTRIES))
    names = [f"bk_fast_script [a{neighbor}b]" for neighbor in neighbors]
    job = Job([run(number, name, seconds_ago=number) for number, name in enumerate(names, 1)])
    assert search(job, script("a_b")) is None
    assert job.calls[HISTORY] <= 1 + ENTRIES / 500 + 1


@pytest.mark.parametrize(
    "name", ["[night-1", "[night-10]", "[1night-1]", "[Night-1]", "[night-1] x", "[night_1]", " [night-1]"]
)
def test_a_name_that_only_resembles_is_not_continued(name: str) -> None:
    assert search(Job([run(1, f"bk_fast_script {name}")]), script("night-1")) is None


def test_a_file_task_does_not_continue_a_script() -> None:
    assert search(Job([run(1, "bk_fast_script [night-1]", kind=2)]), script("night-1")) is None


@pytest.mark.parametrize(
    ("values", "status"),
    [([None, {"run_key": "k2"}], SUCCESS), ([{"other": "k"}], SUCCESS), ([{"other": "k"}], RUNNING), ([None], FAILED)],
)
def test_a_run_of_the_plan_with_another_value_is_not_continued(
    values: list[dict[str, str] | None], status: int
) -> None:
    """A run from before the plan had the variable shows the others."""
    job = Job([run(1, "deploy", status, kind=0)], lambda _: values)
    assert search(job, plan("k")) is None
    assert job.calls[VALUES] == 1


def test_a_plan_costs_a_request_for_each_of_its_runs_down_to_the_one_with_the_key() -> None:
    runs = [run(number, "deploy", seconds_ago=number, kind=0) for number in range(1, 41)]
    job = Job(runs, lambda number: [{"run_key": f"k{number}"}])
    assert search(job, plan("k30")) == 30
    assert job.calls[VALUES] == 30


def test_a_page_of_the_history_that_decides_is_the_last_one() -> None:
    runs = [run(number, "deploy", seconds_ago=number, kind=0) for number in range(1, ENTRIES + 1)]
    for each in runs[2:]:
        each["job_plan_id"] = 8
    job = Job(runs, lambda number: [{"run_key": f"night-{number}"}])
    assert search(job, plan("night-2")) == 2
    # One more reads the time of the server.
    assert job.calls == {HISTORY: 2, VALUES: 2}
    job.calls.clear()
    # Without the key in the first page, the window is read to its end, and each run of the plan once.
    assert search(job, plan("night-9")) is None
    assert job.calls[VALUES] == 2
    assert job.calls[HISTORY] > ENTRIES / 500
    # A pending run counts only if no older one was started.
    runs[0]["status"] = PENDING
    runs[ENTRIES - 1]["job_plan_id"] = 7
    job.values = lambda number: [{"run_key": "night-1" if number in (1, ENTRIES) else "another"}]
    assert search(job, plan("night-1")) == ENTRIES


@pytest.mark.parametrize(("values", "status"), [([], SUCCESS), ([None], SUCCESS), ([None], RUNNING), ([None], PENDING)])
def test_a_run_of_the_plan_with_unknown_values_may_be_the_one(values: list[dict[str, str] | None], status: int) -> None:
    job = Job([run(1, "deploy", status, kind=0)], lambda _: values)
    with pytest.raises(JobError, match="Job instance 1 .* does not show the value of variable run_key") as caught:
        search(job, plan("k"))
    assert caught.value.delivery is Delivery.NOT_SENT


def test_a_run_that_has_just_begun_shows_its_values_later() -> None:
    job = Job([run(1, "deploy", PENDING, kind=0)])
    job.values = lambda _: [{"run_key": "k"}] if job.calls[STATUS] > 2 else [None]
    assert search(job, plan("k")) == 1


def test_a_pending_run_without_values_is_ignored_if_it_never_starts_by_itself() -> None:
    job, context = Job([run(1, "deploy", PENDING, kind=0)]), TaskContext(clock=FakeClock())
    assert search(job, plan("k"), context, two_step=True, honors_start_task=True) is None
    assert "Job instance 1 of the plan is pending" in context.problems.warnings[0]


def test_a_run_that_is_being_stopped_counts_when_it_has_ended() -> None:
    job = Job([run(1, "bk_fast_script [night-1]", TERMINATING)])

    def end() -> None:
        if job.calls[STATUS] == 3:
            job.runs[0]["status"] = TERMINATED

    job.on_send = end
    found = find(job, script("night-1"))
    assert found is not None
    assert found.status == TERMINATED


def test_nothing_is_launched_beside_a_run_whose_stop_never_ends() -> None:
    job, clock = Job([run(1, "bk_fast_script [night-1]", TERMINATING)]), FakeClock()
    with pytest.raises(JobError, match="job instance 1 with unique_key night-1 is being stopped") as caught:
        search(job, script("night-1"), TaskContext(clock=clock))
    assert (caught.value.kind, caught.value.delivery) == ("not_sent", Delivery.NOT_SENT)
    assert sum(clock.slept) <= 30


def test_a_search_that_takes_too_long_leaves_time_for_no_launch() -> None:
    clock = FakeClock()
    runs = [run(number, "deploy", seconds_ago=number, kind=0) for number in range(1, 1000)]
    job = Job(runs, lambda _: [{"run_key": "other"}], on_send=lambda: clock.sleep(1))
    with pytest.raises(JobError, match="Nothing was launched .* Timed out while reading the variables") as caught:
        search(job, plan("k"), TaskContext(clock=clock))
    assert "unique_window" in (caught.value.hint or "")
    # Half of the time limit of the launch.
    assert 85 <= job.calls[VALUES] <= 90


def test_a_window_with_too_many_runs_of_plans_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existing_run, "_MAX_PLAN_RUNS", 600)
    runs = [run(number, "deploy", seconds_ago=number, kind=0) for number in range(1, 702)]
    for each in runs:
        each["job_plan_id"] = 8
    job = Job(runs)
    with pytest.raises(JobError) as caught:
        search(job, plan("k"))
    assert caught.value.summary == (
        "Nothing was launched because runs with unique_key k cannot be searched: "
        "The history lists more than 600 runs of plans"
    )
    assert (caught.value.kind, caught.value.hint) == ("validation", "Use a shorter unique_window.")
    assert caught.value.delivery is Delivery.NOT_SENT
    assert job.calls[VALUES] == 0
