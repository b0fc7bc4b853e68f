# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults of the action groups in a real playbook: each module gets the options that it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import run_tasks

SECRETS = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin"}
RUN: dict[str, Any] = {"job_instance_id": "{{ result_0.job_instance_id }}"}
HERE: dict[str, Any] = {"account_alias": "root", "ip_list": ["10.0.0.1"]}
TASKS: dict[str, dict[str, Any]] = {
    "bk_fast_script": {**HERE, "script_content": "true"},
    "bk_fast_file": {**HERE, "file_target_path": "/tmp/in", "content_list": [{"file_name": "a", "content": "b"}]},
    "bk_job_plan": {"job_plan_name": "deploy-web", "wait": False},
    "bk_job_wait": RUN,
    "bk_job_instance_info": RUN,
    "bk_job_operate": {**RUN, "operation": "terminate"},
    "bk_job_plan_info": {"name": "deploy-web"},
}


def test_defaults_of_the_groups_work_for_every_module(tmp_path: Path) -> None:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as server:
        defaults = [
            {"group/blueking.job.job": {**SECRETS, "api_url": server.url, "bk_scope_type": "biz", "bk_scope_id": "2"}},
            {"group/blueking.job.launch": {"launch_timeout": 60}},
            {"group/blueking.job.wait": {"wait_timeout": 60, "poll_interval": 0.1, "logs": "none"}},
        ]
        tasks = [{f"blueking.job.{name}": args, "module_defaults": defaults} for name, args in TASKS.items()]
        results = run_tasks(tmp_path, tasks)
    assert {name: result["msg"] for name, result in zip(TASKS, results, strict=True) if result["failed"]} == {}
    assert [host["log"] for host in results[0]["hosts"]] == [None]
