# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode shows what would be sent, over every API and with every kind of option; only secrets are replaced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import MASK
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE, FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file, fast_script, job_plan
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, run_task

SPECS: dict[Task, Spec] = {fast_script: FAST_SCRIPT, fast_file: FAST_FILE, job_plan: JOB_PLAN}
INVENTORY: dict[str, Any] = {
    "apps": [{"code": "app", "secret": "app-secret", "login_exempt": True}],
    "users": [{"name": "admin", "tokens": ["token"], "access_tokens": ["access-token"]}],
    "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
    "hosts": [{"id": 101, "ip": "10.0.0.1", "name": "web-1", "scope": "2", "nodes": ["module:1000"]}],
    "dynamic_groups": [{"id": "web", "scope": "2", "hosts": [101]}],
    "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
    "scripts": [
        {
            "id": "scr",
            "name": "scr",
            "scope": "2",
            "versions": [{"id": 5001, "version": "1.0", "status": 1, "content": "true"}],
        }
    ],
    "plans": [
        {
            "id": 1001,
            "name": "deploy",
            "scope": "2",
            "variables": [
                {"id": 1, "name": "version", "type": "string"},
                {"id": 2, "name": "password", "type": "cipher"},
                {"id": 3, "name": "targets", "type": "host"},
                {"id": 4, "name": "words", "type": "indexed_array"},
                {"id": 5, "name": "ports", "type": "associative_array"},
            ],
            "steps": [{"name": "run", "account": "root", "target": {"host_id_list": [101]}, "content": "true"}],
        }
    ],
    "executor": "scripted",
}
ESB_V2 = {"gateway": "esb", "api_version": "v2", "bk_token": "token"}
ESB_V3 = {"gateway": "esb", "api_version": "v3", "bk_token": "token"}
GATEWAY = {"gateway": "apigw", "api_version": "v3", "bk_access_token": "access-token"}
FROM_HOST = {"file_list": ["/data/a"], "ip_list": ["10.0.0.1"], "account_alias": "root"}
DEST = {"file_target_path": "/in"}
HERE = {"ip_list": ["10.0.0.1"], "account_alias": "root"}

# Task, options, and how many secrets the body contains beside the credentials.
EVERYWHERE: list[tuple[Task, dict[str, object], int]] = [
    (fast_script, {**HERE, "script_content": "uptime\ngröße"}, 0),
    (fast_script, {**HERE, "script_content": "x", "script_param": "a 'b c' ü", "timeout": 60, "task_name": "t"}, 0),
    (fast_script, {**HERE, "script_content": "x", "script_param": "s3cret word", "is_param_sensitive": True}, 1),
    (fast_script, {**HERE, "script_content": "x", "script_param": "shown", "is_param_sensitive": False}, 0),
    (fast_script, {**HERE, "script_content": "eA==", "script_param": "eA==", "base64_encoded": True}, 0),
    (fast_script, {**HERE, "script_version_id": 5001, "callback_url": "http://127.0.0.1:9/done"}, 0),
    (fast_script, {**HERE, "script_content": "print(1)", "script_language": "python"}, 0),
    (fast_file, {**HERE, **DEST, "content_list": [{"file_name": "a", "content": "größe\n"}]}, 0),
    (fast_file, {**HERE, **DEST, "file_source_list": [FROM_HOST], "timeout": 60, "upload_speed_limit": 5}, 0),
    (job_plan, {"job_plan_id": 1001}, 0),
    (job_plan, {"job_plan_id": 1001, "global_var_list": [{"name": "version", "value": "1"}]}, 0),
    (
        job_plan,
        {
            "job_plan_id": 1001,
            "global_var_list": [
                {"id": 2, "secret_value": "s3cret"},
                {"name": "targets", "server": {"ip_list": ["10.0.0.1"], "dynamic_group_list": ["web"]}},
                {"name": "words", "value": ["a", "b c"]},
                {"name": "ports", "value": {"http": 80}},
            ],
            "callback_url": "http://127.0.0.1:9/done",
        },
        1,
    ),
]
ONLY_V3_FILES = {
    "account_id": 50,
    "transfer_mode": "strict",
    "file_target_name": "b",
    "rolling_config": {"expression": "1"},
}
ONLY_V3: list[tuple[Task, dict[str, object], int]] = [
    (fast_script, {"target_server": {"host_id_list": [101]}, "account_id": 50, "script_id": "scr"}, 0),
    (fast_file, {"ip_list": ["10.0.0.1"], **DEST, "file_source_list": [FROM_HOST], **ONLY_V3_FILES}, 0),
    (
        fast_script,
        {
            "target_server": {"topo_node_list": [{"id": 1000, "node_type": "module"}]},
            "account_alias": "root",
            "script_content": "x",
            "windows_interpreter": "C:\\python.exe",
            "rolling_config": {"expression": "1", "mode": 2},
        },
        0,
    ),
]
CASES = [
    *((api_case, *case) for api_case in (ESB_V2, ESB_V3, GATEWAY) for case in EVERYWHERE),
    *((api_case, *case) for api_case in (ESB_V3, GATEWAY) for case in ONLY_V3),
]


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(INVENTORY) as running:
        yield running


def run(task: Task, server: JobServer, options: dict[str, object], **context: bool) -> dict[str, Any]:
    path = "/api/bk-job/prod" if options["gateway"] == "apigw" else ""
    given = {"api_url": server.url + path, "bk_app_code": "app", "bk_app_secret": "app-secret", "bk_scope_id": "2"}
    given["wait"] = False
    result: dict[str, Any] = run_task(
        task, SPECS[task], {**given, **options}, TaskContext(clock=FakeClock(), **context)
    )
    return result


def masks(shown: object, sent: object, place: str = "") -> list[str]:
    """Where a mask stands in place of a value; everything else must be the same."""
    if shown == MASK:
        assert isinstance(sent, str) and sent and sent != MASK, place
        return [place]
    if isinstance(shown, dict):
        assert isinstance(sent, dict) and list(shown) == list(sent), place
        return [mask for key in shown for mask in masks(shown[key], sent[key], f"{place}.{key}")]
    if isinstance(shown, list):
        assert isinstance(sent, list) and len(shown) == len(sent), place
        return [mask for at, each in enumerate(shown) for mask in masks(each, sent[at], f"{place}[{at}]")]
    assert (shown, type(shown)) == (sent, type(sent)), place
    return []


@pytest.mark.parametrize(("api_case", "task", "options", "secrets"), CASES)
def test_the_shown_request_is_the_sent_one(
    server: JobServer, api_case: dict[str, object], task: Task, options: dict[str, object], secrets: int
) -> None:
    before = len(server.journal)
    checked = run(task, server, {**api_case, **options}, check_mode=True)
    assert (checked["changed"], checked["launch_outcome"], checked["job_instance_id"]) == (True, "check_mode", None)
    assert [entry["did"] for entry in server.journal[before:] if entry["did"]] == []
    launched = run(task, server, {**api_case, **options}, diff=True)
    assert launched["launch_outcome"] == "started"
    assert launched["request"] == checked["request"]
    (entry,) = (entry for entry in server.journal[before:] if entry["did"])
    assert (checked["request"]["method"], checked["request"]["path"]) == (entry["method"], entry["path"])
    found = masks(checked["request"]["body"], entry["json"])
    credentials = 2 if api_case["gateway"] == "esb" else 0
    assert len(found) == secrets + credentials, found


def test_a_file_is_read_in_check_mode_too(server: JobServer, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_bytes("print('你')\n".encode())
    options = {**ESB_V3, **HERE, "script_path": str(script)}
    checked = run(fast_script, server, options, check_mode=True)
    run(fast_script, server, options)
    assert checked["request"]["body"] == {**server.journal[-1]["json"], "bk_app_secret": MASK, "bk_token": MASK}
