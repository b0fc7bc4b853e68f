# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading options by name and type."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.text import parse_integer
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import WAIT
from ansible_collections.blueking.job.plugins.module_utils.options.problems import Problems
from ansible_collections.blueking.job.plugins.module_utils.options.reader import OptionReader
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.tests.unit.helpers.fakes import read_options


def read(values: dict[str, object], spec: Spec | None = None) -> OptionReader:
    return OptionReader(spec or {}, values, Problems())


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        (" 5 ", 5),
        ("-5", -5),
        (5.0, 5),
        (0, 0),
        (True, None),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        ("٣", None),
        (10**30, None),
        ("5.5", None),
        (5.5, None),
        ("x", None),
    ],
)
def test_whole_number(value: object, number: int | None) -> None:
    assert parse_integer(value) == number


def test_all_errors_are_collected_while_reading_continues() -> None:
    reader = read({"a": "x", "b": 0, "c": {}, "e": [], "f": "", "g": "maybe"})
    assert reader.integer("a", minimum=1) is None
    assert reader.integer("b", minimum=1) is None
    assert reader.text("c") is None
    assert reader.integer("d", required=True, minimum=1) is None
    assert reader.group("e") is None
    assert reader.text("f") is None
    assert reader.flag("g") is None
    assert reader.problems.errors == [
        "a: must be a whole number, not 'x'",
        "b: is 0, must be 1 or more",
        "c: must be text, not a dictionary",
        "d: is required",
        "e: must be a dictionary, not a list",
        "f: is empty; omit it or set a value",
        "g: must be true or false, not 'maybe'",
    ]


def test_empty_text_is_one_error_for_every_type() -> None:
    spec: Spec = {"c": {"choices": ["x"]}, "s": {"type": "float", "default": 1.0}}
    reader = read(dict.fromkeys(("i", "t", "f", "g", "c", "s"), ""), spec)
    assert [reader.integer("i", minimum=1), reader.text("t"), reader.flag("f"), reader.group("g")] == [None] * 4
    assert (reader.choice("c"), reader.seconds("s")) == (None, 1.0)
    assert reader.problems.errors == [f"{name}: is empty; omit it or set a value" for name in "itfgcs"]


def test_an_error_is_reported_once() -> None:
    reader = read({})
    reader.text("a", required=True)
    reader.text("a", required=True)
    assert reader.problems.errors == ["a: is required"]


def test_not_given_is_none_and_not_an_error() -> None:
    reader = read({"a": None})
    values = [
        reader.text("a"),
        reader.integer("a", minimum=1),
        reader.flag("a"),
        reader.items("a"),
    ]
    assert values == [None] * 4
    assert reader.problems.errors == []


def test_a_blank_survey_question_is_an_empty_list() -> None:
    reader = read({"ids": [""]})
    assert reader.items("ids") == []
    assert reader.problems.errors == []


@pytest.mark.parametrize("value", [0, -1, "x", True, float("inf"), float("nan"), 2592001, 1e30, []])
def test_seconds_must_be_above_0(value: object) -> None:
    reader = read_options(WAIT, {"wait_timeout": value})
    assert reader.seconds("wait_timeout") == WAIT["wait_timeout"]["default"]
    assert len(reader.problems.errors) == 1


def test_seconds_may_be_text() -> None:
    assert read_options(WAIT, {"wait_timeout": "2.5"}).seconds("wait_timeout") == 2.5


def test_an_invalid_option_reads_as_its_default() -> None:
    spec: Spec = {
        "number": {"type": "int", "default": 3},
        "flag": {"type": "bool", "default": True},
        "choice": {"type": "str", "choices": ["a", "b"], "default": "b"},
    }
    reader = read({"number": "x", "flag": "maybe", "choice": "c"}, spec)
    assert (reader.integer("number", minimum=1), reader.flag("flag"), reader.setting("choice")) == (3, True, "b")
    assert reader.problems.errors == [
        "number: must be a whole number, not 'x'",
        "flag: must be true or false, not 'maybe'",
        "choice: must be one of a, b, not 'c'",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(["all"], "a list"), ({"all": 1}, "a dictionary"), (False, "the boolean false"), ("al", "'al'")],
)
def test_a_value_that_is_not_a_choice_is_reported_with_the_choices(value: object, shown: str) -> None:
    spec: Spec = {"whose": {"type": "str", "choices": ["all", "none"], "aliases": ["of"]}}
    reader = read_options(spec, {"of": value})
    assert reader.choice("whose") is None
    assert reader.problems.errors == [f"of: must be one of all, none, not {shown}"]


def test_names_of_inner_options_contain_their_path() -> None:
    reader = read({"list": [{"inner": {"id": "x"}}, 5]})
    for entry in reader.groups("list"):
        inner = entry.group("inner")
        assert inner is not None
        inner.integer("id", minimum=1)
    assert reader.problems.errors == [
        "list[0].inner.id: must be a whole number, not 'x'",
        "list[1]: must be a dictionary, not 5",
    ]


def test_the_placeholder_of_awx_is_not_a_secret() -> None:
    reader = read({"bk_app_secret": "$encrypted$"})
    assert reader.secret("bk_app_secret") is None
    assert "AWX" in reader.problems.errors[0]


def test_the_first_error_of_an_option_counts() -> None:
    problems = Problems()
    problems.add_error("a[0].b", "is wrong")
    problems.add_error("a[0].b", "is wrong, too")
    assert problems.errors == ["a[0].b: is wrong"]
    assert [problems.has_error(path) for path in ("a", "a[0]", "a[0].b", "a[0].bc", "b")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_an_error_names_the_environment_variable_of_the_value() -> None:
    problems = Problems(sources={"bk_biz_id": "BK_BIZ_ID"})
    problems.add_error("bk_biz_id", "is wrong")
    problems.add_error("bk_scope_id", "is wrong")
    assert problems.errors == [
        "bk_biz_id: is wrong (from the environment variable BK_BIZ_ID)",
        "bk_scope_id: is wrong",
    ]


def test_long_values_are_cut_in_messages() -> None:
    reader = read({"a": "x" * 500})
    reader.integer("a", minimum=1)
    assert len(reader.problems.errors[0]) < 120
