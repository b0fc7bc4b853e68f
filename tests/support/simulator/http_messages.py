# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and responses as the gateways see them, independent of sockets."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from .call_context import Caller
from .envelopes import CallResult


@dataclass(frozen=True)
class Request:
    """A request. Header names are lower-case; of a repeated query parameter the last one is used."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    target: str = ""
    """Path and query as in the request line."""


@dataclass(frozen=True)
class Reply:
    """A response, with its entry for the journal. No status means that no response was sent."""

    http: int | None
    body: Mapping[str, Any] | list[Any] | None
    """None for an empty body."""
    gateway: str
    call: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    caller: Caller | None = None
    result: CallResult | None = None
    """Result of the call on the platform, with its effects."""


def flat(query: str) -> dict[str, str]:
    """Parse a query string or form to one value per name."""
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}


def parsed(body: bytes) -> Any:
    """Parse the JSON value of a body; ValueError if invalid."""
    try:
        return json.loads(body.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def header_object(text: str) -> dict[str, Any] | None:
    """Parse the JSON object in a header; None if it has none. Headers are decoded as Latin-1, whatever they contain."""
    try:
        value = parsed(text.encode("latin-1"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def request_id() -> str:
    """Return a new id of 32 hexadecimal digits."""
    return uuid.uuid4().hex
