# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of shell scripts that really run, retries of them, and what a skip or a stop does to their processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator.executor import interpreter
from ansible_collections.blueking.job.tests.support.simulator.shell_wrapper import tag_of
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import Run
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, eventually, hosts_of, steps_of

pytestmark = pytest.mark.skipif(Path(interpreter(1) or "").name != "bash", reason="the helpers need bash")


def tag(client: Client, job_id: int) -> Any:
    (host,) = client.finished(job_id)["step_instance_list"][0]["step_ip_result_list"]
    return host["tag"], host["status"], host["exit_code"]


OWN = 'job_success() { echo "[now][PID:1] job_success:[$1]"; exit 0; }\njob_success own'


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("job_success all is well", ("all is well", 9, 0)),
        ("job_fail 'disk is full'; echo never", ("disk is full", 104, 1)),
        ("job_start; echo done", ("", 9, 0)),
        ("job_success " + "x" * 300, ("x" * 256, 9, 0)),
        (OWN, ("own", 9, 0)),
        ("echo 'job_success:[a word] in between'", ("", 9, 0)),
        ("bash -c 'job_success inner'", ("", 104, 127)),
    ],
)
def test_tags(client: Client, script: str, found: Any) -> None:
    assert tag(client, client.script(script)) == found


def test_the_helpers_are_there_beside_variables(client: Client) -> None:
    job_id = client.plan(10)
    assert client.finished(job_id)["job_instance"]["status"] == 3


def test_only_the_end_of_a_log_is_searched(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert tag_of(log) == ""
    log.write_text("job_success:[early]\n" + "x" * 70_000 + "\n", encoding="utf-8")
    assert tag_of(log) == ""
    log.write_text("x" * 70_000 + "\njob_fail:[first]\njob_fail:[last]\n", encoding="utf-8")
    assert tag_of(log) == "last"


def test_a_real_retry_keeps_both_logs(client: Client) -> None:
    script = 'if [ -e mark ]; then echo again; else touch mark; echo once; [ "$(hostname)" = web-1 ]; fi'
    run = Run(client, client.script(script, [101, 102]))
    assert hosts_of(client.finished(run.id)) == {101: (9, 0), 102: (104, 1)}
    assert run.operate(2) == 0
    assert hosts_of(client.until(run.id, 3)) == {101: (9, 0), 102: (9, 0)}
    assert client.logs(run.id) == {101: "once\n", 102: "again\n"}
    assert run.step()["execute_count"] == 1


def test_real_batches(client: Client) -> None:
    config = {"expression": "1", "mode": 3}
    run = Run(client, client.script("hostname", [101, 102], rolling_config=config))
    assert hosts_of(client.until(run.id, 7)) == {101: (9, 0), 102: (5, None)}
    assert run.operate(13) == 0
    assert steps_of(client.until(run.id, 3)) == [3]


def test_a_stopped_script_has_no_process(client: Client, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    run = Run(client, client.script(f"echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 300"))
    number = int(eventually(lambda: pid.exists() and pid.read_text()))
    assert run.stop() == 0
    client.until(run.id, 11)
    eventually(lambda: not _alive(number))
    assert run.operate(11) == 0
    assert steps_of(client.until(run.id, 3)) == [5]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
