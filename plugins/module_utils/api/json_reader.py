# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""JSON reader: typed access to response data, with an error for missing or wrong values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TypeVar

from ..common.dates import iso8601
from ..common.text import parse_int64
from ..errors import Delivery, JobError

_ZONE_LESS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z")
# Maximum of a time in seconds (year 2286); a larger number is in milliseconds.
_MAX_EPOCH_SECONDS = 9_999_999_999
_WITH_OFFSET = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\Z")

T = TypeVar("T")


class JsonObject:
    """One object of a response. The name is its path, for messages.

    Raises:
        JobError: C(protocol), if a required value, also the object itself, is missing or has another type.
    """

    def __init__(self, value: object, name: str) -> None:
        # There may be 50 000 objects, so the usual type is checked first.
        if not isinstance(value, (dict, Mapping)):
            raise unusable_response(f"{name} is missing or not an object")
        self._value = value
        self._name = name

    def number(self, key: str) -> int:
        """Return a required integer."""
        value = self.maybe_number(key)
        if value is None:
            raise unusable_response(f"{self._name} has no integer {key}")
        return value

    def maybe_number(self, key: str) -> int | None:
        """Return an integer, or None; digits in a string are accepted."""
        return parse_int64(self._value.get(key))

    def flag(self, key: str) -> bool:
        """Return a required boolean."""
        value = self._value.get(key)
        if not isinstance(value, bool):
            raise unusable_response(f"{self._name} has no boolean {key}")
        return value

    def maybe_flag(self, key: str) -> bool | None:
        """Return a boolean, or None; 0 and 1 are accepted."""
        value = self._value.get(key)
        return bool(value) if value in (0, 1) else None

    def maybe_text(self, key: str) -> str | None:
        """Return a text, or None."""
        value = self._value.get(key)
        return value if isinstance(value, str) else None

    def maybe_utf8(self, key: str) -> bytes | None:
        """Return a text as UTF-8, or None; half of a surrogate pair becomes a question mark."""
        text = self.maybe_text(key)
        return None if text is None else text.encode("utf-8", "replace")

    def filled(self, key: str) -> bool:
        """Return whether the key has a value that is not empty, also deep inside an object."""
        return _has_content(self._value.get(key))

    def child(self, key: str) -> JsonObject:
        """Return a required object."""
        return JsonObject(self._value.get(key), f"{self._name}.{key}")

    def maybe_child(self, key: str) -> JsonObject | None:
        """Return an object that is not empty, or None."""
        value = self._value.get(key)
        return JsonObject(value, f"{self._name}.{key}") if isinstance(value, Mapping) and _has_content(value) else None

    def maybe_children(self, key: str) -> list[JsonObject]:
        """Return the objects of a list, ignoring other elements; an empty list if there is none."""
        value = self._value.get(key)
        found = value if isinstance(value, list) else []
        return [JsonObject(each, f"{self._name}.{key}") for each in found if isinstance(each, Mapping)]

    def has_list(self, key: str) -> bool:
        """Return whether there is a list; null counts as missing."""
        return isinstance(self._value.get(key), list)

    def children(self, key: str) -> list[JsonObject]:
        """Return the objects of a list; null or missing is an empty list."""
        return json_objects(self._value.get(key), f"{self._name}.{key}")

    def rows(self, key: str, kind: type[T], make: Callable[[JsonObject], T]) -> list[T]:
        """Return the objects of a list as models, some of which were built while the response was decoded."""
        name = f"{self._name}.{key}"
        values = _as_list(self._value.get(key), name)
        return [value if isinstance(value, kind) else make(JsonObject(value, f"{name}[]")) for value in values]

    def texts(self, key: str) -> list[str]:
        """Return the texts of a list; null or missing is an empty list."""
        value = self._value.get(key)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def epoch_ms(self, key: str) -> str | None:
        """Convert milliseconds since the epoch to ISO 8601 in UTC."""
        return iso8601(self.maybe_number(key))

    def epoch(self, key: str) -> str | None:
        """Convert seconds or milliseconds since the epoch to ISO 8601 in UTC: documents and plans disagree."""
        value = self.maybe_number(key)
        return iso8601(None if value is None else value * (1 if value > _MAX_EPOCH_SECONDS else 1000))

    def formatted_time(self, key: str) -> str | None:
        """Convert text in the caller's zone to zone-less ISO 8601 (in UTC if the text has an offset)."""
        text = self.maybe_text(key)
        if text is None or _ZONE_LESS.match(text):
            return None if text is None else text.replace(" ", "T")
        if _WITH_OFFSET.match(text):
            utc = datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(timezone.utc)
            return utc.isoformat().replace("+00:00", "Z")
        return None

    def seconds(self, key: str, per_second: int = 1) -> float | None:
        """Return a duration in seconds; C(per_second) is 1000 if the response has milliseconds."""
        value = self._value.get(key)
        return value / per_second if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _has_content(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_has_content(each) for each in value.values())
    return value not in (None, "", [])


def json_objects(value: object, name: str) -> list[JsonObject]:
    """Return the objects of a list; null is an empty list."""
    return [JsonObject(element, f"{name}[{position}]") for position, element in enumerate(_as_list(value, name))]


def _as_list(value: object, name: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise unusable_response(f"{name} is not a list")
    return value


def unusable_response(what: str) -> JobError:
    """Return the error for a response that reports success without the required data."""
    return JobError(f"Invalid response from JOB: {what}", kind="protocol", delivery=Delivery.UNKNOWN, transient=True)
