# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of options as the user wrote them: messages use the alias used in the task.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .spec import Option, Spec

_END_OF_NAME = re.compile(r"[.\[]|\Z")


def find_written_names(spec: Spec, values: Mapping[str, object], path: str = "", written: str = "") -> dict[str, str]:
    """Return the full written name of each option of which an alias is used, by its full canonical name."""
    names: dict[str, str] = {}
    for name, option in spec.items():
        used = next((each for each in (name, *option.get("aliases", ())) if values.get(each) is not None), name)
        if used != name or path != written:
            names[f"{path}{name}"] = f"{written}{used}"
        for suffix, inner in _inner(option, values.get(used)):
            below = find_written_names(
                option.get("options", {}), inner, f"{path}{name}{suffix}.", f"{written}{used}{suffix}."
            )
            names.update(below)
    return names


def as_written(path: str, names: Mapping[str, str]) -> str:
    """Return the full name of an option, or of something in it, with the aliases that the user wrote."""
    for end in sorted((match.start() for match in _END_OF_NAME.finditer(path)), reverse=True):
        if path[:end] in names:
            return names[path[:end]] + path[end:]
    return path


def _inner(option: Option, value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not option.get("options"):
        return
    if isinstance(value, Mapping):
        yield "", value
    elif isinstance(value, list):
        yield from ((f"[{position}]", each) for position, each in enumerate(value) if isinstance(each, Mapping))
