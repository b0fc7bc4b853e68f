# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Text of scripts: base64 in all its forms, encodings, byte order marks and line ends.

JOB decodes scripts as UTF-8 and ignores white space, the URL-safe alphabet and missing padding in base64.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re

# Longer marks first, because that of UTF-32 begins with that of UTF-16.
_OTHER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    b"\x84\x31\x95\x33": "GB 18030",
}
_TO_STANDARD_ALPHABET = str.maketrans("-_", "+/")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")
NOT_UNICODE = "is not Unicode text, but JOB reads UTF-8 only; convert it, such as from GBK"
# Minimum length (characters) of text detected as base64; a shorter one may be a command.
_MIN_PASTED_LENGTH = 12


class ScriptTextError(ValueError):
    """The text cannot be sent. The message continues a sentence that begins with the name of the option."""


def decode_base64(text: str, problem: str = "is not base64, although base64_encoded is true") -> bytes:
    """Return the bytes of base64 text.

    Args:
        text: base64.
        problem: message of the error.

    Raises:
        ScriptTextError: it is not base64.
    """
    encoded = "".join(text.split()).translate(_TO_STANDARD_ALPHABET).rstrip("=")
    try:
        if len(encoded) % 4 == 1:
            raise binascii.Error
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ScriptTextError(problem) from None


def encode_utf8(text: str, problem: str = NOT_UNICODE) -> bytes:
    """Return the text in UTF-8.

    Args:
        text: text of an option.
        problem: message of the error.

    Raises:
        ScriptTextError: it contains bytes that Ansible could not decode.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ScriptTextError(problem) from None


def check_utf8(data: bytes) -> None:
    """Check that JOB can decode the bytes.

    Raises:
        ScriptTextError: they are not UTF-8; names the encoding if a byte order mark identifies it.
    """
    encoding = next((name for mark, name in _OTHER_MARKS.items() if data.startswith(mark)), None)
    if encoding is not None:
        raise ScriptTextError(f"is {encoding}, but JOB reads UTF-8 only; convert it to UTF-8")
    # First, because GBK has no NUL bytes: advice about encodings does not help with a program or an archive.
    if b"\0" in data:
        raise ScriptTextError(
            "contains NUL bytes: it is binary, or UTF-16 without a byte order mark; convert it to UTF-8"
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        position = f"byte {error.start + 1}"
        raise ScriptTextError(
            f"is not UTF-8 ({position}), but JOB reads UTF-8 only; convert it, such as from GBK"
        ) from None


def decode_utf8_base64(text: str) -> bytes:
    """Return the bytes of base64 of UTF-8 text.

    Raises:
        ScriptTextError: it is not base64, or not of UTF-8. Many words of plain text are base64 of other bytes.
    """
    data = decode_base64(text)
    try:
        check_utf8(data)
    except ScriptTextError as error:
        raise ScriptTextError(f"{error}; if it is not base64, set base64_encoded to false") from None
    return data


def without_mark(data: bytes) -> bytes:
    """Return the bytes without the byte order mark of UTF-8, which would hide a line that begins with #!."""
    return data.removeprefix(codecs.BOM_UTF8)


def with_unix_line_ends(data: bytes) -> bytes:
    """Return the bytes with line feeds in place of CR LF."""
    return data.replace(b"\r\n", b"\n")


def is_pasted_base64(text: str) -> bool:
    """Return whether a script is only base64, ignoring white space, that decodes to printable text."""
    encoded = "".join(text.split()).translate(_TO_STANDARD_ALPHABET)
    if len(encoded) < _MIN_PASTED_LENGTH or not _BASE64.match(encoded):
        return False
    try:
        decoded = decode_base64(encoded).decode("utf-8")
    except ValueError:
        return False
    return all(character.isprintable() or character in "\r\n\t" for character in decoded)
