# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading plans: whole tasks, against the simulator."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask
from ansible_collections.blueking.job.plugins.module_utils.jobs import context as context_module
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeTransport, http, success
from ansible_collections.blueking.job.tests.unit.helpers.read_only_tasks import (
    APIS,
    HOSTS,
    STEP,
    connection,
    estate,
    fails,
    run,
)

NONE_YET = {"changed": False, "plans": [], "total": None, "truncated": False}
IPS = [{"bk_cloud_id": 0, "ip": f"10.0.0.{number}"} for number in (1, 2, 3)]
NO_HOSTS: dict[str, list[object]] = {name: [] for name in ("host_id_list", "dynamic_group_list", "topo_node_list")}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(estate()) as running:
        yield running


@pytest.fixture(params=APIS)
def api_case(request: pytest.FixtureRequest, server: JobServer) -> dict[str, object]:
    return connection(server, request.param)


def ids(result: dict[str, Any]) -> list[int]:
    return [plan["job_plan_id"] for plan in result["plans"]]


def asked(server: JobServer, since: int) -> list[str]:
    return [entry["call"] for entry in server.journal[since:]]


def test_one_plan_with_all_there_is_to_know(api_case: dict[str, object]) -> None:
    result = run(plan_info, api_case, job_plan_id="1")
    assert (result["changed"], result["total"], result["truncated"]) == (False, 1, False)
    (plan,) = result["plans"]
    is_v3 = api_case["api_version"] == "v3"
    assert (plan["job_plan_id"], plan["name"], plan["job_template_id"], plan["creator"]) == (
        1,
        "deploy-web",
        10,
        "admin",
    )
    # v2 writes times in the server's zone and does not name it.
    assert (
        plan["create_time"]
        == plan["last_modify_time"]
        == ("2026-01-01T00:00:00.000Z" if is_v3 else "2026-01-01T00:00:00")
    )
    assert (plan["last_modify_user"], plan["need_update"]) == ("admin", None)
    (listed,) = run(plan_info, api_case, name="deploy-web")["plans"]
    assert listed == {**plan, "need_update": False if is_v3 else None}
    targets, version, password, words, place = plan["variables"]
    assert targets == {
        "id": 11,
        "name": "targets",
        "type": "host",
        "required": True if is_v3 else None,
        "description": targets["description"],
        "used": True if is_v3 else None,
        "value": None,
        "server": {**NO_HOSTS, "ip_list": IPS},
    }
    assert (version["type"], version["value"], version["description"]) == ("string", "1.0", "what to deploy")
    assert (password["type"], password["value"]) == ("cipher", "******")
    assert (words["type"], words["value"]) == ("indexed_array", "(a b)")
    assert (place["type"], place["value"], place["server"]) == ("namespace", None, None)
    assert place["required"] is (True if is_v3 else None)
    assert "planted-cipher" not in json.dumps(result)


def test_the_steps(api_case: dict[str, object]) -> None:
    prepare, ask, fixed = run(plan_info, api_case, job_plan_id=1)["plans"][0]["steps"]
    assert set(prepare) == set(ask) == set(fixed)
    assert [step["name"] for step in (prepare, ask, fixed)] == ["prepare", "ask", "fixed"]
    language = "shell" if api_case["api_version"] == "v3" else None
    assert (prepare["script_language"], prepare["account"], prepare["timeout"]) == (language, "root", 60)
    assert isinstance(prepare["account_id"], int)
    assert (ask["script_language"], ask["account"], ask["account_id"], ask["server"]) == (None, None, None, None)
    groups = {**NO_HOSTS, "dynamic_group_list": [{"id": "grp-web"}], "ip_list": []}
    if api_case["api_version"] == "v2":
        # What v2 calls a type is none.
        assert {(step["type"], step["host_variable"], step["ignore_error"]) for step in (prepare, ask, fixed)} == {
            (None, None, None)
        }
        assert fixed["server"] == {**groups, "host_id_list": [4]}
    else:
        assert [step["type"] for step in (prepare, ask, fixed)] == ["script", "confirm", "script"]
        assert (prepare["host_variable"], prepare["server"], prepare["ignore_error"]) == ("targets", None, None)
        assert (fixed["host_variable"], fixed["ignore_error"]) == (None, None)
        assert fixed["server"] == {**groups, "host_id_list": [4]}


def test_what_is_shown_can_be_launched(api_case: dict[str, object], server: JobServer) -> None:
    """A playbook can be written from it: defaults come back as they are, but for ciphers, which are left out."""
    variables = run(plan_info, api_case, name="deploy-web")["plans"][0]["variables"]
    given = [
        {"name": each["name"], **{key: each[key] for key in ("value", "server") if each[key] is not None}}
        for each in variables
        if each["type"] != "cipher" and (each["value"] is not None or each["server"] is not None)
    ]
    assert [each["name"] for each in given] == ["targets", "version", "words"]
    context = TaskContext()
    run(
        job_plan,
        api_case,
        context,
        job_plan_id=1,
        wait=False,
        global_var_list=[*given, {"name": "place", "value": "here"}],
    )
    assert context.problems.warnings == []
    launch = next(entry for entry in reversed(server.journal) if entry["call"].startswith("execute_job"))
    sent = {each["name"]: each for each in launch["json"].get("global_vars") or launch["json"]["global_var_list"]}
    assert (sent["targets"].get("server") or sent["targets"])["ip_list"] == IPS
    assert (sent["version"]["value"], sent["words"]["value"]) == ("1.0", "(a b)")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"name": "deploy"}, [2]),
        ({"name": "deploy", "name_match": "contains"}, [1, 2]),
        ({"name": "Deploy", "name_match": "exact"}, []),
        ({"name": "twin"}, [3, 4]),
        ({"name": "nothing"}, []),
        ({"limit": "3"}, [1, 2, 3]),
    ],
)
def test_filters(api_case: dict[str, object], filters: dict[str, object], expected: list[int]) -> None:
    result = run(plan_info, api_case, **filters)
    assert ids(result) == expected
    assert (result["total"], result["truncated"]) == ((4, True) if "limit" in filters else (len(expected), False))
    assert all(plan["variables"] is not None and plan["steps"] for plan in result["plans"])


def test_templates(api_case: dict[str, object], server: JobServer) -> None:
    before = len(server.journal)
    if api_case["api_version"] == "v2":
        error = fails(plan_info, api_case, job_template_id=12)
        assert isinstance(error, InvalidTask)
        assert error.errors == ["job_template_id: is not supported by API v2: use api_version v3, or filter by name"]
        assert (error.result, asked(server, before)) == (NONE_YET, [])
    else:
        assert ids(run(plan_info, api_case, job_template_id=12)) == [4]
        assert ids(run(plan_info, api_case, job_template_id=10, name="web", name_match="contains")) == [1]


def test_without_details_no_plan_is_read(api_case: dict[str, object], server: JobServer) -> None:
    before = len(server.journal)
    result = run(plan_info, api_case, details="no")
    assert {(plan["steps"], plan["variables"]) for plan in result["plans"]} == {(None, None)}
    assert asked(server, before) == ["get_job_list" if api_case["api_version"] == "v2" else "get_job_plan_list"]
    (plan,) = run(plan_info, api_case, bk_job_id=2, details=False)["plans"]
    assert (plan["name"], plan["variables"]) == ("deploy", None)


def test_pages_are_turned() -> None:
    """JOB gives 200 plans at once."""
    plans = [
        {"id": number, "scope": "2", "name": f"plan-{number}", "steps": [{**STEP, "name": "only", "target": HOSTS}]}
        for number in range(1, 451)
    ]
    with JobServer(estate(plans=plans)) as large:
        for name in APIS:
            before = len(large.journal)
            result = run(plan_info, connection(large, name), limit=440, details=False)
            assert ids(result) == list(range(1, 441))
            assert (result["total"], result["truncated"]) == (450, True)
            assert len(large.journal) - before == (1 if "v2" in name else 3)


def test_a_plan_that_is_not_there(api_case: dict[str, object]) -> None:
    for options in ({"job_plan_id": 4711}, {"job_plan_id": 1, "bk_scope_id": "3"}):
        error = fails(plan_info, api_case, **options)
        assert (error.kind, error.result) == ("not_found", NONE_YET)
        assert error.summary.startswith(f"Plan {options['job_plan_id']} of biz")


def test_a_success_without_a_plan_is_none(api_case: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_module, "Transport", lambda _connection: FakeTransport(http(success(None))))
    error = fails(plan_info, api_case, job_plan_id=1)
    assert (error.kind, error.summary) == ("not_found", "Plan 1 does not exist in biz 2")


def test_a_plan_that_the_caller_may_not_read(api_case: dict[str, object]) -> None:
    error = fails(plan_info, api_case, job_plan_id=2, bk_username="carol")
    assert (error.kind, error.code) == ("permission", 9900403)
    assert "view_job_plan" in json.dumps(error.permission)
    context = TaskContext()
    result = run(plan_info, api_case, context, bk_username="carol")
    # The others are listed.
    assert [plan["variables"] is None for plan in result["plans"]] == [False, True, False, False]
    (warning,) = context.problems.warnings
    assert warning.startswith("Steps and variables of deploy (2")
    assert "9900403" in warning


def test_a_plan_that_is_deleted_meanwhile_does_not_drop_another(api_case: dict[str, object], server: JobServer) -> None:
    call = "get_job_detail" if api_case["api_version"] == "v2" else "get_job_plan_detail"
    server.faults.add(do="error", code=1243009, call=call)
    context = TaskContext()
    result = run(plan_info, api_case, context)
    assert [plan["variables"] is None for plan in result["plans"]] == [True, False, False, False]
    assert len(context.problems.warnings) == 1


def test_a_plan_that_cannot_be_read_for_another_reason(api_case: dict[str, object], server: JobServer) -> None:
    call = "get_job_detail" if api_case["api_version"] == "v2" else "get_job_plan_detail"
    number = server.faults.add(do="error", code=1241011, call=call, every=2)
    error = fails(plan_info, api_case)
    server.faults.remove(number)
    assert (error.kind, error.code) == ("validation", 1241011)
    assert error.summary.startswith("Plan deploy (2")
    # What is known is returned.
    plans: Any = error.result["plans"]
    assert [plan["variables"] is not None for plan in plans] == [True, False, False, False]
    assert error.result["total"] == 4


def test_plans_that_cannot_be_listed(api_case: dict[str, object]) -> None:
    error = fails(plan_info, api_case, bk_scope_id="4711")
    assert (error.kind, error.result) == ("not_found", NONE_YET)
    assert error.summary.startswith("The plans of biz 4711 cannot be listed")


def test_all_errors_together_and_nothing_sent(api_case: dict[str, object], server: JobServer) -> None:
    before = len(server.journal)
    error = fails(plan_info, api_case, job_plan_id=1, name="x", limit=0, bk_app_secret="$encrypted$")
    assert isinstance(error, InvalidTask)
    assert [each.partition(":")[0] for each in error.errors] == ["bk_app_secret", "name", "limit"]
    assert (error.result, asked(server, before)) == (NONE_YET, [])


def test_check_mode_is_the_same(api_case: dict[str, object], server: JobServer) -> None:
    seen = []
    for context in (TaskContext(), TaskContext(check_mode=True, diff=True)):
        before = len(server.journal)
        seen.append((run(plan_info, api_case, context), asked(server, before)))
        assert all(entry["did"] == [] for entry in server.journal[before:])
    assert seen[0] == seen[1]
    assert "shop-secret" not in json.dumps(seen)


def test_a_signal_ends_the_read(api_case: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    read = JobClient.plan

    def interrupted(*arguments: Any) -> object:
        plan = read(*arguments)
        signal.raise_signal(signal.SIGINT)
        return plan

    monkeypatch.setattr(JobClient, "plan", interrupted)
    context = TaskContext()
    with context.interrupts.installed():
        error = fails(plan_info, api_case, context)
    assert (error.kind, error.result["total"]) == ("interrupted", 4)


def test_a_default_that_a_server_does_not_mask_is_masked(
    monkeypatch: pytest.MonkeyPatch, api_case: dict[str, object]
) -> None:
    variable = {"id": 1, "name": "p", "type": 4, "category": 4, "required": 1, "value": "planted-cipher"}
    plan = {"id": 1, "bk_job_id": 1, "name": "p", "global_var_list": [variable], "global_vars": [variable]}
    monkeypatch.setattr(context_module, "Transport", lambda _connection: FakeTransport(http(success(plan))))
    result = run(plan_info, api_case, job_plan_id=1)
    assert result["plans"][0]["variables"][0]["value"] == "******"
    assert "planted-cipher" not in json.dumps(result)
