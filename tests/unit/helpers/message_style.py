# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check messages of tasks against the list that "make messages" prints, and against its style."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

TOOL = runpy.run_path(str(ROOT / "tests" / "tools" / "messages.py"))
LIST: dict[str, list[Any]] = TOOL["by_file"]()
# Minimum of letters in a pattern; shorter ones would match anything.
_LETTERS = 8


# The fixed pieces of each message, in order.
_LISTED = {
    tuple(piece for word in message.words for piece in word.split("{}") if piece)
    for found in LIST.values()
    for message in found
    if sum(letter.isalpha() for letter in "".join(message.words)) >= _LETTERS
}
# The name of a call, and an error code: all else is text of the server.
_REFUSED = re.compile(r"\w+: (\d+: )?")


def wrong_words(summary: str, error: Mapping[str, Any], warnings: list[str]) -> list[str]:
    """Return what is wrong with a result's messages: not in the list, or hints that are not sentences."""
    lines = summary.splitlines()
    faults = lines[1:] if error["kind"] == "validation" and error["code"] is None else []
    texts = [*(faults or [summary]), *filter(None, [error["hint"]]), *warnings]
    return [*_not_listed(texts, str(error["message"])), *_not_a_sentence(error["hint"])]


@lru_cache(maxsize=4096)
def _is_listed(text: str) -> bool:
    """Return whether a text contains a message of the list."""
    return any(pieces[0] in text and _contains(text, pieces) for pieces in _LISTED)


def _contains(text: str, pieces: tuple[str, ...]) -> bool:
    at = 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def _not_listed(texts: list[str], of_server: str) -> Iterator[str]:
    for text in texts:
        ours = text if _is_listed(of_server) else text.removesuffix(of_server)
        if not _is_listed(ours) and not _REFUSED.fullmatch(ours):
            yield f"not in the list of messages: {text}"


def _not_a_sentence(hint: str | None) -> Iterator[str]:
    if hint is not None and not re.fullmatch(r"[A-Z].*[.?]", hint, re.DOTALL):
        yield f"not a sentence: {hint}"
