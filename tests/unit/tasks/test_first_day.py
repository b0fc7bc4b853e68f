# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes of the first day in a real C(ansible-playbook): addresses, proxies, forms of lists, JSON text."""

from __future__ import annotations

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
# One task of each kind: a launch, a launch after a read, a wait, a look, an operation.
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
    modules = TASKS if in_process else {name: TASKS[name] for name in ("bk_fast_script", "bk_job_wait")}
    with ExitStack() as stack:
        servers = [stack.enter_context(responding(*response)) for response, _kind, _hint in ADDRESSES]
        tasks = [
            {f"blueking.job.{name}": {**CALLER, "api_url": url, **options}}
            for url, _seen in servers
            for name, options in modules.items()
        ]
        results = run_tasks(tmp_path, tasks, in_process=in_process)
    expected = [(kind, hint) for _response, kind, hint in ADDRESSES for _name in modules]
    for result, (kind, hint) in zip(results, expected, strict=True):
        assert (result["changed"], result["error"]["kind"]) == (False, kind), result
        assert result.get("launch_outcome") in (None, "rejected", "not_sent")
        assert hint in result["error"]["hint"]
    # One request each: nothing was repeated, no history was searched, and a plan that cannot be read was not launched.
    assert [len(seen) for _url, seen in servers] == [len(modules)] * len(ADDRESSES)


@pytest.mark.parametrize(
    ("variable", "scheme", "in_process"),
    [
        ("http_proxy", "http", True),
        ("https_proxy", "https", True),
        ("https_proxy", "https", False),
        ("", "http", False),
    ],
)
def test_a_proxy_that_asks_for_a_password_is_named(
    variable: str, scheme: str, in_process: bool, tmp_path: Path
) -> None:
    with responding(407) as (url, seen):
        options = {**CALLER, "api_url": f"{scheme}://job.example.com", **({} if variable else {"proxy": url})}
        results = run_tasks(
            tmp_path,
            [{f"blueking.job.{name}": {**options, **TASKS[name]}} for name in ("bk_fast_script", "bk_job_wait")],
            in_process=in_process,
            environment={variable: url} if variable else None,
        )
    source = f"the environment variable {variable}" if variable else "the option proxy"
    for result in results:
        assert (result["changed"], result["error"]["kind"]) == (False, "not_sent"), result
        assert f"the proxy {url} (from {source})" in result["msg"]
        assert "407" in result["error"]["message"]
        assert "asks for a user and a password" in result["error"]["hint"]
    assert results[0]["launch_outcome"] == "not_sent"
    assert len(seen) == 2


@both_modes
def test_a_proxy_that_is_not_there_is_named(in_process: bool, tmp_path: Path) -> None:
    """The limits are short here; test_reachability has the 30 seconds that such an address gets."""
    with responding(200) as (dead, _seen):
        pass
    script = {**CALLER, **SCRIPT, "launch_timeout": 0.1}
    results = run_tasks(
        tmp_path,
        [
            {"blueking.job.bk_fast_script": {**script, "api_url": ELSEWHERE}},
            {"blueking.job.bk_fast_script": {**script, "api_url": "http://127.0.0.1:9"}},
            {"blueking.job.bk_fast_script": {**script, "api_url": ELSEWHERE, "proxy": dead}},
            {
                "blueking.job.bk_fast_script": {**script, "api_url": "https://job.example.com"},
                "environment": {"HTTPS_PROXY": dead},
            },
            {"blueking.job.bk_job_wait": {**CALLER, **TASKS["bk_job_wait"], "api_url": ELSEWHERE, "wait_timeout": 0.1}},
        ],
        in_process=in_process,
        environment={"http_proxy": dead, "no_proxy": "127.*,*.example.com"},
    )
    of_process = "the environment variable http_proxy"
    sources = [of_process, of_process, "the option proxy", "the environment variable HTTPS_PROXY", of_process]
    for result, source in zip(results, sources, strict=True):
        assert result["changed"] is False
        if result["launch_outcome"]:
            assert f"cannot be reached through the proxy {dead} (from {source})" in result["msg"]
        hint = result["error"]["hint"]
        assert f"Check the proxy {dead}, which comes from {source}." in hint
        assert ("no_proxy does not exclude this server" in hint) == (source != "the option proxy")
    assert [result["launch_outcome"] for result in results[:4]] == ["not_sent"] * 4


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
    lists = [(option, form) for option, forms in LISTS.items() for form in forms]
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
            extra_vars={"lists": lists, "texts": JSON_TEXTS},
        )
    for (option, form), result in zip(lists, listed["results"], strict=True):
        assert result.get("request"), (option, form, result["msg"])
        assert result["request"]["body"]["target_server"] == {option: SENT[option]}
    for template, looped in zip((kept, "{{ item }}"), texts, strict=True):
        for text, result in zip(JSON_TEXTS, looped["results"], strict=True):
            if result.get("request"):
                assert result["request"]["body"]["global_var_list"][0]["value"] == text
            else:
                # Before ansible-core 2.19 the template results in data, not in text.
                assert template != kept
                assert "to send JSON text, end the template with | string" in result["msg"]
