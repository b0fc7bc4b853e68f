# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment variables that only ansible-playbook has are named when a module lacks its options."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT
from ansible_collections.blueking.job.plugins.module_utils.tasks.execute import TaskCall, execute_task
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script
from ansible_collections.blueking.job.plugins.plugin_utils.controller_environment import explain_environment

SCRIPT = {"script_content": "uptime", "account_alias": "root", "ip_list": ["10.0.0.1"]}
CONTROLLER = {
    "BK_JOB_API_URL": "https://paas.example.com",
    "BK_APP_CODE": "shop",
    "BK_APP_SECRET": "shop-secret",
    "BK_USERNAME": "admin",
    "BK_SCOPE_ID": "2",
}


def result_of_module(environment: dict[str, str], **options: object) -> dict[str, Any]:
    """Return the failed result of a module that has only these environment variables."""
    task_options = {**SCRIPT, **options}
    return execute_task(TaskCall(fast_script, FAST_SCRIPT, task_options, environment), TaskContext()).result


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (["BK_APP_SECRET"], "BK_APP_SECRET is set"),
        (["BK_JOB_API_URL"], "BK_JOB_API_URL is set"),
        (["BK_USERNAME"], "BK_USERNAME is set"),
        (["BK_APP_CODE", "BK_APP_SECRET"], "BK_APP_CODE, BK_APP_SECRET are set"),
        (list(CONTROLLER), "BK_JOB_API_URL, BK_APP_CODE, BK_APP_SECRET, BK_USERNAME, BK_SCOPE_ID are set"),
    ],
)
def test_variables_that_only_the_controller_has_are_named(missing: list[str], words: str) -> None:
    there = {name: value for name, value in CONTROLLER.items() if name not in missing}
    result = result_of_module(there)
    assert all(f"{name} where the task runs" in result["msg"] or name in result["msg"] for name in missing)
    explain_environment(result, FAST_SCRIPT, CONTROLLER)
    hint = result["error"]["hint"]
    assert hint.startswith(f"{words} for ansible-playbook, but not where the task runs: become")
    assert f"lookup('ansible.builtin.env', '{missing[0]}')" in hint
    assert "shop-secret" not in str(result)


@pytest.mark.parametrize(
    ("controller", "options"),
    [
        ({}, {}),  # the controller has none either
        ({**CONTROLLER, "BK_APP_SECRET": ""}, {}),  # an empty variable counts as not set
        (CONTROLLER, {"bk_app_secret": "given", "script_content": ""}),  # another mistake
    ],
)
def test_other_mistakes_have_no_such_hint(controller: dict[str, str], options: dict[str, object]) -> None:
    there = {name: value for name, value in CONTROLLER.items() if name != "BK_APP_SECRET"}
    result = result_of_module(there, **options)
    explain_environment(result, FAST_SCRIPT, controller)
    assert result["error"]["hint"] is None


@pytest.mark.parametrize("result", [{}, {"changed": True}, {"error": None}, {"msg": "BK_APP_CODE", "error": "x"}])
def test_results_without_a_validation_error_stay(result: dict[str, Any]) -> None:
    before = dict(result)
    explain_environment(result, FAST_SCRIPT, CONTROLLER)
    assert result == before
