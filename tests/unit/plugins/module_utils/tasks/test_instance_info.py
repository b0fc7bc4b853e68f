# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one run, and searching the history: whole tasks, against the simulator."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.dates import DAY_MS, iso8601_utc, parse_moment
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask
from ansible_collections.blueking.job.plugins.module_utils.jobs import context as context_module
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.history_search import HistorySearch
from ansible_collections.blueking.job.plugins.module_utils.models.history import MAX_SPAN_MS
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeTransport, http, success
from ansible_collections.blueking.job.tests.unit.helpers.read_only_tasks import (
    APIS,
    WITH_HISTORY,
    connection,
    estate,
    fails,
    launched,
    run,
)

SCRIPT = {"account_alias": "root", "ip_list": ["10.0.0.1", "10.0.0.2"]}
OF_KEYS = {"previous_job_instance_id", "reattached"}
OF_LAUNCHES = {"launch_outcome", "candidates", "pending_duplicates", "step_instance_id", *OF_KEYS}
NOTHING = {"instances": [], "total": None, "truncated": False, "since": None, "until": None}
HISTORY_CALL = "get_job_instance_list"


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(estate()) as running:
        yield running


@pytest.fixture(params=APIS)
def api(request: pytest.FixtureRequest, server: JobServer) -> dict[str, object]:
    return connection(server, request.param)


@pytest.fixture(params=WITH_HISTORY)
def v3(request: pytest.FixtureRequest, server: JobServer) -> dict[str, object]:
    return connection(server, request.param)


def ids(result: dict[str, Any]) -> list[int]:
    return [entry["job_instance_id"] for entry in result["instances"]]


def asked(server: JobServer, since: int = 0) -> list[str]:
    return [entry["call"] for entry in server.journal[since:]]


def test_a_run_that_failed_is_returned_as_by_its_launch(server: JobServer, api: dict[str, object]) -> None:
    """And does not fail the task."""
    number = launched(server, api, job_plan, job_plan_id=2)
    launched_result = run(job_plan, api, job_plan_id=2, validate_variables=False, wait=False)
    result = run(instance_info, api, job_instance_id=number, hosts="all", logs="all")
    assert set(result) == (set(launched_result) - OF_LAUNCHES) | set(NOTHING) | {"variables"}
    assert {key: result[key] for key in NOTHING} == NOTHING
    assert (result["changed"], result["job_instance_id"], result["job_instance_name"]) == (False, number, "deploy")
    assert (result["status"], result["status_code"], result["finished"]) == ("failed", 4, True)
    assert [(step["name"], step["status"]) for step in result["steps"]] == [("first", "success"), ("second", "failed")]
    assert result["counts"] == {"total": 6, "success": 5, "failed": 1, "unfinished": 0}
    (failed,) = result["failed_hosts"]
    assert (failed["ip"], failed["exit_code"], failed["log"]) == ("10.0.0.2", 7, "web-2 is <broken> & ü\n")
    assert result["hosts"][0] == failed
    assert sorted(host["log"] for host in result["hosts"][1:]) == sorted(
        ["web-1 did it\n", "web-3 did it\n", *[f"web-{n} is fine\n" for n in (1, 2, 3)]]
    )
    assert result["logs_complete"] is True
    assert "job_instance_url" not in result


def test_a_launch_and_a_read_return_the_same(api: dict[str, object], server: JobServer) -> None:
    with JobServer(estate(clock="flowing", outcomes=[{"log": "{name}\n"}])) as flowing:
        words = {**api, "api_url": str(api["api_url"]).replace(server.url, flowing.url), "web_url": "https://job"}
        launched_result = run(fast_script, words, **SCRIPT, script_content="x", logs="all", poll_interval=0.01)
        seen = run(instance_info, words, job_instance_id=str(launched_result["job_instance_id"]), logs="all")
    assert seen["job_instance_url"] == f"https://job/api_execute/{launched_result['job_instance_id']}"
    same = set(launched_result) & set(seen) - {"changed"}
    assert len(same) >= 15
    # A response to a launch names the step in place of the job.
    assert {key: seen[key] for key in same - {"job_instance_name"}} == {
        key: launched_result[key] for key in same - {"job_instance_name"}
    }


def test_a_run_under_way(server: JobServer, api: dict[str, object]) -> None:
    number = launched(server, api, fast_script, seconds=2, **SCRIPT, script_content="x")
    result = run(instance_info, api, job_instance_id=number, logs="none")
    assert (result["status"], result["finished"], result["end_time"]) == ("running", False, None)
    assert result["counts"] == {"total": 2, "success": 0, "failed": 0, "unfinished": 2}
    assert (result["logs_complete"], result["failed_hosts"]) == (False, [])
    server.clock.advance(60)
    assert run(instance_info, api, job_instance_id=number)["status"] == "success"


def test_the_options_about_hosts_and_logs(server: JobServer, api: dict[str, object]) -> None:
    number = launched(server, api, job_plan, job_plan_id=2)
    result = run(instance_info, api, job_instance_id=number)
    assert (result["hosts"], [host["log"] is not None for host in result["failed_hosts"]]) == ([], [True])
    result = run(instance_info, api, job_instance_id=number, hosts="all")
    assert [host["log"] is not None for host in result["hosts"]] == [True] + [False] * 5
    result = run(instance_info, api, job_instance_id=number, hosts="failed", log_max_bytes_per_host=5)
    (host,) = result["hosts"]
    # The end is kept, and no half of a character.
    assert (host["log"], host["log_truncated"], result["logs_complete"]) == ("& ü\n", True, False)
    before = len(server.journal)
    result = run(instance_info, api, job_instance_id=number, hosts="none", logs="all")
    assert (result["hosts"], result["failed_hosts"], result["counts"]["failed"]) == ([], [], 1)
    assert asked(server, before) == ["get_job_instance_status"]


def test_logs_that_cannot_be_had_are_missed_with_a_warning(server: JobServer, api: dict[str, object]) -> None:
    number = launched(server, api, job_plan, job_plan_id=2)
    calls = ("get_job_instance_log",)
    if api["api_version"] != "v2":
        calls = ("batch_get_job_instance_ip_log", "get_job_instance_ip_log")
    for call in calls:
        server.faults.add(do="error", code=9900403, call=call)
    context = TaskContext()
    result = run(instance_info, api, context, job_instance_id=number)
    assert (result["status"], result["logs_complete"]) == ("failed", False)
    assert any("are missing: " in warning for warning in context.problems.warnings)


def test_a_run_that_is_not_there(server: JobServer, api: dict[str, object]) -> None:
    number = launched(server, api, fast_script, **SCRIPT, script_content="x")
    for options in ({"job_instance_id": 4711}, {"job_instance_id": number, "bk_scope_id": "3"}):
        error = fails(instance_info, api, **options)
        assert (error.kind, error.code) == ("not_found", 1244006)
        assert error.summary.startswith(f"Job instance {options['job_instance_id']} of biz")
        assert error.result["job_instance_id"] == options["job_instance_id"]
        assert (error.result["changed"], error.result["status"], error.result["hosts"]) == (False, None, [])
        assert set(error.result) == set(run(instance_info, api, job_instance_id=number))


def test_a_run_that_the_caller_may_not_see(server: JobServer, api: dict[str, object]) -> None:
    number = launched(server, api, fast_script, **SCRIPT, script_content="x")
    error = fails(instance_info, api, job_instance_id=number, bk_username="carol")
    assert (error.kind, error.code) == ("permission", 9900403)
    assert isinstance(error.permission, dict)
    assert "view_history" in json.dumps(error.permission)


def test_variables_as_the_last_step_left_them(server: JobServer, api: dict[str, object]) -> None:
    number = launched(server, api, job_plan, job_plan_id=2)
    assert run(instance_info, api, job_instance_id=number)["variables"] is None
    assert run(instance_info, api, job_instance_id=number, variables="yes")["variables"] == {"version": "3.0"}
    # Time does not advance, so no step has begun: the variables are as they were launched.
    waiting = run(job_plan, api, job_plan_id=2, validate_variables=False, wait=False)["job_instance_id"]
    assert run(instance_info, api, job_instance_id=waiting, variables=True)["variables"] == {"version": "1.0"}
    script = launched(server, api, fast_script, **SCRIPT, script_content="x")
    assert run(instance_info, api, job_instance_id=script, variables=True)["variables"] == {}


def test_variables_that_cannot_be_read_lose_nothing_else(server: JobServer, api: dict[str, object]) -> None:
    number = launched(server, api, job_plan, job_plan_id=2)
    server.faults.add(do="error", code=9900403, call="get_job_instance_global_var_value")
    error = fails(instance_info, api, job_instance_id=number, variables=True)
    assert error.summary.startswith(f"The variables of job instance {number} cannot be read")
    assert (error.kind, error.result["status"], error.result["variables"]) == ("permission", "failed", None)


def test_the_history_newest_first(server: JobServer, v3: dict[str, object]) -> None:
    first = launched(server, v3, job_plan, job_plan_id=2)
    second = launched(server, v3, fast_script, **SCRIPT, script_content="x", task_name="by hand", bk_username="alice")
    third = launched(server, v3, job_plan, seconds=2, job_plan_id=1)
    result = run(instance_info, v3, web_url="https://job.example.com/")
    assert ids(result) == [third, second, first]
    assert (result["total"], result["truncated"], result["changed"]) == (3, False, False)
    newest, script, oldest = result["instances"]
    assert set(newest) == set(script) == set(oldest)
    assert (newest["status"], newest["finished"], newest["end_time"], newest["total_time"]) == (
        "running",
        False,
        None,
        2.0,
    )
    assert (script["name"], script["type"], script["operator"], script["job_plan_id"], script["job_template_id"]) == (
        *("by hand", "script", "alice"),
        *(None, None),
    )
    assert (oldest["name"], oldest["type"], oldest["job_plan_id"], oldest["job_template_id"]) == (
        "deploy",
        "plan",
        2,
        10,
    )
    assert (oldest["status"], oldest["status_code"], oldest["finished"]) == ("failed", 4, True)
    assert (oldest["launch_mode"], oldest["operator"], oldest["total_time"]) == ("api", "admin", 10.0)
    assert oldest["job_instance_url"] == f"https://job.example.com/api_execute/{first}"
    one = run(instance_info, v3, job_instance_id=first)
    assert {key: one[key] for key in ("create_time", "start_time", "end_time", "total_time", "status")} == {
        key: oldest[key] for key in ("create_time", "start_time", "end_time", "total_time", "status")
    }
    # What is about one run alone is null.
    assert {value for key, value in result.items() if key in ("job_instance_id", "status", "counts", "variables")} == {
        None
    }
    assert (result["steps"], result["hosts"], result["finished"]) == ([], [], False)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"name": "deploy"}, "D"),
        ({"name": "deploy", "name_match": "contains"}, "WD"),
        ({"name": "Deploy"}, ""),
        ({"operator": "alice"}, "S"),
        ({"status": "failed"}, "D"),
        ({"status": ["success", "running"]}, "WS"),
        ({"status": "success,failed,running"}, "WSD"),
        ({"status": ["abnormal"]}, ""),
        ({"type": "plan"}, "WD"),
        ({"type": "script"}, "S"),
        ({"type": "file"}, ""),
        ({"launch_mode": "api"}, "WSD"),
        ({"launch_mode": "web"}, ""),
        ({"ip": "10.0.0.3"}, "WD"),
        ({"since": "30m"}, "W"),
        ({"since": "1h 30m"}, "WS"),
        ({"since": "90m", "until": "30m"}, "S"),
        ({"until": "1h"}, "SD"),
        ({"limit": "2"}, "WS"),
        ({"name": "deploy", "name_match": "contains", "status": "running,failed", "limit": 1}, "W"),
    ],
)
def test_filters(server: JobServer, v3: dict[str, object], filters: dict[str, object], expected: str) -> None:
    deploy = launched(server, v3, job_plan, seconds=3600, job_plan_id=2)
    script = launched(server, v3, fast_script, 3600, **SCRIPT, script_content="x", bk_username="alice")
    web = launched(server, v3, job_plan, seconds=2, job_plan_id=1)
    names = {deploy: "D", script: "S", web: "W"}
    result = run(instance_info, v3, **filters)
    assert "".join(names[number] for number in ids(result)) == expected
    assert result["truncated"] is ("limit" in filters)


def test_a_limit_that_cuts_reports_the_total(server: JobServer, v3: dict[str, object]) -> None:
    numbers = [launched(server, v3, job_plan, job_plan_id=2, seconds=60) for _run in range(5)]
    result = run(instance_info, v3, limit=2)
    assert (ids(result), result["total"], result["truncated"]) == (numbers[:2:-1], 5, True)
    result = run(instance_info, v3, limit=2, name="deploy")
    assert (ids(result), result["total"], result["truncated"]) == (numbers[:2:-1], None, True)
    result = run(instance_info, v3, limit=5, name="deploy")
    assert (ids(result), result["total"], result["truncated"]) == (numbers[::-1], 5, False)


def test_a_window_of_many_months(server: JobServer, v3: dict[str, object]) -> None:
    start = server.clock.now_ms()
    numbers = [launched(server, v3, job_plan, job_plan_id=2, seconds=20 * 86400) for _run in range(6)]
    now = server.clock.now_ms()
    before = len(server.journal)
    result = run(instance_info, v3, since="200d")
    assert (ids(result), result["total"], result["truncated"]) == (numbers[::-1], 6, False)
    windows = [window_of(entry) for entry in server.journal[before + 1 :]]
    assert all(0 < last - first <= MAX_SPAN_MS for first, last in windows)
    assert all(later[0] == earlier[1] + 1 for later, earlier in zip(windows, windows[1:], strict=False))
    # The Date of a response has no milliseconds.
    assert now - 200 * DAY_MS - 1000 < windows[-1][0] <= now - 200 * DAY_MS
    # Both ends belong to the window.
    exact = run(instance_info, v3, since=iso8601_utc(start), until=iso8601_utc(start + 100 * DAY_MS), limit=3)
    assert (ids(exact), exact["total"], exact["truncated"]) == (numbers[:2:-1], 6, True)
    assert (exact["since"], exact["until"]) == (iso8601_utc(start), iso8601_utc(start + 100 * DAY_MS))
    inside = run(instance_info, v3, since=iso8601_utc(start + 1), until=iso8601_utc(start + 100 * DAY_MS - 1))
    assert ids(inside) == numbers[4:0:-1]


def window_of(entry: dict[str, Any]) -> tuple[int, int]:
    given = entry["json"] or entry["query"]
    one = {key: value[0] if isinstance(value, list) else value for key, value in given.items()}
    return int(one["create_time_start"]), int(one["create_time_end"])


def test_relative_times_use_the_servers_clock(server: JobServer, v3: dict[str, object]) -> None:
    server.clock.advance(3 * 365 * 86400)
    number = launched(server, v3, job_plan, job_plan_id=2, seconds=60)
    result = run(instance_info, v3, since="2m")
    assert ids(result) == [number]
    shown = parse_moment(result["until"])
    assert shown is not None
    assert 0 <= server.clock.now_ms() - shown.ms < 1000


def test_the_history_needs_v3(server: JobServer) -> None:
    error = fails(instance_info, connection(server, "ESB v2"), status="failed")
    assert isinstance(error, InvalidTask)
    assert error.errors == ["api_version: v2 has no execution history: use v3, or set job_instance_id"]
    assert server.journal == []


def test_all_errors_together_and_nothing_sent(server: JobServer, api: dict[str, object]) -> None:
    error = fails(instance_info, api, job_instance_id=0, since="2h", bk_biz_id=3, bk_username=None)
    assert isinstance(error, InvalidTask)
    assert [each.partition(":")[0] for each in error.errors] == ["bk_biz_id", "bk_token", "job_instance_id", "since"]
    assert server.journal == []
    assert error.result["instances"] == []


def test_a_window_that_turns_out_to_be_none(v3: dict[str, object]) -> None:
    error = fails(instance_info, v3, since="5d", until="2020-01-01T00:00Z")
    assert isinstance(error, InvalidTask)
    assert error.errors == ["since: must be before until"]


def test_a_local_time_that_counts_as_utc(server: JobServer, v3: dict[str, object]) -> None:
    now = iso8601_utc(server.clock.now_ms())
    error = fails(instance_info, v3, since=f"{now[:10]} 23:59:59")
    assert isinstance(error, InvalidTask)
    assert error.errors == [
        f"since: must be before now ({now[:10]} 23:59 counts as UTC, where it is {now[11:16]} now; "
        "add an offset such as +08:00 for another time zone)"
    ]


def test_check_mode_is_the_same(server: JobServer, v3: dict[str, object]) -> None:
    number = launched(server, v3, job_plan, job_plan_id=2)
    for options in ({"job_instance_id": number, "variables": True, "logs": "all"}, {"status": "failed"}):
        seen = []
        for context in (TaskContext(), TaskContext(check_mode=True, diff=True)):
            before = len(server.journal)
            result = run(instance_info, v3, context, **options)
            # The searched window ends now, and the two searches may be a second apart.
            seen.append(({**result, "since": None, "until": None}, asked(server, before)))
            assert all(entry["did"] == [] for entry in server.journal[before:])
        assert seen[0] == seen[1]
        assert "shop-secret" not in json.dumps(seen)


def test_a_history_that_is_rejected(server: JobServer, v3: dict[str, object]) -> None:
    server.faults.add(do="answer", body={"result": False, "code": 1244036, "message": "too wide"}, call=HISTORY_CALL)
    error = fails(instance_info, v3)
    assert (error.kind, error.code) == ("validation", 1244036)
    assert error.summary.startswith("The history of biz 2 cannot be read: get_job_instance_list: 1244036")
    assert "short windows" in str(error.hint)
    assert asked(server) == [HISTORY_CALL]


def test_a_signal_ends_the_read(v3: dict[str, object]) -> None:
    context = TaskContext()
    with context.interrupts.installed():
        signal.raise_signal(signal.SIGTERM)
        error = fails(instance_info, v3, context)
    assert (error.kind, error.summary) == ("interrupted", "Interrupted by SIGTERM; nothing was changed")
    assert error.result["instances"] == []


def test_a_bug_is_an_error_like_others(v3: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(HistorySearch, "fill", broken)
    error = fails(instance_info, v3)
    assert (error.kind, "oops" in error.summary, error.result["changed"]) == ("protocol", True, False)


def test_a_result_is_limited_in_size(v3: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand runs with names of full length, none of it ASCII."""
    runs = [
        {"job_instance_id": number, "name": "夜" * 512, "status": 3, "create_time": number}
        for number in range(1000, 0, -1)
    ]
    response = http(success({"total": 1000, "data": runs}))
    transport = FakeTransport(response)
    monkeypatch.setattr(context_module, "Transport", lambda _connection: transport)
    result = run(instance_info, v3, since="2026-01-01", until="2026-01-02", limit=1000)
    assert len(json.dumps(result)) < 600_000
    assert (result["truncated"], result["total"]) == (True, 1000)
    assert 100 < len(result["instances"]) < 1000
