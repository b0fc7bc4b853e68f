# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert options: every list takes the same forms, and mistakes that conversion would mask are errors."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import Secrets
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE, FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.convert import OptionConverter
from ansible_collections.blueking.job.plugins.module_utils.options.keys import with_text_keys
from ansible_collections.blueking.job.plugins.module_utils.options.problems import Problems
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.execute import TaskCall, execute_task
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.tests.unit.helpers.fakes import read_options

ADDRESSES = ["10.0.0.1", "10.0.0.2"]


def convert(spec: Spec, options: dict[str, object]) -> tuple[dict[str, Any], dict[str, str]]:
    """The converted values of the options that were given, and the problems by canonical name."""
    problems = Problems()
    converter = OptionConverter(spec, problems, Secrets())
    converter.convert(options, {})
    values = {name: value for name, value in converter.values.items() if value != spec[name].get("default")}
    return _without_nulls(values), dict(problems._errors)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def converted(**options: object) -> dict[str, Any]:
    return convert(FAST_SCRIPT, options)[0]


@pytest.mark.parametrize(
    "written",
    [
        ADDRESSES,
        [" 10.0.0.1", "10.0.0.2\n"],
        "10.0.0.1,10.0.0.2",
        "10.0.0.1\n10.0.0.2\n",
        "10.0.0.1\r\n10.0.0.2",
        " 10.0.0.1 , \n\n 10.0.0.2,",
        '["10.0.0.1", "10.0.0.2"]',
        ' ["10.0.0.1",\n"10.0.0.2"]\n',
    ],
)
def test_lists_take_all_forms(written: object) -> None:
    assert converted(ip_list=written) == {"ip_list": ADDRESSES}
    assert converted(custom_query_id=written) == {"custom_query_id": ADDRESSES}
    target = converted(target_server={"ip_list": written, "dynamic_group_id_list": written})
    assert target == {"target_server": {"ip_list": ADDRESSES, "dynamic_group_list": ADDRESSES}}
    variables: Any = convert(JOB_PLAN, {"global_vars": [{"name": "x", "server": written}]})[0]
    assert variables["global_var_list"][0]["server"]["ip_list"] == ADDRESSES
    status = convert(INSTANCE_INFO, {"status": "failed\nterminated"})[0]
    assert status == {"status": ["failed", "terminated"]}


def test_numbers_are_split_like_texts() -> None:
    assert converted(target_server={"host_id_list": "1\n2,3"}) == {"target_server": {"host_id_list": [1, 2, 3]}}


def test_empty_text_is_an_empty_list() -> None:
    for written in ("", " \n", ",", "\r\n", "[]"):
        assert converted(ip_list=written) == {"ip_list": []}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('{"a": 1}', "must be a list, not JSON text of a dictionary"),
        ('["10.0.0.1"', "but is invalid"),
        ("[10.0.0.1, 10.0.0.2]", "but is invalid"),
        ("['10.0.0.1', '10.0.0.2']", "but is invalid"),
        ("[" * 9999, "but is invalid"),
        ("{{ hosts }}", "but is invalid"),
    ],
)
def test_json_of_the_wrong_kind_is_one_error(written: str, words: str) -> None:
    _values, problems = convert(FAST_SCRIPT, {"target_server": {"ip_list": written}})
    assert list(problems) == ["target_server.ip_list"]
    assert words in problems["target_server.ip_list"]


def test_dictionaries_as_json_text() -> None:
    written = '{"ip_list": "10.0.0.1\\n10.0.0.2"}'
    assert converted(target_server=written) == {"target_server": {"ip_list": ADDRESSES}}
    variables = convert(JOB_PLAN, {"global_vars": '[{"name": "x", "value": "1"}]'})[0]
    assert variables == {"global_var_list": [{"name": "x", "value": "1"}]}


def test_a_dictionary_of_variables_shows_the_way() -> None:
    for written in ({"x": 1}, {"x": 1, "y": 2}):
        _values, problems = convert(JOB_PLAN, {"global_var_list": written})
        assert "dict2items(key_name='name')" in problems["global_var_list"]


@pytest.mark.parametrize(
    ("name", "written", "right"),
    [
        ("callback_url", "http://ci.example.com/done\n", "http://ci.example.com/done"),
        ("api_url", " http://a.example ", "http://a.example"),
        ("gateway", "apigw\n", "apigw"),
        ("script_language", " shell", "shell"),
        ("script_id", "abc \n", "abc"),
        ("bk_biz_id", " 2\n", 2),
        ("wait", "no ", False),
        ("bk_app_secret", "secret ", "secret "),
        ("account_alias", "root ", "root "),
        ("script_content", "ls\n", "ls\n"),
    ],
)
def test_white_space_that_can_mean_nothing_is_trimmed(name: str, written: str, right: object) -> None:
    assert converted(**{name: written}) == {name: right}


@pytest.mark.parametrize(
    ("key", "words"),
    [(False, "false"), (True, "true"), (None, "null"), (1.5, "1.5"), (datetime.date(2026, 1, 31), "2026-01-31")],
)
def test_keys_that_json_would_change_are_errors(key: object, words: str) -> None:
    problems = Problems()
    with_text_keys({"global_var_list": [{"name": "x", "value": {key: "Oslo", "a": "b"}}]}, problems)
    (error,) = problems.errors
    assert error.startswith("global_var_list[0].value: ")
    assert words in error


def test_all_wrong_keys_are_reported_at_once() -> None:
    problems = Problems()
    nested = [{"value": {False: "Oslo", None: "x", "a": "b", 8: "c"}}, {"value": {"deep": {1.5: "y", True: "z"}}}]
    with_text_keys({"global_var_list": nested}, problems)
    assert problems.errors == [
        "global_var_list[0].value: has the keys false (a YAML boolean), null, which are not text; write them in quotes",
        "global_var_list[1].value.deep: has the keys 1.5 (a number), true (a YAML boolean), which are not text; "
        "write them in quotes",
    ]


@pytest.mark.parametrize("value", [{1: "a", "1": "b"}, {"-1": "a", -1: "b"}, {"x": 1, "0": "a", 0: "b"}])
def test_a_key_that_is_there_as_number_and_as_text_is_an_error(value: dict[object, object]) -> None:
    problems = Problems()
    with_text_keys({"global_var_list": [{"name": "x", "value": value}]}, problems)
    (error,) = problems.errors
    assert error.startswith("global_var_list[0].value: has the key ")
    assert error.endswith(" twice, as a number and as text; remove one of them")


@pytest.mark.parametrize(
    "written",
    [
        {"global_var_list": [{"name": "when", "value": datetime.datetime(2026, 1, 31, 10, 0)}]},
        {"global_var_list": [{"name": "when", "value": ["a", datetime.datetime(2026, 1, 31, 10, 0)]}]},
        {"script_param": datetime.datetime(2026, 1, 31, 10, 0)},
    ],
)
def test_times_that_json_would_change_are_errors(written: dict[str, object]) -> None:
    problems = Problems()
    with_text_keys(written, problems)
    (error,) = problems.errors
    assert error.endswith(": is a time to YAML, which would be sent as 2026-01-31T10:00:00; write it in quotes")


@pytest.mark.parametrize(
    "written",
    [
        {"since": datetime.datetime(2026, 1, 31, 10, 0), "until": datetime.datetime(2026, 1, 31, 11, 0)},
        {"script_param": datetime.date(2026, 1, 31)},
    ],
)
def test_times_that_stay_as_written(written: dict[str, object]) -> None:
    problems = Problems()
    assert with_text_keys(written, problems) == written
    assert problems.errors == []


def test_binary_data_is_an_error() -> None:
    problems = Problems()
    assert with_text_keys({"script_content": b"hello"}, problems) == {"script_content": None}
    assert problems.errors == ["script_content: is binary data, which is not supported; write it as text"]


def test_numbers_and_texts_are_keys() -> None:
    problems = Problems()
    assert with_text_keys({"value": {8: "x", "no": ["y"]}}, problems) == {"value": {"8": "x", "no": ["y"]}}
    assert problems.errors == []


def paths(given: dict[str, object]) -> list[str]:
    return list(convert(JOB_PLAN, given)[1])


@pytest.mark.parametrize(
    "given",
    [
        {"job_plan_id": 1, "bk_job_id": 1},
        {"job_plan_id": 1, "bk_job_id": "1"},
        {"global_vars": [{"name": "a", "value": "1"}], "global_var_list": [{"name": "a", "value": 1}]},
        {"job_plan_id": None, "bk_job_id": 2},
        {"wait": True, "validate_certs": False},
        {"global_var_list": [{"name": "a", "value": True}]},
        {"global_var_list": [{"server": {"dynamic_group_list": [{"id": "g"}], "custom_query_id": "g"}}]},
        {"global_var_list": [{"server": {"dynamic_group_list": ["a", "b"], "custom_query_id": "a, b"}}]},
        {"global_var_list": "text"},
        {"bk_username": 5},
    ],
)
def test_what_is_not_an_error(given: dict[str, object]) -> None:
    assert paths(given) == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"job_plan_id": 1, "bk_job_id": 2}, "job_plan_id"),
        ({"global_vars": [{"server": {"host_id_list": [1]}, "target_server": {}}]}, "global_var_list[0].server"),
        ({"bk_username": True}, "bk_username"),
        ({"bk_username": ["a"]}, "bk_username"),
        ({"access_token": {"a": 1}}, "bk_access_token"),
        ({"wait_timeout": False}, "wait_timeout"),
        ({"ca_path": True}, "ca_path"),
        ({"global_var_list": True}, "global_var_list"),
        ({"global_var_list": [{"name": True}]}, "global_var_list[0].name"),
        ({"global_var_list": [{"name": "a"}, {"valu": 1}]}, "global_var_list[1].valu"),
        ({"global_var_list": [{"custom_query_id": True}]}, "global_var_list[0].custom_query_id"),
        (
            {"global_var_list": [{"server": {"topo_node_list": [{"node_type": True}]}}]},
            "global_var_list[0].server.topo_node_list[0].node_type",
        ),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_errors_have_the_canonical_name(given: dict[str, object], path: str) -> None:
    assert paths(given) == [path]


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ({"script_contents": 1}, "script_content"),
        ({"job_plan": 1}, None),
        ({"target_server": {"host_ids": 1}}, "host_id_list"),
        ({"rolling_config": {"expresion": 1}}, "expression"),
    ],
)
def test_unknown_options_name_the_nearest(given: dict[str, object], nearest: str | None) -> None:
    texts = list(convert(FAST_SCRIPT, given)[1].values())
    assert texts == ["unsupported option" + (f"; did you mean {nearest}?" if nearest else "")]


@pytest.mark.parametrize("given", [[{"version": "2"}], "version=2", '[{"version": "2"}]'])
def test_an_unknown_suboption_names_those_that_exist(given: object) -> None:
    _values, problems = convert(JOB_PLAN, {"global_var_list": given})
    text = "unsupported option; supported are id, name, value, secret_value, server, ip_list, custom_query_id"
    assert problems == {"global_var_list[0].version": text}


@pytest.mark.parametrize(
    ("name", "written", "sent"),
    [("script_param", 1.10, "1.1"), ("server_version", 3.10, "3.1"), ("task_name", 1e20, "1e+20")],
)
def test_a_number_in_place_of_text_warns_with_what_is_sent(name: str, written: float, sent: str) -> None:
    reader = read_options(FAST_SCRIPT, {name: written})
    assert reader.raw(name) == sent
    assert reader.problems.warnings == [f"{name} is a number, which is sent as {sent}; quote it to keep all its digits"]
    assert read_options(FAST_SCRIPT, {name: 3}).problems.warnings == []


@pytest.mark.parametrize("written", [{"a": 1}, ["a"], [1, 2]])
@pytest.mark.parametrize("name", ["script_content", "script_param"])
def test_data_in_place_of_json_text_shows_the_way(name: str, written: object) -> None:
    """As ansible-core 2.18 passes on a file of JSON that a lookup reads."""
    _values, problems = convert(FAST_SCRIPT, {name: written})
    assert problems[name].endswith("; to send JSON text, end the template with | string")


@pytest.mark.parametrize(
    ("spec", "given", "path"),
    [
        (FAST_FILE, {"content_list": [{"file_name": "a", "content": {"a": 1}}]}, "content_list[0].content"),
        (JOB_PLAN, {"global_vars": [{"name": "a", "secret_value": {"a": 1}}]}, "global_var_list[0].secret_value"),
    ],
)
def test_data_in_place_of_json_text_inside_lists(spec: Spec, given: dict[str, object], path: str) -> None:
    expected = "must be text, not a dictionary; to send JSON text, end the template with | string"
    assert convert(spec, given)[1] == {path: expected}
    assert "JSON" not in convert(FAST_SCRIPT, {"script_param": True})[1]["script_param"]


def test_values_that_cannot_be_converted_stay_as_written() -> None:
    written = [{"target_server": {"host_id_list": [101, "web-1"], "custom_query_id": ["g"]}, "nonsense": 1}, 7]
    assert convert(JOB_PLAN, {"global_vars": written})[0]["global_var_list"] == [
        {"server": {"host_id_list": [101, "web-1"], "dynamic_group_list": ["g"]}},
        7,
    ]
    assert converted(timeout=[1]) == {"timeout": [1]}


def test_text_of_keys_and_values_is_a_dictionary() -> None:
    assert converted(rolling_config="expression=10% mode=2") == {"rolling_config": {"expression": "10%", "mode": "2"}}
    _values, problems = convert(FAST_SCRIPT, {"rolling_config": "expresion=10%"})
    assert problems == {"rolling_config.expresion": "unsupported option; did you mean expression?"}


def test_an_alias_with_the_same_value_is_a_warning() -> None:
    reader = read_options(JOB_PLAN, {"job_plan_id": 1, "bk_job_id": "1"})
    assert reader.problems.errors == []
    assert reader.problems.warnings == ["Both option job_plan_id and its alias bk_job_id are set; set only one of them"]


def test_values_of_no_log_options_are_secrets_under_every_name() -> None:
    context = TaskContext()
    given = {"bk_access_token": "token-one", "access_token": "token-two", "global_vars": [{"secret_value": "value-3"}]}
    read_options(JOB_PLAN, given, context)
    assert all(context.secrets.knows(text) for text in ("token-one", "token-two", "value-3"))


def test_an_option_that_cannot_be_converted_is_never_printed() -> None:
    call = TaskCall(job_plan, JOB_PLAN, {"global_vars": '[{"secret_value": "part', "job_plan_id": "7"}, {})
    response = execute_task(call, TaskContext())
    assert "part" not in str(response)
    shown: Any = response.result["invocation"]
    assert shown["module_args"]["job_plan_id"] == 7
