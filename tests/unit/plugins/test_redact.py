# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in every form."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from ansible_collections.blueking.job.plugins.module_utils.fields import Fields, Findings
from ansible_collections.blueking.job.plugins.module_utils.models import (
    GlobalVariable,
    PlanLaunch,
    Scope,
    ScriptLaunch,
    TargetServer,
)
from ansible_collections.blueking.job.plugins.module_utils.redact import MASK, Secrets, forms_of, masked, register
from hypothesis import given
from hypothesis import strategies as st

SCOPE = Scope("biz", "2")


def hide(text: str, forms: set[str]) -> str:
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "*")
    return text


@given(st.binary(max_size=7), st.text(st.characters(codec="utf-8"), min_size=6, max_size=20), st.binary(max_size=7))
def test_a_secret_in_the_middle_of_an_encoded_text_is_found(before: bytes, secret: str, after: bytes) -> None:
    text = base64.b64encode(before + secret.encode() + after).decode()
    assert hide(text, forms_of(secret)) != text


@pytest.mark.parametrize("secret", ["pa ss/wo+rd", 'quo"ted\\', "übung", "abc", "a b&c=d"])
def test_forms(secret: str) -> None:
    forms = forms_of(secret)
    assert {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]} <= forms
    assert base64.b64encode(secret.encode()).decode() in forms


def test_short_secrets_have_no_infix_that_is_found_by_accident() -> None:
    assert all(len(form) >= 3 for form in forms_of("abc"))
    assert len(forms_of("abc")) == 2


def test_blank_text_is_no_secret() -> None:
    secrets = Secrets()
    for nothing in (None, "", "  "):
        secrets.add(nothing)
    assert secrets.forms() == set()


def registered(given: dict[str, object], what: PlanLaunch | ScriptLaunch) -> set[str]:
    secrets = Secrets()
    register(secrets, Fields(given, Findings()), what)
    return secrets.forms()


def test_what_is_registered() -> None:
    given: dict[str, object] = {
        "bk_app_code": "code",
        "bk_app_secret": "app-secret",
        "bk_token": "token-1",
        "bk_ticket": "ticket-1",
        "bk_access_token": "access-1",
        "bk_username": "name",
        "proxy": "http://me:proxy-word@proxy:1",
        "api_url": "https://me:url-word@a.example",
        "callback_url": "https://[broken",
    }
    variables = (GlobalVariable(None, "p", "hidden-1", None, True), GlobalVariable(None, "v", "shown-1"))
    forms = registered(given, PlanLaunch(SCOPE, 1, variables))
    assert {"app-secret", "token-1", "ticket-1", "access-1", "proxy-word", "url-word", "hidden-1"} <= forms
    assert not {"code", "name", "shown-1", "me"} & forms


def script(param: str, sensitive: bool | None) -> ScriptLaunch:
    encoded = base64.b64encode(param.encode()).decode()
    return ScriptLaunch(scope=SCOPE, target=TargetServer((1,)), script_param=encoded, is_param_sensitive=sensitive)


@pytest.mark.parametrize(("sensitive", "hidden"), [(True, True), (False, False), (None, False), ("maybe", True)])
def test_a_parameter_is_secret_only_if_said_so(sensitive: object, hidden: bool) -> None:
    launch = ScriptLaunch(scope=SCOPE, target=TargetServer())
    given = {"script_param": "the-argument", "is_param_sensitive": sensitive}
    assert ("the-argument" in registered(given, launch)) is hidden
    ready = {"script_param": "dGhlLWFyZ3VtZW50", "is_param_sensitive": sensitive, "base64_encoded": True}
    assert ("the-argument" in registered(ready, launch)) is hidden


def test_the_words_of_a_secret_parameter_are_secrets_too() -> None:
    launch = ScriptLaunch(scope=SCOPE, target=TargetServer())
    given = {"script_param": "-u me --password=planted-word 'another one' \"", "is_param_sensitive": True}
    forms = registered(given, launch)
    assert {"planted-word", "--password=planted-word"} <= forms
    assert not {"-u", "me"} & forms
    given["script_param"] = "-u me 'another one'"
    assert "another one" in registered(given, launch)


def test_masking_replaces_values_where_they_stand() -> None:
    plan = PlanLaunch(SCOPE, 1, (GlobalVariable(1, None, "a", None, True), GlobalVariable(2, None, "a")))
    shown = masked(plan)
    assert isinstance(shown, PlanLaunch)
    assert [variable.value for variable in shown.variables or ()] == [MASK, "a"]
    assert masked(PlanLaunch(SCOPE, 1)) == PlanLaunch(SCOPE, 1)
    hidden = masked(script("x", True))
    assert isinstance(hidden, ScriptLaunch)
    assert hidden.script_param == MASK
    assert masked(script("x", None)) == script("x", None)
