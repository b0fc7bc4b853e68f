# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Patterns for the forms of a secret: plain, escaped, URL-encoded, or inside base64.

Encoders escape different characters in different ways, and may be applied one after another. So a pattern accepts
every spelling of each character, instead of a list of the results of some encoders.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import quote, quote_plus

# Minimum length (characters) of a secret that is replaced anywhere: a shorter one would match unrelated text.
MIN_LENGTH_ANYWHERE = 4
# Minimum length (bytes) of the encoded middle of a secret: a shorter one would match by accident.
_MIN_INFIX_BYTES = 6
# Maximum length (base64 characters) for patterns that allow line breaks: longer ones take seconds to compile.
_MAX_WRAPPED_LENGTH = 2000

# Backslash in nested JSON: it doubles with each level, and may be URL-encoded in the end.
_BACKSLASH = r"(?:\\|%(?:25){0,3}5[cC])"
_BACKSLASHES = rf"{_BACKSLASH}{{1,8}}"
_HTML_NAMES = {"<": "lt", ">": "gt", '"': "quot", "'": "apos", "&": "amp"}
_LETTERS = {"\a": "a", "\b": "b", "\x1b": "e"}
_BLANK = (
    r"(?:\s|\+|%(?:25){0,3}(?:20|2[bB]|0[9a-dA-D])|"
    rf"{_BACKSLASHES}(?:[nrtvf]|u00(?:20|0[9a-dA-D])|x(?:20|0[9a-dA-D])))+"
)
_LINE_END = rf"(?:\s|{_BACKSLASHES}[nr]|%0[aAdD])*"
_VALUE_BEGIN, _VALUE_END = r"(?:(?<=[\"'=])|(?<=[:=] ))", r"(?=[\"'\s,;&})\]\\]|\Z)"
_BLANKS = " \t\n\r\f\v"
_TOKEN = re.compile(rf"[A-Za-z0-9]+|[{_BLANKS}]+|\\+|.", re.DOTALL)
# Each alternative begins with a literal character, for which the search is much faster.
_ESCAPED_END = re.compile(r"\\\\{0,7}[nr]|%0[aAdD]")
# All ASCII characters that a pattern counts as blanks.
_ASCII_BLANKS = b" \t\n\r\v\f\x1c\x1d\x1e\x1f"


@dataclass
class SecretPattern:
    """One pattern, and the longest literal text that every match contains.

    A pattern is compiled only if its literal text is found, so most patterns never are.
    """

    stem: str
    source: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compile the pattern on first use."""
        return re.compile(self.source)


@lru_cache(maxsize=256)
def patterns_for(secret: str) -> list[SecretPattern]:
    """Return the patterns for one secret, which is not blank; surrounding blanks are not part of it."""
    core = secret.strip()
    tokens = _TOKEN.findall(core)
    plain = "".join(map(_spellings, tokens))
    if len(core) < MIN_LENGTH_ANYWHERE:
        plain = _as_value(core, plain)
    patterns = [SecretPattern(_longest(tokens), plain)]
    if len(core.encode("utf-8")) >= _MIN_INFIX_BYTES:
        patterns += [_inside_base64(data, lead) for data in _encodings(core) for lead in range(3)]
    elif len(core) >= MIN_LENGTH_ANYWHERE:
        alone = base64.b64encode(core.encode("utf-8")).decode("ascii").rstrip("=")
        patterns.append(SecretPattern(alone, rf"(?<![\w+/]){re.escape(alone)}(?:=|%3[dD])*(?![\w+/])"))
    return patterns


def _as_value(core: str, plain: str) -> str:
    """Return a pattern that matches a short secret only as a value: in quotes, or after an equals sign or a colon."""
    if core.isalnum() and core.isascii():
        # Begins with the literal text, for which the search is much faster.
        return rf"{core}(?:(?<=[\"'=]{core})|(?<=[:=] {core})){_VALUE_END}"
    return _VALUE_BEGIN + plain + _VALUE_END


def _encodings(text: str) -> set[bytes]:
    """Return a text as it appears in a request, in JSON or URL-encoded, before the whole is base64-encoded."""
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
    """Return the text to search for literals: without the line breaks that an encoder inserted.

    The text itself is appended if line breaks may be escaped, as in JSON: a backslash before an n may be one.
    """
    if text.isascii():
        # Several times faster than the general way.
        joined = text.encode("ascii").translate(None, _ASCII_BLANKS).decode("ascii")
    else:
        joined = "".join(text.split())
    return _ESCAPED_END.sub("", joined) + "\n" + text if "\\" in text or "%0" in text else joined


def _longest(tokens: list[str]) -> str:
    return max((token for token in tokens if token.isalnum() and token.isascii()), key=len, default="")


def _spellings(token: str) -> str:
    """Return a pattern for a run of letters and digits, of blanks, of backslashes, or for any other character."""
    if token.isalnum() and token.isascii():
        return token
    if not token.strip(_BLANKS):
        return _BLANK
    if token.startswith("\\"):
        return f"{_BACKSLASH}{{{len(token)},{8 * len(token)}}}"
    # Longest first, because the shortest is a prefix of others.
    return f"(?:{'|'.join(reversed(_character_spellings(token)))})"


def _character_spellings(character: str) -> list[str]:
    number = ord(character)
    data = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    ways = [
        f"{_BACKSLASH}{{0,8}}{re.escape(character)}",
        f"{_BACKSLASH}{{0,8}}" + "".join(f"%(?:25){{0,3}}{_hex(byte)}" for byte in data),
        "".join(f"{_BACKSLASHES}x{_hex(byte)}" for byte in data),
        "".join(f"{_BACKSLASHES}u{_hex(units[at])}{_hex(units[at + 1])}" for at in range(0, len(units), 2)),
        f"{_BACKSLASHES}U{''.join(map(_hex, number.to_bytes(4, 'big')))}",
        f"&(?:amp;){{0,3}}#(?:0*{number}|[xX]0*{number:x}|[xX]0*{number:X});",
    ]
    if character in _LETTERS:
        ways.append(f"{_BACKSLASHES}{_LETTERS[character]}")
    if number < 256:
        ways.append(f"{_BACKSLASHES}x{_hex(number)}")
    if character in _HTML_NAMES:
        ways.append(f"&(?:amp;){{0,3}}{_HTML_NAMES[character]};")
    if character == "'":
        # The ways in which shells, and programs that print commands, escape a quote inside quotes.
        ways += ["'\"'\"'", rf"'{_BACKSLASHES}''"]
    return ways


def _hex(byte: int) -> str:
    """Return a pattern for two hexadecimal digits in upper or lower case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{byte:02x}")


def _inside_base64(data: bytes, lead: int) -> SecretPattern:
    """Return a pattern for the secret inside encoded text, C(lead) bytes (modulo 3) after its beginning.

    The adjacent bytes determine the characters at both edges, so the pattern leaves these out.
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
    """Return a pattern for a character in both alphabets, also as escaped in URLs or JSON."""
    if character == "+":
        return rf"(?:[+-]|%(?:25){{0,3}}2[bB]|{_BACKSLASHES}u002[bB])"
    if character == "/":
        return rf"(?:[/_]|%(?:25){{0,3}}2[fF]|{_BACKSLASHES}/)"
    return character
