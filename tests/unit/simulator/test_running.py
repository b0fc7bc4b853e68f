# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts really run: exit codes, time limits, agents that are down, several steps, languages, sandboxes."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer, child_process
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import (
    Client,
    alive,
    b64,
    eventually,
    hosts_of,
    steps_of,
)


def test_three_hosts_with_their_own_exit_codes(client: Client) -> None:
    job_id = client.script('echo "on $(hostname)"; [ "$(hostname)" != db-1 ] || exit 7', [101, 102, 103])
    status = client.finished(job_id)
    assert (status["job_instance"]["status"], steps_of(status)) == (4, [4])
    assert hosts_of(status) == {101: (9, 0), 102: (9, 0), 103: (104, 7)}
    assert client.logs(job_id) == {101: "on web-1\n", 102: "on web-2\n", 103: "on db-1\n"}


def test_times_are_milliseconds_and_null_until_known(client: Client, tmp_path: Path) -> None:
    before = time.time_ns() // 1_000_000
    seen = tmp_path / "seen"
    job_id = client.script(f"until [ -e '{seen}' ]; do sleep 0.02; done; sleep 0.2", start_task=False)
    waiting = client.status(job_id)
    job = waiting["job_instance"]
    assert (job["status"], job["start_time"], job["end_time"], job["total_time"]) == (1, None, None, None)
    assert waiting["step_instance_list"][0]["step_ip_result_list"] == []
    client.data("operate_job_instance", job_instance_id=job_id, operation_code=2)
    running = client.until(job_id, 2)
    assert running["job_instance"]["total_time"] is None
    seen.touch()
    done = client.finished(job_id)
    for part in (done["job_instance"], done["step_instance_list"][0]):
        assert before <= part["create_time"] <= part["start_time"] <= part["end_time"] - 200
        assert part["total_time"] == part["end_time"] - part["start_time"]


def test_hosts_are_listed_only_on_request(client: Client) -> None:
    job_id = client.script("true")
    client.finished(job_id)
    step = client.data("get_job_instance_status", job_instance_id=job_id)["step_instance_list"][0]
    assert step["step_ip_result_list"] is None
    assert (step["type"], step["execute_count"]) == (1, 0)
    host = client.status(job_id)["step_instance_list"][0]["step_ip_result_list"][0]
    assert (host["bk_host_id"], host["bk_cloud_id"], host["ip"], host["tag"]) == (101, 0, "10.0.0.1", "")
    assert host["total_time"] >= 100


def test_a_time_limit(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, wait = tmp_path / "begun", child_process._wait

    def wait_after_the_beginning(process: subprocess.Popen[bytes], limit: float) -> bool:
        # A second may be too short for the first line on a busy machine.
        eventually(begun.exists)
        return wait(process, limit)

    monkeypatch.setattr(child_process, "_wait", wait_after_the_beginning)
    job_id = client.script(f"echo begun; touch '{begun}'; sleep 60", timeout=1)
    status = client.finished(job_id)
    assert (status["job_instance"]["status"], hosts_of(status)[101][0]) == (4, 102)
    assert client.logs(job_id)[101] == "begun\n"


def test_a_host_whose_agent_is_down(client: Client) -> None:
    job_id = client.script("true", [101, 104])
    status = client.finished(job_id)
    assert steps_of(status) == [4]
    assert hosts_of(status) == {101: (9, 0), 104: (310, 0)}
    dead = status["step_instance_list"][0]["step_ip_result_list"][1]
    assert (dead["total_time"], dead["start_time"]) == (0, dead["end_time"])
    assert "10.0.0.4" in client.logs(job_id)[104]
    assert hosts_of(client.finished(client.script("true", [104]))) == {104: (310, 0)}


def test_a_failing_step_ends_the_job(client: Client) -> None:
    status = client.finished(client.plan(11))
    assert (status["job_instance"]["status"], steps_of(status)) == (4, [4, 1])
    assert hosts_of(status) == {101: (9, 0), 103: (104, 3)}
    later = status["step_instance_list"][1]
    assert (later["start_time"], later["step_ip_result_list"]) == (None, [])


def test_a_job_continues_after_an_ignored_error(client: Client) -> None:
    status = client.finished(client.plan(12))
    assert (status["job_instance"]["status"], steps_of(status)) == (3, [6, 3])


def test_a_confirmation_waits(client: Client) -> None:
    status = client.until(client.plan(13), 7)
    assert (status["finished"], steps_of(status)) == (False, [7, 1])
    step = status["step_instance_list"][0]
    assert (step["type"], step["step_ip_result_list"]) == (3, [])


def test_a_plan_step_may_run_a_script_of_the_catalog(client: Client) -> None:
    job_id = client.plan(24)
    client.finished(job_id)
    assert client.logs(job_id) == {101: "online\n", 102: "online\n"}


@pytest.mark.parametrize(
    ("language", "content"),
    [
        (1, 'echo "$1-$2"'),
        (3, 'print "$ARGV[0]-$ARGV[1]\\n";'),
        (4, 'import sys\nprint("-".join(sys.argv[1:]))'),
    ],
)
def test_languages(client: Client, language: int, content: str) -> None:
    job_id = client.script(content, script_language=language, script_param=b64("a\\ b\n'c d'"))
    client.finished(job_id)
    assert client.logs(job_id)[101] in ("a b-c d\n", *_missing(client, job_id))


def _missing(client: Client, job_id: int) -> tuple[str, ...]:
    """The log of a machine without the interpreter is right as well."""
    log = client.logs(job_id)[101]
    return (log,) if hosts_of(client.status(job_id))[101] == (104, 127) and "no interpreter" in log else ()


def test_a_missing_interpreter_fails_the_host(client: Client) -> None:
    job_id = client.script("dir", script_language=2)
    assert hosts_of(client.finished(job_id)) == {101: (104, 127)}
    assert re.fullmatch(r"\[[-0-9: ]+\] no interpreter for bat .*\n", client.logs(job_id)[101])


def test_a_script_that_cannot_be_run_fails_the_host(client: Client) -> None:
    job_id = client.script("true", script_param=b64("a\0b"))
    assert hosts_of(client.finished(job_id)) == {101: (104, 127)}
    assert "the script cannot be run" in client.logs(job_id)[101]


def test_the_parameter_is_decoded_once(client: Client) -> None:
    assert client.output('echo "$1"', script_param=b64(b64("twice"))) == b64("twice") + "\n"
    assert client.output('echo "$#"', script_param=b64("it's unbalanced")) == "2\n"


def test_the_sandbox(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BK_TOKEN", "not for scripts")
    log = client.output('pwd; echo "$HOME"; hostname; hostname -I; echo "$HOSTNAME"; ls -A; echo "[$BK_TOKEN]"')
    folder, home, *rest = log.splitlines()
    assert folder == home
    assert rest == ["web-1", "10.0.0.1", "web-1", "[]"]


def test_output_of_both_kinds_is_one_log(client: Client) -> None:
    assert client.output("echo out; echo err >&2; echo out") == "out\nerr\nout\n"
    assert client.output("printf '\\377\\n'") == "\ufffd\n"


def test_sources(client: Client) -> None:
    assert client.output("echo unused", script_id="scr-1", script_param=b64("x")) == "online x\n"
    assert client.output("echo unused", script_id="scr-1", script_version_id=5004) == "offline\n"


def test_what_a_script_leaves_running_is_ended(client: Client) -> None:
    left = int(client.output("sleep 600 & echo $!"))
    eventually(lambda: not alive(left))


def test_names_and_ids(client: Client) -> None:
    order = {"script_content": b64("true"), "script_language": 1, "account_alias": "root"}
    order["target_server"] = {"host_id_list": [101]}
    first = client.data("fast_execute_script", **order)
    assert re.fullmatch(r"Script Execution_[0-9]{17}", first["job_instance_name"])
    second = client.data("fast_execute_script", **order, task_name="mine")
    assert second["job_instance_name"] == "mine"
    assert second["job_instance_id"] == first["job_instance_id"] + 1 > 20_000_000_000
    assert second["step_instance_id"] == first["step_instance_id"] + 1 > 30_000_000_000
    assert client.data("execute_job_plan", job_plan_id=13)["job_instance_name"] == "asking"


def test_a_run_of_another_scope_does_not_exist(client: Client) -> None:
    job_id = client.script("true")
    assert client.call("get_job_instance_status", bk_scope_id="3", job_instance_id=job_id)["code"] == 1244006


def test_status_v2(client: Client) -> None:
    job_id = client.plan(11)
    client.finished(job_id)
    data = client.v2("get_job_instance_status", job_instance_id=job_id)["data"]
    job = data["job_instance"]
    assert (data["is_finished"], job["status"], job["bk_job_id"], job["operator"]) == (True, 4, 11, "admin")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", job["end_time"])
    assert isinstance(job["total_time"], float)
    steps = [block["step_instances"] for block in data["blocks"]]
    assert [len(step) for step in steps] == [1, 1]
    assert job["current_step_instance_id"] == steps[0][0]["step_instance_id"]
    assert steps[0][0]["step_ip_status"][1] == {"ip": "10.0.0.3", "bk_cloud_id": 0, "status": 104}
    assert steps[1][0]["step_ip_status"] == []


def test_many_clients_at_once_lose_nothing(estate: Any) -> None:
    with JobServer(estate, workers=8) as server:
        client = Client(server)
        started: list[int] = []

        def launch() -> None:
            for _turn in range(5):
                started.append(client.script("hostname", [101, 102, 103]))

        threads = [threading.Thread(target=launch) for _client in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(started)) == 40
        for job_id in started:
            assert client.finished(job_id)["job_instance"]["status"] == 3
            assert client.logs(job_id) == {101: "web-1\n", 102: "web-2\n", 103: "db-1\n"}
        noted = [entry["answer"]["started"] for entry in server.journal if entry["call"] == "fast_execute_script"]
        assert sorted(noted) == sorted(started)
        assert [entry["n"] for entry in server.journal] == list(range(1, len(server.journal) + 1))
