# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the options as written, before type conversion hides mistakes.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..common.text import kind_of, nearest
from .argspec import Option, Spec

# Types to which Ansible converts whatever it gets, so that a reader could not see it any more.
_WANTED = {"float": "a number", "str": "text", "path": "text", "list": "a list"}


def names_of(name: str, option: Option) -> tuple[str, ...]:
    """All names of an option, the canonical one first."""
    return (name, *option.get("aliases", ()))


def faults_of(spec: Spec, given: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    """Faults that conversion would hide.

    These are names that do not exist, options that disagree with their alias, and values of another kind, such as a
    boolean or a list in place of text.

    Args:
        spec: the options of this level.
        given: what the user wrote.
        path: the name of this level for messages, with a dot at its end.

    Yields:
        Full canonical name of the option and what is wrong.
    """
    known = {used for name, option in spec.items() for used in names_of(name, option)}
    for unknown in sorted(str(used) for used in given if used not in known):
        meant = nearest(unknown, known)
        yield f"{path}{unknown}", "is no option here" + (f"; did you mean {meant[0]}?" if meant else "")
    for name, option in spec.items():
        used = [each for each in names_of(name, option) if given.get(each) is not None]
        for other in used[1:]:
            if _plain(given[other]) != _plain(given[used[0]]):
                yield f"{path}{name}", f"{used[0]} and {other} are one option and disagree; give one of them"
        for each in used:
            yield from _value_faults(option, given[each], f"{path}{name}")


def canonical(option: Option, value: object) -> object:
    """A value with the canonical names of all options in it, otherwise as it was written."""
    inner = option.get("options", {})
    if isinstance(value, list):
        return [canonical({"options": inner}, element) for element in value]
    if not inner or not isinstance(value, Mapping):
        return value
    names = {used: name for name, words in inner.items() for used in names_of(name, words)}
    return {names[used]: canonical(inner[names[used]], each) for used, each in value.items() if used in names}


def _value_faults(option: Option, value: object, path: str) -> Iterator[tuple[str, str]]:
    wanted = _WANTED.get(option.get("type", "raw"))
    inner = option.get("options", {})
    if option.get("type") == "list" and isinstance(value, list):
        for position, element in enumerate(value):
            one: Option = {"type": option.get("elements", "raw"), "options": inner}
            yield from _value_faults(one, element, f"{path}[{position}]")
    elif inner and isinstance(value, Mapping):
        yield from faults_of(inner, value, f"{path}.")
    elif wanted is not None and isinstance(value, (bool, list, Mapping)):
        yield path, f"must be {wanted}, not {kind_of(value)}"


def _plain(value: object) -> object:
    """A value without what makes no difference: 5 or "5", a list or its elements with commas, an id or {id: it}."""
    if isinstance(value, Mapping):
        return _plain(value["id"]) if set(value) == {"id"} else {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(each) for each in value]
    if isinstance(value, str) and "," in value:
        return [part.strip() for part in value.split(",")]
    return value if isinstance(value, bool) else str(value)
