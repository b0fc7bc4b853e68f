# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes of the first day in a real C(ansible-playbook): addresses, proxies, forms of lists, JSON text.

What a response or a value means does not depend on the execution mode, and a module costs seconds. So tests of module
mode have a task for each way by which a module gets something: options, and the environments of process and task.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.raw_http_server import responding
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import run_tasks
from ansible_collections.blueking.job.tests.unit.helpers.unreachable_servers import closed

CALLER = {"bk_app_code": "shop", "bk_app_secret": "shop-secret", "bk_username": "admin", "bk_scope_id": "2"}
ELSEWHERE = "http://job.example.com"
# Looks as if it excluded both addresses, but does not. The other one does.
EXCLUDED = "127.*,*.example.com"
# Too short for a second attempt, but not for a first one on a busy machine. test_reachability has the 30 seconds that
# an address gets.
AT_ONCE = {"launch_timeout": 2.5}
DIRECT = {"no_proxy": "127.0.0.1"}
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
# (status, body, headers) of the response at the address: kind of error, part of the hint
ADDRESSES: list[tuple[tuple[int, bytes, dict[str, str]], str, str]] = [
    ((400, NGINX, {}), "protocol", "begin api_url with https"),
    ((426, b"", {}), "protocol", "Check that api_url points to a BlueKing gateway"),
    ((404, b"<html>nothing here</html>", {}), "not_found", "Check api_url, gateway and api_version"),
    ((302, b"", {"Location": "https://sso.example.com/login/"}), "auth", "This is a login page"),
    ((200, b"<form><input type='password'></form>", {}), "auth", "This is a login page"),
]
Result = dict[str, Any]


@pytest.fixture(scope="module")
def dead() -> Iterator[str]:
    """An address at which nothing listens."""
    with closed() as url:
        yield url


@pytest.fixture(scope="module")
def job_url() -> Iterator[str]:
    with JobServer(estate()) as server:
        yield server.url


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
    variables = [
        {"id": number + 1, "name": f"v{number}", "type": "string", "value": "x"} for number in range(len(JSON_TEXTS))
    ]
    step = {"name": "only", "account": "root", "content": "run", "target": {"host_id_list": [1]}}
    return {
        "apps": [{"code": "shop", "secret": "shop-secret", "login_exempt": True}],
        "users": [{"name": "admin"}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
        "hosts": [{"id": 1, "ip": "10.0.0.1", "scope": "2"}],
        "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
        "plans": [{"id": 1, "scope": "2", "name": "plan", "variables": variables, "steps": [step]}],
        "executor": "scripted",
    }


def script(api_url: str, **more: object) -> dict[str, object]:
    return {"blueking.job.bk_fast_script": {**CALLER, **SCRIPT, "api_url": api_url, **more}}


def wait(api_url: str, **more: object) -> dict[str, object]:
    return {"blueking.job.bk_job_wait": {**CALLER, **TASKS["bk_job_wait"], "api_url": api_url, **more}}


def survey(api_url: str) -> list[dict[str, Any]]:
    """Return tasks with the variables C(lists) and C(texts): lists of a script, and JSON texts of a plan.

    They only show what they would send. The last one has its texts without the filter C(string).
    """
    lists = {option: f"{{{{ item[1] if item[0] == '{option}' else omit }}}}" for option in LISTS}
    target = {"account_alias": "root", "script_content": "uptime", "target_server": lists}
    kept, as_they_are = (
        [{"name": f"v{number}", "value": f"{{{{ texts[{number}]{more} }}}}"} for number in range(len(JSON_TEXTS))]
        for more in (" | string", "")
    )
    return [
        {
            "blueking.job.bk_fast_script": {**CALLER, "api_url": api_url, **target},
            "loop": "{{ lists }}",
            "check_mode": True,
        },
        *[
            {
                "blueking.job.bk_job_plan": {**CALLER, "api_url": api_url, "job_plan_id": 1, "global_var_list": values},
                "check_mode": True,
            }
            for values in (kept, as_they_are)
        ],
    ]


@dataclass
class Played:
    """Results of all tasks of one execution mode that need no proxy, and those of the survey."""

    results: list[Result]
    lists: list[tuple[str, Any]]
    # The requests at each wrong address.
    requests: list[list[str]]
    # A proxy that asks for a password, if there is one.
    asking: str = ""

    @property
    def survey(self) -> list[Result]:
        """Return the results of the tasks that C(survey) makes."""
        return self.results[-3:]


@pytest.fixture(scope="module")
def in_process(job_url: str, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Each task at each wrong address, and the survey with each form."""
    lists = [(option, form) for option, forms in LISTS.items() for form in forms]
    with ExitStack() as stack:
        servers = [stack.enter_context(responding(*response)) for response, _kind, _hint in ADDRESSES]
        tasks = [
            {f"blueking.job.{name}": {**CALLER, "api_url": url, **options}}
            for url, _seen in servers
            for name, options in TASKS.items()
        ]
        folder = tmp_path_factory.mktemp("in_process")
        results = run_tasks(folder, [*tasks, *survey(job_url)], extra_vars={"lists": lists, "texts": JSON_TEXTS})
    return Played(results, lists, [seen for _url, seen in servers])


@pytest.fixture(scope="module")
def modules(dead: str, job_url: str, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A wrong address, proxies of process and task, no environment, and the survey with JSON text and a list."""
    folder = tmp_path_factory.mktemp("modules")
    # As with become or on another host, the module does not get the environment variables of ansible-playbook.
    interpreter = folder / "python"
    interpreter.write_text(f'#!/bin/sh\nexec env -i "{sys.executable}" "$@"\n', encoding="utf-8")
    interpreter.chmod(0o700)
    lists = [(option, LISTS[option][-1]) for option in ("ip_list", "host_id_list")]
    with responding(*ADDRESSES[0][0]) as (url, requests), responding(407) as (asking, _requests):
        tasks = [
            {**script(url), "environment": DIRECT},
            script(ELSEWHERE, **AT_ONCE),
            {**script("https://job.example.com", **AT_ONCE), "environment": {"HTTPS_PROXY": dead}},
            {**script(ELSEWHERE), "environment": {"http_proxy": asking}},
            {**script(ELSEWHERE, bk_app_secret="{{ omit }}"), "vars": {"ansible_python_interpreter": str(interpreter)}},
            *({**task, "environment": DIRECT} for task in survey(job_url)),
        ]
        results = run_tasks(
            folder,
            tasks,
            in_process=False,
            environment={"http_proxy": dead, "no_proxy": EXCLUDED, "BK_APP_SECRET": "shop-secret"},
            extra_vars={"lists": lists, "texts": JSON_TEXTS},
        )
    return Played(results, lists, [requests], asking)


def is_wrong_address(result: Result, kind: str, hint: str) -> None:
    assert (result["changed"], result["error"]["kind"]) == (False, kind), result
    assert result.get("launch_outcome") in (None, "rejected", "not_sent")
    assert hint in result["error"]["hint"]


def asks_for_a_password(result: Result, url: str, source: str) -> None:
    assert (result["changed"], result["error"]["kind"]) == (False, "not_sent"), result
    assert f"the proxy {url} (from {source})" in result["msg"]
    assert "407" in result["error"]["message"]
    assert "asks for a user and a password" in result["error"]["hint"]


def is_not_there(result: Result, url: str, source: str) -> None:
    assert result["changed"] is False
    hint = result["error"]["hint"]
    assert f"Check the proxy {url}, which comes from {source}." in hint
    assert ("no_proxy does not exclude this server" in hint) == (source != "the option proxy")


def is_launch_not_sent(result: Result, dead: str, source: str) -> None:
    is_not_there(result, dead, source)
    assert result["launch_outcome"] == "not_sent"
    assert f"cannot be reached through the proxy {dead} (from {source})" in result["msg"]


def test_a_wrong_address_is_noticed_with_the_first_response(in_process: Played) -> None:
    expected = [(kind, hint) for _response, kind, hint in ADDRESSES for _name in TASKS]
    for result, (kind, hint) in zip(in_process.results, expected, strict=False):
        is_wrong_address(result, kind, hint)
    # One request each: nothing was repeated, no history was searched, and a plan that cannot be read was not launched.
    assert [len(seen) for seen in in_process.requests] == [len(TASKS)] * len(ADDRESSES)


def test_a_proxy_that_asks_or_is_not_there_is_named(dead: str, tmp_path: Path) -> None:
    of_http, of_https = "the environment variable http_proxy", "the environment variable https_proxy"
    of_option = "the option proxy"
    not_there = [
        (script(ELSEWHERE, **AT_ONCE), of_http),
        (script("http://127.0.0.1:9", **AT_ONCE), of_http),
        (script(ELSEWHERE, proxy=dead, **AT_ONCE), of_option),
        (wait(ELSEWHERE, wait_timeout=0.1), of_http),
    ]
    with responding(407) as (url, seen):
        asking = [
            (script("https://job.example.com"), of_https),
            (script("http://option.example.com", proxy=url), of_option),
            (wait("https://job.example.com"), of_https),
            (wait("http://option.example.com", proxy=url), of_option),
        ]
        environment = {"http_proxy": dead, "https_proxy": url, "no_proxy": EXCLUDED}
        results = run_tasks(tmp_path, [task for task, _source in [*not_there, *asking]], environment=environment)
    for result, (_task, source) in zip(results[:3], not_there, strict=False):
        is_launch_not_sent(result, dead, source)
    is_not_there(results[3], dead, of_http)
    for result, (_task, source) in zip(results[4:], asking, strict=True):
        asks_for_a_password(result, url, source)
    assert [result["launch_outcome"] for result in results[4:]] == ["not_sent", "not_sent", None, None]
    assert len(seen) == len(asking)


def test_a_module_names_address_and_proxy(modules: Played, dead: str) -> None:
    address, of_process, of_task, password, not_found = modules.results[:5]
    is_wrong_address(address, *ADDRESSES[0][1:])
    assert len(modules.requests[0]) == 1
    is_launch_not_sent(of_process, dead, "the environment variable http_proxy")
    is_launch_not_sent(of_task, dead, "the environment variable HTTPS_PROXY")
    asks_for_a_password(password, modules.asking, "the environment variable http_proxy")
    required = "bk_app_secret: is required (or the environment variable BK_APP_SECRET where the task runs)"
    assert required in not_found["msg"]
    assert not_found["error"]["hint"].startswith("BK_APP_SECRET is set for ansible-playbook, but not where the task")


@pytest.mark.parametrize("mode", ["in_process", "modules"])
def test_answers_of_surveys_are_lists_and_json_text_stays_text(mode: str, request: pytest.FixtureRequest) -> None:
    """As extra variables of AWX."""
    played: Played = request.getfixturevalue(mode)
    listed, kept, as_they_are = played.survey
    for (option, form), result in zip(played.lists, listed["results"], strict=True):
        assert result.get("request"), (option, form, result["msg"])
        assert result["request"]["body"]["target_server"] == {option: SENT[option]}
    assert [each["value"] for each in kept["request"]["body"]["global_var_list"]] == JSON_TEXTS
    if as_they_are.get("request"):
        assert [each["value"] for each in as_they_are["request"]["body"]["global_var_list"]] == JSON_TEXTS
    else:
        # Before ansible-core 2.19 the template results in data, not in text: shell arrays, one of which is impossible.
        assert "to send JSON text, end the template with | string" in as_they_are["msg"]
