# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a task against those of a plan."""

from __future__ import annotations

import base64
import re

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import REDACTED, Secrets
from ansible_collections.blueking.job.plugins.module_utils.jobs.plan_variables import check_variables, mark_ciphers
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import GlobalVariable
from ansible_collections.blueking.job.plugins.module_utils.models.plan import PlanDetail, PlanVariable
from ansible_collections.blueking.job.plugins.module_utils.options.plan import read_plan_launch
from ansible_collections.blueking.job.plugins.module_utils.options.problems import Problems
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, plan_fields

PLAN = PlanDetail(
    1001,
    "deploy-web",
    (
        PlanVariable(11, "targets", "host", required=True, has_default=True),
        PlanVariable(12, "version", "string", required=True, has_default=True),
        PlanVariable(13, "db_password", "cipher", has_default=True),
        PlanVariable(14, "place", "namespace"),
        PlanVariable(15, "words", "indexed_array"),
        PlanVariable(16, "ports", "associative_array"),
        PlanVariable(17, "later", "unknown_9"),
    ),
)
ADVICE = "; to send JSON text, end the template with | string"
NO_SUCH = "plan 1001 (deploy-web) has no variable"
KNOWN = "it has targets, version, db_password, place, words, ports, later"
NEEDY = PlanDetail(
    7,
    "needy",
    (
        PlanVariable(1, "region", "string", required=True),
        PlanVariable(2, "targets", "host", required=True),
        PlanVariable(3, "zone", "string", required=True, has_default=True),
        PlanVariable(4, "names", "indexed_array", required=True),
    ),
)
HOSTS = {"host_id_list": [1]}


def values_of(*variables: dict[str, object]) -> tuple[GlobalVariable, ...]:
    """The variables of a task without an error that can be found without the plan."""
    reader = plan_fields({"job_plan_id": 1, "global_var_list": list(variables)})
    values = read_plan_launch(reader, Scope("biz", "2")).variables
    assert reader.problems.errors == []
    assert values is not None
    return values


def errors_of(*variables: dict[str, object], plan: PlanDetail = PLAN) -> list[str]:
    problems = Problems()
    check_variables(plan, values_of(*variables), problems)
    return problems.errors


@pytest.mark.parametrize(
    "variable",
    [
        {"name": "version", "value": "1.0"},
        {"id": 12, "value": 1.5},
        {"id": 12, "name": "version", "value": "******"},
        {"name": "version", "secret_value": "hidden"},
        {"name": "targets", "server": HOSTS},
        {"name": "targets", "ip_list": "10.0.0.1"},
        {"name": "db_password", "value": "x"},
        {"name": "db_password", "secret_value": ""},
        {"name": "place", "value": ""},
        {"name": "words", "value": ["a", "b"]},
        {"name": "words", "value": []},
        {"name": "words", "value": "(a b)"},
        {"name": "words", "value": {0: "a", "7": "b"}},
        {"name": "ports", "value": {"http": 80}},
        {"name": "ports", "value": {80: "http"}},
        {"name": "ports", "value": {}},
        {"name": "ports", "value": "([http]=80)"},
        {"name": "later", "value": ["whatever"]},
        {"name": "later", "server": HOSTS},
    ],
)
def test_what_is_not_an_error(variable: dict[str, object]) -> None:
    assert errors_of(variable) == []


@pytest.mark.parametrize(
    ("variable", "error"),
    [
        ({"name": "verison", "value": "1"}, f"name: {NO_SUCH} 'verison'; did you mean version?"),
        ({"name": "VERSION", "value": "1"}, f"name: {NO_SUCH} 'VERSION'; did you mean version?"),
        (
            {"name": "something", "value": "1"},
            f"name: {NO_SUCH} 'something'; {KNOWN}",
        ),
        (
            {"id": 99, "value": "1"},
            f"id: {NO_SUCH} with the id 99; {KNOWN}",
        ),
        (
            {"id": 99, "name": "version", "value": "1"},
            f"id: {NO_SUCH} with the id 99; version has the id 12",
        ),
        (
            {"id": 14, "name": "version", "value": "1"},
            "name: is 'version', but the id 14 belongs to place, and JOB uses only the id",
        ),
        (
            {"name": "targets", "value": "10.0.0.1"},
            "value: targets is a host variable: set its hosts with server, not with a value",
        ),
        (
            {"id": 11, "secret_value": "10.0.0.1"},
            "secret_value: targets (id 11) is a host variable: set its hosts with server, not with a value",
        ),
        ({"id": 12, "server": HOSTS}, "server: version (id 12) is a string and accepts no hosts: use value"),
        ({"name": "place", "ip_list": "10.0.0.1"}, "server: place is a namespace and accepts no hosts: use value"),
        (
            {"name": "db_password", "server": HOSTS},
            "server: db_password is a cipher and accepts no hosts: use secret_value",
        ),
        ({"name": "words", "server": HOSTS}, "server: words is an indexed array and accepts no hosts: use value"),
        (
            {"id": 16, "server": HOSTS},
            "server: ports (id 16) is an associative array and accepts no hosts: use value",
        ),
        ({"name": "version", "value": ["1", "2"]}, f"value: version is a string and accepts text, not a list{ADVICE}"),
        (
            {"name": "place", "value": {"a": 1}},
            f"value: place is a namespace and accepts text, not a dictionary{ADVICE}",
        ),
        (
            {"name": "db_password", "value": {1: "a"}},
            f"value: db_password is a cipher and accepts text, not a dictionary{ADVICE}",
        ),
        ({"name": "words", "value": {"a": 1}}, "value: words is an indexed array and accepts a list, not a dictionary"),
        (
            {"name": "words", "value": {-1: "a"}},
            "value: words is an indexed array and accepts a list, not a dictionary",
        ),
        (
            {"name": "ports", "value": ["a"]},
            "value: ports is an associative array and accepts a dictionary, not a list",
        ),
        (
            {"name": "db_password", "value": "******"},
            "value: is the mask that JOB shows in place of a cipher; leave db_password out to keep the plan's value",
        ),
        (
            {"id": 13, "secret_value": "******"},
            "secret_value: is the mask that JOB shows in place of a cipher; "
            "leave db_password (id 13) out to keep the plan's value",
        ),
        (
            {"name": "version", "value": ""},
            "value: is empty, but version is required; leave it out to keep the plan's default",
        ),
    ],
)
def test_one_error(variable: dict[str, object], error: str) -> None:
    assert errors_of(variable) == [f"global_var_list[0].{error}"]


def test_a_wrong_id_and_a_wrong_name_are_two_errors() -> None:
    assert [error.split(":")[0] for error in errors_of({"id": 99, "name": "verison", "value": "1"})] == [
        "global_var_list[0].id",
        "global_var_list[0].name",
    ]


def test_a_wrong_name_is_not_followed_up() -> None:
    """The value is for the variable that was meant, so its kind does not matter for the other one."""
    assert len(errors_of({"id": 11, "name": "version", "value": "1"})) == 1


def test_one_variable_by_its_id_and_by_its_name() -> None:
    errors = errors_of({"name": "version", "value": "1"}, {"id": 13, "value": "2"}, {"id": 12, "value": ["3"]})
    assert errors == [
        f"global_var_list[2].value: version (id 12) is a string and accepts text, not a list{ADVICE}",
        "global_var_list[2].id: version has the id 12 and is set already by global_var_list[0].name; "
        "JOB would use one and ignore the other",
    ]


def test_required_variables_without_default() -> None:
    assert errors_of(plan=NEEDY) == [
        "global_var_list: plan 7 (needy) requires a value for region, targets, names and has no default for it"
    ]
    given = ({"name": "region", "value": "x"}, {"id": 2, "server": HOSTS}, {"name": "names", "value": [1]})
    assert errors_of(*given, plan=NEEDY) == []
    empty = ({"name": "region", "value": ""}, {"id": 2, "server": HOSTS}, {"name": "names", "value": []})
    assert errors_of(*empty, plan=NEEDY) == [
        "global_var_list[0].value: is empty, but region is required",
        "global_var_list[2].value: is empty, but names is required",
    ]


def test_what_was_meant_is_not_reported_as_missing() -> None:
    given = (
        {"name": "regoin", "value": "x"},
        {"id": 99, "name": "targets", "server": HOSTS},
        {"id": 3, "name": "names", "value": [1]},
    )
    assert [error.split(":")[0] for error in errors_of(*given, plan=NEEDY)] == [
        "global_var_list[0].name",
        "global_var_list[1].id",
        "global_var_list[2].name",
    ]


def test_a_plan_without_variables_and_one_with_many() -> None:
    many = PlanDetail(1, "p", tuple(PlanVariable(n, f"v{n:02}", "string") for n in range(1, 15)))
    wanted: dict[str, object] = {"name": "unlike", "value": "1"}
    assert errors_of(wanted, plan=PlanDetail(1, "p"))[0].endswith("has no variable 'unlike'; it has none")
    assert errors_of(wanted, plan=many)[0].endswith(
        "; it has v01, v02, v03, v04, v05, v06, v07, v08, v09, v10 and 4 more"
    )


def test_values_of_ciphers_become_secret_however_they_are_written() -> None:
    secrets = Secrets()
    values = values_of(
        {"id": 13, "value": "correct horse"},
        {"name": "version", "value": "not secret"},
        {"name": "db_password", "value": 471147114711},
    )
    hidden = mark_ciphers(PLAN, values, secrets)
    assert hidden is not None
    assert [value.secret for value in hidden] == [True, False, True]
    assert [value.value for value in hidden] == ["correct horse", "not secret", "471147114711"]
    encoded = base64.b64encode(b"correct horse").decode()
    assert secrets.redact(["correct horse", "471147114711", encoded, "not secret"]) == [REDACTED] * 3 + ["not secret"]
    assert mark_ciphers(PLAN, None, secrets) is None


@pytest.mark.parametrize("value", [["first word", "second"], {"key": "first word", "other": "second"}])
def test_elements_of_a_list_for_a_cipher_are_secret_too(value: object) -> None:
    """The task is wrong, and Ansible prints its options all the same."""
    secrets = Secrets()
    mark_ciphers(PLAN, values_of({"name": "db_password", "value": value}), secrets)
    assert secrets.redact(["first word", "second", "key"]) == [REDACTED, REDACTED, "key"]


def test_the_mask_of_ciphers_is_not_a_secret() -> None:
    secrets = Secrets()
    mark_ciphers(PLAN, values_of({"name": "db_password", "value": "******"}), secrets)
    assert secrets.redact("****** and more") == "****** and more"


def test_the_message_in_the_documentation_is_the_real_one() -> None:
    page = (ROOT / "docs" / "variables.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    plan = PlanDetail(1001, "deploy-web", (*PLAN.variables[:3], PlanVariable(14, "region", "string", required=True)))
    errors = errors_of(
        {"name": "verison", "value": "2.4.1"},
        {"name": "targets", "value": "10.0.0.1"},
        {"id": 99, "value": "x"},
        {"name": "db_password", "value": "******"},
        plan=plan,
    )
    assert [f"- {error}" for error in errors] == shown.splitlines()[1:]
