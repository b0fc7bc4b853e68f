# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Job plans: options, in either vocabulary, to a launch.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from ..common.text import kind_of, whole_number
from ..models.connection import Scope
from ..models.launch import GlobalVariable, PlanLaunch
from .connection import read_callback_url
from .reader import Fields
from .targets import LEGACY_PAIR, LISTS, names_something, read_target


def read_plan_launch(fields: Fields, scope: Scope) -> PlanLaunch:
    """What to launch; faults go to the findings of C(fields)."""
    if not fields.given("job_plan_id", "job_plan_name"):
        fields.fault("job_plan_id", "is required (or job_plan_name)")
    elif len(fields.given("job_plan_id", "job_plan_name")) > 1:
        fields.fault("job_plan_name", "cannot stand beside job_plan_id; give one of them")
    return PlanLaunch(
        scope=scope,
        job_plan_id=fields.integer("job_plan_id", least=1) or 0,
        variables=_variables(fields),
        callback_url=read_callback_url(fields),
        job_plan_name=fields.text("job_plan_name"),
        validate_variables=fields.flag("validate_variables") is not False,
    )


def _variables(fields: Fields) -> tuple[GlobalVariable, ...] | None:
    if fields.raw("global_var_list") is None:
        return None
    seen: dict[tuple[str, object], str] = {}
    variables = []
    for entry in fields.groups("global_var_list"):
        variable = _variable(entry)
        for key in (("id", variable.id), ("name", variable.name)):
            if key[1] is None:
                continue
            if key in seen:
                text = f"{key[1]} is set already by {seen[key]}; JOB would take the last and drop the rest"
                entry.findings.fault(entry.path(key[0]), text, final=False)
            seen.setdefault(key, entry.path(key[0]))
        variables.append(variable)
    return tuple(variables)


def _variable(entry: Fields) -> GlobalVariable:
    number = entry.integer("id", least=1)
    name = entry.text("name")
    if not entry.given("id", "name"):
        entry.fault("name", "is required (or id)")
    hosts = entry.given("server", *LEGACY_PAIR)
    kinds = [*entry.given("value", "secret_value"), *(["server"] if hosts else [])]
    if not kinds:
        entry.fault("value", "is required (or secret_value, or server): JOB would replace the default with nothing")
    elif len(kinds) > 1:
        entry.fault(kinds[0], f"cannot stand beside {' and '.join(kinds[1:])}; a variable has one value")
    server = read_target(entry.group("server"), entry) if hosts else None
    faulted = any(entry.findings.touches(entry.path(name)) for name in ("server", *LEGACY_PAIR))
    if hosts and not faulted and not names_something(entry.group("server"), entry):
        entry.fault("server", f"names no host; at least one of {', '.join(LISTS)} must hold something")
    secret = entry.raw("secret_value") is not None
    value = _secret_text(entry) if secret else variable_text(entry, "value")
    return GlobalVariable(number, name, value, server, secret, None if secret else _literal(entry.raw("value")))


def _secret_text(entry: Fields) -> str | None:
    """A secret value; unlike a credential it may be empty, which empties a cipher variable."""
    value = entry.raw("secret_value")
    return "" if value == "" else entry.secret("secret_value")


def variable_text(entry: Fields, name: str) -> str | None:
    """A variable's value as JOB stores it: text; a list or dictionary becomes the literal of a shell array."""
    value = entry.raw(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        pairs = [(_element(entry, name, key), _element(entry, name, item)) for key, item in value.items()]
        return "(" + " ".join(f"[{key}]={item}" for key, item in pairs) + ")"
    if isinstance(value, (list, tuple)):
        return "(" + " ".join(_element(entry, name, item) for item in value) + ")"
    return _scalar(entry, name, value)


def _literal(value: object) -> str | None:
    """What a value was written as, if not as text."""
    if isinstance(value, Mapping):
        return "numbered" if value and all(_is_index(key) for key in value) else "dictionary"
    return "list" if isinstance(value, (list, tuple)) else None


def _is_index(key: object) -> bool:
    number = whole_number(key)
    return number is not None and number >= 0


def _scalar(entry: Fields, name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, bool):
        word = str(value).lower()
        entry.fault(name, f'holds the YAML boolean {word}; write "{word}" in quotes if the text is meant')
    else:
        entry.fault(name, f"must hold text and numbers only, not {kind_of(value)}")
    return ""


def _element(entry: Fields, name: str, value: object) -> str:
    return shlex.quote(_scalar(entry, name, value))
