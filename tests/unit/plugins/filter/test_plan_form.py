# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The survey of a plan: one question for each variable, with the type, default and hints that it needs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.blueking.job.plugins.filter.plan_form import plan_form

SERVER = {"ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}]}


def variable(kind: str, **more: Any) -> dict[str, Any]:
    usual = {"id": 7, "name": "it", "description": None, "required": False, "server": None, "value": None}
    return {**usual, "type": kind, **more}


def plan(*variables: dict[str, Any]) -> dict[str, Any]:
    return {"job_plan_id": 1001, "name": "deploy", "variables": list(variables)}


def question(kind: str, hosts: tuple[object, ...] = (), **more: Any) -> dict[str, Any]:
    (found,) = plan_form(plan(variable(kind, **more)), hosts)["survey_spec"]["spec"]
    return {name: value for name, value in found.items() if name not in ("question_name", "variable")}


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("string", {"value": "1.0.0", "required": True}, {"type": "text", "required": False, "default": "1.0.0"}),
        ("string", {"value": None, "required": True}, {"type": "text", "required": True, "default": ""}),
        ("namespace", {"value": "2.10"}, {"type": "text", "required": False, "default": "'2.10'"}),
        ("string", {"value": "a\nb"}, {"type": "textarea", "required": False, "default": "a\nb"}),
        ("indexed_array", {"value": "(a b)"}, {"type": "textarea", "required": False, "default": "(a b)"}),
        ("cipher", {"value": "******", "required": True}, {"type": "password", "required": False, "default": ""}),
        ("cipher", {"value": "", "required": True}, {"type": "password", "required": True, "default": ""}),
        ("host", {"required": True}, {"type": "textarea", "required": True, "default": ""}),
        ("host", {"server": SERVER, "required": True}, {"type": "textarea", "required": False, "default": ""}),
        ("account", {"value": "1000"}, {"type": "text", "required": False, "default": "'1000'"}),
    ],
)
def test_questions_fit_the_variable(kind: str, given: dict[str, Any], expected: dict[str, Any]) -> None:
    found = question(kind, **given)
    del found["question_description"]
    assert found == expected


@pytest.mark.parametrize("value", ["007", "1.5", "true", "no", "2026-01-31", "null", "0x1f", ".5"])
def test_a_default_that_ansible_would_not_read_as_text_is_in_quotes(value: str) -> None:
    assert question("string", value=value)["default"] == f"'{value}'"


def test_hosts_can_be_chosen() -> None:
    assert question("host", hosts=("10.0.0.1", 102), server=SERVER) == {
        **{"type": "multiselect", "choices": ["10.0.0.1", "102"], "required": False, "default": ""},
        "question_description": "Blank: the plan's own hosts.",
    }


def test_the_author_of_the_plan_is_quoted() -> None:
    text = question("cipher", description="The login.", value="******")["question_description"]
    assert text == "The login. Put a lone number, date or true in quotes, such as '2.10'. Blank: the plan's own value."


def test_the_playbook_gets_the_types_of_the_answers() -> None:
    kinds = ("string", "cipher", "host")
    variables = [variable(kind, id=number, name=f"my-{kind}") for number, kind in enumerate(kinds)]
    assert plan_form(plan(*variables))["extra_vars"] == {
        "plan_id": 1001,
        "plan_form": [
            {"question": "plan_variable_0", "name": "my-string", "kind": "text"},
            {"question": "plan_variable_1", "name": "my-cipher", "kind": "secret"},
            {"question": "plan_variable_2", "name": "my-host", "kind": "hosts"},
        ],
    }


@pytest.mark.parametrize("value", [None, [], {"name": "x"}, {"job_plan_id": 1, "variables": None}])
def test_anything_else_is_an_error(value: object) -> None:
    with pytest.raises(AnsibleFilterError, match="needs a plan"):
        plan_form(value)
