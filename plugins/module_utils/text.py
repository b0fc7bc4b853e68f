# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text on its way out: valid UTF-8 whatever a server wrote, and messages of one bearable line.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

# The first line of a message is all that some user interfaces show.
LINE_LENGTH = 199
# No clock of a server shows a later time (seconds since the epoch, in the year 5138).
_LATEST = 1e11

T = TypeVar("T")


def valid(value: T) -> T:
    """The same structure with every text valid UTF-8: half of a surrogate pair becomes a question mark.

    NUL characters are dropped, as many programs take them for the end of a text. Colours and the like stay.
    """
    return _valid(value)  # type: ignore[return-value]


def _valid(value: object) -> object:
    if isinstance(value, str):
        return encodable(value).replace("\0", "")
    if isinstance(value, dict):
        return {_key(key): _valid(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_valid(each) for each in value]
    return value


def _key(key: object) -> object:
    """A name of a dictionary. Ansible would make things of its own out of one that has a name of a certain kind."""
    name = _valid(key)
    return name.lstrip("_") if isinstance(name, str) and name.startswith("__ansible_") else name


def encodable(text: str) -> str:
    """The text without halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str, length: int = LINE_LENGTH) -> str:
    """The text in one line of printable characters, cut to a length."""
    beginning = text[: 50 * length]  # a server may say megabytes
    return short(" ".join(printable(beginning).split()), length)


def printable(text: str) -> str:
    """The text with blanks for line ends, and for all that a terminal would take for an order."""
    return "".join(character if character.isprintable() else " " for character in text)


def nearest(word: str, words: Iterable[str], most: int = 1) -> list[str]:
    """Those of some words that look most like another, the best first; upper and lower case are alike."""
    import difflib

    different = list(dict.fromkeys(words))
    close = difflib.get_close_matches(word.casefold(), {each.casefold() for each in different}, most)
    return [each for folded in close for each in different if each.casefold() == folded][:most]


def short(text: str, length: int) -> str:
    """The text, or its beginning with an ellipsis where it is too long."""
    return text if len(text) <= length else text[: length - 3] + "..."


def http_date(text: str | None) -> float | None:
    """The header C(Date) of an answer as seconds since the epoch; None for what is no time, or none of this world."""
    try:
        moment = parsedate_to_datetime(text or "").timestamp()
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
    return moment if 0 < moment < _LATEST else None


def iso8601(moment: int | str | None) -> str | None:
    """A time as ISO 8601: milliseconds since the epoch in UTC, a text as it is. None for what is no time."""
    if not isinstance(moment, int):
        return moment
    try:
        utc = datetime.fromtimestamp(moment / 1000, tz=timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
