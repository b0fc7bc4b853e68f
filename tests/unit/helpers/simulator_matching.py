# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a response with a recorded one: status, keys at every depth, values, and the names in a message.

Values that differ from run to run are recorded as placeholders, and only have to be of the right type.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Exchange

_WRITTEN_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_GENERATED_NAME = r"Script Execution_\d{17}"
_FIRST_MILLISECOND = 1_500_000_000_000


def agree(response: Exchange, pair: dict[str, Any], added: dict[str, Any] | None = None) -> None:
    """Compare a whole response with a pair; C(added) is added by a gateway."""
    assert response.status == pair["http"], response
    recorded = {name: value for name, value in pair["answer"].items() if name not in ("message", "message_names")}
    found = dict(response.json)
    message = found.pop("message", None)
    if recorded["result"] is False:
        assert message
        names = re.findall(r"\[([^\]]+)\]", message)
        assert names == pair["answer"].get("message_names", []), message
    matches(found, {**(added or {}), **recorded})


def matches(found: Any, expected: Any) -> None:
    """Compare two values at every depth."""
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        assert set(found) == set(expected)
        for name, value in expected.items():
            matches(found[name], value)
    elif isinstance(expected, list):
        assert isinstance(found, list)
        assert len(found) == len(expected), found
        for entry, value in zip(found, expected, strict=True):
            matches(entry, value)
    elif isinstance(expected, str) and expected in _KINDS:
        assert _KINDS[expected](found), (expected, found)
    else:
        assert (type(found), found) == (type(expected), expected)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_KINDS = {
    "<int>": _whole,
    "<ms>": lambda value: _whole(value) and value > _FIRST_MILLISECOND,
    "<float>": lambda value: isinstance(value, float),
    "<list>": lambda value: isinstance(value, list),
    "<text>": lambda value: isinstance(value, str),
    "<time>": lambda value: isinstance(value, str) and re.fullmatch(_WRITTEN_TIME, value),
    "<id>": lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value),
    "<generated>": lambda value: re.fullmatch(_GENERATED_NAME, value) or value in ("err403",),
}
"""Placeholders, and their values."""
