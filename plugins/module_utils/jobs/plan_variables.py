# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Compare the variables of a task with those of its plan.

JOB matches a variable by its id if there is one, else by its name. It does not report entries that match no variable,
contain the wrong kind of value, or leave a required variable empty (JOB API: global variables of a plan).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..common.redaction import Secrets
from ..common.text import closest_matches, join_first, quoted
from ..models.launch import GlobalVariable
from ..models.plan import ACCOUNT, ASSOCIATIVE_ARRAY, CIPHER, CIPHER_MASK, HOST, INDEXED_ARRAY, PlanDetail, PlanVariable
from ..options.convert import JSON_TEXT_ADVICE
from ..options.problems import Problems

_LIST = "global_var_list"
_KEY_VARIABLE = "unique_key_variable"
_ARRAYS = (INDEXED_ARRAY, ASSOCIATIVE_ARRAY)
# YAML types accepted as the literal of an array.
_ACCEPTED_LITERALS = {INDEXED_ARRAY: ("list", "numbered"), ASSOCIATIVE_ARRAY: ("dictionary", "numbered")}
_KIND_NAMES = {
    "string": "a string",
    "namespace": "a namespace",
    HOST: "a host variable",
    CIPHER: "a cipher",
    ASSOCIATIVE_ARRAY: "an associative array",
    INDEXED_ARRAY: "an indexed array",
    ACCOUNT: "an account variable",
}
_MAX_NAMES_SHOWN = 10
_ACCOUNT_ID = re.compile("[1-9][0-9]*")


@dataclass(frozen=True)
class _Entry:
    """One entry of the task, with the plan's variable that JOB assigns it to."""

    path: str
    value: GlobalVariable
    variable: PlanVariable | None

    @property
    def key(self) -> str:
        return "name" if self.value.id is None else "id"

    @property
    def label(self) -> str:
        """Name the variable, and its id if the task uses that."""
        if self.variable is None or self.value.id is None:
            return str(self.value.name)
        return f"{self.variable.name} (id {self.variable.id})"


def mark_ciphers(
    plan: PlanDetail, values: tuple[GlobalVariable, ...] | None, secrets: Secrets
) -> tuple[GlobalVariable, ...] | None:
    """Return the values with those of ciphers marked and registered as secrets, with any YAML type."""
    if values is None:
        return None
    marked = []
    for value in values:
        variable = plan.variable(id=value.id, name=value.name)
        if variable is not None and variable.kind == CIPHER and value.value is not None:
            value = replace(value, secret=True)
            _register_cipher(value, secrets)
        marked.append(value)
    return tuple(marked)


def _register_cipher(value: GlobalVariable, secrets: Secrets) -> None:
    if value.value == CIPHER_MASK:
        return
    secrets.add(value.value)
    if value.literal is not None and value.value:
        # Invalid, but the task's options are printed as they were given, so these are secrets, too.
        for element in shlex.split(value.value[1:-1]):
            secrets.add(element.partition("]=")[2] or element)


def check_variables(
    plan: PlanDetail, values: Sequence[GlobalVariable], problems: Problems, key_variable: str | None = None
) -> None:
    """Add every problem that can only be found by reading the plan.

    Args:
        plan: the plan to launch.
        values: the entries of the task, in their order.
        problems: receives the problems, each under the name of its option.
        key_variable: name of the variable whose value is the unique key, None if the task has no key.
    """
    mentioned = set() if key_variable is None else {key_variable}
    seen: dict[int, _Entry] = {}
    for entry in _entries(plan, values):
        mentioned.update(_check_name(plan, entry, problems))
        if entry.variable is not None:
            # If the entry has another variable's name, it is unknown which of the two the value is for.
            if entry.value.name in (None, entry.variable.name):
                _check_value(entry, entry.variable, problems)
            _check_duplicate(entry, seen.setdefault(entry.variable.id, entry), entry.variable, problems)
    missing = [
        variable.name
        for variable in plan.variables
        if variable.required and not variable.has_default and variable.name not in mentioned
    ]
    if missing:
        problems.add_error(_LIST, f"{plan} requires a value for {', '.join(missing)} and has no default for it")


def check_key_variable(plan: PlanDetail, name: str, values: Sequence[GlobalVariable], problems: Problems) -> None:
    """Add a problem unless the variable of the unique key is a string that the entries of the task do not set."""
    variable = plan.variable(name=name)
    if variable is None:
        similar = closest_matches(name, [each.name for each in plan.variables])
        advice = f"; did you mean {similar[0]}?" if similar else _known_names(plan)
        problems.add_error(_KEY_VARIABLE, f"{plan} has no variable {quoted(name)}{advice}")
    elif variable.kind != "string":
        kind = _KIND_NAMES.get(variable.kind, variable.kind)
        problems.add_error(_KEY_VARIABLE, f"must be a string variable, but {name} is {kind}")
    for entry in _entries(plan, values):
        if entry.variable is not None and entry.variable is variable:
            text = f"sets {name}, whose value is unique_key; leave it out"
            problems.add_error(f"{entry.path}.{entry.key}", text)


def _entries(plan: PlanDetail, values: Sequence[GlobalVariable]) -> list[_Entry]:
    return [
        _Entry(f"{_LIST}[{position}]", value, plan.variable(id=value.id, name=value.name))
        for position, value in enumerate(values)
    ]


def _check_name(plan: PlanDetail, entry: _Entry, problems: Problems) -> list[str]:
    """Add a problem for an id or a name that the plan does not have.

    Returns:
        The names of variables that the entry may mean; these are not reported as missing.
    """
    variable_id, name, variable = entry.value.id, entry.value.name, entry.variable
    named = None if name is None else plan.variable(name=name)
    if variable_id is not None and variable is None:
        advice = _known_names(plan) if named is None else f"; {named.name} has the id {named.id}"
        problems.add_error(f"{entry.path}.id", f"{plan} has no variable with the id {variable_id}{advice}")
    if variable is not None and name is not None and variable.name != name:
        text = f"is {quoted(name)}, but the id {variable_id} belongs to {variable.name}, and JOB uses only the id"
        problems.add_error(f"{entry.path}.name", text)
    if name is None or variable is not None or named is not None:
        return [each.name for each in (variable, named) if each is not None]
    mentioned = closest_matches(name, [each.name for each in plan.variables])
    advice = f"; did you mean {mentioned[0]}?" if mentioned else _known_names(plan)
    problems.add_error(f"{entry.path}.name", f"{plan} has no variable {quoted(name)}{advice}")
    return mentioned


def _known_names(plan: PlanDetail) -> str:
    names = [variable.name for variable in plan.variables]
    return f"; it has {join_first(names, _MAX_NAMES_SHOWN) or 'none'}"


def _check_duplicate(entry: _Entry, first: _Entry, variable: PlanVariable, problems: Problems) -> None:
    """Add a problem for a variable given twice, by id and by name. The reader reports other duplicates."""
    if first is not entry:
        text = f"{variable.name} has the id {variable.id} and is set already by {first.path}.{first.key}"
        problems.add_error(f"{entry.path}.{entry.key}", f"{text}; JOB would use one and ignore the other")


def _check_value(entry: _Entry, variable: PlanVariable, problems: Problems) -> None:
    value = entry.value
    option = "server" if value.server is not None else "secret_value" if value.secret else "value"
    text = _wrong_kind(variable, value)
    if text is None and variable.kind == CIPHER and value.value == CIPHER_MASK:
        text = f"is the mask that JOB shows in place of a cipher; leave {entry.label} out to keep the plan's value"
    elif text is None and variable.required and _is_empty(variable, value):
        advice = "; leave it out to keep the plan's default" if variable.has_default else ""
        text = f"is empty, but {entry.label} is required{advice}"
    elif text is not None:
        text = f"{entry.label} is {text}"
    if text is not None:
        problems.add_error(f"{entry.path}.{option}", text)


def _wrong_kind(variable: PlanVariable, value: GlobalVariable) -> str | None:
    """Describe the variable and the values that it accepts, if the value is surely not one of them."""
    kind = variable.kind
    if kind not in _KIND_NAMES:
        return None
    option = "secret_value" if kind == CIPHER else "value"
    if kind == HOST:
        return None if value.server is not None else f"{_KIND_NAMES[kind]}: set its hosts with server, not with a value"
    if value.server is not None:
        return f"{_KIND_NAMES[kind]} and accepts no hosts: use {option}"
    if kind == ACCOUNT and value.value and not _ACCOUNT_ID.fullmatch(value.value):
        return f"{_KIND_NAMES[kind]} and accepts the id of an account, a whole number from 1"
    if value.literal is None or value.literal in _ACCEPTED_LITERALS.get(kind, ()):
        return None
    written = "list" if value.literal == "list" else "dictionary"
    wanted = {INDEXED_ARRAY: "a list", ASSOCIATIVE_ARRAY: "a dictionary"}.get(kind, "text")
    advice = f"; {JSON_TEXT_ADVICE}" if wanted == "text" else ""
    return f"{_KIND_NAMES[kind]} and accepts {wanted}, not a {written}{advice}"


def _is_empty(variable: PlanVariable, value: GlobalVariable) -> bool:
    return value.value == "" or (variable.kind in _ARRAYS and value.value == "()")
