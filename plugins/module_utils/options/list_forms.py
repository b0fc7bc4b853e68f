# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of options: convert text, JSON text and white space to the option's type, before Ansible converts types.

Private to the collection blueking.job: no stable interface for others.

Ansible itself splits text at commas only and keeps line ends and blanks. Surveys deliver text areas and JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .spec import Option, Spec

# Options whose surrounding white space is meaningless. In secrets, codes, names and aliases it may be meant.
_TRIMMED = frozenset(
    ("api_url", "proxy", "callback_url", "web_url", "bk_scope_id", "bk_tenant_id", "script_id", "server_version")
    + ("node_type", "expression", "windows_interpreter", "ip", "since", "until", "ca_path", "client_cert", "client_key")
)
_TRIMMED_TYPES = frozenset({"int", "float", "bool"})
_JSON_START = ("[", "{")
_AS_ITEMS = "must be a list, not a dictionary; convert it with: {{ ... | dict2items(key_name='name') }}"


@dataclass
class Normalizer:
    """Converts the values of options to one form. C(problems) are values without a valid form, by full option name."""

    problems: dict[str, str] = field(default_factory=dict)

    def value(self, name: str, option: Option, value: object, path: str) -> object:
        """Return the value of an option in the form that its type asks for; unknown forms stay as they are."""
        kind, inner = option.get("type", "raw"), option.get("options", {})
        if kind == "list":
            return self._list(option, value, path)
        if kind == "dict" and inner:
            return self._dictionary(inner, value, path)
        trimmed = name in _TRIMMED or kind in _TRIMMED_TYPES or "choices" in option
        return value.strip() if trimmed and isinstance(value, str) else value

    def _list(self, option: Option, value: object, path: str) -> object:
        if isinstance(value, str):
            value = self._split(value, path)
        elif isinstance(value, Mapping) and "name" in option.get("options", {}):
            self.problems[path] = _AS_ITEMS
        if not isinstance(value, list):
            return value
        one: Option = {"type": option.get("elements", "raw"), "options": option.get("options", {})}
        return [
            self.value(
                "", one, (element.strip() or element) if isinstance(element, str) else element, f"{path}[{position}]"
            )
            for position, element in enumerate(value)
        ]

    def _split(self, text: str, path: str) -> object:
        if not text.lstrip().startswith(_JSON_START):
            return [part.strip() for part in re.split(r"[,\r\n]", text) if part.strip()]
        found = self._json(text, path, "a list")
        return found if isinstance(found, list) else text

    def _dictionary(self, inner: Spec, value: object, path: str) -> object:
        if isinstance(value, str) and value.lstrip().startswith("{"):
            found = self._json(value, path, "a dictionary")
            value = found if isinstance(found, dict) else value
        elif "host_id_list" in inner and _is_address_list(value):
            value = {"ip_list": value}
        if not isinstance(value, Mapping):
            return value
        names = {used: name for name, option in inner.items() for used in (name, *option.get("aliases", ()))}
        return {
            key: each if key not in names else self.value(names[key], inner[names[key]], each, f"{path}.{names[key]}")
            for key, each in value.items()
        }

    def _json(self, text: str, path: str, expected: str) -> object:
        """Return what JSON text holds; None, with a problem, if it is not what is expected."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            self.problems[path] = f"looks like JSON but is invalid; use {expected}"
            return None
        kind = "a dictionary" if isinstance(found, dict) else "a list" if isinstance(found, list) else "another value"
        if kind != expected:
            self.problems[path] = f"must be {expected}, not JSON text of {kind}"
            return None
        return found


def _is_address_list(value: object) -> bool:
    """Return whether hosts are given as a plain list of addresses, or as text of one."""
    return isinstance(value, list) or (isinstance(value, str) and "=" not in value and bool(value.strip()))
