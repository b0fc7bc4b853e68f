# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Details of error responses: missing permissions, invalid hosts, Retry-After."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ..common.dates import http_date
from ..models.job_error_codes import HOSTS_OUTSIDE_SCOPE, UNKNOWN_HOSTS

_HOST = re.compile(
    r"host_id:\s*(?P<id>\d{1,19})|(?:(?<![\d.])(?P<cloud>\d{1,19}):)?(?<![\d.])(?P<ip>\d{1,3}(?:\.\d{1,3}){3})(?![\d.])"
)
_DIGITS = re.compile(r"\d{1,6}(\.\d+)?\Z")
_MAX_DEPTH = 30
# Maximum pause (seconds); a longer one is shortened to it.
_MAX_RETRY_AFTER_SECONDS = 86400.0


def missing_permission(permission: object) -> str | None:
    """Format one line: actions, and the resources they are missing on (JOB API: permission denied)."""
    lines = [_action(action) for action in _objects(_get(permission, "actions"))]
    return "; ".join(line for line in lines if line) or None


def invalid_hosts(code: int | None, message: str) -> list[dict[str, object]] | None:
    """Parse the hosts in the message of an error response; None for other errors."""
    if code not in (HOSTS_OUTSIDE_SCOPE, UNKNOWN_HOSTS):
        return None
    # Without duplicates, in order; there may be 50 000 of them.
    hosts = dict.fromkeys(
        (_number(match["id"]), _number(match["cloud"]), match["ip"]) for match in _HOST.finditer(message)
    )
    return [{"bk_host_id": host_id, "bk_cloud_id": cloud_id, "ip": ip} for host_id, cloud_id, ip in hosts]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the pause that the server asks for, in seconds, if any.

    C(Retry-After) is a number of seconds or a date, which is compared with the server's own date.
    """
    until, now = http_date(headers.get("retry-after")), http_date(headers.get("date"))
    if until is not None and now is not None:
        return min(max(0.0, until - now), _MAX_RETRY_AFTER_SECONDS)
    for name in ("retry-after", "x-bkapi-ratelimit-reset"):
        text = headers.get(name, "").strip()
        if _DIGITS.match(text):
            return min(float(text), _MAX_RETRY_AFTER_SECONDS)
    return None


def redacted_json(value: object, redact: Callable[[str], str], depth: int = _MAX_DEPTH) -> object:
    """Return server data that is passed on unchanged: JSON types only, with redacted texts and keys.

    Null replaces values that are nested too deeply for JSON parsers, and models that were built while the response was
    decoded.
    """
    if isinstance(value, str):
        return redact(value)
    if depth > 0 and isinstance(value, dict):
        return {redact(key): redacted_json(each, redact, depth - 1) for key, each in value.items()}
    if depth > 0 and isinstance(value, list):
        return [redacted_json(each, redact, depth - 1) for each in value]
    return value if isinstance(value, (bool, int, float)) else None


def _number(digits: str | None) -> int | None:
    return None if digits is None else int(digits)


def _action(action: Mapping[str, object]) -> str:
    name = _first_text(action, "name", "id")
    places = [_resource_type(kind) for kind in _objects(action.get("related_resource_types"))]
    resources = ", ".join(place for place in places if place)
    return f"{name} on {resources}" if name and resources else name


def _resource_type(kind: Mapping[str, object]) -> str:
    """Format the resources of one type; each is a path, from the outermost to the resource itself."""
    instances = kind.get("instances")
    paths = [path for path in instances if isinstance(path, list)] if isinstance(instances, list) else []
    shown = [" / ".join(_resource(part) for part in _objects(path)) for path in paths]
    return ", ".join(text for text in shown if text) or _first_text(kind, "type_name", "type")


def _resource(part: Mapping[str, object]) -> str:
    kind, name, identity = _first_text(part, "type_name", "type"), _first_text(part, "name"), _first_text(part, "id")
    return " ".join(part for part in (kind, name, f"({identity})" if identity else "") if part)


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    yield from (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else ()


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, Mapping) else None


def _first_text(value: Mapping[str, object], *keys: str) -> str:
    return next((str(value[key]) for key in keys if isinstance(value.get(key), (str, int)) and value[key] != ""), "")
