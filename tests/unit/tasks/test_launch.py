# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole tasks, without Ansible, against the JOB simulator."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import MASK
from ansible_collections.blueking.job.plugins.module_utils.common.signals import Interrupts
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.poller import Poller
from ansible_collections.blueking.job.plugins.module_utils.jobs.preflight import preflight
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks import launch
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, FakeClock, run_task

APIS = {
    "ESB v2": {"gateway": "esb", "api_version": "v2"},
    "ESB v3": {"gateway": "esb", "api_version": "v3"},
    "API gateway v3": {"gateway": "apigw", "api_version": "v3"},
}
SPECS: dict[Task, Spec] = {fast_script: FAST_SCRIPT, job_plan: JOB_PLAN}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as running:
        yield running


@pytest.fixture(params=list(APIS))
def api(request: pytest.FixtureRequest, server: JobServer) -> dict[str, object]:
    """The connection of a task over one of the APIs."""
    words = APIS[request.param]
    return {**words, "api_url": server.url + ("/api/bk-job/prod" if words["gateway"] == "apigw" else "")}


def run(
    task: Task, connection: dict[str, object], context: TaskContext | None = None, **options: object
) -> dict[str, object]:
    given = {
        "bk_app_code": "demo_app",
        "bk_app_secret": "demo_secret",
        "bk_username": "admin",
        "bk_scope_id": "2",
        "poll_interval": 0.05,
        **connection,
        **options,
    }
    return run_task(task, SPECS[task], given, context or TaskContext())


def failure(task: Task, connection: dict[str, object], **options: object) -> JobError:
    with pytest.raises(JobError) as caught:
        run(task, connection, **options)
    return caught.value


def script(**options: object) -> dict[str, object]:
    return {"account_alias": "root", "ip_list": ["10.0.0.1", "10.0.0.2"], "logs": "all", **options}


def by_ip(result: dict[str, object]) -> dict[object, dict[str, object]]:
    hosts = result["hosts"]
    assert isinstance(hosts, list)
    return {host["ip"]: host for host in hosts}


def test_a_script_on_two_hosts(api: dict[str, object]) -> None:
    content = "echo \"<$(hostname)> & '$1'\"; test $(hostname) = web-1 || exit 7"
    error = failure(fast_script, api, **script(script_content=content, script_param="'a b'", hosts="all"))
    result = error.result
    assert (error.kind, result["status"], result["changed"], result["launch_outcome"]) == (
        "job_failed",
        "failed",
        True,
        "started",
    )
    hosts = by_ip(result)
    assert [hosts[ip]["exit_code"] for ip in ("10.0.0.1", "10.0.0.2")] == [0, 7]
    assert [hosts[ip]["log"] for ip in ("10.0.0.1", "10.0.0.2")] == ["<web-1> & 'a b'\n", "<web-2> & 'a b'\n"]
    assert result["counts"] == {"total": 2, "success": 1, "failed": 1, "unfinished": 0}
    assert result["logs_complete"] is True


def test_the_result_has_one_shape(server: JobServer) -> None:
    shapes = []
    for words in APIS.values():
        url = server.url + ("/api/bk-job/prod" if words["gateway"] == "apigw" else "")
        result = run(fast_script, {**words, "api_url": url}, **script(script_content="hostname"))
        host, step = by_ip(result)["10.0.0.1"], result["steps"]
        assert isinstance(step, list)
        shapes.append((set(result), set(host), set(step[0]), host["log"], host["status"], step[0]["type"]))
    assert shapes[0] == shapes[1] == shapes[2]


def test_a_plan_in_either_vocabulary(api: dict[str, object], server: JobServer) -> None:
    current = run(
        job_plan,
        api,
        job_plan_id=1001,
        global_var_list=[
            {"name": "version", "value": "2.0"},
            {"name": "targets", "server": {"ip_list": ["10.0.0.1"], "dynamic_group_list": ["grp-web"]}},
            {"name": "db_password", "secret_value": "planted-secret"},
        ],
    )
    first = server.journal[-1]
    count = len(server.journal)
    legacy = run(
        job_plan,
        api,
        bk_job_id=1001,
        global_vars=[
            {"name": "version", "value": 2.0},
            {"name": "targets", "ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}], "custom_query_id": ["grp-web"]},
            {"name": "db_password", "secret_value": "planted-secret"},
        ],
    )
    assert current["status"] == legacy["status"] == "success"
    assert current["counts"] == {"total": 4, "success": 4, "failed": 0, "unfinished": 0}
    launches = [entry["json"] for entry in server.journal if entry["answer"].get("started")][-2:]
    assert launches[0] == launches[1]
    assert count < len(server.journal)
    assert first["call"] in ("get_job_instance_status", "get_job_instance_log", "batch_get_job_instance_ip_log")


def test_a_failing_step_leaves_later_ones_pending(api: dict[str, object]) -> None:
    error = failure(job_plan, api, job_plan_id=1002)
    steps = error.result["steps"]
    assert isinstance(steps, list)
    assert [step["status"] for step in steps] == ["failed", "pending"]
    assert error.summary.endswith("(check), 1 of 3 hosts failed")
    (line,) = error.details
    assert line.startswith("- 10.0.0.3: exit code 3: ")
    assert line.endswith("giving up")
    failed = error.result["failed_hosts"]
    assert isinstance(failed, list)
    assert [(host["ip"], "giving up" in host["log"]) for host in failed] == [("10.0.0.3", True)]


def test_error_responses(api: dict[str, object]) -> None:
    blind = {"validate_variables": False}
    for options, kind, code, outcome in (
        ({"job_plan_id": 4711}, "not_found", 1243009, "not_sent"),
        ({"job_plan_id": 4711, **blind}, "not_found", 1244012, "rejected"),
        ({"job_plan_id": 403, "bk_username": "bob"}, "permission", 9900403, "rejected"),
        ({"job_plan_id": 1001, "bk_scope_id": "4711"}, "not_found", 1243049, "not_sent"),
        ({"job_plan_id": 1001, "bk_scope_id": "4711", **blind}, "not_found", 1243049, "rejected"),
    ):
        error = failure(job_plan, api, **options)
        assert (error.kind, error.code) == (kind, code)
        assert (error.result["changed"], error.result["launch_outcome"]) == (False, outcome)
        assert error.result["job_instance_id"] is None
    for options in ({}, blind):
        assert failure(job_plan, api, job_plan_id=1001, bk_app_secret="wrong", **options).kind == "auth"


def test_check_mode_launches_nothing_and_shows_the_request(api: dict[str, object], server: JobServer) -> None:
    before = len(server.journal)
    result = run(
        fast_script,
        api,
        TaskContext(check_mode=True),
        **script(script_content="x", script_param="hidden-word", is_param_sensitive=True),
    )
    asked = [entry["call"] for entry in server.journal[before:]]
    assert asked == ([] if api["api_version"] == "v2" else ["check_script"])
    assert (result["changed"], result["launch_outcome"]) == (True, "check_mode")
    request = result["request"]
    assert isinstance(request, dict)
    assert request["method"] == "POST"
    assert request["path"].endswith(("/fast_execute_script/", "/api/bk-job/prod/api/v3/fast_execute_script"))
    assert request["body"]["script_param"] == MASK
    assert request["body"].get("bk_app_secret", MASK) == MASK


def test_not_waiting_returns_the_id(api: dict[str, object]) -> None:
    result = run(fast_script, api, **script(script_content="sleep 0.2", wait=False))
    assert isinstance(result["job_instance_id"], int)
    assert (result["status"], result["finished"], result["hosts"], result["counts"]) == (None, False, [], None)


def test_a_wait_that_is_too_short(api: dict[str, object]) -> None:
    # A clock on which no time passes while the machine is busy.
    context = TaskContext(clock=FakeClock())
    with pytest.raises(JobError) as caught:
        run(fast_script, api, context, **script(script_content="sleep 600", wait_timeout=1))
    error = caught.value
    assert (error.kind, error.result["changed"]) == ("wait_timeout", True)
    assert error.result["status"] == "running"
    assert str(error.result["job_instance_id"]) in error.summary
    assert "was running at the last poll, in step" in error.summary
    assert error.result["counts"] == {"total": 2, "success": 0, "failed": 0, "unfinished": 2}


def test_a_bug_loses_nothing(api: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(Poller, "until_finished", broken)
    error = failure(fast_script, api, **script(script_content="hostname"))
    assert isinstance(error.result["job_instance_id"], int)
    assert (error.kind, error.result["changed"], error.result["launch_outcome"]) == ("protocol", True, "started")
    assert "oops" in error.summary
    monkeypatch.setattr(JobClient, "launch", broken)
    error = failure(fast_script, api, **script(script_content="hostname"))
    assert (error.kind, error.result["changed"], error.result["launch_outcome"]) == ("unknown_outcome", True, "unknown")


def test_the_server_dies_during_the_wait(api: dict[str, object]) -> None:
    dying = JobServer(ROOT / "tests" / "demo" / "inventory.yml").start()
    url = dying.url + ("/api/bk-job/prod" if api["gateway"] == "apigw" else "")

    class DyingClock(FakeClock):
        def sleep(self, seconds: float) -> None:
            dying.stop()
            super().sleep(seconds)

    context = TaskContext(clock=DyingClock())
    with pytest.raises(JobError) as caught:
        run(fast_script, {**api, "api_url": url}, context, **script(script_content="sleep 600", wait_timeout=1))
    result = caught.value.result
    assert (result["changed"], result["launch_outcome"]) == (True, "started")
    assert isinstance(result["job_instance_id"], int)
    assert str(result["job_instance_id"]) in caught.value.summary
    assert "Connection refused" in caught.value.summary


def test_errors_stop_everything(server: JobServer, api: dict[str, object]) -> None:
    before = len(server.journal)
    error = failure(fast_script, api, bk_biz_id=3, target_server={}, script_content="x", timeout=0)
    assert isinstance(error, InvalidTask)
    assert [fault.split(":")[0] for fault in error.errors] == [
        "bk_biz_id",
        "account_alias",
        "target_server",
        "timeout",
    ]
    assert len(server.journal) == before


def test_what_v2_cannot_carry_stops_everything(server: JobServer) -> None:
    before = len(server.journal)
    connection: dict[str, object] = {**APIS["ESB v2"], "api_url": server.url}
    error = failure(fast_script, connection, account_id=1000, script_id="x", target_server={"host_id_list": [101]})
    assert isinstance(error, InvalidTask)
    assert [fault.split(":")[0] for fault in error.errors] == ["script_id", "account_id", "target_server.host_id_list"]
    assert all("v3" in fault for fault in error.errors)
    assert len(server.journal) == before


def test_a_script_from_a_file_in_another_language(api: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "say.py"
    path.write_text("import sys\nprint('python says', sys.argv[1:])\n")
    result = run(fast_script, api, **script(script_path=str(path), script_param="a 'b c'"))
    assert by_ip(result)["10.0.0.1"]["log"] == "python says ['a', 'b c']\n"


def test_lists_and_dictionaries_arrive_as_shell_arrays(api: dict[str, object], tmp_path: Path) -> None:
    inventory = tmp_path / "arrays.yml"
    inventory.write_text(
        """
apps: [{code: demo_app, secret: demo_secret, login_exempt: true}]
users: [{name: admin}]
scopes: [{type: biz, id: "2", name: demo}]
hosts: [{id: 101, ip: 10.0.0.1, scope: "2"}]
accounts: [{id: 1, alias: root, scope: "2"}]
plans:
  - id: 1
    scope: "2"
    name: arrays
    variables:
      - {id: 1, name: indexed, type: indexed_array}
      - {id: 2, name: associative, type: associative_array}
    steps:
      - name: show
        account: root
        target: {host_id_list: [101]}
        content: |
          printf '[%s]' "${indexed[@]}" "${associative[a key]}"
""",
        encoding="utf-8",
    )
    with JobServer(inventory) as own:
        url = own.url + ("/api/bk-job/prod" if api["gateway"] == "apigw" else "")
        values = [
            {"name": "indexed", "value": ["one", "two words", 3, "it's"]},
            {"name": "associative", "value": {"a key": "its $value"}},
        ]
        result = run(job_plan, {**api, "api_url": url}, job_plan_id=1, global_var_list=values, logs="all")
    assert by_ip(result)["10.0.0.1"]["log"] == "[one][two words][3][it's][its $value]"


def test_a_signal_that_came_first_keeps_everything_from_being_sent(api: dict[str, object], server: JobServer) -> None:
    before = len(server.journal)
    with pytest.raises(JobError) as caught:
        run(
            fast_script,
            api,
            TaskContext(interrupts=Interrupts(received=signal.SIGTERM)),
            **script(script_content="hostname"),
        )
    assert (caught.value.kind, caught.value.result["launch_outcome"]) == ("interrupted", "not_sent")
    assert caught.value.result["changed"] is False
    assert "nothing was launched" in caught.value.summary
    assert len(server.journal) == before


def test_a_signal_before_the_launch_keeps_it_from_being_sent(
    api: dict[str, object], server: JobServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def signalled(*arguments: Any, **more: Any) -> object:
        seen = preflight(*arguments, **more)
        os.kill(os.getpid(), signal.SIGTERM)
        return seen

    monkeypatch.setattr(launch, "preflight", signalled)
    before = len(server.journal)
    with Interrupts().installed() as interrupts, pytest.raises(JobError) as caught:
        run(job_plan, api, TaskContext(interrupts=interrupts), job_plan_id=1001)
    assert (caught.value.kind, caught.value.result["launch_outcome"]) == ("interrupted", "not_sent")
    calls = [str(entry["call"]) for entry in server.journal[before:]]
    assert calls
    assert not any(call.startswith("execute") for call in calls)
