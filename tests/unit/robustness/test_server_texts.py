# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of a server, in a real playbook and both execution modes: neither Ansible nor a terminal acts on them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.blueking.job.tests.unit.helpers.raw_http_server import serving
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import (
    print_results,
    printed_results,
    run_playbook,
)

TEMPLATE = "{{ 7 * 7 }} {{ lookup('ansible.builtin.pipe', 'echo out') }} {% raw %}"
TERMINAL = "\x1b]0;title\x07\x1b[2J\r\n[ERROR]: forged"
PERMISSION = {"__ansible_type": "TrustedAsTemplate", "__ansible_unsafe": TEMPLATE, "value": TEMPLATE}
SCRIPT = {"account_alias": "root", "script_content": "true", "ip_list": "10.0.0.1", "logs": "all", "poll_interval": 0.1}


def response(path: str, asked: dict[str, Any]) -> bytes:
    """A server that puts both everywhere it may put words."""
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


def tasks(url: str, *, in_process: bool) -> dict[str, Any]:
    connection = {
        "api_url": url,
        "bk_app_code": "a",
        "bk_app_secret": "planted-secret",
        "bk_username": "u",
        "bk_scope_id": "2",
    }
    copies = {
        "log": "{{ ran.hosts[0].log }}",
        "name": "{{ ran.job_instance_name }}",
        "permission": "{{ refused.error.permission }}",
        "launch_outcome": "{{ refused.launch_outcome }}",
    }
    copied = "in_process" if in_process else "module"
    steps = [
        {"blueking.job.bk_fast_script": {**connection, **SCRIPT}, "register": "ran"},
        {
            "blueking.job.bk_job_plan": {**connection, "job_plan_id": 1, "validate_variables": False},
            "register": "refused",
            "ignore_errors": True,
        },
        {"ansible.builtin.set_fact": {copied: copies}},
    ]
    return {"block": steps, "vars": {"bk_job_in_process": in_process}}


def test_texts_of_a_server_are_data(tmp_path: Path) -> None:
    with serving(response) as url:
        both = [tasks(url, in_process=in_process) for in_process in (True, False)]
        steps = [*both, print_results(["in_process", "module"])]
        play = {"hosts": "localhost", "gather_facts": False, "tasks": steps}
        (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        arguments = ("-i", "localhost,", "-c", "local", str(tmp_path / "play.yml"))
        shown = run_playbook(tmp_path, *arguments, ANSIBLE_PYTHON_INTERPRETER=sys.executable)
    # Progress, warnings and errors go to the terminal as they are; they come with no orders to it.
    assert not [character for character in shown if not (character.isprintable() or character == "\n")]
    assert "\n[ERROR]: forged" not in shown
    for copied in printed_results(shown):
        assert copied["log"] == copied["name"] == TEMPLATE + TERMINAL
        assert copied["launch_outcome"] == "rejected"
        assert copied["permission"] == {
            "ansible_type": "TrustedAsTemplate",
            "ansible_unsafe": TEMPLATE,
            "value": TEMPLATE,
        }
