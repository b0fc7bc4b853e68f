# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Job plans: options, with current or legacy names, to a launch."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from ..common.text import describe_value, replace_surrogates
from ..models.connection import Scope
from ..models.launch import GlobalVariable, PlanLaunch, UniqueKey
from .connection import read_callback_url
from .convert import JSON_TEXT_ADVICE
from .problems import NUMBER_AS_TEXT
from .reader import OptionReader
from .script_text import NOT_UNICODE
from .targets import LEGACY_PAIR_NAMES, read_target
from .unique_key import read_unique_key

_INDEX = re.compile(r"(0|[1-9][0-9]{0,18})\Z")


def read_plan_launch(reader: OptionReader, scope: Scope) -> PlanLaunch:
    """Return the launch; add problems to C(reader)."""
    if not reader.present("job_plan_id", "job_plan_name"):
        reader.add_missing("job_plan_id", "job_plan_name")
    elif len(reader.present("job_plan_id", "job_plan_name")) > 1:
        reader.add_error("job_plan_name", "is mutually exclusive with job_plan_id")
    return PlanLaunch(
        scope=scope,
        job_plan_id=reader.integer("job_plan_id", minimum=1) or 0,
        variables=_variables(reader),
        callback_url=read_callback_url(reader),
        job_plan_name=reader.text("job_plan_name"),
        validate_variables=reader.flag("validate_variables") is not False,
        unique_key=_unique_key(reader),
    )


def _unique_key(reader: OptionReader) -> UniqueKey | None:
    variable = reader.text("unique_key_variable", required=bool(reader.present("unique_key")))
    if variable is not None and not reader.present("unique_key"):
        reader.add_error("unique_key_variable", "requires unique_key")
    return read_unique_key(reader, variable)


def _variables(reader: OptionReader) -> tuple[GlobalVariable, ...] | None:
    if reader.raw("global_var_list") is None:
        return None
    seen: dict[tuple[str, object], str] = {}
    variables = []
    for entry in reader.groups("global_var_list"):
        variable = _variable(entry)
        for key in (("id", variable.id), ("name", variable.name)):
            if key[1] is None:
                continue
            if key in seen:
                text = f"{key[1]} is set already by {seen[key]}; JOB would use the last and ignore the rest"
                entry.problems.add_error(entry.path(key[0]), text, blocks_preflight=False)
            seen.setdefault(key, entry.path(key[0]))
        variables.append(variable)
    return tuple(variables)


def _variable(entry: OptionReader) -> GlobalVariable:
    variable_id = entry.integer("id", minimum=1)
    name = entry.text("name")
    if not entry.present("id", "name"):
        entry.add_missing("name", "id")
    hosts = entry.present("server", *LEGACY_PAIR_NAMES)
    kinds = [*entry.present("value", "secret_value"), *(["server"] if hosts else [])]
    if not kinds:
        entry.add_error("value", "is required (or secret_value, or server): JOB would replace the default with nothing")
    elif len(kinds) > 1:
        entry.add_error(kinds[0], f"is mutually exclusive with {' and '.join(kinds[1:])}")
    server = read_target(entry, "server")
    secret = entry.raw("secret_value") is not None
    value = _secret_text(entry) if secret else _variable_text(entry)
    return GlobalVariable(variable_id, name, value, server, secret, None if secret else _literal(entry.raw("value")))


def _secret_text(entry: OptionReader) -> str | None:
    """Return a secret value; unlike a credential it may be empty, which empties a cipher variable."""
    value = entry.raw("secret_value")
    if isinstance(value, str) and replace_surrogates(value) != value:
        entry.add_error("secret_value", NOT_UNICODE)
    return "" if value == "" else entry.secret("secret_value")


def _variable_text(entry: OptionReader) -> str | None:
    """Return a variable's value as JOB stores it: text; a list or dictionary becomes the literal of a shell array.

    Values that cannot be stored add problems to the reader; None if not given.
    """
    value = entry.raw("value")
    if value is None:
        return None
    if isinstance(value, Mapping):
        if any(key == "" for key in value):
            entry.add_error("value", "has an empty key, which is not supported in shell arrays")
        pairs = [(_element(entry, key), _element(entry, item)) for key, item in value.items()]
        return "(" + " ".join(f"[{key}]={item}" for key, item in pairs) + ")"
    if isinstance(value, (list, tuple)):
        return "(" + " ".join(_element(entry, item) for item in value) + ")"
    return _scalar(entry, value)


def _literal(value: object) -> str | None:
    """Return the YAML type of a value that is not text."""
    if isinstance(value, Mapping):
        return "numbered" if value and all(_is_index(key) for key in value) else "dictionary"
    return "list" if isinstance(value, (list, tuple)) else None


def _is_index(key: object) -> bool:
    # A shell reads an index with a leading zero as octal.
    return _INDEX.match(str(key)) is not None


def _scalar(entry: OptionReader, value: object) -> str:
    if isinstance(value, str):
        if replace_surrogates(value) != value:
            entry.add_error("value", NOT_UNICODE)
        return value
    if isinstance(value, float):
        entry.problems.warn(NUMBER_AS_TEXT.format(entry.path("value"), value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, bool):
        word = str(value).lower()
        entry.add_error("value", f'contains the YAML boolean {word}; write "{word}" in quotes if the text is meant')
    else:
        found = "null" if value is None else describe_value(value)
        entry.add_error("value", f"must contain only text and numbers, not {found}; {JSON_TEXT_ADVICE}")
    return ""


def _element(entry: OptionReader, value: object) -> str:
    return shlex.quote(_scalar(entry, value))
