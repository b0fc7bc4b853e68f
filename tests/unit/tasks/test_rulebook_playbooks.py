# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that the shipped rulebooks run, with ansible-playbook alone; tests/eda runs them in ansible-rulebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
Played = tuple[dict[str, int], str, list[dict[str, Any]]]


def launched(server: JobServer, plan: int, status: int) -> int:
    """Launch a plan; return the id of the run as soon as it has a status."""
    client = Client(server)

    def call(name: str, **fields: object) -> Any:
        return client.esb(f"{ESB_V3}{name}/", {**SCOPE, **fields}, DEMO).json["data"]

    run = int(call("execute_job_plan", job_plan_id=plan)["job_instance_id"])
    eventually(lambda: call("get_job_instance_status", job_instance_id=run)["job_instance"]["status"] == status)
    return run


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The ids of three runs, the output of the playbooks, and the operations that the server was asked for."""
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as server:
        runs = {
            "broken": launched(server, BROKEN, 4),
            "waiting": launched(server, WITH_APPROVAL, 7),
            "confirmed": launched(server, WITH_APPROVAL, 7),
        }
        ids = {name: {"job_instance_id": run} for name, run in runs.items()}
        books: list[tuple[str, dict[str, object]]] = [
            *((name, {**ids["broken"]}) for name in ("report_run", "confirm_step", "retry_failed_hosts")),
            ("retry_failed_hosts", {**ids["waiting"]}),
            ("confirm_step", {**ids["waiting"], "step_name": "another"}),
            ("confirm_step", {**ids["confirmed"], "step_name": "approve"}),
        ]
        output = run_playbooks(server.url, tmp_path_factory.mktemp("books"), books)
        asked = [json.loads(each["body"]) for each in server.journal if each["call"] == "operate_step_instance"]
        yield runs, output, asked


def operations(played: Played, name: str) -> list[int]:
    """Return the codes of the operations on a run."""
    runs, _output, asked = played
    return [each["operation_code"] for each in asked if each["job_instance_id"] == runs[name]]


def test_a_failed_run_is_reported_and_retried_and_has_nothing_to_confirm(played: Played) -> None:
    runs, output, _asked = played
    assert f"Job instance {runs['broken']} (broken): failed, 1 of 3 hosts failed" in output
    assert "- 10.0.0.3: script_exit_code, exit code 3: [db-1] data folder is read-only, giving up" in output
    assert operations(played, "broken") == [RETRY_FAILED_HOSTS]


def test_only_the_named_step_is_confirmed_and_a_waiting_run_is_not_retried(played: Played) -> None:
    assert operations(played, "waiting") == []
    assert len(operations(played, "confirmed")) == 1
