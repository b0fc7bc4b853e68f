# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Keys and values as YAML read them: options are passed on as JSON, which would change some of them silently."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from .problems import Problems

# Options that expect a time, in any form.
_TIMES = frozenset({"since", "until"})


def with_text_keys(value: object, problems: Problems, path: str = "") -> object:
    """Return the same value with text for all keys.

    Args:
        value: an option or several, as Ansible read them.
        problems: receives the keys that JSON would change, by the full name of their dictionary, and such values.
        path: the full name of the value; empty at the top.
    """
    if isinstance(value, Mapping):
        wrong = [_shown(key) for key in value if not _is_text(key)]
        if len(wrong) == 1:
            problems.add_error(path, f"has the key {wrong[0]}, which is not text; write it in quotes")
        elif wrong:
            problems.add_error(path, f"has the keys {', '.join(wrong)}, which are not text; write them in quotes")
        twice = [key for key in value if isinstance(key, int) and str(key) in value]
        if twice and not wrong:
            problems.add_error(path, f"has the key {twice[0]} twice, as a number and as text; remove one of them")
        return {
            str(key): with_text_keys(each, problems, f"{path}.{key}" if path else str(key))
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [with_text_keys(each, problems, f"{path}[{position}]") for position, each in enumerate(value)]
    if isinstance(value, datetime.datetime) and path not in _TIMES:
        problems.add_error(path, f"is a time to YAML, which would be sent as {value.isoformat()}; write it in quotes")
    elif isinstance(value, bytes):
        problems.add_error(path, "is binary data, which is not supported; write it as text")
        return None
    return value


def _is_text(key: object) -> bool:
    """Return whether a key is text, or an integer, whose text is what was written."""
    return isinstance(key, str) or (isinstance(key, int) and not isinstance(key, bool))


def _shown(key: object) -> str:
    if isinstance(key, bool):
        return f"{str(key).lower()} (a YAML boolean)"
    if key is None:
        return "null"
    return f"{key} (a number)" if isinstance(key, float) else f"{key} (a date)"
