# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for field values: bounds, enumerations, lengths and formats; a violation is a 1240003."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from .messages import Text
from .type_conversion import Rule, blank, decode_base64


def between(low: int, high: int | None, message: Text) -> Rule:
    """Require a number, if given, to be within the limits."""

    def rule(value: Any) -> Text | None:
        return message if value is not None and (value < low or (high is not None and value > high)) else None

    return rule


def one_of(values: Collection[int], message: Text) -> Rule:
    """Require a number, if given, to be one of these."""
    return lambda value: None if value is None or value in values else message


def given(message: Text) -> Rule:
    """Require a value that is not blank."""
    return lambda value: message if value is None or (isinstance(value, str) and blank(value)) else None


def fits(limit: int, message: Text) -> Rule:
    """Require base64 text to decode to at most this many bytes."""
    return lambda value: message if value and len(decode_base64(value)) > limit else None


def callback(value: Any) -> Text | None:
    """JOB API: a callback address must be http or https with a host, without user name and password."""
    message = ("Callback url is invalid", "回调地址不合法")
    if blank(value):
        return None
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        return message
    return None if sound and not any(letter.isspace() for letter in value) else message


def ipv4(value: Any) -> Text | None:
    """Require an IPv4 address."""
    message = ("Invalid IP", "IP 不合法")
    try:
        ipaddress.IPv4Address(value or "")
    except ValueError:
        return message
    return None


def interpreter(value: Any) -> Text | None:
    """JOB API: a Windows interpreter ends in .exe, ignoring blanks around it, and has at most 260 characters."""
    message = ("Invalid windows_interpreter", "windows_interpreter 不合法")
    if blank(value):
        return None
    return None if value.strip().endswith(".exe") and len(value) <= 260 else message
