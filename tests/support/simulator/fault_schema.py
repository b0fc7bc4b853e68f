# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of injected faults: their kind, the requests they apply to, and how often.

A fault has a kind (`do`), a `call` and a `gateway` (any by default), and the requests it applies to: the `nth` one, the
first `next` ones (1 by default), or `every` nth one. `acts` decides whether the request
is carried out although its response is replaced; if both are possible, the default is in the table below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import InventoryError
from .messages import BAD_REQUEST, MESSAGES
from .yaml_schema import Checker, Key, flag, integer, one_of, section, text, wrong


class FaultError(ValueError):
    """Invalid fields of a fault; the text names the field and what was expected."""


@dataclass(frozen=True)
class Kind:
    """What one kind of fault allows: whether the request may be carried out, and its own fields with their defaults."""

    acts: tuple[bool, ...]
    """Possible values, the default first; empty for faults of connections."""
    fields: Mapping[str, Key]


def _seconds(path: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise wrong(path, "seconds between 0 and 3600", value)
    return float(value)


def _known_code(path: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in MESSAGES:
        raise wrong(path, "a code of MESSAGES in tests/support/simulator/messages.py, such as 1240002", value)
    return int(value)


def _position(path: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(path, "a whole number of bytes; a negative one counts from the end", value)
    return value


def _anything(_path: str, value: Any) -> Any:
    return value


def _headers(path: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise wrong(path, "a mapping of header names to their texts", value)
    return {str(name): str(entry) for name, entry in value.items()}


def _status(path: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599 or value in (204, 304):
        raise wrong(path, "an HTTP status from 200 to 599 that has a body", value)
    return value


_EITHER_BUT_NOT = (False, True)
_SECONDS = Key(_seconds)

KINDS: dict[str, Kind] = {
    # Connections
    "refuse": Kind((), {"seconds": _SECONDS}),
    "reset_connection": Kind((), {}),
    # Time
    "delay": Kind((True, False), {"seconds": _SECONDS}),
    "drip": Kind((True,), {"seconds": Key(_seconds, 0.05), "bytes": Key(integer(1), 1)}),
    # Responses that do not arrive
    "close": Kind(_EITHER_BUT_NOT, {}),
    "cut": Kind((True,), {"bytes": Key(_position)}),
    "reset": Kind((True,), {"bytes": Key(_position, 0)}),
    # Responses that are replaced
    "truncate": Kind((True,), {"bytes": Key(_position, None)}),
    "garbage": Kind(_EITHER_BUT_NOT, {}),
    "html": Kind(_EITHER_BUT_NOT, {"http": Key(_status, 200)}),
    "bad_gateway": Kind(_EITHER_BUT_NOT, {}),
    "gateway_timeout": Kind(_EITHER_BUT_NOT, {}),
    "esb_unreachable": Kind(_EITHER_BUT_NOT, {}),
    "error": Kind(_EITHER_BUT_NOT, {"code": Key(_known_code)}),
    "rate_limit": Kind((False,), {"seconds": Key(_seconds, 1.0)}),
    "answer": Kind(_EITHER_BUT_NOT, {"body": Key(_anything), "http": Key(_status, 200), "headers": Key(_headers, {})}),
    "echo": Kind(
        _EITHER_BUT_NOT,
        {
            "code": Key(_known_code, BAD_REQUEST),
            "form": Key(one_of("text", "json", "base64", "url"), "text"),
            "place": Key(one_of("message", "job_request_id", "permission", "page"), "message"),
        },
    ),
}
"""Kind -> fields. The code of `error` is one of the platform, `seconds` of rate_limit is the announced wait.

The body of `answer` is sent as JSON, except for a string, which is sent unchanged.
"""

ON_TRANSFER = ("refuse", "reset_connection", "delay", "drip", "close", "cut", "reset")
"""The kinds that a client sees only on a connection."""

_OCCURRENCES = ("nth", "next", "every")


@dataclass(frozen=True)
class Fault:
    """One fault with all fields."""

    do: str
    acts: bool
    call: str | None
    gateway: str | None
    occurrence: str
    count: int
    details: Mapping[str, Any]

    @property
    def on_connections(self) -> bool:
        """Return whether it applies before there is a request."""
        return not KINDS[self.do].acts

    @property
    def on_transfer(self) -> bool:
        """Return whether it changes how a response is transferred, or whether, and not what the response is."""
        return self.do in ON_TRANSFER

    def applies_to(self, seen: int) -> bool:
        """Return whether it applies to the nth matching request."""
        if self.occurrence == "nth":
            return seen == self.count
        return seen <= self.count if self.occurrence == "next" else seen % self.count == 0

    def fits(self, gateway: str, call: str | None) -> bool:
        """Return whether a request matches."""
        return self.call in (None, call) and self.gateway in (None, gateway)

    def fields(self) -> dict[str, Any]:
        """Return the fault's fields, with defaults filled in."""
        found: dict[str, Any] = {"do": self.do, self.occurrence: self.count, **self.details}
        if not self.on_connections:
            found |= {"acts": self.acts, "call": self.call, "gateway": self.gateway}
        return found


def fault_of(fields: Any, calls: frozenset[str]) -> Fault:
    """Parse the fields of one fault; FaultError names the invalid field."""
    try:
        return _read(fields, calls)
    except InventoryError as error:
        raise FaultError(f"fault: {str(error).removeprefix('the whole file: ')}") from None


def _read(fields: Any, calls: frozenset[str]) -> Fault:
    if not isinstance(fields, Mapping):
        raise wrong("", "a mapping with the key do", fields)
    if "do" not in fields:
        raise wrong("do", "one of " + ", ".join(KINDS))
    kind = KINDS[str(one_of(*KINDS)("do", fields["do"]))]
    keys = {"do": Key(text), **{name: Key(integer(1), None) for name in _OCCURRENCES}, **kind.fields}
    if kind.acts:
        keys |= {"acts": Key(_acts(kind.acts), kind.acts[0]), "call": Key(_one_of_calls(calls), None)}
        keys |= {"gateway": Key(one_of("esb", "apigw"), None)}
    found = section(keys)("", fields)
    given = [name for name in _OCCURRENCES if found[name] is not None]
    if len(given) > 1:
        raise wrong(given[1], f"either this or {given[0]}, not both")
    occurrence = given[0] if given else "next"
    details = {name: found[name] for name in kind.fields}
    return Fault(
        do=found["do"],
        acts=found.get("acts", False),
        call=found.get("call"),
        gateway=found.get("gateway"),
        occurrence=occurrence,
        count=found[occurrence] or 1,
        details=details,
    )


def _acts(allowed: tuple[bool, ...]) -> Checker:
    def check(path: str, value: Any) -> bool:
        if flag(path, value) not in allowed:
            raise wrong(path, f"{str(allowed[0]).lower()}, for this fault allows nothing else", value)
        return bool(value)

    return check


def _one_of_calls(calls: frozenset[str]) -> Checker:
    def check(path: str, value: Any) -> str:
        if not isinstance(value, str) or value not in calls:
            raise wrong(path, "the name of a call that the server has", value)
        return str(value)

    return check
