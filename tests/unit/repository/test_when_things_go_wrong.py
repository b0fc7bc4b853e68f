# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of C(docs/when_things_go_wrong.md) agree with the tables of error codes, HTTP statuses and error kinds."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.error_codes import meaning_of_code
from ansible_collections.blueking.job.plugins.module_utils.api.error_meaning import ErrorMeaning
from ansible_collections.blueking.job.plugins.module_utils.api.http_statuses import meaning_of_http_status
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

PAGE = (ROOT / "docs" / "when_things_go_wrong.md").read_text(encoding="utf-8")
MEANINGS = {
    "not delivered": (Delivery.NOT_SENT, True),
    "rejected for now": (Delivery.REJECTED, True),
    "rejected": (Delivery.REJECTED, False),
    "**unknown**": (Delivery.UNKNOWN, False),
}
# Kinds of rejections after which a launch is repeated.
FOR_NOW = {"quota", "rate_limited"}
EXCLUDED = re.compile(r"(?:other than|but not|its HTTP status is) ([\dx]+(?:(?:, | and | or )[\dx]+)*)")
NAMED = re.compile(r"\b(\d[\dx]{2}|\d[\dx]{6})(?: to (\d{7}))?\b")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    table = re.search(r"(?:^\|.*\n)+", PAGE.partition(f"\n{heading}\n")[2], re.MULTILINE)
    assert table, heading
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[0].splitlines()[2:]]


def numbers(text: str) -> set[int]:
    """Return the statuses and codes that a text names: 429, 1306206 to 1306208, 4xx other than 408."""
    excluded = {number for match in EXCLUDED.finditer(text) for number in numbers(match[1])}
    found: set[int] = set()
    for first, last in NAMED.findall(EXCLUDED.sub("", text)):
        found.update(range(int(first.replace("x", "0")), int(last or first.replace("x", "9")) + 1))
    return found - excluded


LAUNCHES = rows("## What the module does after a launch request")


def problem(row: list[str], number: int, meaning: ErrorMeaning) -> str | None:
    expected = MEANINGS[row[1]]
    found = meaning.delivery, meaning.delivery is Delivery.NOT_SENT or meaning.kind in FOR_NOW
    if found == expected:
        return None
    return f"{number} is {meaning.delivery.value} ({meaning.kind}), but when_things_go_wrong.md says {row[1]}: {row[0]}"


@pytest.mark.parametrize("row", LAUNCHES, ids=lambda row: row[0][:40])
def test_codes_mean_what_the_page_says(row: list[str]) -> None:
    # Only the message of a gateway shows that it could not connect.
    message = "connection refused" if row[1] == "not delivered" else ""
    codes = [number for number in numbers(row[0]) if number > 999]
    problems = [problem(row, code, meaning_of_code(code, message)) for code in codes]
    assert [each for each in problems if each] == []


def test_an_unknown_code_means_what_the_page_says() -> None:
    (row,) = (row for row in LAUNCHES if "any other code" in row[0])
    conclusive = numbers(row[0].partition("its HTTP status is")[2])
    found = {status for status in range(200, 600) if meaning_of_code(4711, "", status).delivery is Delivery.REJECTED}
    assert found == conclusive


def test_statuses_mean_what_the_page_says() -> None:
    # 407 has a row of its own, which begins with the proxy.
    named = [
        (row, status) for row in LAUNCHES if "HTTP" in row[0] for status in numbers(row[0]) if 400 <= status <= 599
    ]
    problems = [problem(row, status, meaning_of_http_status(status)) for row, status in named if "page" not in row[0]]
    assert [each for each in problems if each] == []
    counted = Counter(status for row, status in named if "page" not in row[0])
    assert counted == Counter(set(range(400, 600)) - {407}), "name each status in one row of when_things_go_wrong.md"


def test_the_page_names_codes_that_no_other_test_would_miss() -> None:
    codes = {number for row in LAUNCHES for number in numbers(row[0]) if number > 999}
    assert {1211001, 1211003, 1244025, 1244032, 1306201, 1306206, 1306405, 1640000, 1650801} <= codes


def test_every_kind_of_error_has_a_row() -> None:
    """Kinds are written in the first column of the last table, several in one row."""
    found = set(re.findall(r"`(\w+)`", " ".join(row[0] for row in rows_of_kinds())))
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins" / "module_utils").rglob("*.py"))
    used = set(re.findall(r"""(?:\bkind=|ErrorMeaning\()"(\w+)\"""", code))
    assert used - found == set(), "add the kind to the last table of docs/when_things_go_wrong.md"
    # Kinds of failures that are chosen by a condition.
    assert found - used <= {"wait_timeout", "waiting_confirmation", "interrupted", "job_failed", "terminated"}


def rows_of_kinds() -> list[list[str]]:
    table = PAGE.partition("\n| `kind` | Means |\n|---|---|\n")[2].partition("\n\n")[0]
    return [row.strip("|").split("|") for row in table.splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTP 429, 1306429", {429, 1306429}),
        ("1306401 to 1306403", {1306401, 1306402, 1306403}),
        ("164xxxx other than 16429xx and 16499xx", set(range(1640000, 1649900)) - set(range(1642900, 1643000))),
        ("4xx (400, 405, but not 407, 429 and 499), 501", (set(range(400, 500)) | {501}) - {407, 429, 499}),
        ("30 seconds, 3.12", set()),
    ],
)
def test_numbers_of_a_text(text: str, expected: set[int]) -> None:
    assert numbers(text) == expected
