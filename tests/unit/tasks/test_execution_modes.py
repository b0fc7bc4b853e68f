# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both execution modes in a real playbook, where Ansible's own options or a broken machine come in."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.helpers.raw_http_server import serving
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import run_playbook

MODES = {"in process": True, "module": False}
CONNECTION = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin", "bk_scope_id": "2"}
SCRIPT = {"account_alias": "root", "ip_list": ["10.0.0.1"], "poll_interval": 0.1, "logs": "all"}
# With an element of the wrong type Ansible itself fails, and forgets every secret of the task.
WRONG = {"job_plan_id": 1001, "global_var_list": [7, {"name": "a", "secret_value": "planted-value-4711"}]}
CONTROL_CHARACTERS = r"printf 'a\0b \033[31mred\033[0m \xc4\xe3\xba\xc3 end'"
HOSTS_AND_MORE = "(ip:10.0.0.1)" * 20_000 + "x" * 2_000_000
TOO_LONG = {"code": 1244030, "result": False, "message": HOSTS_AND_MORE, "data": None}
RESULT = re.compile(r"^(changed|fatal): \[localhost\].*? => (?={)", re.MULTILINE)


class Played:
    """Output of a playbook with each task in both modes, and the results by task and mode."""

    def __init__(self, home: Path, tasks: dict[str, dict[str, Any]], *more: str, **environment: str) -> None:
        names = [(name, mode) for name in tasks for mode in MODES]
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {**tasks[name], "vars": {"bk_job_in_process": MODES[mode]}, "ignore_errors": True}
                for name, mode in names
            ],
        }
        (home / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        arguments = ("-i", "localhost,", "-c", "local", *more, str(home / "play.yml"))
        self.output = run_playbook(home, *arguments, **environment)
        found = [
            (match[1], json.JSONDecoder().raw_decode(self.output, match.end())[0])
            for match in RESULT.finditer(self.output)
        ]
        self.results: dict[tuple[str, str], tuple[str, dict[str, Any]]] = dict(zip(names, found, strict=True))


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as running:
        yield running


@pytest.fixture(scope="module")
def played(server: JobServer, tmp_path_factory: pytest.TempPathFactory) -> Played:
    known = {**CONNECTION, "api_url": server.url}
    with serving(lambda _path, _asked: json.dumps(TOO_LONG).encode()) as url:
        tasks: dict[str, dict[str, Any]] = {
            "wrong": {"blueking.job.bk_job_plan": {**known, **WRONG}},
            "log": {"blueking.job.bk_fast_script": {**known, **SCRIPT, "script_content": CONTROL_CHARACTERS}},
            "long": {"blueking.job.bk_fast_script": {**known, **SCRIPT, "api_url": url, "script_content": "hostname"}},
        }
        return Played(tmp_path_factory.mktemp("modes"), tasks, "-vvvv", ANSIBLE_PYTHON_INTERPRETER=sys.executable)


def test_a_missing_library_is_reported_the_ansible_way(server: JobServer, tmp_path: Path) -> None:
    (tmp_path / "requests.py").write_text("raise ImportError('requests is not here')\n", encoding="utf-8")
    before = len(server.journal)
    options = {**CONNECTION, **SCRIPT, "api_url": server.url, "script_content": "hostname"}
    played = Played(tmp_path, {"task": {"blueking.job.bk_fast_script": options}}, PYTHONPATH=str(tmp_path))
    for status, result in played.results.values():
        assert status == "fatal"
        assert "Failed to import the required Python library (requests)" in result["msg"]
        assert result["launch_outcome"] == "not_sent"
    assert "MODULE FAILURE" not in played.output
    assert len(server.journal) == before


@pytest.mark.parametrize("mode", MODES)
def test_secrets_are_masked_if_ansible_itself_rejects_an_option(played: Played, mode: str) -> None:
    status, result = played.results["wrong", mode]
    assert status == "fatal"
    assert "Invalid task, no request was sent (1 error):\n- global_var_list[0]: must be a dictionary, not 7" in str(
        result["msg"]
    )


def test_no_secret_is_shown_at_the_highest_verbosity(played: Played) -> None:
    assert "demo_secret" not in played.output
    assert "planted-value-4711" not in played.output


@pytest.mark.parametrize("mode", MODES)
def test_lone_surrogates_and_control_characters_in_a_log_give_valid_json(played: Played, mode: str) -> None:
    status, result = played.results["log", mode]
    assert status == "changed"
    assert result["hosts"][0]["log"].endswith(" end")


@pytest.mark.parametrize("mode", MODES)
def test_a_response_that_is_too_long_is_cut(played: Played, mode: str) -> None:
    status, result = played.results["long", mode]
    assert status == "fatal"
    assert len(json.dumps(result)) < 600_000
    assert result["error"]["code"] == 1244030
    assert f"... [{len(HOSTS_AND_MORE)} characters in all]" in result["error"]["message"]
    assert len(result["msg"]) < 200
