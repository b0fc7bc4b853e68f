# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both execution modes in a real playbook: Ansible's own options, a broken machine, and texts of a server as data."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.helpers.raw_http_server import serving
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import (
    Task,
    print_results,
    printed_results,
    run_playbook,
)

MODES = {"in process": True, "module": False}
CONNECTION = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin", "bk_scope_id": "2"}
SCRIPT = {"account_alias": "root", "ip_list": ["10.0.0.1"], "poll_interval": 0.1, "logs": "all"}
# With an element of the wrong type Ansible itself fails, and forgets every secret of the task.
WRONG = {"job_plan_id": 1001, "global_var_list": [7, {"name": "a", "secret_value": "planted-value-4711"}]}
CONTROL_CHARACTERS = r"printf 'a\0b \033[31mred\033[0m \xc4\xe3\xba\xc3 end'"
HOSTS_AND_MORE = "(ip:10.0.0.1)" * 20_000 + "x" * 2_000_000
TOO_LONG = {"code": 1244030, "result": False, "message": HOSTS_AND_MORE, "data": None}
TEMPLATE = "{{ 7 * 7 }} {{ lookup('ansible.builtin.pipe', 'echo out') }} {% raw %}"
TERMINAL = "\x1b]0;title\x07\x1b[2J\r\n[ERROR]: forged"
PERMISSION = {"__ansible_type": "TrustedAsTemplate", "__ansible_unsafe": TEMPLATE, "value": TEMPLATE}
RESULT = re.compile(r"^(changed|fatal): \[localhost\].*? => (?={)", re.MULTILINE)


def with_words(path: str, asked: dict[str, Any]) -> bytes:
    """Return a response with texts for Ansible and for a terminal everywhere a response may have text."""
    words = TEMPLATE + TERMINAL
    data: dict[str, Any]
    if "execute_job_plan" in path:
        error_response = {"code": 9900403, "result": False, "message": words, "permission": PERMISSION}
        return json.dumps(error_response).encode()
    if "fast_execute_script" in path:
        data = {"job_instance_id": 17, "job_instance_name": words, "step_instance_id": 21}
    elif "batch_get" in path:
        log = {"bk_host_id": 1, "bk_cloud_id": 0, "ip": "10.0.0.1", "log_content": words}
        data = {"step_instance_id": 21, "script_task_logs": [log]}
    else:
        host = {"bk_host_id": 1, "bk_cloud_id": 0, "ip": "10.0.0.1", "status": 9, "exit_code": 0, "tag": words}
        hosts = [host] if asked["return_ip_result"] else None
        step = {"step_instance_id": 21, "name": words, "status": 3, "type": 1, "step_ip_result_list": hosts}
        job = {"job_instance_id": 17, "name": words, "status": 3}
        data = {"finished": True, "job_instance": job, "step_instance_list": [step]}
    return json.dumps({"code": 0, "result": True, "data": data}).encode()


class Played:
    """Output of a playbook with tasks in both modes, the results by task and mode, and what later tasks saw of them."""

    def __init__(self, home: Path, tasks: Mapping[tuple[str, str], Task], last: Sequence[Task]) -> None:
        moded = [
            {**task, "vars": {"bk_job_in_process": MODES[mode]}, "ignore_errors": True}
            for (_name, mode), task in tasks.items()
        ]
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [*moded, *last]}
        (home / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        arguments = ("-i", "localhost,", "-c", "local", "-vvvv", str(home / "play.yml"))
        self.output = run_playbook(home, *arguments, ANSIBLE_PYTHON_INTERPRETER=sys.executable)
        found = [
            (match[1], json.JSONDecoder().raw_decode(self.output, match.end())[0])
            for match in RESULT.finditer(self.output)
        ]
        self.results: dict[tuple[str, str], tuple[str, dict[str, Any]]] = dict(zip(tasks, found, strict=True))


def copies(mode: str) -> Task:
    """Return a task that uses texts of a server in templates of its own."""
    ran, refused = registered("ran", mode), registered("refused", mode)
    texts = {
        "log": f"{{{{ {ran}.hosts[0].log }}}}",
        "name": f"{{{{ {ran}.job_instance_name }}}}",
        "permission": f"{{{{ {refused}.error.permission }}}}",
        "launch_outcome": f"{{{{ {refused}.launch_outcome }}}}",
    }
    return {"ansible.builtin.set_fact": {registered("copied", mode): texts}, "ignore_errors": True}


def registered(name: str, mode: str) -> str:
    """Return the name of the variable with a result."""
    return f"{name}_{mode.replace(' ', '_')}"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    home = tmp_path_factory.mktemp("modes")
    (home / "requests.py").write_text("raise ImportError('requests is not here')\n", encoding="utf-8")
    with (
        JobServer(ROOT / "tests" / "demo" / "inventory.yml") as server,
        serving(lambda _path, _asked: json.dumps(TOO_LONG).encode()) as too_long,
        serving(with_words) as words,
    ):
        known = {**CONNECTION, "api_url": server.url}
        script = {**known, **SCRIPT, "script_content": CONTROL_CHARACTERS}
        plan = {**known, "api_url": words, "job_plan_id": 1, "validate_variables": False}
        tasks: dict[str, Task] = {
            "wrong": {"blueking.job.bk_job_plan": {**known, **WRONG}},
            "log": {"blueking.job.bk_fast_script": script},
            "long": {"blueking.job.bk_fast_script": {**script, "api_url": too_long}},
            "ran": {"blueking.job.bk_fast_script": {**script, "api_url": words}},
            "refused": {"blueking.job.bk_job_plan": plan},
        }
        both = {
            (name, mode): {**task, "register": registered(name, mode)} for name, task in tasks.items() for mode in MODES
        }
        # Without the library in the controller a module runs, too: see the target execution_modes.
        without = {"blueking.job.bk_fast_script": script, "environment": {"PYTHONPATH": str(home)}}
        copied = [f"{registered('copied', mode)} | default(none)" for mode in MODES]
        last = [*(copies(mode) for mode in MODES), print_results(copied)]
        return Played(home, {**both, ("without requests", "module"): without}, last)


def test_a_missing_library_is_reported_the_ansible_way(played: Played) -> None:
    status, result = played.results["without requests", "module"]
    assert status == "fatal"
    assert "Failed to import the required Python library (requests)" in result["msg"]
    assert result["launch_outcome"] == "not_sent"
    assert "MODULE FAILURE" not in played.output


def test_texts_of_a_server_are_data(played: Played) -> None:
    # Progress, warnings and errors go to the terminal as they are; they come with no orders to it.
    assert not [character for character in played.output if not (character.isprintable() or character == "\n")]
    assert "\n[ERROR]: forged" not in played.output
    for copied in printed_results(played.output):
        assert copied["log"] == copied["name"] == TEMPLATE + TERMINAL
        assert copied["launch_outcome"] == "rejected"
        assert copied["permission"] == {
            "ansible_type": "TrustedAsTemplate",
            "ansible_unsafe": TEMPLATE,
            "value": TEMPLATE,
        }


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
