# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that the shipped rulebooks run, with ansible-playbook alone; tests/eda runs them in ansible-rulebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import run_playbooks
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import ESB_V3, Client, eventually

# Plans of the inventory, and JOB's code of an operation.
BROKEN, WITH_APPROVAL = 1002, 1003
RETRY_FAILED_HOSTS = 2
DEMO = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin"}
SCOPE = {"bk_scope_type": "biz", "bk_scope_id": "2"}
BOOKS = ["retry_failed_hosts", "confirm_step", "report_run"]


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as running:
        yield running


def launched(server: JobServer, plan: int, status: int) -> int:
    """Launch a plan; return the id of the run as soon as it has a status."""
    client = Client(server)

    def call(name: str, **fields: object) -> Any:
        return client.esb(f"{ESB_V3}{name}/", {**SCOPE, **fields}, DEMO).json["data"]

    run = int(call("execute_job_plan", job_plan_id=plan)["job_instance_id"])
    eventually(lambda: call("get_job_instance_status", job_instance_id=run)["job_instance"]["status"] == status)
    return run


def operations(server: JobServer) -> int:
    """Return how many operations the server was asked for."""
    return sum(1 for entry in server.journal if entry["call"] == "operate_step_instance")


def test_a_failed_run_is_reported_and_retried_and_has_nothing_to_confirm(server: JobServer, tmp_path: Path) -> None:
    run = launched(server, BROKEN, 4)
    output = run_playbooks(
        server.url, tmp_path, ["report_run", "confirm_step", "retry_failed_hosts"], job_instance_id=run
    )
    assert f"Job instance {run} (broken): failed, 1 of 3 hosts failed" in output
    assert "- 10.0.0.3: script_exit_code, exit code 3: [db-1] data folder is read-only, giving up" in output
    (retry,) = (entry["body"] for entry in server.journal if entry["call"] == "operate_step_instance")
    assert json.loads(retry)["operation_code"] == RETRY_FAILED_HOSTS


def test_only_the_named_step_is_confirmed_and_a_waiting_run_is_not_retried(server: JobServer, tmp_path: Path) -> None:
    run = launched(server, WITH_APPROVAL, 7)
    run_playbooks(
        server.url, tmp_path, ["retry_failed_hosts", "confirm_step"], job_instance_id=run, step_name="another"
    )
    assert operations(server) == 0
    run_playbooks(server.url, tmp_path, ["confirm_step"], job_instance_id=run, step_name="approve")
    assert operations(server) == 1


def test_without_a_run_they_pass_in_check_mode(server: JobServer, tmp_path: Path) -> None:
    run_playbooks(server.url, tmp_path, BOOKS, "--check", job_instance_id=None)
    assert len(server.journal) == 0
