# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the options as written, before type conversion masks mistakes.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..common.text import closest_matches, describe_value
from .spec import Option, Spec

# Types to which Ansible converts any value, so that a reader cannot detect a wrong one.
_EXPECTED_TYPES = {"float": "a number", "str": "text", "path": "text", "list": "a list"}


def option_names(name: str, option: Option) -> tuple[str, ...]:
    """Return all names of an option, the canonical one first."""
    return (name, *option.get("aliases", ()))


def find_raw_problems(spec: Spec, raw_values: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the validation errors that conversion would mask.

    These are unknown names, options that contradict their alias, and values of another type, such as a
    boolean or a list in place of text.

    Args:
        spec: the options of this level.
        raw_values: values as the user wrote them.
        path: the name of this level for messages, with a dot at its end.

    Yields:
        Full canonical name of the option, and the problem.
    """
    known = {used_name for name, option in spec.items() for used_name in option_names(name, option)}
    for unknown in sorted(str(used_name) for used_name in raw_values if used_name not in known):
        suggestions = closest_matches(unknown, known)
        yield f"{path}{unknown}", "unsupported option" + (f"; did you mean {suggestions[0]}?" if suggestions else "")
    for name, option in spec.items():
        used_name = [each for each in option_names(name, option) if raw_values.get(each) is not None]
        for other in used_name[1:]:
            if _comparable(raw_values[other]) != _comparable(raw_values[used_name[0]]):
                yield (
                    f"{path}{name}",
                    f"{used_name[0]} and {other} are aliases with different values; set only one of them",
                )
        for each in used_name:
            yield from _find_value_problems(option, raw_values[each], f"{path}{name}")


def with_canonical_names(option: Option, value: object) -> object:
    """Return a value with the canonical names of all options in it, otherwise as written."""
    inner = option.get("options", {})
    if isinstance(value, list):
        return [with_canonical_names({"options": inner}, element) for element in value]
    if not inner or not isinstance(value, Mapping):
        return value
    names = {used_name: name for name, option in inner.items() for used_name in option_names(name, option)}
    return {
        names[used_name]: with_canonical_names(inner[names[used_name]], each)
        for used_name, each in value.items()
        if used_name in names
    }


def _find_value_problems(option: Option, value: object, path: str) -> Iterator[tuple[str, str]]:
    expected = _EXPECTED_TYPES.get(option.get("type", "raw"))
    inner = option.get("options", {})
    if option.get("type") == "list" and isinstance(value, list):
        for position, element in enumerate(value):
            one: Option = {"type": option.get("elements", "raw"), "options": inner}
            yield from _find_value_problems(one, element, f"{path}[{position}]")
    elif inner and isinstance(value, Mapping):
        yield from find_raw_problems(inner, value, f"{path}.")
    elif expected is not None and isinstance(value, (bool, list, Mapping)):
        yield path, f"must be {expected}, not {describe_value(value)}"


def _comparable(value: object) -> object:
    """Normalize a value for comparison: 5 or "5", a list or its elements with commas, an id or {id: it}."""
    if isinstance(value, Mapping):
        return (
            _comparable(value["id"])
            if set(value) == {"id"}
            else {key: _comparable(each) for key, each in value.items()}
        )
    if isinstance(value, list):
        return _comparable(value[0]) if len(value) == 1 else [_comparable(each) for each in value]
    if isinstance(value, str) and "," in value:
        return [part.strip() for part in value.split(",")]
    return value if isinstance(value, bool) else str(value)
