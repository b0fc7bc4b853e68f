# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON decoder for large responses: decodes piece by piece, to save memory.

Private to the collection blueking.job: no stable interface for others.

The answer about 50 000 hosts has ten megabytes. Decoded at once it would stand in memory as bytes, as text (up to four
times as large: one Chinese character in a name widens all others) and as dictionaries (four times as large). So a large
answer is decoded piece by piece, and each small object becomes a model as soon as it is there.
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Callable
from typing import Any

# What a caller makes of an object of the answer: a model, or the same object.
Row = Callable[[dict[str, Any]], object]

# What fits in here (bytes) is decoded at once.
_WINDOW_BYTES = 1 << 16


def decode(body: bytes | bytearray, row: Row | None = None) -> object:
    """The JSON value of a body.

    Bytes that are no text become replacement characters, and control characters may stand in strings, as logs hold
    whatever a script has printed.

    Args:
        body: the answer as it came in. A large one that can be changed is used up, so that it goes as the models come.
        row: called with every object of the answer, innermost first; what it returns takes the object's place.

    Raises:
        ValueError: the body is no JSON.
        RecursionError: the body is nested too deeply.
    """
    encoding = json.detect_encoding(body)
    if len(body) > _WINDOW_BYTES:
        return _ChunkedDecoder(
            body if isinstance(body, bytearray) else bytearray(body), encoding, row or _identity
        ).document()
    return _json_decoder(row).decode(body.decode(encoding, "replace"))


def _json_decoder(row: Row | None) -> json.JSONDecoder:
    return json.JSONDecoder(strict=False, object_hook=row, parse_float=_finite_float, parse_constant=_finite_float)


def _finite_float(text: str) -> float:
    """A number as JSON knows it: the library also takes NaN and Infinity, which other parsers reject."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def _identity(value: dict[str, Any]) -> object:
    return value


class _ChunkedDecoder:
    """Goes through a large body from piece to piece. Whatever is small is left to the library."""

    def __init__(self, body: bytearray, encoding: str, row: Row) -> None:
        self._body = body
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._json_decoder = _json_decoder(row)
        self._row = row
        self._text = ""
        self._at = 0

    def document(self) -> object:
        """The one value that the body holds."""
        value = self._value()
        if self._peek():
            raise ValueError("something follows the JSON value")
        return value

    def _value(self) -> object:
        opening = self._peek()
        if opening == "[":
            return self._list()
        minimum = _WINDOW_BYTES
        while True:
            self._fill_buffer(minimum)
            try:
                value, end = self._json_decoder.raw_decode(self._text, self._at)
            except ValueError:
                if opening == "{":
                    return self._object()
                if not self._body:
                    raise
            else:
                # A number at the end of what is seen may go on, even if an "e-" seems to follow it.
                if end + 2 < len(self._text) or not self._body:
                    self._at = end
                    return value
            minimum *= 2

    def _list(self) -> list[object]:
        values: list[object] = []
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return values
        while True:
            values.append(self._value())
            if self._separator("]"):
                return values

    def _object(self) -> object:
        members: dict[str, Any] = {}
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            return self._row(members)
        while True:
            if self._peek() != '"':
                raise ValueError("an object without a name for its member")
            name = self._value()
            self._expect(":")
            members[str(name)] = self._value()
            if self._separator("}"):
                return self._row(members)

    def _separator(self, closing: str) -> bool:
        """Go over a comma or the closing bracket; whether it was the bracket."""
        return self._expect("," + closing) == closing

    def _expect(self, characters: str) -> str:
        found = self._peek()
        if not found or found not in characters:
            raise ValueError(f"one of {characters} is missing")
        self._at += 1
        return found

    def _peek(self) -> str:
        """The next character that is no blank, or nothing at the end."""
        while True:
            self._fill_buffer(_WINDOW_BYTES)
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._body:
                return ""

    def _fill_buffer(self, minimum: int) -> None:
        """See to it that so many characters can be seen, or all that are left."""
        while len(self._text) - self._at < minimum and self._body:
            chunk = bytes(self._body[:minimum])
            del self._body[:minimum]
            self._text = self._text[self._at :] + self._decoder.decode(chunk, not self._body)
            self._at = 0
