# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback blueking.job.readable below ansible-runner, which extends the callback that is set by its own."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.support.simulator import JobServer

READABLE = {"ANSIBLE_STDOUT_CALLBACK": "blueking.job.readable", "BK_JOB_READABLE_MAX_LOG_LINES": "1"}


def test_the_output_is_readable_and_events_keep_the_whole_result(tmp_path: Path) -> None:
    fields = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin", "bk_scope_id": "2"}
    variables = {"script_content": "echo one; echo two; exit 3", "job_hosts": "10.0.0.1"}
    with JobServer(awx.ROOT / "tests" / "demo" / "inventory.yml") as server:
        environment = {**awx.inject({**fields, "api_url": server.url}, tmp_path), **READABLE}
        job = awx.Job(tmp_path / "job", "playbooks/run_script.yml", environment, variables)
        assert job.wait() == "failed"
    assert "    FAIL 10.0.0.1  exit code 3\n         | ... (1 earlier line)\n         | two" in job.output
    (failure,) = [each["event_data"] for each in job.events if each["event"] == "runner_on_failed"]
    assert [host["log"] for host in failure["res"]["failed_hosts"]] == ["one\ntwo\n"]
