# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of plain YAML data against a schema, with the path of the invalid key.

A schema consists of small checkers that get the path and the value, and return the value in its final form.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import InventoryError

Checker = Callable[[str, Any], Any]
_MISSING = object()


def wrong(path: str, expected: str, found: Any = _MISSING) -> InventoryError:
    """Return the error for one place of the file."""
    seen = "" if found is _MISSING else f", found {_show(found)}"
    return InventoryError(f"{path or 'the whole file'}: expected {expected}{seen}")


def _show(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def integer(minimum: int) -> Checker:
    """Check a whole number, not below a minimum; booleans are rejected."""

    def check(path: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise wrong(path, f"a whole number of at least {minimum}", value)
        return value

    return check


def text(path: str, value: Any) -> str:
    """Check a non-empty string."""
    if not isinstance(value, str) or not value:
        raise wrong(path, "a non-empty string", value)
    return value


def any_text(path: str, value: Any) -> str:
    """Check a string that may be empty; a number is converted to its digits, because YAML readers guess."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise wrong(path, "a string", value)
    return str(value)


def identifier(path: str, value: Any) -> str:
    """Check a non-empty string, or a number that is converted to one."""
    return text(path, any_text(path, value))


def flag(path: str, value: Any) -> bool:
    """Check a boolean."""
    if not isinstance(value, bool):
        raise wrong(path, "true or false", value)
    return value


def ipv4(path: str, value: Any) -> str:
    """Check an IPv4 address."""
    try:
        return str(ipaddress.IPv4Address(value if isinstance(value, str) else ""))
    except ValueError:
        raise wrong(path, "an IPv4 address", value) from None


def one_of(*choices: str | int) -> Checker:
    """Check one of a few values."""

    def check(path: str, value: Any) -> str | int:
        for choice in choices:
            if type(choice) is type(value) and choice == value:
                return choice
        raise wrong(path, "one of " + ", ".join(map(str, choices)), value)

    return check


def list_of(item: Checker) -> Checker:
    """Check a list whose items all pass one checker."""

    def check(path: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise wrong(path, "a list", value)
        return tuple(item(f"{path}[{position}]", entry) for position, entry in enumerate(value))

    return check


def one_or_many(item: Checker) -> Checker:
    """Check one item, or a list of them; always return a tuple."""
    many = list_of(item)

    def check(path: str, value: Any) -> tuple[Any, ...]:
        return many(path, value) if isinstance(value, list) else (item(path, value),)

    return check


@dataclass(frozen=True)
class Key:
    """One key of a mapping: its checker and its default."""

    check: Checker
    default: Any = _MISSING


def section(keys: Mapping[str, Key]) -> Checker:
    """Check a mapping with exactly these keys, of which those without a default are required."""

    def check(path: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise wrong(path, "a mapping with the keys " + ", ".join(keys), value)
        for name in value:
            if name not in keys:
                raise wrong(_join(path, str(name)), "no such key here, only " + ", ".join(keys))
        found: dict[str, Any] = {}
        for name, key in keys.items():
            if name in value:
                found[name] = key.check(_join(path, name), value[name])
            elif key.default is _MISSING:
                raise wrong(_join(path, name), "a value, for the key is required")
            else:
                found[name] = key.default
        return found

    return check


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
