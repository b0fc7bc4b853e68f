# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for tests of read-only tasks: an estate without processes, three APIs, and one way to run a task."""

from __future__ import annotations

from typing import Any

from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO, PLAN_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task

APIS = {
    "ESB v2": {"gateway": "esb", "api_version": "v2"},
    "ESB v3": {"gateway": "esb", "api_version": "v3"},
    "API gateway v3": {"gateway": "apigw", "api_version": "v3"},
}
WITH_HISTORY = [name for name in APIS if "v3" in name]
SPECS: dict[Task, Spec] = {
    fast_script: FAST_SCRIPT,
    job_plan: JOB_PLAN,
    instance_info: INSTANCE_INFO,
    plan_info: PLAN_INFO,
}
HOSTS = {"host_id_list": [1, 2, 3]}
STEP = {"account": "root", "target": {"variable": "targets"}, "timeout": 60, "content": "run"}


def estate(**more: Any) -> dict[str, Any]:
    """Return four hosts, one with IPv6 alone, and some plans. The clock is manual; names of failing hosts say how."""
    twin = {"scope": "2", "name": "twin", "steps": [{**STEP, "name": "only", "target": HOSTS}]}
    return {
        "apps": [{"code": "shop", "secret": "shop-secret", "login_exempt": True}],
        "users": [{"name": "admin"}, {"name": "alice"}, {"name": "carol"}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}, {"type": "biz", "id": "3", "name": "elsewhere"}],
        "denied": [
            {"user": "carol", "action": "view_history"},
            {"user": "carol", "action": "view_job_plan", "plan": 2},
        ],
        "hosts": [
            *[{"id": n, "ip": f"10.0.0.{n}", "scope": "2", "name": f"web-{n}"} for n in (1, 2, 3)],
            {"id": 4, "ipv6": "fe80::4", "scope": "2", "name": "v6-4"},
        ],
        "dynamic_groups": [{"id": "grp-web", "scope": "2", "hosts": [1, 2]}],
        "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
        "plans": [
            {
                "id": 1,
                "scope": "2",
                "name": "deploy-web",
                "template_id": 10,
                "variables": [
                    {"id": 11, "name": "targets", "type": "host", "required": True, "server": HOSTS},
                    {"id": 12, "name": "version", "type": "string", "value": "1.0", "description": "what to deploy"},
                    {"id": 13, "name": "password", "type": "cipher", "value": "planted-cipher"},
                    {"id": 14, "name": "words", "type": "indexed_array", "value": "(a b)"},
                    {"id": 15, "name": "place", "type": "namespace", "required": True},
                ],
                "steps": [
                    {"name": "prepare", **STEP, "ignore_error": True},
                    {"name": "ask", "type": "confirm", "message": "Really?"},
                    {
                        "name": "fixed",
                        **STEP,
                        "target": {"host_id_list": [4], "dynamic_group_list": [{"id": "grp-web"}]},
                    },
                ],
            },
            {
                "id": 2,
                "scope": "2",
                "name": "deploy",
                "template_id": 10,
                "variables": [{"id": 21, "name": "version", "type": "string", "value": "1.0"}],
                "steps": [
                    {"name": "first", **STEP, "target": HOSTS, "content": "first"},
                    {"name": "second", **STEP, "target": HOSTS, "content": "breaks"},
                ],
            },
            {**twin, "id": 3, "template_id": 11},
            {**twin, "id": 4, "template_id": 12},
        ],
        "executor": "scripted",
        "clock": "manual",
        "outcomes": [
            {"script": "breaks", "hosts": [2], "exit_code": 7, "seconds": 5, "log": "{name} is <broken> & ü\n"},
            {"script": "breaks", "seconds": 5, "sets": {"version": "3.0"}, "log": "{name} did it\n"},
            {"script": "first", "seconds": 5, "sets": {"version": "2.0"}, "log": "{name} is fine\n"},
            {"seconds": 5, "log": "{name} did it\n"},
        ],
        **more,
    }


def connection(server: JobServer, api: str) -> dict[str, object]:
    """Return the options that connect a task to the server over one of the APIs."""
    words = APIS[api]
    url = server.url + ("/api/bk-job/prod" if words["gateway"] == "apigw" else "")
    return {**words, "api_url": url}


def run(task: Task, api: dict[str, object], context: TaskContext | None = None, **options: object) -> dict[str, Any]:
    """Run a task as Ansible would, without Ansible."""
    given = {
        "bk_app_code": "shop",
        "bk_app_secret": "shop-secret",
        "bk_username": "admin",
        "bk_scope_id": "2",
        **api,
        **options,
    }
    return run_task(task, SPECS[task], given, context or TaskContext())


def fails(task: Task, api: dict[str, object], context: TaskContext | None = None, **options: object) -> JobError:
    """Run a task that must fail."""
    try:
        result = run(task, api, context, **options)
    except JobError as error:
        return error
    raise AssertionError(f"the task did not fail: {result}")


def launched(server: JobServer, api: dict[str, object], task: Task, seconds: float = 3600, **options: object) -> int:
    """Return the id of a run that was launched that many seconds ago."""
    result = run(task, api, wait=False, **({"validate_variables": False} if task is job_plan else {}), **options)
    server.clock.advance(seconds)
    number = result["job_instance_id"]
    assert isinstance(number, int)
    return number
