# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every list takes the same forms, and JSON text of the wrong kind is one error."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.collect import CollectedOptions, collect_options
from ansible_collections.blueking.job.plugins.module_utils.options.keys import with_text_keys

ADDRESSES = ["10.0.0.1", "10.0.0.2"]


def collected(**options: object) -> CollectedOptions:
    return collect_options(FAST_SCRIPT, options, {})


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
    assert collected(ip_list=written).convertible == {"ip_list": ADDRESSES}
    assert collected(custom_query_id=written).convertible == {"custom_query_id": ADDRESSES}
    target = collected(target_server={"ip_list": written, "dynamic_group_id_list": written}).convertible
    assert target == {"target_server": {"ip_list": ADDRESSES, "dynamic_group_id_list": ADDRESSES}}
    variables: Any = collect_options(JOB_PLAN, {"global_vars": [{"name": "x", "server": written}]}, {}).convertible
    assert variables["global_vars"][0]["server"]["ip_list"] == ADDRESSES
    status = collect_options(INSTANCE_INFO, {"status": "failed\nterminated"}, {}).convertible
    assert status == {"status": ["failed", "terminated"]}


def test_numbers_are_split_like_texts() -> None:
    assert collected(target_server={"host_id_list": "1\n2,3"}).convertible == {
        "target_server": {"host_id_list": ["1", "2", "3"]}
    }


def test_empty_text_is_an_empty_list() -> None:
    for written in ("", " \n", ",", "\r\n", "[]"):
        assert collected(ip_list=written).convertible == {"ip_list": []}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('{"a": 1}', "must be a list, not JSON text of a dictionary"),
        ('["10.0.0.1"', "but is invalid"),
        ("[10.0.0.1, 10.0.0.2]", "but is invalid"),
        ("{{ hosts }}", "but is invalid"),
    ],
)
def test_json_of_the_wrong_kind_is_one_error(written: str, words: str) -> None:
    options = collected(target_server={"ip_list": written})
    assert list(options.problems) == ["target_server.ip_list"]
    assert words in options.problems["target_server.ip_list"]
    assert options.convertible == {}


def test_dictionaries_as_json_text() -> None:
    written = '{"ip_list": "10.0.0.1\\n10.0.0.2"}'
    assert collected(target_server=written).convertible == {"target_server": {"ip_list": ADDRESSES}}
    variables = collect_options(JOB_PLAN, {"global_vars": '[{"name": "x", "value": "1"}]'}, {}).convertible
    assert variables == {"global_vars": [{"name": "x", "value": "1"}]}


def test_a_dictionary_of_variables_shows_the_way() -> None:
    for written in ({"x": 1}, {"x": 1, "y": 2}):
        options = collect_options(JOB_PLAN, {"global_var_list": written}, {})
        assert "dict2items(key_name='name')" in options.problems["global_var_list"]


@pytest.mark.parametrize(
    ("name", "written", "right"),
    [
        ("callback_url", "http://ci.example.com/done\n", "http://ci.example.com/done"),
        ("api_url", " http://a.example ", "http://a.example"),
        ("gateway", "esb\n", "esb"),
        ("script_language", " shell", "shell"),
        ("script_id", "abc \n", "abc"),
        ("bk_biz_id", " 2\n", "2"),
        ("wait", "yes ", "yes"),
        ("bk_app_secret", "secret ", "secret "),
        ("account_alias", "root ", "root "),
        ("script_content", "ls\n", "ls\n"),
    ],
)
def test_white_space_that_can_mean_nothing_is_trimmed(name: str, written: str, right: str) -> None:
    assert collected(**{name: written}).convertible == {name: right}


@pytest.mark.parametrize(
    ("key", "words"),
    [(False, "false"), (True, "true"), (None, "null"), (1.5, "1.5"), (datetime.date(2026, 1, 31), "2026-01-31")],
)
def test_keys_that_json_would_change_are_errors(key: object, words: str) -> None:
    problems: dict[str, str] = {}
    with_text_keys({"global_var_list": [{"name": "x", "value": {key: "Oslo", "a": "b"}}]}, problems)
    assert list(problems) == ["global_var_list[0].value"]
    assert words in problems["global_var_list[0].value"]


def test_numbers_and_texts_are_keys() -> None:
    problems: dict[str, str] = {}
    assert with_text_keys({"value": {8: "x", "no": ["y"]}}, problems) == {"value": {"8": "x", "no": ["y"]}}
    assert problems == {}
