# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results and logs of whole tasks against the server: many hosts, several steps, retries, batches, files, no logs."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.transport import Transport
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock, Deadline
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.log_collector import LogCollector
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Credentials, Scope
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN, JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.results.run_result import RunResult
from ansible_collections.blueking.job.plugins.module_utils.results.size_limit import MAX_RESULT_BYTES, json_size
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import connection_to, report_settings, run_task
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS

SPECS: dict[Task, Spec] = {
    fast_script: FAST_SCRIPT,
    job_plan: JOB_PLAN,
    job_wait: JOB_WAIT,
    instance_info: INSTANCE_INFO,
}
OPTIONS: dict[Task, dict[str, Any]] = {
    fast_script: {
        "account_alias": "root",
        "script_content": "run",
        "target_server": {"topo_node_list": [{"id": 1, "node_type": "module"}]},
    },
    job_plan: {"job_plan_id": 1},
}
APIS = [("esb", "v2"), ("esb", "v3"), ("apigw", "v3")]
FAILS_SECOND = [{"hosts": [2], "exit_code": 7, "log": "{name} gives up\n"}, {"log": "{name} is fine\n"}]
PLAN = [
    {"name": "prepare", "account": "root", "content": "run", "target": {"host_id_list": [1, 2]}, "ignore_error": True},
    {"name": "ask", "type": "confirm"},
    {"name": "deploy", "account": "root", "content": "run", "target": {"host_id_list": [2, 3]}},
]


class Hurry(Clock):
    """Whoever waits moves the server's clock instead."""

    def __init__(self, server: JobServer) -> None:
        self._server = server

    def sleep(self, seconds: float) -> None:
        self._server.clock.advance(1000)


@contextmanager
def estate(outcomes: Sequence[Any] = (), hosts: int = 8, steps: Sequence[Any] = ()) -> Iterator[JobServer]:
    """A server with so many hosts that does nothing by itself."""
    inventory = {
        "apps": [{"code": "shop", "secret": "shop-secret", "login_exempt": True}],
        "users": [{"name": "admin"}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
        "hosts": [{"generate": {"count": hosts, "scope": "2", "name": "node-{n}", "nodes": ["module:1"]}}],
        "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
        "plans": [{"id": 1, "scope": "2", "name": "plan", "steps": list(steps)}] if steps else [],
        "executor": "scripted",
        "clock": "manual",
        "outcomes": list(outcomes),
    }
    with JobServer(inventory) as server:
        yield server


def run(
    server: JobServer, task: Task = fast_script, api: tuple[str, str] = ("esb", "v3"), **options: Any
) -> tuple[dict[str, Any], TaskContext]:
    """The result of a task, whether it succeeds or its job fails, and what it had to say beside."""
    given = {
        "api_url": server.url + ("/api/bk-job/prod" if api[0] == "apigw" else ""),
        "gateway": api[0],
        "api_version": api[1],
        "bk_app_code": "shop",
        "bk_app_secret": "shop-secret",
        "bk_username": "admin",
        "bk_scope_id": "2",
        **OPTIONS.get(task, {}),
        **options,
    }
    context = TaskContext(clock=Hurry(server), check_mode=bool(given.pop("check_mode", False)))
    try:
        result = run_task(task, SPECS[task], given, context)
    except InvalidTask:
        raise
    except JobError as error:
        assert error.kind == "job_failed", error.summary
        result = error.result
    return result, context


def calls(server: JobServer) -> list[str]:
    return [entry["call"] for entry in server.journal]


@pytest.mark.parametrize("api", APIS)
def test_thousands_of_hosts(api: tuple[str, str]) -> None:
    outcomes = [{"every": 300, "exit_code": 1, "log_bytes": 2048}, {"log_bytes": 100}]
    with estate(outcomes, hosts=6000) as server:
        result, context = run(server, api=api, hosts="all", logs="failed")
        made = [name for name in calls(server) if name.startswith(("get_job_instance_", "batch_"))]
    assert json_size(result) < MAX_RESULT_BYTES
    assert result["counts"] == {"total": 6000, "success": 5980, "failed": 20, "unfinished": 0}
    assert result["hosts_truncated"] is True
    assert len(result["failed_hosts"]) == 20
    assert result["hosts"][:20] == result["failed_hosts"]
    assert len(result["hosts"]) > 300
    assert {host["exit_code"] for host in result["failed_hosts"]} == {1}
    assert all(len(host["log"]) == 2048 for host in result["failed_hosts"])
    (warning,) = context.problems.warnings
    assert f"hosts lists {len(result['hosts'])} of 6000 hosts of job instance" in warning
    # Two polls, and each host and log once.
    status, logs = "get_job_instance_status", "batch_get_job_instance_ip_log"
    assert made == ([status] * 2 + ["get_job_instance_log"] if api[1] == "v2" else [status] * 3 + [logs])


@pytest.mark.parametrize("api", APIS)
def test_a_failed_run_of_thousands_of_hosts_fits_on_a_terminal(api: tuple[str, str], tmp_path: Path) -> None:
    with estate([{"every": 10, "exit_code": 1, "log_bytes": 8192}, {"log_bytes": 100}], hosts=2000) as server:
        result, context = run(server, api=api, log_dir=str(tmp_path))
    assert json_size(result) < 40_000
    assert result["counts"] == {"total": 2000, "success": 1800, "failed": 200, "unfinished": 0}
    assert (result["hosts"], result["hosts_truncated"], result["logs_complete"]) == ([], True, True)
    assert len(result["failed_hosts"][0]["log"]) == 8192
    assert all(Path(host["log_path"]).stat().st_size == 8192 for host in result["failed_hosts"])
    assert len(list(tmp_path.iterdir())) == 2000
    (warning,) = context.problems.warnings
    assert f"failed_hosts lists {len(result['failed_hosts'])} of 200 failed hosts of job instance" in warning


@pytest.mark.parametrize("api", APIS)
def test_whole_logs_are_written_to_files(api: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    with estate([{"log_bytes": 20_000}], hosts=600) as server:
        result, context = run(server, api=api, log_dir=str(folder))
        made = calls(server)
    step = result["steps"][0]["step_instance_id"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{step}-0-10.0.{number >> 8}.{number & 255}.log" for number in range(1, 601)
    )
    assert {path.stat().st_size for path in folder.iterdir()} == {20_000}
    assert result["logs_complete"] is True
    assert json_size(result) < MAX_RESULT_BYTES
    first = result["hosts"][0]
    assert first["log_truncated"] is True
    assert first["log_path"] == str(folder / f"{step}-0-{first['ip']}.log")
    assert Path(first["log_path"]).read_text(encoding="utf-8").endswith(first["log"])
    assert all(host["log_path"] for host in result["hosts"])
    assert made.count("batch_get_job_instance_ip_log") == (0 if api[1] == "v2" else 2)
    assert [text for text in context.problems.warnings if "hosts lists" not in text] == []


@pytest.mark.parametrize("api", APIS)
def test_a_script_that_prints_nothing_has_no_log_and_none_is_missed(api: tuple[str, str], tmp_path: Path) -> None:
    with estate([{"hosts": [1], "exit_code": 1}, {"log": "hello\n"}], hosts=3) as server:
        result, _context = run(server, api=api, hosts="all", log_dir=str(tmp_path))
    assert [host["log"] for host in result["hosts"]] == [None, "hello\n", "hello\n"]
    assert [host["log_path"] is None for host in result["hosts"]] == [True, False, False]
    assert result["logs_complete"] is True


@pytest.mark.parametrize("api", APIS)
def test_each_step_has_its_hosts_counts_and_files(api: tuple[str, str], tmp_path: Path) -> None:
    steps = [step for step in PLAN if step["name"] != "ask"]
    with estate(FAILS_SECOND, steps=steps) as server:
        result, _context = run(server, job_plan, api, hosts="all", log_dir=str(tmp_path))
    first, second = (step["step_instance_id"] for step in result["steps"])
    assert [(step["name"], step["status"], step["counts"]["failed"]) for step in result["steps"]] == [
        ("prepare", "ignored_error", 1),
        ("deploy", "failed", 1),
    ]
    assert [(host["step_instance_id"], host["ip"], host["log"]) for host in result["hosts"]] == [
        (second, "10.0.0.2", "node-2 gives up\n"),
        (first, "10.0.0.2", "node-2 gives up\n"),
        (first, "10.0.0.1", "node-1 is fine\n"),
        (second, "10.0.0.3", "node-3 is fine\n"),
    ]
    assert result["counts"] == {"total": 4, "success": 2, "failed": 2, "unfinished": 0}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{step}-0-10.0.0.{host}.log" for step, host in ((first, 1), (first, 2), (second, 2), (second, 3))
    ]


def test_hosts_that_failed_in_an_earlier_batch_show_behind_a_success() -> None:
    """Rolling on over failures, a run whose last batch is well counts as successful."""
    with estate([{"hosts": [1], "exit_code": 1, "log": "oh\n"}], hosts=4) as server:
        result, _context = run(server, rolling_config={"expression": "2", "mode": 2})
    assert result["status"] == "success"
    assert [(host["ip"], host["log"]) for host in result["failed_hosts"]] == [("10.0.0.1", "oh\n")]
    assert result["counts"] == {"total": 4, "success": 3, "failed": 1, "unfinished": 0}


def test_a_retried_step_shows_its_last_execution(tmp_path: Path) -> None:
    outcomes = [{"hosts": [2], "execution": 0, "exit_code": 1, "log": "first\n"}, {"log": "execution {execution}\n"}]
    with estate(outcomes, steps=PLAN[2:]) as server:
        launched, _context = run(server, job_plan, logs="none")
        credentials = Credentials(bk_app_code="shop", bk_app_secret="shop-secret", bk_username="admin")
        connection = connection_to(server.url, credentials=credentials)
        client = JobClient(connection, EsbGateway(), SchemaV3(), Transport(connection), Hurry(server))
        job, step = launched["job_instance_id"], launched["steps"][0]["step_instance_id"]
        retry_failed_hosts(server, job, step)
        scope, deadline = Scope("biz", "2"), Deadline(Clock(), 60)
        plan = report_settings(logs="all", log_dir=str(tmp_path))
        outcome = RunResult(plan, instance=client.status(scope, job, deadline, with_hosts=True))
        assert outcome.instance is not None
        collector = LogCollector(client, scope, plan, outcome.host_selection)
        assert collector.collect(outcome.instance, deadline)
    result: Any = outcome.result()
    assert [(each["status"], each["execute_count"]) for each in launched["steps"]] == [("failed", 0)]
    assert [(each["status"], each["execute_count"]) for each in result["steps"]] == [("success", 1)]
    assert [(host["ip"], host["status"], host["log"]) for host in result["hosts"]] == [
        ("10.0.0.2", "success", "execution 1\n"),
        ("10.0.0.3", "success", "execution 0\n"),
    ]
    assert (tmp_path / f"{step}-0-10.0.0.2.log").read_bytes() == b"execution 1\n"


def retry_failed_hosts(server: JobServer, job: int, step: int) -> None:
    """As a user does it on JOB's pages."""
    import requests

    body = {"bk_scope_type": "biz", "bk_scope_id": "2", "job_instance_id": job, "step_instance_id": step}
    credentials = {"bk_app_code": "shop", "bk_app_secret": "shop-secret", "bk_username": "admin"}
    url = f"{server.url}/api/c/compapi/v2/jobv3/operate_step_instance/"
    response = requests.post(url, json={**credentials, **body, "operation_code": 2}, timeout=LIMIT_SECONDS)
    assert response.json()["result"] is True
    server.clock.advance(1000)


@pytest.mark.parametrize("api", APIS)
def test_check_mode_makes_no_folder(api: tuple[str, str], tmp_path: Path) -> None:
    with estate() as server:
        result, _context = run(server, api=api, log_dir=str(tmp_path / "logs"), check_mode=True)
        assert server.counters["created"] == 0
    assert result["launch_outcome"] == "check_mode"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", [job_wait, instance_info])
def test_whole_logs_of_runs_that_exist(task: Task, tmp_path: Path) -> None:
    with estate([{"log": "{name}\n"}], hosts=2) as server:
        launched, _context = run(server, wait=True, logs="none")
        options = {"job_instance_id": launched["job_instance_id"], "logs": "all", "log_dir": str(tmp_path / "logs")}
        checked, _context = run(server, task, check_mode=True, **options)
        assert list(tmp_path.iterdir()) == []
        result, _context = run(server, task, **options)
    assert [host["log"] for host in checked["hosts"]] == ["node-1\n", "node-2\n"]
    assert [host["log_path"] for host in checked["hosts"]] == [None, None]
    paths = [Path(host["log_path"]) for host in result["hosts"]]
    assert [path.read_bytes() for path in paths] == [b"node-1\n", b"node-2\n"]
    assert checked["logs_complete"] is result["logs_complete"] is True


def test_a_folder_that_cannot_be_used_stops_the_task_before_the_launch(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with estate() as server:
        with pytest.raises(InvalidTask) as caught:
            run(server, log_dir=str(tmp_path / "file"))
        assert server.journal == []
    assert caught.value.errors == [f"log_dir: '{tmp_path}/file' is not a directory"]


@pytest.mark.parametrize(
    ("options", "word"), [({"wait": False}, "wait"), ({"logs": "none"}, "none"), ({"hosts": "none"}, "none")]
)
def test_a_folder_that_stays_empty_is_a_warning(options: dict[str, Any], word: str, tmp_path: Path) -> None:
    with estate() as server:
        _result, context = run(server, log_dir=str(tmp_path / "logs"), **options)
    assert [word in text for text in context.problems.warnings] == [True]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_does_not_change_the_verdict(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with estate([{"log": "{name}: more than ten bytes\n"}], hosts=5) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        try:
            result, context = run(server, logs="all", log_dir=str(tmp_path))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (result["status"], result["logs_complete"]) == ("success", False)
    assert [f"cannot be written to {tmp_path}" in text for text in context.problems.warnings] == [True]
    assert list(tmp_path.iterdir()) == []
    # What fits into the result is there nevertheless.
    assert [host["log"] for host in result["hosts"]] == [f"node-{n}: more than ten bytes\n" for n in range(1, 6)]
    assert {host["log_path"] for host in result["hosts"]} == {None}


@pytest.mark.parametrize("api", APIS)
def test_logs_that_cannot_be_read_do_not_change_the_verdict(api: tuple[str, str], tmp_path: Path) -> None:
    call = "get_job_instance_log" if api[1] == "v2" else "batch_get_job_instance_ip_log"
    with estate([{"log": "x"}]) as server:
        server.faults.add(do="error", code=9900403, call=call, every=1)
        if api[1] == "v3":
            server.faults.add(do="error", code=9900403, call="get_job_instance_ip_log", every=1)
        result, context = run(server, api=api, logs="all", log_dir=str(tmp_path))
    assert (result["status"], result["logs_complete"]) == ("success", False)
    assert ["are missing: " in text and "9900403" in text for text in context.problems.warnings] == [True]


def test_secrets_are_written_to_no_file(tmp_path: Path) -> None:
    outcomes = [{"log": "the argument is planted-argument\n"}]
    with estate(outcomes, hosts=1) as server:
        result, _context = run(
            server, logs="all", log_dir=str(tmp_path), script_param="planted-argument", is_param_sensitive=True
        )
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == b"the argument is ********\n"
    assert result["hosts"][0]["log"] == "the argument is ********\n"
