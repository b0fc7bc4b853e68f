# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns for the forms of a secret: as it is, escaped, URL-encoded, or inside base64.

Private to the collection blueking.job: no stable interface for others.

Encoders differ in what they escape and how, and may follow on each other. So a form is a pattern that takes every
character in each of its spellings, in place of a list of what some encoders make of the whole.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import quote, quote_plus

# A shorter secret is no more than a word: looked for everywhere, it would blank out what has nothing to do with it.
MIN_LENGTH_ANYWHERE = 4
# The encoded middle of a shorter one (bytes) would be found by accident.
_MIN_INFIX_BYTES = 6
# In patterns of longer ones (characters of base64) line ends are not looked for: they would take seconds to compile.
_MAX_WRAPPED_LENGTH = 2000

# JSON in JSON in JSON: backslashes double each time, and may be URL-encoded in the end.
_SLASH = r"(?:\\|%(?:25){0,3}5[cC])"
_SLASHES = rf"{_SLASH}{{1,8}}"
_HTML_NAMES = {"<": "lt", ">": "gt", '"': "quot", "'": "apos", "&": "amp"}
_LETTERS = {"\a": "a", "\b": "b", "\x1b": "e"}
_BLANK = (
    rf"(?:\s|\+|%(?:25){{0,3}}(?:20|2[bB]|0[9a-dA-D])|{_SLASHES}(?:[nrtvf]|u00(?:20|0[9a-dA-D])|x(?:20|0[9a-dA-D])))+"
)
_LINE_END = rf"(?:\s|{_SLASHES}[nr]|%0[aAdD])*"
_VALUE_BEGIN, _VALUE_END = r"(?:(?<=[\"'=])|(?<=[:=] ))", r"(?=[\"'\s,;&})\]\\]|\Z)"
_BLANKS = " \t\n\r\f\v"
_TOKEN = re.compile(rf"[A-Za-z0-9]+|[{_BLANKS}]+|\\+|.", re.DOTALL)
_ESCAPED_END = re.compile(r"\\{1,8}[nr]|%0[aAdD]")


@dataclass
class SecretPattern:
    """One pattern, and the longest text that stands in it unchanged.

    Where that text is missing the pattern cannot fit, so most patterns are never compiled.
    """

    stem: str
    source: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when it is needed."""
        return re.compile(self.source)


@lru_cache(maxsize=256)
def patterns_for(secret: str) -> list[SecretPattern]:
    """All forms of a text that is not blank; blanks around it are no part of the secret."""
    core = secret.strip()
    tokens = _TOKEN.findall(core)
    plain = "".join(map(_spellings, tokens))
    if len(core) < MIN_LENGTH_ANYWHERE:
        # Only where it stands as a value: in quotes, or behind an equals sign or a colon.
        plain = _VALUE_BEGIN + plain + _VALUE_END
    patterns = [SecretPattern(_longest(tokens), plain)]
    if len(core.encode("utf-8")) >= _MIN_INFIX_BYTES:
        patterns += [_inside_base64(data, lead) for data in _encodings(core) for lead in range(3)]
    elif len(core) >= MIN_LENGTH_ANYWHERE:
        alone = base64.b64encode(core.encode("utf-8")).decode("ascii").rstrip("=")
        patterns.append(SecretPattern(alone, rf"(?<![\w+/]){re.escape(alone)}(?:=|%3[dD])*(?![\w+/])"))
    return patterns


def _encodings(text: str) -> set[bytes]:
    """What stands of a text in a request, in JSON or URL-encoded, which may be put into base64 as a whole."""
    json_text = json.dumps(text)[1:-1]
    spellings = (
        text,
        json_text,
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(json_text)[1:-1],
        quote(text, safe=""),
        quote_plus(text),
    )
    return {each.encode("utf-8") for each in spellings}


def searchable(text: str) -> str:
    """Where stems are looked for: the text as it was before an encoder broke its lines.

    Where line ends may be written out, as in JSON, the text itself stands beside: a backslash before an n may be one.
    """
    joined = "".join(text.split())
    return _ESCAPED_END.sub("", joined) + "\n" + text if "\\" in text or "%0" in text else joined


def _longest(tokens: list[str]) -> str:
    return max((token for token in tokens if token.isalnum() and token.isascii()), key=len, default="")


def _spellings(token: str) -> str:
    """A pattern for a run of letters and digits, of blanks, of backslashes, or for any other single character."""
    if token.isalnum() and token.isascii():
        return token
    if not token.strip(_BLANKS):
        return _BLANK
    if token.startswith("\\"):
        return f"{_SLASH}{{{len(token)},{8 * len(token)}}}"
    # Longest first, as the shortest is the beginning of others.
    return f"(?:{'|'.join(reversed(_character_spellings(token)))})"


def _character_spellings(character: str) -> list[str]:
    number = ord(character)
    data = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    ways = [
        f"{_SLASH}{{0,8}}{re.escape(character)}",
        f"{_SLASH}{{0,8}}" + "".join(f"%(?:25){{0,3}}{_hex(byte)}" for byte in data),
        "".join(f"{_SLASHES}x{_hex(byte)}" for byte in data),
        "".join(f"{_SLASHES}u{_hex(units[at])}{_hex(units[at + 1])}" for at in range(0, len(units), 2)),
        f"{_SLASHES}U{''.join(map(_hex, number.to_bytes(4, 'big')))}",
        f"&(?:amp;){{0,3}}#(?:0*{number}|[xX]0*{number:x}|[xX]0*{number:X});",
    ]
    if character in _LETTERS:
        ways.append(f"{_SLASHES}{_LETTERS[character]}")
    if number < 256:
        ways.append(f"{_SLASHES}x{_hex(number)}")
    if character in _HTML_NAMES:
        ways.append(f"&(?:amp;){{0,3}}{_HTML_NAMES[character]};")
    if character == "'":
        # How shells, and what prints commands for them, put a quote into quotes.
        ways += ["'\"'\"'", rf"'{_SLASHES}''"]
    return ways


def _hex(byte: int) -> str:
    """Two digits of whichever case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{byte:02x}")


def _inside_base64(data: bytes, lead: int) -> SecretPattern:
    """The secret in the middle of encoded text, C(lead) bytes (modulo 3) after its beginning.

    What stands before and behind decides about the characters at the edges, which therefore may be any.
    """
    encoded = base64.b64encode(b"\0" * lead + data).decode("ascii").rstrip("=")
    begin, end = (lead * 8 + 5) // 6, (lead + len(data)) * 8 // 6
    infix = encoded[begin:end]
    between = _LINE_END if len(infix) <= _MAX_WRAPPED_LENGTH else ""
    pattern = between.join(map(_base64_character, infix))
    edge = r"[A-Za-z0-9+/_-]"
    if lead:
        pattern = f"(?:{edge}{between})?{pattern}"
    if (lead + len(data)) % 3:
        pattern += f"(?:{between}{edge})?"
    return SecretPattern(max(re.split(r"[+/]", infix), key=len), pattern + r"(?:=|%3[dD]|\\{1,8}u003[dD])*")


def _base64_character(character: str) -> str:
    """A character in both alphabets, and escaped where URLs or JSON do so."""
    if character == "+":
        return rf"(?:[+-]|%(?:25){{0,3}}2[bB]|{_SLASHES}u002[bB])"
    if character == "/":
        return rf"(?:[/_]|%(?:25){{0,3}}2[fF]|{_SLASHES}/)"
    return character
