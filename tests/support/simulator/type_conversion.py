# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Type conversion of request values: numbers, texts, booleans, lists, objects.

JOB API: numeric strings count as numbers and numbers as strings, a fraction is cut off, true is not a number, an
empty string is a missing number; lists and objects are never converted to text. Unknown fields are ignored.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import BadFieldError
from .messages import Text

Kind = Callable[[Any], Any]
Rule = Callable[[Any], Text | None]
"""A rule checks a value and returns the message of its violation, or None."""

_WHOLE = re.compile(r"[+-]?[0-9]+")


def refuse(text: Text, nature: str = "type") -> BadFieldError:
    """JOB API: a request that fails bean validation is a 1240003, whatever the field."""
    return BadFieldError(text, nature)


def number(bits: int) -> Kind:
    """Return a checker of whole numbers of that many bits, or None."""
    limit = 1 << (bits - 1)

    def read(value: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise refuse(("a number is expected", "应为数字"))
        if isinstance(value, str):
            value = value.strip()
            if not value:
                return None
            if not _WHOLE.fullmatch(value):
                raise refuse(("a number is expected", "应为数字"))
        try:
            whole = int(value)
        except (ValueError, OverflowError):
            raise refuse(("a number is expected", "应为数字")) from None
        if not -limit <= whole < limit:
            raise refuse(("the number is out of range", "数字超出范围"))
        return whole

    return read


LONG = number(64)
INT = number(32)


def text(value: Any) -> str | None:
    """Convert to a string; numbers and booleans become their JSON text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise refuse(("a string is expected", "应为字符串"))


class QueryText(str):
    """A text from a query. The platform's framework reads it by other rules than a text in a body."""

    __slots__ = ()


_QUERY_TRUTHS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "on", "yes", "1"), True),
    **dict.fromkeys(("false", "off", "no", "0"), False),
    "": None,
}


def truth(value: Any) -> bool | None:
    """Convert to a boolean; the texts true and false and whole numbers count, and in a query more texts."""
    if isinstance(value, QueryText) and value.strip().lower() in _QUERY_TRUTHS:
        return _QUERY_TRUTHS[value.strip().lower()]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if isinstance(value, str) and value.strip().lower() in ("true", "false", ""):
        return {"true": True, "false": False, "": None}[value.strip().lower()]
    raise refuse(("true or false is expected", "应为布尔值"))


def list_of(kind: Kind) -> Kind:
    """Return a checker of lists whose entries have one type; null entries stay."""

    def read(value: Any) -> list[Any] | None:
        if value is None:
            return None
        if not isinstance(value, list):
            raise refuse(("a list is expected", "应为数组"))
        return [kind(entry) for entry in value]

    return read


@dataclass(frozen=True)
class Field:
    """One field of a request: its type, and the rules for its value in the order in which they are checked."""

    kind: Kind
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Record:
    """An object with known fields. Missing fields are None, unknown ones are ignored."""

    fields: Mapping[str, Field]
    rules: tuple[Rule, ...] = field(default=())

    def __call__(self, value: Any) -> dict[str, Any] | None:
        """Convert an object: every known field in order, then the rules over several fields."""
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise refuse(("an object is expected", "应为对象"))
        found: dict[str, Any] = {}
        for name, entry in self.fields.items():
            try:
                found[name] = entry.kind(value.get(name))
                for rule in entry.rules:
                    complain(rule(found[name]))
            except BadFieldError as error:
                error.path.insert(0, name)
                raise
        for rule in self.rules:
            complain(rule(found))
        return found


def complain(violation: Text | None) -> None:
    """JOB API: validation stops at the first violation and reports only that one."""
    if violation is not None:
        raise refuse(violation, "rule")


def blank(value: str | None) -> bool:
    """Return whether a text is missing or blank."""
    return value is None or not value.strip()


def decode_base64(value: str) -> bytes:
    """JOB API: decoding is lenient, so text that is not base64 silently turns into garbage."""
    alphabet = re.sub(r"[^A-Za-z0-9+/]", "", value.partition("=")[0].replace("-", "+").replace("_", "/"))
    if len(alphabet) % 4 == 1:
        alphabet = alphabet[:-1]
    return base64.b64decode(alphabet + "=" * (-len(alphabet) % 4))
