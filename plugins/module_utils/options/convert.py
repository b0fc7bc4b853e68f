# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Convert the options of a task by their spec: one pass that resolves aliases, converts types and adds defaults.

Ansible's own validation ends a task at the first option that it cannot convert, sometimes without naming it, and
converts mistakes such as a boolean in place of text. It also splits text at commas only. Surveys deliver text areas
and JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_float,
    check_type_path,
)

from ..common.redaction import Secrets
from ..common.text import closest_matches, describe_value, parse_integer
from .problems import NUMBER_AS_TEXT, Problems, as_written
from .spec import Option, Spec, option_names

# Options whose surrounding white space is meaningless. In secrets, codes, names and aliases it may be meant.
_TRIMMED = frozenset(
    ("api_url", "proxy", "callback_url", "web_url", "bk_scope_id", "bk_tenant_id", "script_id", "server_version")
    + ("node_type", "expression", "windows_interpreter", "ip", "since", "until", "ca_path", "client_cert", "client_key")
)
# Options that may hold JSON text. Before ansible-core 2.19 a template that results in it becomes data.
_JSON_CAPABLE = frozenset(("script_content", "script_param", "content", "secret_value"))
JSON_TEXT_ADVICE = "to send JSON text, end the template with | string"
_TRIMMED_TYPES = frozenset({"int", "float", "bool"})
# Types to which any value can be converted, so that the reader could not detect a wrong one.
_EXPECTED_TYPES = {"float": "a number", "str": "text", "path": "text"}
_JSON_START = ("[", "{")
_AS_ITEMS = "must be a list, not a dictionary; convert it with: {{ ... | dict2items(key_name='name') }}"


def _to_int(value: object) -> int:
    number = parse_integer(value)
    if number is None:
        raise ValueError
    return number


_CONVERTERS: dict[str, Callable[[object], object]] = {
    "bool": check_type_bool,
    "dict": check_type_dict,
    "float": check_type_float,
    "int": _to_int,
    "path": check_type_path,
    "str": str,
}


class OptionConverter:
    """Converts the options of a task, collects problems, and registers values of C(no_log) options as secrets.

    C(values) are the converted options by canonical name, with None or the default for those not given. A value that
    cannot be converted stays as written, for the option reader to report; C(unconverted) has the name of its option.
    """

    def __init__(self, spec: Spec, problems: Problems, secrets: Secrets) -> None:
        self.values: dict[str, object] = {}
        self.unconverted: set[str] = set()
        self._spec, self._problems, self._secrets = spec, problems, secrets
        self._environment: Mapping[str, str] = {}

    def convert(self, task_options: Mapping[str, object], environment: Mapping[str, str]) -> None:
        """Convert all options of the task.

        Args:
            task_options: options as written; None for an option that is not given.
            environment: environment variables that supply options.
        """
        self._environment = environment
        self.values.update(self._level(self._spec, task_options, ""))

    def _level(self, spec: Spec, written: Mapping[str, object], path: str) -> dict[str, object]:
        """Convert the options of one level. C(path) is its name for messages, with a dot at its end."""
        known = {used for name, option in spec.items() for used in option_names(name, option)}
        for unknown in sorted(str(used) for used in written if used not in known):
            suggestions = closest_matches(unknown, known)
            text = "unsupported option" + (f"; did you mean {suggestions[0]}?" if suggestions else "")
            if path and not suggestions:
                text += f"; supported are {', '.join(spec)}"
            self._problems.add_error(f"{path}{unknown}", text)
        written = {**written, **self._from_environment(spec, written, path)}
        return {name: self._option(name, option, written, path) for name, option in spec.items()}

    def _from_environment(self, spec: Spec, written: Mapping[str, object], path: str) -> dict[str, object]:
        """Return the options of one level that are not given, but that an environment variable supplies."""
        found: dict[str, object] = {}
        for name, option in spec.items():
            variable = option.get("env", "")
            # An empty variable counts as not set: AWX renders a blank credential field that way.
            if self._environment.get(variable) and all(
                written.get(used) is None for used in option_names(name, option)
            ):
                found[name] = self._environment[variable]
                self._problems.sources[f"{path}{name}"] = variable
        return found

    def _option(self, name: str, option: Option, written: Mapping[str, object], path: str) -> object:
        used = [each for each in option_names(name, option) if written.get(each) is not None]
        if not used:
            if any(each in written for each in option_names(name, option)):
                self._problems.nulls.add(f"{path}{name}")
            return option.get("default")
        if used[0] != name:
            names = self._problems.written_names
            names[f"{path}{name}"] = as_written(path, names) + used[0]
        if option.get("no_log"):
            for each in used:
                self._secrets.add(written[each])
        first, *others = (self._value(name, option, written[each], f"{path}{name}") for each in used)
        for other, value in zip(used[1:], others, strict=True):
            if _comparable(value) != _comparable(first):
                text = f"{used[0]} and {other} are aliases with different values; set only one of them"
                self._problems.add_error(f"{path}{name}", text)
            else:
                self._problems.warn(f"Both option {used[0]} and its alias {other} are set; set only one of them")
        return first

    def _value(self, name: str, option: Option, value: object, path: str) -> object:
        """Convert the value of an option, or of an element of a list, which has no name."""
        kind, inner = option.get("type", "raw"), option.get("options", {})
        if kind == "list":
            return self._list(option, value, path)
        if kind == "dict" and inner:
            return self._dictionary(inner, value, path)
        if kind in _EXPECTED_TYPES and isinstance(value, (bool, list, Mapping)):
            if "choices" in option:
                return self._fail(value, path)
            advice = f"; {JSON_TEXT_ADVICE}" if name in _JSON_CAPABLE and not isinstance(value, bool) else ""
            return self._fail(value, path, f"must be {_EXPECTED_TYPES[kind]}, not {describe_value(value)}{advice}")
        if isinstance(value, float) and kind == "str":
            self._problems.warn(NUMBER_AS_TEXT.format(path, value))
        if isinstance(value, str) and (name in _TRIMMED or kind in _TRIMMED_TYPES or "choices" in option):
            value = value.strip()
        return self._scalar(kind, value, path)

    def _scalar(self, kind: str, value: object, path: str) -> object:
        if kind not in _CONVERTERS or value is None:
            return value
        try:
            return _CONVERTERS[kind](value)
        except Exception:  # some values make Ansible's functions crash
            return self._fail(value, path)

    def _list(self, option: Option, value: object, path: str) -> object:
        elements = [str(value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else value
        if isinstance(value, str):
            elements = self._split(value, path)
        elif isinstance(value, Mapping) and "name" in option.get("options", {}):
            self._fail(value, path, _AS_ITEMS)
        if not isinstance(elements, list):
            return self._fail(value, path, f"must be a list, not {describe_value(value)}")
        one: Option = {"type": option.get("elements", "raw"), "options": option.get("options", {})}
        trimmed = [(each.strip() or each) if isinstance(each, str) else each for each in elements]
        return [self._value("", one, each, f"{path}[{position}]") for position, each in enumerate(trimmed)]

    def _split(self, text: str, path: str) -> object:
        if text.lstrip().startswith(_JSON_START):
            return self._json(text, path, "a list")
        return [part.strip() for part in re.split(r"[,\r\n]", text) if part.strip()]

    def _dictionary(self, inner: Spec, value: object, path: str) -> object:
        found = value
        if isinstance(value, str) and value.lstrip().startswith("{"):
            found = self._json(value, path, "a dictionary")
        elif "host_id_list" in inner and _is_address_list(value):
            found = {"ip_list": value}
        elif isinstance(value, str):
            found = self._scalar("dict", value, path)
        return self._level(inner, found, f"{path}.") if isinstance(found, Mapping) else self._fail(value, path)

    def _json(self, text: str, path: str, expected: str) -> object:
        """Return the value of JSON text; None, with a problem, if it is not what is expected."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return self._fail(None, path, f"looks like JSON but is invalid; use {expected}")
        kind = "a dictionary" if isinstance(found, dict) else "a list" if isinstance(found, list) else "another value"
        return found if kind == expected else self._fail(None, path, f"must be {expected}, not JSON text of {kind}")

    def _fail(self, value: object, path: str, text: str | None = None) -> object:
        """Note that a value cannot be converted, and return it. Without a text, the reader reports the problem."""
        self.unconverted.add(re.split(r"[.\[]", path)[0])
        if text is not None:
            self._problems.add_error(path, text)
        return value


def _is_address_list(value: object) -> bool:
    """Return whether hosts are given as a plain list of addresses, or as text of one."""
    return isinstance(value, list) or (isinstance(value, str) and "=" not in value and bool(value.strip()))


def _comparable(value: object) -> object:
    """Normalize a converted value for comparison: 5 or "5", an id or {id: it}."""
    if isinstance(value, Mapping):
        if set(value) == {"id"}:
            return _comparable(value["id"])
        return {key: _comparable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    return value if isinstance(value, bool) or value is None else str(value)
