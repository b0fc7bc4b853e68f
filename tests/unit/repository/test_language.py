# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project uses the terms of Ansible and of API clients, not private ones."""

from __future__ import annotations

import re

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

# Files and directories whose texts are checked.
COVERED = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs",
    "playbooks",
    "plugins/action",
    "plugins/callback",
    "plugins/doc_fragments",
    "plugins/filter",
    "plugins/module_utils",
    "plugins/modules",
    "plugins/plugin_utils",
    "tests/support",
)
# A private term, and the word to write instead.
TERMS = {
    r"rooms?": "file, package, size limit",
    r"faces?": "execution mode, module mode, in-process mode",
    r"the house": "architecture",
    r"in the box": "JOB simulator",
    r"nobody": "the actor (user, module, JOB, gateway) with a negation",
    r"somebody": "the actor: user, module, JOB, gateway",
    r"glimpses?": "poll, read",
    r"patience": "retry, time limit",
    r"says (so|otherwise|why)": "shows, gives the reason, unless X is set",
    r"all the same": "anyway",
    r"as far as": "if, unless",
    # The inventory of the simulator has a key of this name.
    r"(?<![`.\[\"'])refusals?(?![`:\]\"'=])": "error response, rejection",
}
WORDS = re.compile("|".join(rf"(?P<t{number}>\b{term}\b)" for number, term in enumerate(TERMS)), re.IGNORECASE)


def findings(text: str) -> list[tuple[int, str, str]]:
    """Line number, private term and replacement for each private term in a text."""
    advice = list(TERMS.values())
    return [
        (number, match[0], advice[int((match.lastgroup or "t0")[1:])])
        for number, line in enumerate(text.splitlines(), 1)
        for match in WORDS.finditer(line)
    ]


def test_private_terms_are_not_used() -> None:
    found = []
    for path in [file for name in COVERED for file in (ROOT / name, *(ROOT / name).rglob("*"))]:
        if path.suffix in (".md", ".py", ".yml", ".svg", ".css"):
            for line, word, instead in findings(path.read_text(encoding="utf-8")):
                found.append(f'{path.relative_to(ROOT)}:{line}: write "{instead}" instead of "{word}"')
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It has room for 30 logs.", ["room"]),
        ("The JOB server in the box; nobody looks.", ["in the box", "nobody"]),
        ("Interfaces, in theory, surface here; `refusals` is a key.", []),
        ("refusals:", []),
    ],
)
def test_private_terms_are_recognized(text: str, words: list[str]) -> None:
    assert [word for _line, word, _instead in findings(text)] == words
