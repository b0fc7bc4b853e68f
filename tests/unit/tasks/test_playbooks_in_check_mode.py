# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of the collection with C(ansible-playbook --check): they pass, write nothing and poll nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import run_playbooks

LAUNCHING = ["launch_plan", "run_script", "send_files", "see_it_through"]
GIVEN: dict[str, object] = {
    "plan_name": "deploy-web",
    "script_content": "uptime",
    "job_hosts": "10.0.0.1",
    "file_target_path": "/srv/app",
    "file_name": "app.conf",
    "file_content": "port = 80",
    "unique_key": "night-1",
    "unique_key_variable": "version",
    "unique_window": "2h",
}
READS = {"get_job_plan_list", "get_job_plan_detail", "get_account_list", "get_job_instance_list", "check_script"}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as running:
        yield running


def check(server: JobServer, home: Path, books: list[str], given: dict[str, object]) -> list[dict[str, Any]]:
    """Run the playbooks in check mode; return what the server saw."""
    before = len(server.journal)
    run_playbooks(server.url, home, books, "--check", **given)
    return server.journal[before:]


def test_a_whole_play_that_would_launch(server: JobServer, tmp_path: Path) -> None:
    seen = check(server, tmp_path, LAUNCHING, GIVEN)
    assert {entry["call"] for entry in seen} == READS
    assert [act for entry in seen for act in entry["did"]] == []
    searches = [json.loads(entry["body"]) for entry in seen if entry["call"] == "get_job_instance_list"]
    hours = [round((each["create_time_end"] - each["create_time_start"]) / 3_600_000) for each in searches]
    # Other requests of the history only ask for the server's time.
    assert hours.count(2) == 3


def test_runs_that_a_launch_in_check_mode_left_out(server: JobServer, tmp_path: Path) -> None:
    assert check(server, tmp_path, ["wait_for_run", "stop_run"], {"job_instance_id": None}) == []
