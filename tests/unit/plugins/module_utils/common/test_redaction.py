# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets, and where they are masked."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import (
    MASK,
    REDACTED,
    Secrets,
    register_password,
)
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    GlobalVariable,
    PlanLaunch,
    ScriptLaunch,
    TargetServer,
)
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.tasks.request_preview import mask_secrets
from ansible_collections.blueking.job.tests.unit.helpers.fakes import read_options

SCOPE = Scope("biz", "2")


def knowing(*texts: object) -> Secrets:
    secrets = Secrets()
    for text in texts:
        secrets.add(text)
    return secrets


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("nothing", [None, "", "  ", "\n", True, False, "******"])
def test_what_is_not_a_secret(nothing: object) -> None:
    text = f"{nothing} True False None ****** 1 0"
    assert knowing(nothing).redact(text) == text


def test_structures_are_searched_and_only_text_is_changed() -> None:
    secrets = knowing("planted-1", 4711)
    given = {"planted-1": "a planted-1 b", "list": ["4711", 4711, 47.11, None, True, ("x planted-1",)]}
    assert secrets.redact(given) == {
        "planted-1": f"a {REDACTED} b",
        "list": [REDACTED, 4711, 47.11, None, True, [f"x {REDACTED}"]],
    }


@pytest.mark.parametrize(
    ("secret", "texts", "shown"),
    [
        ("planted-1", ["plan", "ted-1", "a planted-1"], ["plan", "ted-1", f"a {REDACTED}"]),
        ("planted-1", ["planted-", "1", "\\", "planted-1"], ["planted-", "1", "\\", REDACTED]),
        # An encoder breaks lines anywhere. In one text a backslash before an n would be such a break.
        ("next-secret", ["\\", "n ext-secret", "next-secret"], ["\\", "n ext-secret", REDACTED]),
        ("7.5.3n9x7q", ["\\", " ".join(encoded("7.5.3n9x7q").rstrip("="))], ["\\", REDACTED]),
        ("xyz", ["token=xyz", "xyz", "a=", "xyz", '"xyz"'], [f"token={REDACTED}", "xyz", "a=", "xyz", f'"{REDACTED}"']),
        ("planted-1", ["ü\u2028planted-1", "\0", "planted\0-1"], [f"ü\u2028{REDACTED}", "\0", "planted\0-1"]),
    ],
)
def test_texts_searched_together_stay_apart(secret: str, texts: list[str], shown: list[str]) -> None:
    secrets = knowing(secret, "another-secret")
    assert secrets.redact(texts) == shown
    assert [secrets.redact(text) for text in texts] == shown


def test_texts_of_our_own_stay() -> None:
    secrets = knowing("success", "2026")
    given = {"status": "success", "log": "success", "start_time": "2026-01-31", "steps": [{"status": "success"}]}
    shown = secrets.redact(given, frozenset({"status", "start_time"}))
    assert shown == {**given, "log": REDACTED}
    assert secrets.redact({"status": ["success"]}, frozenset({"status"})) == {"status": [REDACTED]}


def test_a_longer_secret_is_masked_before_its_part() -> None:
    assert knowing("planted", "planted-marker").redact("planted-marker planted") == f"{REDACTED} {REDACTED}"


def test_every_line_of_a_secret_is_one() -> None:
    secrets = knowing("-----BEGIN-----\nc2VjcmV0IGtleQ==\nend\n")
    assert secrets.redact("  c2VjcmV0IGtleQ==\n  end\n") == f"  {REDACTED}\n  end\n"


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("xxx", '{"bk_token": "xxx", "a": 1}', f'{{"bk_token": "{REDACTED}", "a": 1}}'),
        ("xxx", "password=xxx&a=1 xxx", f"password={REDACTED}&a=1 xxx"),
        ("xxx", "argument: xxx\n", f"argument: {REDACTED}\n"),
        ("xxx", "it's 'xxx'", f"it's '{REDACTED}'"),
        ("xxx", "xxxx axxx xxx-1", "xxxx axxx xxx-1"),
        ("1", "10.0.0.1 ended 1 of 1 with 1: 12:11:01.1", "10.0.0.1 ended 1 of 1 with 1: 12:11:01.1"),
        ("no", "cannot: nobody knows", "cannot: nobody knows"),
        ("ab", encoded("ab") + " " + encoded("token=ab"), encoded("ab") + " " + encoded("token=ab")),
    ],
)
def test_a_short_secret_is_masked_only_as_a_value(secret: str, text: str, shown: str) -> None:
    assert knowing(secret).redact(text) == shown


def test_what_is_too_short_for_a_middle_is_found_encoded_alone() -> None:
    secrets = knowing("ab/d")
    assert secrets.redact(f"{encoded('ab/d')} x{encoded('ab/d')}") == f"{REDACTED} x{encoded('ab/d')}"
    assert secrets.redact("ab%2Fd") == REDACTED


def registered(given: dict[str, object]) -> Secrets:
    context = TaskContext()
    read_options({**FAST_SCRIPT, **JOB_PLAN}, given, context)
    return context.secrets


def test_what_is_registered() -> None:
    secrets = registered(
        {
            "bk_app_code": "code",
            "bk_app_secret": "app-secret",
            "bk_token": 123456,
            "bk_ticket": "ticket-1",
            "bk_access_token": "access-1",
            "bk_username": "name",
            "proxy": "http://me:proxy%2Dword@proxy:1",
            "api_url": "https://me:url-word@a.example",
            "web_url": "https://[broken:web-word@x",
            "callback_url": "https://ci.example/hook",
            "global_var_list": [{"name": "p", "secret_value": "hidden-1"}, {"name": "v", "value": "shown-1"}, 7],
        }
    )
    for hidden in (
        "app-secret",
        "123456",
        "ticket-1",
        "access-1",
        "proxy%2Dword",
        "proxy-word",
        "url-word",
        "hidden-1",
    ):
        assert secrets.redact(f"<{hidden}>") == f"<{REDACTED}>"
    assert "web-word" not in secrets.redact("https://[broken:web-word@x")
    for shown in ("code", "name", "shown-1", "me:", "https://ci.example/hook", "proxy:1"):
        assert secrets.redact(shown) == shown


@pytest.mark.parametrize("url", ["me:pass%20word@proxy:3128", "//me:pass%20word@proxy", "me:pass%20word@[proxy"])
def test_the_password_of_an_address_without_scheme(url: str) -> None:
    secrets = Secrets()
    register_password(secrets, url)
    assert secrets.redact("me pass%20word, pass word") == f"me {REDACTED}, {REDACTED}"


@pytest.mark.parametrize("url", [None, 7, "", "http://proxy:3128", "http://me@proxy", "proxy:3128", "me@proxy:3128"])
def test_addresses_without_password(url: object) -> None:
    secrets = Secrets()
    register_password(secrets, url)
    assert secrets.redact("http://me@proxy:3128 7 None") == "http://me@proxy:3128 7 None"


@pytest.mark.parametrize(("sensitive", "hidden"), [(True, True), (False, False), (None, False), ("maybe", True)])
def test_a_parameter_is_secret_only_if_marked(sensitive: object, hidden: bool) -> None:
    plain = {"script_param": "the-argument", "is_param_sensitive": sensitive}
    assert (registered(plain).redact("the-argument") == REDACTED) is hidden
    ready = {"script_param": encoded("the-argument"), "is_param_sensitive": sensitive, "base64_encoded": True}
    assert (registered(ready).redact("the-argument") == REDACTED) is hidden
    assert (registered(ready).redact(encoded("the-argument")) == REDACTED) is hidden


@pytest.mark.parametrize(
    "param", ["LS1rZXk9cGxhbnRlZC3Dvz8", "LS1rZXk9cGxh\nbnRlZC3Dvz8=", "LS1rZXk9cGxhbnRlZC3Dvz8===="]
)
def test_a_secret_parameter_may_be_base64_in_every_form_that_job_decodes(param: str) -> None:
    secrets = registered({"script_param": param, "is_param_sensitive": True, "base64_encoded": True})
    assert secrets.redact("it is planted-ÿ? now") == f"it is {REDACTED} now"
    urlsafe = {"script_param": "LS1rPcO_w7_Dv8O_w78_Pj4", "is_param_sensitive": True, "base64_encoded": True}
    assert registered(urlsafe).redact("it is ÿÿÿÿÿ?>> now") == f"it is {REDACTED} now"


def test_a_parameter_that_is_not_base64_as_declared_is_secret_as_written() -> None:
    secrets = registered({"script_param": "the planted-word", "is_param_sensitive": True, "base64_encoded": True})
    assert secrets.redact("the planted-word; planted-word") == f"{REDACTED}; {REDACTED}"


def test_a_secret_parameter_is_found_in_a_request_that_was_encoded() -> None:
    """In the request it is base64, so there it is encoded twice."""
    param = "-u me --key=planted-argument"
    secrets = registered({"script_param": param, "is_param_sensitive": True})
    body = f'{{"a": 1, "script_param": "{encoded(param)}", "b": 2}}'
    for request in (body, "x" + body, "xx" + body):
        shown = secrets.redact(encoded(request))
        assert len(shown) < len(encoded(request)) - len(encoded(encoded(param))) + len(REDACTED) + 6
        assert shown.count(REDACTED) == 1


def test_the_words_of_a_secret_parameter_are_secrets_too() -> None:
    given: dict[str, object] = {"is_param_sensitive": True}
    given["script_param"] = "-u me --password=planted-word 'another one' \""
    secrets = registered(given)
    assert secrets.redact("planted-word; --password=planted-word; -u me") == f"{REDACTED}; {REDACTED}; -u me"
    given["script_param"] = "-u me 'another one'"
    assert registered(given).redact("another one") == REDACTED


def script(param: str, sensitive: bool | None) -> ScriptLaunch:
    return ScriptLaunch(scope=SCOPE, target=TargetServer((1,)), script_param=param, is_param_sensitive=sensitive)


def test_masking_replaces_values_by_position() -> None:
    plan = PlanLaunch(SCOPE, 1, (GlobalVariable(1, None, "a", None, True), GlobalVariable(2, None, "a")))
    shown = mask_secrets(plan)
    assert isinstance(shown, PlanLaunch)
    assert [variable.value for variable in shown.variables or ()] == [MASK, "a"]
    assert mask_secrets(PlanLaunch(SCOPE, 1)) == PlanLaunch(SCOPE, 1)
    hidden = mask_secrets(script("x", True))
    assert isinstance(hidden, ScriptLaunch)
    assert hidden.script_param == MASK
    assert mask_secrets(script("x", None)) == script("x", None)
