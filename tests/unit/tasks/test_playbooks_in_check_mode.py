# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of the collection with C(ansible-playbook --check): they pass, write nothing and poll nothing."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import run_playbooks

# A launch in check mode left their run out.
WITHOUT_RUN = ["wait_for_run", "stop_run", "retry_failed_hosts", "confirm_step", "report_run"]
LAUNCHING = ["launch_plan", "run_script", "send_files", "see_it_through"]
GIVEN: dict[str, object] = {
    "job_instance_id": None,
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


def test_all_of_them_in_one_command(tmp_path: Path) -> None:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as server:
        run_playbooks(server.url, tmp_path, [(name, {}) for name in (*WITHOUT_RUN, *LAUNCHING)], "--check", **GIVEN)
        seen = server.journal
    assert {entry["call"] for entry in seen} == READS
    assert [act for entry in seen for act in entry["did"]] == []
    searches = [json.loads(entry["body"]) for entry in seen if entry["call"] == "get_job_instance_list"]
    hours = [round((each["create_time_end"] - each["create_time_start"]) / 3_600_000) for each in searches]
    # Other requests of the history only ask for the server's time.
    assert hours.count(2) == 3
