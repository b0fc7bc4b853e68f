# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches with a unique key whose process is killed, and repeated: one run, one start, a complete result."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, run_task
from ansible_collections.blueking.job.tests.unit.helpers.killed_task import TASKS

PATHS = {"esb": "", "apigw": "/api/bk-job/prod"}
SINGLE: dict[str, object] = {}
TWO_STEP: dict[str, object] = {"launch_mode": "two_step", "server_version": "3.12.1"}
OPTIONS: dict[str, dict[str, object]] = {
    "fast_script": {
        "script_content": "hostname",
        "account_alias": "root",
        "ip_list": ["10.0.0.1", "10.0.0.2"],
        "unique_key": "night-1",
        "logs": "all",
    },
    "fast_file": {
        "content_list": [{"file_name": "a", "content": "b"}],
        "file_target_path": "/tmp/in",
        "account_alias": "root",
        "ip_list": ["10.0.0.1", "10.0.0.2"],
        "unique_key": "night-1",
        "logs": "all",
    },
    "job_plan": {"job_plan_id": 1001, "unique_key": "2.0", "unique_key_variable": "version", "logs": "all"},
}
LAUNCH = {"fast_script": "fast_execute_script", "fast_file": "push_config_file", "job_plan": "execute_job_plan"}
STATUS, LOGS, START = "get_job_instance_status", "batch_get_job_instance_ip_log", "operate_job_instance"
# Moment -> the request (None: the launch), whether the server gets it, how the launch is made, the outcome of the
# repeated task, and whether the killed one left something behind.
MOMENTS: dict[str, tuple[str | None, bool, dict[str, object], str]] = {
    "before the launch is sent": (None, False, SINGLE, "started"),
    "after the server acted": (None, True, SINGLE, "existing"),
    "right after the response": (STATUS, False, SINGLE, "existing"),
    "while it waits": (STATUS, True, SINGLE, "existing"),
    "while it reads logs": (LOGS, True, SINGLE, "existing"),
    "after the server created": (None, True, TWO_STEP, "started"),
    "after the server started": (START, True, TWO_STEP, "existing"),
}
# Turn by turn another task and gateway, each task over both: a killed process leaves the same behind.
TURNS = [("esb", "job_plan"), ("apigw", "fast_script"), ("apigw", "job_plan"), ("esb", "fast_script")]
CASES = [
    *((*TURNS[position % len(TURNS)], moment) for position, moment in enumerate(MOMENTS)),
    ("apigw", "fast_file", "after the server acted"),
    ("esb", "fast_file", "while it waits"),
]


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as running:
        yield running


@pytest.mark.parametrize(("gateway", "task", "moment"), CASES)
def test_a_repeated_task_after_sigkill(gateway: str, task: str, moment: str, server: JobServer) -> None:
    call, sent, launch, outcome = MOMENTS[moment]
    options: dict[str, Any] = {
        "api_url": server.url + PATHS[gateway],
        "gateway": gateway,
        "bk_app_code": "demo_app",
        "bk_app_secret": "demo_secret",
        "bk_username": "admin",
        "bk_scope_id": "2",
        "poll_interval": 0.05,
        **OPTIONS[task],
        **launch,
    }
    given = {"task": task, "options": options, "call": call or LAUNCH[task], "sent": sent}
    killed = subprocess.run(
        [sys.executable, "-m", "ansible_collections.blueking.job.tests.unit.helpers.killed_task"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    function, spec = TASKS[task]
    result = run_task(function, spec, options, TaskContext())
    assert (result["launch_outcome"], result["status"], result["logs_complete"]) == (outcome, "success", True)
    assert result["changed"] is (outcome == "started")
    hosts = result["hosts"]
    assert isinstance(hosts, list)
    assert all(host["log"] for host in hosts)
    counters = server.counters
    assert (counters["created"], counters["started"]) == (1, 1)
