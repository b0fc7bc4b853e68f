# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both faces in real processes, where Ansible's own options or a broken machine come in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.helpers.raw_http_server import serving

ANSIBLE = Path(sys.executable).parent / "ansible"
CONNECTION = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin", "bk_scope_id": "2"}
FACE: dict[str, str] = {}
SCRIPT = {"account_alias": "root", "ip_list": ["10.0.0.1"], "poll_interval": 0.1, "logs": "all"}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as running:
        yield running


@pytest.fixture(params=["true", "false"], ids=["in process", "module"], autouse=True)
def context(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACE, "BK_JOB_IN_PROCESS", request.param)


def ansible(
    home: Path, options: dict[str, object], *more: str, module: str = "bk_fast_script", **environment: str
) -> tuple[int, str]:
    """Exit code and all output of an ad-hoc command."""
    command = [str(ANSIBLE), "localhost", "-m", f"blueking.job.{module}", "-a", json.dumps(options), *more]
    clean = {"HOME": str(home), "PATH": f"{ANSIBLE.parent}:/usr/bin:/bin", "LANG": "C.UTF-8", **FACE, **environment}
    run = subprocess.run(command, capture_output=True, text=True, env=clean, stdin=subprocess.DEVNULL, check=False)
    return run.returncode, run.stdout + run.stderr


def test_a_missing_library_is_reported_the_ansible_way(server: JobServer, tmp_path: Path) -> None:
    (tmp_path / "requests.py").write_text("raise ImportError('requests is not here')\n", encoding="utf-8")
    before = len(server.journal)
    options = {**CONNECTION, **SCRIPT, "api_url": server.url, "script_content": "hostname"}
    code, output = ansible(tmp_path, options, PYTHONPATH=str(tmp_path))
    assert code == 2
    assert "Failed to import the required Python library (requests)" in output
    assert '"launch_outcome": "not_sent"' in output
    assert "MODULE FAILURE" not in output
    assert len(server.journal) == before


def test_secrets_are_hidden_where_ansible_itself_gives_up(server: JobServer, tmp_path: Path) -> None:
    """An element of the wrong kind makes Ansible forget every secret of the task."""
    variables = [7, {"name": "a", "secret_value": "planted-value-4711"}]
    options = {**CONNECTION, "api_url": server.url, "job_plan_id": 1001, "global_var_list": variables}
    code, output = ansible(tmp_path, options, "-vvvv", module="bk_job_plan")
    assert code == 2
    result = output[output.index("localhost | ") :]
    assert "Invalid task, no request was sent (1 error):\\n- global_var_list[0]: must be a dictionary, not 7" in result
    assert "demo_secret" not in result
    assert "planted-value-4711" not in result


def test_lone_surrogates_and_control_characters_in_a_log_give_valid_json(server: JobServer, tmp_path: Path) -> None:
    options = {
        **CONNECTION,
        **SCRIPT,
        "api_url": server.url,
        "script_content": r"printf 'a\0b \033[31mred\033[0m \xc4\xe3\xba\xc3 end'",
    }
    code, output = ansible(tmp_path, options, ANSIBLE_CALLBACK_RESULT_FORMAT="json")
    assert code == 0
    result = json.loads(output[output.index("{") : output.rindex("}") + 1])
    assert result["hosts"][0]["log"].endswith(" end")


def test_a_server_that_says_too_much_is_cut_short(tmp_path: Path) -> None:
    words = json.dumps({"code": 1244030, "result": False, "message": "(ip:10.0.0.1)" * 200_000, "data": None}).encode()
    with serving(lambda _path, _asked: words) as url:
        options = {**CONNECTION, **SCRIPT, "api_url": url, "script_content": "hostname"}
        environment = {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true"}
        code, output = ansible(tmp_path, options, **environment)
    assert code == 2
    result = json.loads(output[output.index("{\n") : output.rindex("}") + 1])
    assert len(json.dumps(result)) < 600_000
    assert result["error"]["code"] == 1244030
    assert "... [2600000 characters in all]" in result["error"]["message"]
    assert len(result["msg"]) < 200
