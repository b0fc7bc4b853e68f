# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Target servers and global variables."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    GlobalVariable,
    HostAddress,
    PlanLaunch,
    TargetServer,
    TopoNode,
)
from ansible_collections.blueking.job.plugins.module_utils.options.plan import read_plan_launch
from ansible_collections.blueking.job.tests.unit.helpers.fakes import plan_fields

SCOPE = Scope("biz", "2")


def read(*variables: object) -> tuple[PlanLaunch, list[str], list[str]]:
    reader = plan_fields({"job_plan_id": 1, "global_var_list": list(variables)})
    launch = read_plan_launch(reader, SCOPE)
    return launch, reader.problems.errors, reader.problems.warnings


def one(**variable: object) -> GlobalVariable:
    launch, errors, _warnings = read(variable)
    assert errors == []
    assert launch.variables is not None
    return launch.variables[0]


def errors_of(*variables: object) -> list[str]:
    return read(*variables)[1]


def hosts(server: dict[str, object], **beside: object) -> TargetServer:
    target = one(name="h", server=server, **beside).server
    assert target is not None
    return target


GBK = "\u90e8\u7f72".encode("gbk").decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("name", "value"), [("value", GBK), ("value", ["a", GBK]), ("value", {GBK: "a"}), ("secret_value", GBK)]
)
def test_a_value_that_is_not_unicode_is_rejected(name: str, value: object) -> None:
    """As the lookup ansible.builtin.file reads a file in GBK."""
    text = "is not Unicode text, but JOB reads UTF-8 only; convert it, such as from GBK"
    assert errors_of({"name": "x", name: value}) == [f"global_var_list[0].{name}: {text}"]


def test_addresses_in_every_form() -> None:
    target = hosts({"ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}, {"ip": " 10.0.0.2 "}, "3:10.0.0.3", "10.0.0.4"]})
    assert target.addresses == (
        HostAddress(0, "10.0.0.1"),
        HostAddress(0, "10.0.0.2"),
        HostAddress(3, "10.0.0.3"),
        HostAddress(0, "10.0.0.4"),
    )


def test_lists_may_be_comma_separated_text() -> None:
    target = hosts({"host_id_list": "101, 102", "dynamic_group_list": "a,b"})
    assert target.host_ids == (101, 102)
    assert target.dynamic_groups == ("a", "b")


def test_duplicates_are_removed_and_the_order_is_kept() -> None:
    target = hosts({"host_id_list": [3, 1, 3], "dynamic_group_list": ["b", {"id": "a"}, "b"]})
    assert target.host_ids == (3, 1)
    assert target.dynamic_groups == ("b", "a")


def test_legacy_pair_and_target_are_united() -> None:
    target = hosts(
        {"dynamic_group_id_list": ["b"], "topo_node_list": [{"id": "7", "node_type": "set"}]},
        ip_list=["10.0.0.1"],
        custom_query_id=[3, "b"],
    )
    assert target == TargetServer((), (HostAddress(0, "10.0.0.1"),), ("b", "3"), (TopoNode(7, "set"),))


def test_addresses_beside_host_ids_are_left_out_with_a_warning() -> None:
    launch, errors, warnings = read({"name": "h", "server": {"host_id_list": [1], "ip_list": ["10.0.0.1", "10.0.0.2"]}})
    assert errors == []
    assert launch.variables is not None
    assert launch.variables[0].server == TargetServer((1,))
    assert len(warnings) == 1
    assert "2 hosts are left out: 0:10.0.0.1, 0:10.0.0.2" in warnings[0]


@pytest.mark.parametrize(
    ("server", "path", "words"),
    [
        ({"ip_list": ["10.0.0.300"]}, "server.ip_list[0].ip", "IPv4"),
        ({"ip_list": ["fe80::1"]}, "server.ip_list[0].ip", "IPv6"),
        ({"ip_list": ["x:10.0.0.1"]}, "server.ip_list[0].bk_cloud_id", "number"),
        ({"ip_list": [{"bk_cloud_id": 0}]}, "server.ip_list[0].ip", "is required"),
        ({"ip_list": [{"ip": "10.0.0.1", "cloud": 1}]}, "server.ip_list[0]", "unknown keys cloud"),
        ({"ip_list": [{"ip": "10.0.0.1", "bk_cloud_id": True}]}, "server.ip_list[0].bk_cloud_id", "boolean"),
        ({"ip_list": [17]}, "server.ip_list[0]", "0:10.0.0.1"),
        ({"host_id_list": [0]}, "server.host_id_list[0]", "1 or more"),
        ({"host_id_list": [True]}, "server.host_id_list[0]", "boolean"),
        ({"dynamic_group_list": [{"name": "x"}]}, "server.dynamic_group_list[0]", "unknown keys name"),
        ({"dynamic_group_list": [True]}, "server.dynamic_group_list[0]", "boolean"),
        ({"topo_node_list": [{"id": 1}]}, "server.topo_node_list[0].node_type", "is required"),
    ],
)
def test_errors_name_the_element(server: dict[str, object], path: str, words: str) -> None:
    errors = errors_of({"name": "h", "server": server})
    mine = [error for error in errors if error.startswith(f"global_var_list[0].{path}: ")]
    assert len(mine) == 1, errors
    assert words in mine[0]


@pytest.mark.parametrize("server", [{}, {"ip_list": []}, {"host_id_list": [], "topo_node_list": []}])
def test_a_host_variable_without_hosts_is_an_error(server: dict[str, object]) -> None:
    errors = errors_of({"name": "h", "server": server})
    assert len(errors) == 1
    assert "contains no host" in errors[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        (5, "5"),
        (1.5, "1.5"),
        (0, "0"),
        (["a", "b c", 3], "(a 'b c' 3)"),
        ([], "()"),
        ({"k": "v", "k 2": "it's"}, "([k]=v ['k 2']='it'\"'\"'s')"),
    ],
)
def test_values_become_text(value: object, text: str) -> None:
    assert one(name="v", value=value).value == text


@pytest.mark.parametrize("value", [True, False, ["a", True], {"k": False}])
def test_a_boolean_asks_for_quotes(value: object) -> None:
    errors = errors_of({"name": "v", "value": value})
    assert len(errors) == 1
    assert "in quotes" in errors[0]


def test_a_shell_array_has_no_empty_key() -> None:
    assert errors_of({"name": "v", "value": {"": "a", "k": "b"}}) == [
        "global_var_list[0].value: has an empty key, which is not supported in shell arrays"
    ]


@pytest.mark.parametrize("value", [[["nested"]], {"k": {"k": 1}}, [None]])
def test_nested_values_are_errors(value: object) -> None:
    assert len(errors_of({"name": "v", "value": value})) == 1


def test_a_variable_needs_exactly_one_value() -> None:
    assert "would replace the default" in errors_of({"name": "v"})[0]
    assert len(errors_of({"name": "v", "value": "a", "secret_value": "b"})) == 1
    assert len(errors_of({"name": "v", "value": "a", "server": {"host_id_list": [1]}})) == 1
    assert len(errors_of({"name": "v", "value": "a", "ip_list": ["10.0.0.1"]})) == 1


def test_a_variable_needs_a_name() -> None:
    assert len(errors_of({"value": "a"})) == 1
    assert one(id=5, value="a") == GlobalVariable(5, None, "a")
    assert one(id="5", name="v", value="a") == GlobalVariable(5, "v", "a")


def test_no_variable_twice() -> None:
    assert len(errors_of({"name": "v", "value": "a"}, {"name": "v", "value": "b"})) == 1
    assert len(errors_of({"id": 1, "value": "a"}, {"id": 1, "value": "b"})) == 1
    assert errors_of({"id": 1, "value": "a"}, {"name": "v", "value": "b"}) == []


def test_secret_values_are_known_as_such() -> None:
    assert one(name="v", secret_value="s") == GlobalVariable(None, "v", "s", None, True)
    assert one(name="v", secret_value="").value == ""
    assert "AWX" in errors_of({"name": "v", "secret_value": "$encrypted$"})[0]


def test_empty_list_and_no_list_are_different() -> None:
    assert read()[0].variables == ()
    assert read_plan_launch(plan_fields({"job_plan_id": 1}), SCOPE).variables is None


@pytest.mark.parametrize("given", [{}, {"job_plan_id": 0}, {"job_plan_id": "x"}, {"bk_job_id": -1}])
def test_the_plan_is_required(given: dict[str, object]) -> None:
    reader = plan_fields(given)
    read_plan_launch(reader, SCOPE)
    assert [error.split(":")[0] for error in reader.problems.errors] == [*(given or ["job_plan_id"])]


def test_a_plan_by_its_name() -> None:
    reader = plan_fields({"job_plan_name": " nightly clean "})
    launch = read_plan_launch(reader, SCOPE)
    assert reader.problems.errors == []
    assert (launch.job_plan_id, launch.job_plan_name, launch.validate_variables) == (0, " nightly clean ", True)
    by_id = read_plan_launch(plan_fields({"job_plan_id": 5, "validate_variables": False}), SCOPE)
    assert (by_id.job_plan_id, by_id.job_plan_name, by_id.validate_variables) == (5, None, False)


@pytest.mark.parametrize("given", [{"job_plan_id": 1, "job_plan_name": "a"}, {"job_plan_name": " "}])
def test_a_plan_has_an_id_or_a_name(given: dict[str, object]) -> None:
    reader = plan_fields(given)
    read_plan_launch(reader, SCOPE)
    assert [error.split(":")[0] for error in reader.problems.errors] == ["job_plan_name"]


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("(a b)", None),
        (5, None),
        ([], "list"),
        (["a"], "list"),
        ({}, "dictionary"),
        ({"a": 1}, "dictionary"),
        ({"a": 1, 2: 3}, "dictionary"),
        ({-1: 2}, "dictionary"),
        ({0: "a", "17": "b"}, "numbered"),
    ],
)
def test_how_a_value_was_written_is_remembered(value: object, literal: str | None) -> None:
    assert one(name="v", value=value).literal == literal


def test_a_variable_given_twice_does_not_block_the_preflight() -> None:
    reader = plan_fields({"job_plan_id": 1, "global_var_list": [{"name": "a", "value": "1"}] * 2})
    read_plan_launch(reader, SCOPE)
    assert (len(reader.problems.errors), reader.problems.blocks_preflight) == (1, False)
    reader.add_error("job_plan_id", "is wrong")
    assert reader.problems.blocks_preflight is True
