# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in every form."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models import (
    Connection,
    Credentials,
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


def test_what_is_registered() -> None:
    connection = Connection(
        "https://a.example",
        credentials=Credentials("code", "app-secret", "token-1", "ticket-1", "access-1", "name"),
        proxy="http://me:proxy-word@proxy:1",
    )
    secrets = Secrets()
    variables = (GlobalVariable(None, "p", "hidden-1", None, True), GlobalVariable(None, "v", "shown-1"))
    register(secrets, connection, PlanLaunch(SCOPE, 1, variables))
    assert {"app-secret", "token-1", "ticket-1", "access-1", "proxy-word", "hidden-1"} <= secrets.forms()
    assert not {"code", "name", "shown-1"} & secrets.forms()


def script(param: str, sensitive: bool | None) -> ScriptLaunch:
    encoded = base64.b64encode(param.encode()).decode()
    return ScriptLaunch(scope=SCOPE, target=TargetServer((1,)), script_param=encoded, is_param_sensitive=sensitive)


def test_a_parameter_is_secret_only_if_said_so() -> None:
    for sensitive, expected in ((True, True), (False, False), (None, False)):
        secrets = Secrets()
        register(secrets, Connection("https://a.example"), script("the-argument", sensitive))
        assert ("the-argument" in secrets.forms()) is expected


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
