# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema of the settings in an inventory file: everything that is not an object of the estate."""

from __future__ import annotations

import re
from typing import Any

from .envelopes import HTTP
from .gateway_errors import APIGW, ESB
from .yaml_schema import Key, any_text, flag, identifier, integer, list_of, one_of, section, text, wrong

_POSITIVE = integer(1)
_KINDS = {"esb": tuple(ESB), "apigw": tuple(APIGW)}
FACTS = ("user", "app", "plan", "task_name", "script_id", "script_version", "account")
"""Facts of a launch that a rejection can depend on."""


def _pattern(path: str, value: Any) -> str:
    """Check a regular expression."""
    found = text(path, value)
    try:
        re.compile(found)
    except re.error as error:
        raise wrong(path, f"a regular expression ({error})", value) from None
    return found


_REFUSAL_KEYS = section(
    {
        **{name: Key(identifier, None) for name in FACTS},
        "error": Key(_POSITIVE),
        "kind": Key(one_of(*HTTP), None),
    }
)


def _rejection(path: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = _REFUSAL_KEYS(path, value)
    if all(found[name] is None for name in FACTS):
        raise wrong(path, "at least one of " + ", ".join(FACTS))
    return found


_TROUBLE_KEYS = section(
    {"gateway": Key(one_of(*_KINDS)), "kind": Key(text), "call": Key(text, None), "app": Key(text, None)}
)


def _trouble(path: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = _TROUBLE_KEYS(path, value)
    one_of(*_KINDS[found["gateway"]])(f"{path}.kind", found["kind"])
    return found


_HIGH_RISK = section(
    {
        "pattern": Key(_pattern),
        "languages": Key(list_of(one_of(1, 2, 3, 4, 5, 6)), ()),
        "intercept": Key(flag, True),
        "level": Key(_POSITIVE, 3),
        "description": Key(any_text, ""),
    }
)
_NO_QUOTAS = {"scope": None, "app": None, "system": None}

SETTINGS = {
    "multi_tenant": Key(flag, False),
    "honors_start_task": Key(flag, True),
    "esb_behind_apigw": Key(flag, True),
    "history_start": Key(_POSITIVE, None),
    "refusals": Key(list_of(_rejection), ()),
    "high_risk": Key(list_of(_HIGH_RISK), ()),
    "quotas": Key(section({name: Key(_POSITIVE, None) for name in _NO_QUOTAS}), _NO_QUOTAS),
    "troubles": Key(list_of(_trouble), ()),
}
