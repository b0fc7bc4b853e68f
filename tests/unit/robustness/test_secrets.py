# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No planted secret comes out of a module, for all that can happen to its task and all responses.

The module runs in this process, against the JOB server; its output is searched by a detector that decodes everything.
The integration target "secrets" checks real Ansible processes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import (
    FAST_FILE,
    FAST_SCRIPT,
    JOB_PLAN,
    JOB_WAIT,
)
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO, PLAN_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_operate import JOB_OPERATE
from ansible_collections.blueking.job.plugins.module_utils.tasks import launch
from ansible_collections.blueking.job.plugins.module_utils.tasks import module as module_module
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.support.leaks import leaks
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import QuickClock, patch_module_args

# These texts occur nowhere else.
APP_SECRET = 'qzvxj-kwp "zq\\vxk" 1x0%+/<&>'
TOKEN = "wqxzjv tzökxèn 秘密口令 🔑qx"
TICKET = "vqzkxw-" + "x7q" * 40
ACCESS_TOKEN = "zqwx.vkj_xqz-AbZdQf/+12=="
CIPHER = "jxqzkv-0x8q1z5w\n"
WORD = "xwqz kvjq \\zwq"
PARAM = f"--user me --key=\"kqxj'-vzwxq\" '{WORD}'"
PASSWORD = "qjzx wkq:vzörx"
SECRETS = [APP_SECRET, TOKEN, TICKET, ACCESS_TOKEN, CIPHER, PARAM, PASSWORD, WORD]

INVENTORY: dict[str, Any] = {
    "apps": [{"code": "app", "secret": APP_SECRET, "login_exempt": True}],
    "users": [{"name": "admin", "tokens": [TOKEN], "tickets": [TICKET], "access_tokens": [ACCESS_TOKEN]}],
    "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
    "hosts": [{"id": 101, "ip": "10.0.0.1", "name": "web-1", "scope": "2"}],
    "accounts": [{"id": 1, "alias": "root", "scope": "2"}],
    "plans": [
        {
            "id": 1001,
            "name": "deploy",
            "scope": "2",
            "variables": [{"id": 1, "name": "password", "type": "cipher"}, {"id": 2, "name": "word", "type": "string"}],
            "steps": [
                {
                    "name": "show",
                    "account": "root",
                    "target": {"host_id_list": [101]},
                    "content": 'printf "%s|" "$password"; printf "user:%s" "$password" | base64',
                }
            ],
        }
    ],
}
APIS = [("esb", "v2", ""), ("esb", "v3", ""), ("apigw", "v3", "/api/bk-job/prod")]
COMPANIONS = {
    "bk_job_wait": (job_wait, JOB_WAIT),
    "bk_job_operate": (job_operate, JOB_OPERATE),
    "bk_job_instance_info": (instance_info, INSTANCE_INFO),
    "bk_job_plan_info": (plan_info, PLAN_INFO),
}
LAUNCHES = ("execute_job", "execute_job_plan", "fast_execute_script", "push_config_file")
FORMS = ("text", "json", "base64", "url")
PLACES = ("message", "job_request_id", "permission", "page")


@pytest.fixture
def server() -> Iterator[JobServer]:
    """A server of this test: a launch of the same second by another test might be taken for one without a response."""
    with JobServer(INVENTORY) as server:
        yield server


class Said:
    """What a module has printed."""

    def __init__(self, printed: str) -> None:
        self.text = printed
        self.result: dict[str, Any] = json.loads(printed[printed.index("{") :])

    def __getitem__(self, key: str) -> Any:
        return self.result[key]


class Modules:
    """Both modules, each with all the secrets that it can have."""

    def __init__(self, server: JobServer, capsys: pytest.CaptureFixture[str]) -> None:
        self._server, self._capsys = server, capsys

    def script(self, api_case: tuple[str, str, str] = APIS[1], **more: object) -> Said:
        own = {
            "script_content": 'echo "got $*"; printf "%s" "$*" | base64; printf "%s\\n" "$@"',
            "script_param": PARAM,
            "is_param_sensitive": True,
            "account_alias": "root",
            "ip_list": "10.0.0.1",
            "task_name": f"named {WORD}",
        }
        return self._run(launch.fast_script, FAST_SCRIPT, {**self._connection(api_case), **own, **more})

    def plan(self, api_case: tuple[str, str, str] = APIS[1], **more: object) -> Said:
        own = {
            "job_plan_id": 1001,
            "global_var_list": [{"name": "password", "secret_value": CIPHER}, {"name": "word", "value": "harmless"}],
        }
        return self._run(launch.job_plan, JOB_PLAN, {**self._connection(api_case), **own, **more})

    def contents(self, api_case: tuple[str, str, str] = APIS[1], **more: object) -> Said:
        own = {
            "content_list": [{"file_name": "app.conf", "content": f"key = value\nsecret = {APP_SECRET}\n"}],
            "file_target_path": "/etc/app",
            "account_alias": "root",
            "ip_list": "10.0.0.1",
        }
        return self._run(launch.fast_file, FAST_FILE, {**self._connection(api_case), **own, **more})

    def companion(self, name: str, api_case: tuple[str, str, str], **own: object) -> Said:
        """A module that launches nothing, and its options beside those of the connection."""
        task, spec = COMPANIONS[name]
        given = {key: each for key, each in self._connection(api_case).items() if key in spec or key.startswith("_")}
        return self._run(task, spec, {**given, **own})

    def _connection(self, api_case: tuple[str, str, str]) -> dict[str, object]:
        gateway, version, path = api_case
        identity = {"bk_token": TOKEN, "bk_ticket": TICKET} if gateway == "esb" else {"bk_access_token": ACCESS_TOKEN}
        return {
            "api_url": self._server.url + path,
            "gateway": gateway,
            "api_version": version,
            "bk_app_code": "app",
            "bk_app_secret": APP_SECRET,
            **identity,
            "bk_scope_id": "2",
            "poll_interval": 0.02,
            "logs": "all",
            "wait_timeout": 1_000_000,
            "_ansible_diff": True,
            "_ansible_verbosity": 4,
        }

    def _run(self, task: Task, spec: Any, given: dict[str, object]) -> Said:
        with patch_module_args(given), pytest.raises(SystemExit):
            run(task, spec)
        printed = self._capsys.readouterr()
        assert leaks(printed.out + printed.err, SECRETS) == []
        return Said(printed.out)


@pytest.fixture
def modules(server: JobServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Modules:
    monkeypatch.setattr(module_module, "InterruptibleClock", lambda _interrupts: QuickClock())
    return Modules(server, capsys)


@pytest.mark.parametrize("api_case", APIS, ids="-".join)
def test_success(modules: Modules, api_case: tuple[str, str, str]) -> None:
    """The log prints its argument in several ways, the name of the job contains a part of it."""
    result = modules.script(api_case)
    assert (result["status"], result["changed"]) == ("success", True)
    assert result["hosts"][0]["log"].startswith("got ******** me ******** ********\n********")
    assert result["job_instance_name"] == "named ********"
    assert result["request"]["body"]["account_alias" if api_case[1] == "v3" else "account"] == "root"
    result = modules.plan(api_case)
    assert result["status"] == "success"
    assert result["hosts"][0]["log"].startswith("********\n|")
    assert "harmless" in result.text
    result = modules.contents(api_case)
    assert result["status"] == "success"
    assert "      key = value\n      secret = ********\n" in result["diff"]["after"]


# Each form in each place, and both with each API.
@pytest.mark.parametrize(
    ("form", "place", "api_case"),
    [
        (form, place, APIS[(row + column) % len(APIS)])
        for row, form in enumerate(FORMS)
        for column, place in enumerate(PLACES)
    ],
)
def test_a_server_that_repeats_a_launch(
    server: JobServer, modules: Modules, form: str, place: str, api_case: tuple[str, str, str]
) -> None:
    for call in LAUNCHES:
        server.faults.add(do="echo", form=form, place=place, call=call, code=1244026, next=1000)
    for result in (modules.script(api_case), modules.plan(api_case), modules.contents(api_case)):
        assert result["launch_outcome"] == ("unknown" if place == "page" else "rejected")
        shown = json.dumps(result["error"][{"job_request_id": "request_id", "page": "message"}.get(place, place)])
        # Of a page no more is shown than its beginning.
        assert "********" in shown or place == "page"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("api_case", APIS, ids="-".join)
def test_a_server_that_repeats_everything_and_leaves_it_open_what_it_did(
    server: JobServer, modules: Modules, api_case: tuple[str, str, str], form: str
) -> None:
    """Launches are then searched for, which gives more responses of the kind."""
    server.faults.add(do="echo", form=form, code=1240002, next=1000)
    result = modules.script(api_case)
    assert result["launch_outcome"] == "unknown"
    assert "********" in result["error"]["message"]
    result = modules.plan(api_case)
    assert "********" in result["error"]["message"]


@pytest.mark.parametrize("api_case", APIS, ids="-".join)
def test_files_and_what_programs_print_in_wide_characters(
    modules: Modules, api_case: tuple[str, str, str], tmp_path: Path
) -> None:
    """A file of logs lies about longer than a result. UTF-16, as on Windows, puts NUL characters into a secret."""
    wide = "printf %s \"$word\" | sed 's/./&\\n/g' | tr '\\n' '\\000'"
    content = f'for word; do echo "$word"; {wide}; echo; done'
    result = modules.script(api_case, log_dir=str(tmp_path / "logs"), script_content=content)
    (path,) = (tmp_path / "logs").iterdir()
    assert path.read_text(encoding="utf-8").count("********") >= 4
    for text in (path.read_text(encoding="utf-8"), result["hosts"][0]["log"]):
        assert leaks(text.replace("\0", ""), [WORD, "kqxj'-vzwxq"]) == []


@pytest.mark.parametrize("api_case", APIS, ids="-".join)
def test_companions_of_a_server_that_repeats_everything(
    server: JobServer, modules: Modules, api_case: tuple[str, str, str]
) -> None:
    content = f"printf %s '{APP_SECRET}'"
    started = modules.script(api_case, task_name=f"named {APP_SECRET}", script_content=content)
    instance = {"job_instance_id": started["job_instance_id"]}
    for options in ({}, {"wait_timeout": 0.2}):
        if options:
            server.faults.add(do="echo", form="base64", code=1244026, next=1000)
        for name, own in (
            ("bk_job_wait", instance),
            ("bk_job_operate", {**instance, "operation": "terminate"}),
            ("bk_job_instance_info", {**instance, "hosts": "all"}),
            ("bk_job_plan_info", {"job_plan_id": 1001}),
        ):
            result = modules.companion(name, api_case, **own, **(options if name == "bk_job_wait" else {}))
            assert result.result.get("failed", False) is bool(options), name
            # Nothing in the plan itself is secret.
            assert "********" in result.text or (name == "bk_job_plan_info" and not options)


@pytest.mark.parametrize("api_case", APIS, ids="-".join)
def test_warnings_about_what_could_not_be_read(
    server: JobServer, modules: Modules, api_case: tuple[str, str, str]
) -> None:
    """Ansible masks nothing in warnings."""
    for call in ("get_job_instance_log", "batch_get_job_instance_ip_log", "get_job_instance_ip_log"):
        server.faults.add(do="echo", call=call, code=1244006, next=1000)
    result = modules.script(api_case)
    assert (result["launch_outcome"], result["logs_complete"]) == ("started", False)
    assert "********" in json.dumps(result["warnings"])


def test_a_server_that_is_not_there(modules: Modules) -> None:
    result = modules.script(api_url="http://127.0.0.1:9")
    assert (result["launch_outcome"], result["error"]["kind"]) == ("not_sent", "not_sent")


def test_a_server_that_is_silent(server: JobServer, modules: Modules) -> None:
    server.faults.add(do="delay", seconds=60, acts=False, next=1000)
    result = modules.script(read_timeout=0.1)
    assert result["launch_outcome"] == "unknown"


def test_no_tls_where_it_is_expected(server: JobServer, modules: Modules) -> None:
    result = modules.script(api_url=server.url.replace("http:", "https:"))
    assert result["launch_outcome"] == "not_sent"


def test_a_proxy_with_a_password(modules: Modules) -> None:
    for password in (quote(PASSWORD, safe=""), PASSWORD.replace(" ", "%20")):
        result = modules.script(proxy=f"http://me:{password}@127.0.0.1:9")
        assert result["launch_outcome"] == "not_sent"
        assert result["invocation"]["module_args"]["proxy"] == "http://me:********@127.0.0.1:9"


@pytest.mark.parametrize("name", ["api_url", "web_url", "callback_url", "proxy"])
def test_passwords_in_addresses(modules: Modules, name: str) -> None:
    for begin in ("https://me:", "https://[me:", "me:", "[me:"):
        result = modules.script(**{name: f"{begin}{quote(PASSWORD, safe=':')}@a.example"})
        assert result["error"]["kind"] in ("validation", "not_sent")


def test_check_mode(server: JobServer, modules: Modules) -> None:
    for api_case in APIS:
        before = len(server.journal)
        for result in (
            modules.script(api_case, _ansible_check_mode=True),
            modules.plan(api_case, _ansible_check_mode=True),
        ):
            assert result["launch_outcome"] == "check_mode"
            assert result["request"]["body"]
            assert "diff" in result.result
        assert not any(entry["call"].startswith(("execute", "fast")) for entry in server.journal[before:])


def test_contents_of_files_are_no_part_of_the_invocation(modules: Modules) -> None:
    """A file often contains secrets that no option contains, and automation keeps each invocation."""
    result = modules.contents(
        _ansible_diff=False, content_list=[{"file_name": "a", "content_base64": "dW5rbm93bi1rZXk="}]
    )
    assert "dW5rbm93bi1rZXk" not in result.text
    assert "unknown-key" not in result.text
    (shown,) = result["invocation"]["module_args"]["content_list"]
    assert (shown["file_name"], shown["content_base64"]) == ("a", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")


def test_wrong_tasks(modules: Modules) -> None:
    result = modules.script(timeout="soon", wait_timeout=TICKET, script_type=APP_SECRET, bk_scope_id=TOKEN)
    assert result["error"]["kind"] == "validation"
    assert len(result["msg"].splitlines()) == 5
    result = modules.plan(global_var_list=[7, {"name": "a", "secret_value": CIPHER}])
    assert "global_var_list[0]: must be a dictionary, not 7" in result["msg"]
    result = modules.plan(global_var_list=json.dumps([{"name": "a", "secret_value": CIPHER}, {"name": CIPHER}]))
    assert "global_var_list[1].value: is required" in result["msg"]
    result = modules.plan(bk_token=[TOKEN], bk_ticket={"a": TICKET}, bk_app_secret=True)
    assert "bk_token: must be text, not a list" in result["msg"]


@pytest.mark.parametrize("place", ["launch.read_connection", "launch.schema_for", "launch.mask_secrets"])
def test_a_bug(modules: Modules, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError(f"broke over {PARAM!r}, {APP_SECRET}")

    monkeypatch.setattr(f"{launch.__package__}.{place}", broken)
    result = modules.script()
    assert result["failed"] is True
    assert result["msg"].startswith("Unexpected RuntimeError: broke over ")
    assert "please report it" in result["error"]["hint"]


@pytest.mark.parametrize("secret", ["1", "0", "true", "success", "started", "10", "2000", "root", "a", "e", "VALUE"])
def test_secrets_that_are_ordinary_words_leave_the_result_usable(modules: Modules, secret: str) -> None:
    result = modules.plan(global_var_list=[{"name": "password", "secret_value": secret}])
    assert (result["changed"], result["status"], result["status_code"]) == (True, "success", 3)
    assert result["finished"] is True
    assert result["launch_outcome"] == "started"
    assert isinstance(result["job_instance_id"], int)
    assert result["counts"] == {"total": 1, "success": 1, "failed": 0, "unfinished": 0}
    assert result["hosts"][0]["ip"] == "10.0.0.1"
    assert isinstance(result["total_time"], float)
    assert result["start_time"].startswith("20")
    variable = result["invocation"]["module_args"]["global_var_list"][0]
    assert variable["secret_value"].startswith(("VALUE_SPECIFIED_IN_NO_LOG", "********_SPECIFIED"))


def test_a_short_cipher_that_was_given_as_a_plain_value(modules: Modules) -> None:
    """Only the plan marks it as one, after Ansible has registered all secrets."""
    result = modules.plan(global_var_list=[{"name": "password", "value": "q7"}], _ansible_check_mode=True)
    for place in (result["invocation"]["module_args"], result["request"]["body"]):
        assert place["global_var_list"][0]["value"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
