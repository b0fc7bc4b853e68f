# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages in Chinese keep up with their pages in English: headings, code blocks and tables agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.doc_pages import TRANSLATIONS, blocks
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

NAMES = ("README", "docs/try_without_a_platform", "docs/when_things_go_wrong")
# A comment in YAML or in a command, which may be translated.
COMMENT = re.compile(r"(^|\s)\s*#(?!!).*$", re.MULTILINE)

HOW = (
    "translate the change of the page in English into the page in Chinese; code stays as it is, except for comments, "
    "and so do code and numbers in tables"
)


def headings(text: str) -> list[str]:
    """Return the level of each heading."""
    return re.findall(r"^(#+) ", without_code(text), re.MULTILINE)


def tables(text: str) -> list[list[list[str]]]:
    """Return for each table the code and the numbers of each row."""
    found = re.findall(r"(?:^\|.*\n)+", without_code(text), re.MULTILINE)
    return [[sorted(re.findall(r"`[^`]*`|\d\w*", row, re.ASCII)) for row in table.splitlines()] for table in found]


def without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def code(page: Path) -> list[tuple[str, str, str]]:
    """Return language, mark and text of each code block, without comments."""
    return [
        (block.language, block.mark, block.text if block.language == "text" else COMMENT.sub("", block.text))
        for block in blocks(page)
    ]


def test_pages_are_translated() -> None:
    assert [page.relative_to(ROOT).as_posix() for page in TRANSLATIONS] == [f"{name}.zh-CN.md" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_both_pages_name_each_other_at_the_top(name: str) -> None:
    page = name.rpartition("/")[2]
    for path, link in ((f"{name}.md", f"[中文]({page}.zh-CN.md)"), (f"{name}.zh-CN.md", f"[English]({page}.md)")):
        lines = (ROOT / path).read_text(encoding="utf-8").partition("\n# ")[2].splitlines()
        assert lines[2] == link, f"{path}: write {link} below its title"


@pytest.mark.parametrize("name", NAMES)
def test_translations_keep_up(name: str) -> None:
    english, chinese = ROOT / f"{name}.md", ROOT / f"{name}.zh-CN.md"
    texts = english.read_text(encoding="utf-8"), chinese.read_text(encoding="utf-8")
    compared: dict[str, tuple[list[object], list[object]]] = {
        "headings": both(headings, *texts),
        "tables": both(tables, *texts),
        "code blocks": both(code, english, chinese),
    }
    for kind, (expected, found) in compared.items():
        assert len(found) == len(expected), f"{name}.zh-CN.md has {len(found)} {kind}, {name}.md {len(expected)}: {HOW}"
        for number, pair in enumerate(zip(expected, found, strict=True), 1):
            assert pair[1] == pair[0], f"{name}.zh-CN.md differs from {name}.md in number {number} of the {kind}: {HOW}"


def both(read: Callable[..., list[object]], english: object, chinese: object) -> tuple[list[object], list[object]]:
    return read(english), read(chinese)


EXAMPLE = "# A\n\n## B\n\n| `x` | 1 |\n|---|---|\n| y | 2 |\n\n```yaml\na: 1  # one\n## no heading\n```\n"


def test_parts_of_a_page_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert headings(EXAMPLE) == ["#", "##"]
    assert tables(EXAMPLE) == [[["1", "`x`"], [], ["2"]]]
    page = tmp_path / "page.md"
    page.write_text(EXAMPLE, encoding="utf-8")
    monkeypatch.setattr("ansible_collections.blueking.job.tests.unit.helpers.doc_pages.ROOT", tmp_path)
    assert code(page) == [("yaml", "", "a: 1\n")]
