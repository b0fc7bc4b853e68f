# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text on its way out."""

from __future__ import annotations

import json

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.dates import iso8601
from ansible_collections.blueking.job.plugins.module_utils.common.text import (
    closest_matches,
    join_first,
    one_line,
    parse_int64,
    truncate,
    valid_utf8,
)
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=8,
)


@fuzz(100)
@given(json_values)
def test_the_output_is_valid_utf8_for_every_input(value: object) -> None:
    json.dumps(valid_utf8(value), ensure_ascii=False).encode("utf-8")


def test_only_what_is_broken_changes() -> None:
    assert valid_utf8({"a": ["ü", "x\ud800y", 5, None, True]}) == {"a": ["ü", "x?y", 5, None, True]}


@fuzz(100)
@given(st.text(st.characters(), max_size=400))
def test_one_line_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert len(line) < 200
    assert line.isprintable()


def test_control_characters_separate_words() -> None:
    assert one_line("step\n\x1b[31m two\u202e  three") == "step [31m two three"
    assert truncate("abcdef", 5) == "ab..."
    assert truncate("abcde", 5) == "abcde"


def test_similar_names() -> None:
    words = ["version", "Version", "region", "targets"]
    assert closest_matches("verison", words) == ["version"]
    assert closest_matches("VERSION", words, 3) == ["version", "Version", "region"]
    assert closest_matches("password", words) == closest_matches("version", []) == []


def test_moments() -> None:
    assert iso8601(1_767_225_600_042) == "2026-01-01T00:00:00.042Z"
    assert iso8601("2026-01-01 08:00:00 +0800") == "2026-01-01 08:00:00 +0800"
    assert iso8601(None) is None


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("digits", [15, 19, 40, 400])
def test_a_number_that_is_not_a_moment(sign: int, digits: int) -> None:
    assert iso8601(sign * 10**digits) is None


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")]
)
def test_the_first_names_of_a_list(names: list[str], text: str) -> None:
    assert join_first(names, 2) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (17, 17),
        (-1, -1),
        ("17", 17),
        (2**63 - 1, 2**63 - 1),
        (str(2**63 - 1), 2**63 - 1),
        *((value, None) for value in (2**63, -(2**63), str(2**63), "9" * 5000, True, None, 17.0, [17])),
        *((text, None) for text in ("", " 17", "+17", "-1", "1_7", "0x11", "\u0663", "\u00b2")),
    ],
)
def test_integers_in_json(value: object, number: int | None) -> None:
    assert parse_int64(value) == number
