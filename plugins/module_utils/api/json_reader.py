# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON reader: typed access to response data, with an error for missing or wrong values.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TypeVar

from ..common.dates import iso8601
from ..errors import Delivery, JobError

_ZONE_LESS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z")
# A larger number is no count of seconds: that would be in the year 2286.
_MAX_EPOCH_SECONDS = 9_999_999_999
# JOB counts in 64 bits.
_MAX_INT64 = 2**63 - 1
_MAX_DIGITS = 19
_WITH_OFFSET = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\Z")

T = TypeVar("T")


class JsonObject:
    """One object of an answer. The name says where it stands, for messages."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, Mapping):
            raise unusable_response(f"{name} is missing or no object")
        self._value = value
        self._name = name

    def number(self, key: str) -> int:
        """A number that must be there."""
        value = self.maybe_number(key)
        if value is None:
            raise unusable_response(f"{self._name} lacks the number {key}")
        return value

    def maybe_number(self, key: str) -> int | None:
        """A number, or None; digits in a string count as a number."""
        return parse_integer(self._value.get(key))

    def flag(self, key: str) -> bool:
        """A boolean that must be there."""
        value = self._value.get(key)
        if not isinstance(value, bool):
            raise unusable_response(f"{self._name} lacks the boolean {key}")
        return value

    def maybe_flag(self, key: str) -> bool | None:
        """A boolean, or None; 0 and 1 count as booleans."""
        value = self._value.get(key)
        return bool(value) if value in (0, 1) else None

    def maybe_text(self, key: str) -> str | None:
        """A text, or None."""
        value = self._value.get(key)
        return value if isinstance(value, str) else None

    def maybe_utf8(self, key: str) -> bytes | None:
        """A text as UTF-8, or None; half of a surrogate pair, which UTF-8 cannot hold, becomes a question mark."""
        text = self.maybe_text(key)
        return None if text is None else text.encode("utf-8", "replace")

    def filled(self, key: str) -> bool:
        """Whether there is anything under the key: a value that is not empty, also deep inside an object."""
        return _has_content(self._value.get(key))

    def child(self, key: str) -> JsonObject:
        """An object that must be there."""
        return JsonObject(self._value.get(key), f"{self._name}.{key}")

    def maybe_child(self, key: str) -> JsonObject | None:
        """An object with something in it, or None."""
        value = self._value.get(key)
        return JsonObject(value, f"{self._name}.{key}") if isinstance(value, Mapping) and _has_content(value) else None

    def maybe_children(self, key: str) -> list[JsonObject]:
        """The objects of a list, without whatever else is in it; an empty list where there is none."""
        value = self._value.get(key)
        found = value if isinstance(value, list) else []
        return [JsonObject(each, f"{self._name}.{key}") for each in found if isinstance(each, Mapping)]

    def has_list(self, key: str) -> bool:
        """Whether a list is there; null and absent are the same."""
        return isinstance(self._value.get(key), list)

    def children(self, key: str) -> list[JsonObject]:
        """The objects of a list; null or absent is an empty list."""
        return json_objects(self._value.get(key), f"{self._name}.{key}")

    def rows(self, key: str, kind: type[T], make: Callable[[JsonObject], T]) -> list[T]:
        """The objects of a list as models, some of which may have been made while the answer was read."""
        name = f"{self._name}.{key}"
        values = _as_list(self._value.get(key), name)
        return [value if isinstance(value, kind) else make(JsonObject(value, f"{name}[]")) for value in values]

    def texts(self, key: str) -> list[str]:
        """The texts of a list; null or absent is an empty list."""
        value = self._value.get(key)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def epoch_ms(self, key: str) -> str | None:
        """A time given as milliseconds since the epoch, as ISO 8601 in UTC."""
        return iso8601(self.maybe_number(key))

    def epoch(self, key: str) -> str | None:
        """A time given as seconds or milliseconds since the epoch, as ISO 8601 in UTC: documents and plans disagree."""
        value = self.maybe_number(key)
        return iso8601(None if value is None else value * (1 if value > _MAX_EPOCH_SECONDS else 1000))

    def formatted_time(self, key: str) -> str | None:
        """A time given as text in the caller's zone, as zone-less ISO 8601 (in UTC if the text tells its offset)."""
        text = self.maybe_text(key)
        if text is None or _ZONE_LESS.match(text):
            return None if text is None else text.replace(" ", "T")
        if _WITH_OFFSET.match(text):
            moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(timezone.utc)
            return moment.isoformat().replace("+00:00", "Z")
        return None

    def seconds(self, key: str, per_second: int = 1) -> float | None:
        """A length of time in seconds; C(per_second) is 1000 where the answer counts milliseconds."""
        value = self._value.get(key)
        return value / per_second if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def parse_integer(value: object) -> int | None:
    """A number of at most 64 bits, or None; digits in a string count as a number."""
    if isinstance(value, str):
        value = int(value) if len(value) <= _MAX_DIGITS and value.isdecimal() else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if -_MAX_INT64 <= value <= _MAX_INT64 else None


def _has_content(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_has_content(each) for each in value.values())
    return value not in (None, "", [])


def json_objects(value: object, name: str) -> list[JsonObject]:
    """The objects of a list; null is an empty list."""
    return [JsonObject(element, f"{name}[{position}]") for position, element in enumerate(_as_list(value, name))]


def _as_list(value: object, name: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise unusable_response(f"{name} is no list")
    return value


def unusable_response(what: str) -> JobError:
    """The error for an answer that says success and does not hold what it must."""
    return JobError(f"JOB's answer cannot be used: {what}", kind="protocol", delivery=Delivery.UNKNOWN, transient=True)
