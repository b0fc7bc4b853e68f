# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes of the first day in a real C(ansible-playbook): addresses, proxies, forms of lists, JSON text."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.raw_http_server import responding
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import run_tasks

CALLER = {"bk_app_code": "shop", "bk_app_secret": "shop-secret", "bk_username": "admin", "bk_scope_id": "2"}
ELSEWHERE = "http://job.example.com"
SCRIPT = {"account_alias": "root", "script_content": "uptime", "ip_list": "10.0.0.1"}
# One task of each kind: a launch, a launch after a read, a wait, a read, an operation.
TASKS: dict[str, dict[str, object]] = {
    "bk_fast_script": SCRIPT,
    "bk_job_plan": {"job_plan_id": 1},
    "bk_job_wait": {"job_instance_id": 17},
    "bk_job_instance_info": {"job_instance_id": 17},
    "bk_job_operate": {"job_instance_id": 17, "operation": "terminate"},
}
NGINX = b"<html><center>The plain HTTP request was sent to HTTPS port</center></html>"
# (status, body, headers) of what stands at the address: kind of error, part of the hint
ADDRESSES: list[tuple[tuple[int, bytes, dict[str, str]], str, str]] = [
    ((400, NGINX, {}), "protocol", "begin api_url with https"),
    ((426, b"", {}), "protocol", "Check that api_url points to a BlueKing gateway"),
    ((404, b"<html>nothing here</html>", {}), "not_found", "Check api_url, gateway and api_version"),
    ((302, b"", {"Location": "https://sso.example.com/login/"}), "auth", "This is a login page"),
    ((200, b"<form><input type='password'></form>", {}), "auth", "This is a login page"),
]
both_modes = pytest.mark.parametrize("in_process", [True, False], ids=["in process", "module"])


@both_modes
def test_a_wrong_address_is_noticed_with_the_first_response(in_process: bool, tmp_path: Path) -> None:
    # A module costs seconds, and what a response means does not depend on the mode.
    modules, addresses = (TASKS, ADDRESSES) if in_process else ({"bk_fast_script": SCRIPT}, ADDRESSES[::4])
    with ExitStack() as stack:
        servers = [stack.enter_context(responding(*response)) for response, _kind, _hint in addresses]
        tasks = [
            {f"blueking.job.{name}": {**CALLER, "api_url": url, **options}}
            for url, _seen in servers
            for name, options in modules.items()
        ]
        results = run_tasks(tmp_path, tasks, in_process=in_process)
    expected = [(kind, hint) for _response, kind, hint in addresses for _name in modules]
    for result, (kind, hint) in zip(results, expected, strict=True):
        assert (result["changed"], result["error"]["kind"]) == (False, kind), result
        assert result.get("launch_outcome") in (None, "rejected", "not_sent")
        assert hint in result["error"]["hint"]
    # One request each: nothing was repeated, no history was searched, and a plan that cannot be read was not launched.
    assert [len(seen) for _url, seen in servers] == [len(modules)] * len(addresses)


@both_modes
def test_a_proxy_that_asks_for_a_password_is_named(in_process: bool, tmp_path: Path) -> None:
    names = ("bk_fast_script", "bk_job_wait") if in_process else ("bk_fast_script",)
    sources = {
        "http://job.example.com": "the environment variable http_proxy",
        "https://job.example.com": "the environment variable https_proxy",
        "http://option.example.com": "the option proxy",
    }
    with responding(407) as (url, seen):
        tasks = [
            {
                f"blueking.job.{name}": {
                    **{**CALLER, **TASKS[name], "api_url": address},
                    **({"proxy": url} if "option" in source else {}),
                }
            }
            for address, source in sources.items()
            for name in names
        ]
        proxies = {"http_proxy": url, "https_proxy": url}
        results = run_tasks(tmp_path, tasks, in_process=in_process, environment=proxies)
    expected = [(source, name) for source in sources.values() for name in names]
    for result, (source, name) in zip(results, expected, strict=True):
        assert (result["changed"], result["error"]["kind"]) == (False, "not_sent"), result
        assert f"the proxy {url} (from {source})" in result["msg"]
        assert "407" in result["error"]["message"]
        assert "asks for a user and a password" in result["error"]["hint"]
        assert result["launch_outcome"] == ("not_sent" if name == "bk_fast_script" else None)
    assert len(seen) == len(expected)


@both_modes
def test_a_proxy_that_is_not_there_is_named(in_process: bool, tmp_path: Path) -> None:
    """The limits are short here; test_reachability has the 30 seconds that such an address gets."""
    with responding(200) as (dead, _seen):
        pass
    script = {**CALLER, **SCRIPT, "launch_timeout": 0.1}
    of_process = "the environment variable http_proxy"
    tasks: list[tuple[dict[str, Any], str]] = [
        ({"blueking.job.bk_fast_script": {**script, "api_url": ELSEWHERE}}, of_process),
        (
            {
                "blueking.job.bk_fast_script": {**script, "api_url": "https://job.example.com"},
                "environment": {"HTTPS_PROXY": dead},
            },
            "the environment variable HTTPS_PROXY",
        ),
        ({"blueking.job.bk_fast_script": {**script, "api_url": "http://127.0.0.1:9"}}, of_process),
        ({"blueking.job.bk_fast_script": {**script, "api_url": ELSEWHERE, "proxy": dead}}, "the option proxy"),
        (
            {"blueking.job.bk_job_wait": {**CALLER, **TASKS["bk_job_wait"], "api_url": ELSEWHERE, "wait_timeout": 0.1}},
            of_process,
        ),
    ]
    without_secret = {name: value for name, value in script.items() if name != "bk_app_secret"}
    # As with become or on another host, the module has none of the environment variables of ansible-playbook.
    interpreter = tmp_path / "python"
    interpreter.write_text(f'#!/bin/sh\nexec env -i "{sys.executable}" "$@"\n', encoding="utf-8")
    interpreter.chmod(0o700)
    elsewhere = {
        "blueking.job.bk_fast_script": {**without_secret, "api_url": ELSEWHERE},
        "vars": {"ansible_python_interpreter": str(interpreter)},
    }
    if not in_process:
        # Where the environment comes from is all that depends on the mode.
        del tasks[2:]
    *results, not_found = run_tasks(
        tmp_path,
        [*(task for task, _source in tasks), elsewhere],
        in_process=in_process,
        environment={"http_proxy": dead, "no_proxy": "127.*,*.example.com", "BK_APP_SECRET": "shop-secret"},
    )
    assert (
        "bk_app_secret: is required (or the environment variable BK_APP_SECRET where the task runs)"
        in (not_found["msg"])
    )
    assert not_found["error"]["hint"].startswith("BK_APP_SECRET is set for ansible-playbook, but not where the task")
    for result, (task, source) in zip(results, tasks, strict=True):
        assert result["changed"] is False
        if "blueking.job.bk_fast_script" in task:
            assert result["launch_outcome"] == "not_sent"
            assert f"cannot be reached through the proxy {dead} (from {source})" in result["msg"]
        hint = result["error"]["hint"]
        assert f"Check the proxy {dead}, which comes from {source}." in hint
        assert ("no_proxy does not exclude this server" in hint) == (source != "the option proxy")


LISTS = {
    "ip_list": ["10.0.0.1\n10.0.0.2\n", "0:10.0.0.1,\r\n 10.0.0.2", '["10.0.0.1", {"ip": "10.0.0.2"}]'],
    "dynamic_group_list": ["a\nb\n", "a, b", '["a", {"id": "b"}]', ["a", " b "]],
    "host_id_list": ["1\n2", '[1, "2"]', [1, "2"]],
}
SENT = {
    "ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}, {"bk_cloud_id": 0, "ip": "10.0.0.2"}],
    "dynamic_group_list": [{"id": "a"}, {"id": "b"}],
    "host_id_list": [1, 2],
}
JSON_TEXTS = ['["a", "b"]', '{"a": "b", "c": [1, null]}', '{\n  "a": "b"\n}', "[]"]


def estate() -> dict[str, Any]:
    variable = {"id": 1, "name": "settings", "type": "string", "value": "x"}
    step = {"name": "only", "account": "root", "content": "run", "target": {"host_id_list": [1]}}
    return {
        "apps": [{"code": "shop", "secret": "shop-secret", "login_exempt": True}],
        "users": [{"name": "admin"}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
        "hosts": [{"id": 1, "ip": "10.0.0.1", "scope": "2"}],
        "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
        "plans": [{"id": 1, "scope": "2", "name": "plan", "variables": [variable], "steps": [step]}],
        "executor": "scripted",
    }


@both_modes
def test_answers_of_surveys_are_lists_and_json_text_stays_text(in_process: bool, tmp_path: Path) -> None:
    """As extra variables of AWX. Check mode shows what would be sent."""
    # A module costs seconds, so each option is there once, and each kind of JSON.
    forms_of = LISTS if in_process else {option: forms[-1:] for option, forms in LISTS.items()}
    lists = [(option, form) for option, forms in forms_of.items() for form in forms]
    json_texts = JSON_TEXTS if in_process else JSON_TEXTS[:2]
    script = {"account_alias": "root", "script_content": "uptime"}
    kept = "{{ item | string }}"
    with JobServer(estate()) as server:
        caller = {**CALLER, "api_url": server.url}
        listed, *texts = run_tasks(
            tmp_path,
            [
                {
                    "blueking.job.bk_fast_script": {
                        **caller,
                        **script,
                        "target_server": {
                            option: f"{{{{ item[1] if item[0] == '{option}' else omit }}}}" for option in LISTS
                        },
                    },
                    "loop": "{{ lists }}",
                    "check_mode": True,
                },
                *[
                    {
                        "blueking.job.bk_job_plan": {
                            **caller,
                            "job_plan_id": 1,
                            "global_var_list": [{"name": "settings", "value": value}],
                        },
                        "loop": "{{ texts }}",
                        "check_mode": True,
                    }
                    for value in (kept, "{{ item }}")
                ],
            ],
            in_process=in_process,
            extra_vars={"lists": lists, "texts": json_texts},
        )
    for (option, form), result in zip(lists, listed["results"], strict=True):
        assert result.get("request"), (option, form, result["msg"])
        assert result["request"]["body"]["target_server"] == {option: SENT[option]}
    for template, looped in zip((kept, "{{ item }}"), texts, strict=True):
        for text, result in zip(json_texts, looped["results"], strict=True):
            if result.get("request"):
                assert result["request"]["body"]["global_var_list"][0]["value"] == text
            else:
                # Before ansible-core 2.19 the template results in data, not in text.
                assert template != kept
                assert "to send JSON text, end the template with | string" in result["msg"]
