# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server as a process: its port file, its end, its rejection of an invalid inventory."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.blueking.job.tests.support import simulator
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS, alive, b64, eventually

MODULE = "ansible_collections.blueking.job.tests.support.simulator"
AUTH = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin"}


@contextmanager
def running(tmp_path: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", MODULE, "--port-file", str(tmp_path / "port"), *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def post(port: int, name: str, **fields: object) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
    try:
        connection.request("POST", f"/api/c/compapi/v2/jobv3/{name}/", json.dumps({**AUTH, "bk_biz_id": 2, **fields}))
        response: dict[str, object] = json.loads(connection.getresponse().read())
        return response
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_children_and_removes_folders(tmp_path: Path, number: signal.Signals) -> None:
    pids = tmp_path / "pids"
    with running(tmp_path) as process:
        port = int(eventually(lambda: (tmp_path / "port").exists() and (tmp_path / "port").read_text()))
        script = f"sleep 300 & echo $$ $! > {pids}.new; mv {pids}.new {pids}; sleep 300"
        body = {"script_content": b64(script), "script_language": 1, "account_alias": "root"}
        assert post(port, "fast_execute_script", **body, target_server={"host_id_list": [101]})["code"] == 0
        children = [int(word) for word in eventually(lambda: pids.exists() and pids.read_text()).split()]
        assert all(alive(child) for child in children)
        process.send_signal(number)
        assert process.wait(LIMIT_SECONDS) == 0
        eventually(lambda: not any(alive(child) for child in children))
        assert not list(tmp_path.glob("job-server-*"))


def test_a_bad_inventory_ends_the_server(tmp_path: Path) -> None:
    path = tmp_path / "bad.yml"
    path.write_text("apps: 5\n", encoding="utf-8")
    with running(tmp_path, "--inventory", str(path)) as process:
        _output, errors = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 2
        assert errors.decode() == f"{path}: apps: expected a list, found 5\n"
        assert not (tmp_path / "port").exists()


def test_the_journal_of_the_command_line(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with running(tmp_path, "--journal", str(journal)) as process:
        port = int(eventually(lambda: (tmp_path / "port").exists() and (tmp_path / "port").read_text()))
        post(port, "get_job_plan_list")
        assert json.loads(journal.read_text(encoding="utf-8"))["call"] == "get_job_plan_list"
        process.terminate()
        assert process.wait(LIMIT_SECONDS) == 0


def test_stopping_closes_connections() -> None:
    server = simulator.JobServer({"apps": [], "users": [], "scopes": []}).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)
    for _round in range(2):
        connection.request("GET", "/")
        assert connection.getresponse().read()
    port = server.port
    server.stop()
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.request("GET", "/")
        connection.getresponse()
    connection.close()
    with pytest.raises(OSError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()


def test_a_signal_ends_every_child_of_many_runs(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    with running(tmp_path) as process:
        port = int(eventually(lambda: (tmp_path / "port").exists() and (tmp_path / "port").read_text()))
        # They close their ears to gentler signals.
        script = f"trap '' TERM INT HUP; touch {pids}/$$; sleep 300"
        body = {"script_content": b64(script), "script_language": 1, "account_alias": "root"}
        for _turn in range(12):
            post(port, "fast_execute_script", **body, target_server={"host_id_list": [101, 102]})
        children = eventually(lambda: len(found := list(pids.iterdir())) == 24 and [int(pid.name) for pid in found])
        process.terminate()
        assert process.wait(LIMIT_SECONDS) == 0
        eventually(lambda: not any(alive(child) for child in children))
