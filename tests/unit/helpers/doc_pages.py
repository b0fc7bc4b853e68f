# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the documentation pages: code blocks, links, and anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

_ALL = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / ".github").rglob("*.md"))]
# Pages in Chinese have the code of the pages in English (test_translations.py), which is tested there.
TRANSLATIONS = [page for page in _ALL if page.name.endswith(".zh-CN.md")]
PAGES = [page for page in _ALL if page not in TRANSLATIONS]
# A code block, with the comment above it that marks it for tests, if there is one.
_BLOCK = re.compile(r"(?:^<!-- ([^\n]*) -->\n)?^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]*)\)|(?:href|src)=\"([^\"]*)\"|<(https?://[^>\s]*)>")
_REFERENCE = re.compile(r"^\[[^\]]+\]: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A code block: its place, language and text, and the page's marks for tests."""

    place: str
    language: str
    text: str
    mark: str


def blocks(page: Path) -> Iterator[Block]:
    """Return the code blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(3)) + 1
        code = re.sub(rf"^{match[2]}", "", match[4], flags=re.MULTILINE)
        yield Block(f"{page.relative_to(ROOT)}:{line}", match[3], code, match[1] or "")


def links(page: Path) -> list[str]:
    """Return all links of a page, pictures included, as written."""
    text = _prose(page)
    return [next(filter(None, match.groups()), "") for match in _LINK.finditer(text)] + _REFERENCE.findall(text)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: its headings, as forges and "make docs" name them, and explicit ones."""
    found: dict[str, int] = {}
    for title in re.findall(r"^#+ (.*)$", _prose(page, code=""), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
        found[words] = found.get(words, -1) + 1
    headings = {f"{words}-{number}" if number else words for words, last in found.items() for number in range(last + 1)}
    return headings | set(re.findall(r'<a id="([^"]+)">', page.read_text(encoding="utf-8")))


def _prose(page: Path, code: str = "`[^`\n]+`") -> str:
    """Return a page without code blocks and, by default, without code in the text."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return re.sub(code, "code", text) if code else text
