# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Text helpers: valid UTF-8, one-line messages, suggestions, and values in messages."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

# Maximum length (characters) of the first line of a message; some user interfaces show only that line.
MAX_LINE_LENGTH = 199
# Maximum length (characters) of a path in a message.
_MAX_PATH_LENGTH = 250
T = TypeVar("T")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}\Z")
# Sequences that move the cursor, set colors (CSI) or the title of the terminal (OSC).
_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
# Maximum of 64-bit integers, and its number of digits.
_MAX_INT64, _MAX_DIGITS = 2**63 - 1, 19


def valid_utf8(value: T) -> T:
    """Return the same structure with valid UTF-8 text: half of a surrogate pair becomes a question mark.

    NUL characters are dropped, because many programs take them for the end of a text. Escape sequences are kept.
    """
    return _valid_value(value)  # type: ignore[return-value]


def _valid_value(value: object) -> object:
    if isinstance(value, str):
        return replace_surrogates(value).replace("\0", "")
    if isinstance(value, dict):
        return {_valid_key(key): _valid_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_valid_value(each) for each in value]
    return value


def _valid_key(key: object) -> object:
    """Return a valid dictionary key. Ansible gives some key names a special meaning."""
    name = _valid_value(key)
    return name.lstrip("_") if isinstance(name, str) and name.startswith("__ansible_") else name


def replace_surrogates(text: str) -> str:
    """Return the text without halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str, length: int = MAX_LINE_LENGTH) -> str:
    """Return the text as one line of printable characters, cut to a length."""
    start = text[: 50 * length]  # a server may send megabytes
    return truncate(" ".join(printable(start).split()), length)


def printable(text: str) -> str:
    """Return the text with blanks for line ends and for terminal control characters."""
    return "".join(character if character.isprintable() else " " for character in text)


def strip_escape_sequences(text: str) -> str:
    """Return the text without colors, titles and other escape sequences of a terminal."""
    return _ESCAPE_SEQUENCE.sub("", text)


def closest_matches(text: str, candidates: Iterable[str], maximum: int = 1) -> list[str]:
    """Return the candidates that are most similar to the text, best match first, ignoring case."""
    unique = list(dict.fromkeys(candidates))
    close = difflib.get_close_matches(text.casefold(), {each.casefold() for each in unique}, maximum)
    return [each for folded in close for each in unique if each.casefold() == folded][:maximum]


def truncate(text: str, length: int) -> str:
    """Return the text, or its beginning with an ellipsis if it is too long."""
    return text if len(text) <= length else text[: length - 3] + "..."


def join_first(names: Sequence[str], maximum: int) -> str:
    """Return the first names as one text, and how many more there are."""
    more = len(names) - maximum
    return ", ".join(names[:maximum]) + (f" and {more} more" if more > 0 else "")


def parse_integer(value: object) -> int | None:
    """Return the value of an option as an int of at most 64 bits, or None; signs, blanks and C(1.0) are accepted."""
    is_text_of_one = isinstance(value, str) and _WHOLE_NUMBER.match(value.strip())
    is_one = isinstance(value, int) and not isinstance(value, bool)
    if not (is_one or is_text_of_one or (isinstance(value, float) and value.is_integer())):
        return None
    number = int(value)  # type: ignore[call-overload]
    return number if abs(number) <= _MAX_INT64 else None


def parse_int64(value: object) -> int | None:
    """Return a value of JSON as an int of at most 64 bits, or None; digits in a string are accepted."""
    # A boolean is an int, too.
    if isinstance(value, bool) or not isinstance(value, int):
        if not isinstance(value, str) or len(value) > _MAX_DIGITS or not (value.isascii() and value.isdecimal()):
            return None
        value = int(value)
    return value if -_MAX_INT64 <= value <= _MAX_INT64 else None


def describe_value(value: object) -> str:
    """Describe a value for a message. Only scalars are shown, because others may contain secrets."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a dictionary"
    if isinstance(value, (list, tuple)):
        return "a list"
    return quoted(value)


def quoted(value: object, length: int = 60) -> str:
    """Format a scalar for a message. For a long text only its length is shown: it may begin like a secret."""
    text = repr(value)
    return text if len(text) <= length else f"text of {len(text) - 2} characters"


def quoted_path(path: object) -> str:
    """Format a path for a message. Paths are shown if they are longer than other texts."""
    return quoted(str(path), _MAX_PATH_LENGTH)
