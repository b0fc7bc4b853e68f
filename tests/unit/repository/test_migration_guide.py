# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page "From execute_job to execute_job_plan": its call and its tasks say the same, and start the same job."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.doc_pages import blocks
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, run_task

PAGE = ROOT / "docs" / "from_execute_job.md"
MARKED = {block.mark.removeprefix("example: "): block.text for block in blocks(PAGE)}
CALL: dict[str, Any] = json.loads(MARKED["the legacy call"])
LEGACY, TODAY = (
    yaml.safe_load(MARKED[name])[0]["blueking.job.bk_job_plan"] for name in ("the legacy task", "the task of today")
)
SECRETS = {"bk_app_secret": "my_secret", "bk_token": "alice-token"}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    first_steps = blocks(ROOT / "docs" / "try_without_a_platform.md")
    (estate,) = (yaml.safe_load(block.text) for block in first_steps if block.mark == "example: my_estate.yml")
    # Time does not advance, so no callback is sent.
    with JobServer({**estate, "executor": "scripted", "clock": "manual"}) as running:
        yield running


def launch(server: JobServer, task: dict[str, Any], **more: object) -> dict[str, Any]:
    """What the server received when a task of the page was run."""
    options = {**task, **SECRETS, "api_url": server.url, "wait": False, **more}
    assert run_task(job_plan, JOB_PLAN, options, TaskContext())["launch_outcome"] == "started"
    return received(server)


def received(server: JobServer) -> dict[str, Any]:
    entry = server.journal[-1]
    assert entry["answer"]["started"]
    body: dict[str, Any] = json.loads(entry["body"])
    return body


def test_the_legacy_call_is_one(server: JobServer) -> None:
    address = f"{server.url}/api/c/compapi/v2/job/execute_job/"
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(CALL).encode())) as response:
        assert json.load(response)["result"] is True
    assert received(server) == CALL


def test_the_legacy_task_sends_the_legacy_call(server: JobServer) -> None:
    assert launch(server, LEGACY) == CALL


def test_all_tasks_of_the_page_send_one_request_over_todays_api(server: JobServer) -> None:
    today = launch(server, TODAY)
    assert today["job_plan_id"] == 1001
    assert launch(server, LEGACY, api_version="v3") == today
    gateway = {"gateway": "apigw", "api_version": "v3", "api_url": f"{server.url}/api/bk-job/prod"}
    over_the_gateway = launch(server, LEGACY, **gateway)
    assert over_the_gateway == {name: today[name] for name in over_the_gateway}
    assert set(today) - set(over_the_gateway) == {"bk_app_code", "bk_app_secret", "bk_token"}


def test_the_table_of_names_is_right() -> None:
    """Each word of the legacy side is an option or an alias, and means the option of the other side."""
    variable = JOB_PLAN["global_var_list"]["options"]
    meaning = {
        alias: name
        for spec in (JOB_PLAN, variable, variable["server"]["options"])
        for name, words in spec.items()
        for alias in (name, *words.get("aliases", ()))
    }
    section = PAGE.read_text(encoding="utf-8").partition("## 3.")[2]
    rows = re.findall(r"^\| `(\w+)`[^|]* \| `(\w+)`", section, re.MULTILINE)
    assert len(rows) >= 5
    for old, new in rows:
        assert meaning[old] == new, old
