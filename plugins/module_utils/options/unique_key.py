# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Unique key of a launch: options to a model."""

from __future__ import annotations

import re

from ..common.dates import DAY_MS, parse_moment
from ..common.text import quoted
from ..models.history import MAX_SPAN_MS
from ..models.launch import UniqueKey
from .reader import OptionReader

# JOB returns at most this span of the execution history in one search (JOB API: get_job_instance_list).
_MAX_WINDOW_DAYS = MAX_SPAN_MS // DAY_MS
_CHARACTERS = "letters (A-Z, a-z), digits, dots, underscores, colons or hyphens"
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")


def read_unique_key(reader: OptionReader, variable: str | None = None) -> UniqueKey | None:
    """Return the unique key of a launch, None if the task has none; add problems to C(reader).

    Args:
        reader: options of the task.
        variable: name of the string variable of a plan that has the key as its value, None for a script.
    """
    if not reader.present("unique_key"):
        for option in ("unique_window", "on_existing"):
            if not reader.is_default(option):
                reader.add_error(option, "requires unique_key")
        return None
    key = reader.text("unique_key") or ""
    if key and not _KEY.match(key):
        reader.add_error("unique_key", f"must be 1 to 64 {_CHARACTERS}, not {quoted(key)}")
    if reader.raw("api_version") == "v2":
        reader.add_error("unique_key", "is not supported by API v2, which has no execution history: use api_version v3")
    return UniqueKey(key, _window_ms(reader), reader.setting("on_existing") == "fail", variable)


def keyed_task_name(name: str, key: UniqueKey) -> str:
    """Return the task name that contains the key, as the execution history lists it."""
    return f"{name} [{key.key}]"


def _window_ms(reader: OptionReader) -> int:
    """Return the length of the window in milliseconds."""
    text = reader.text("unique_window") or ""
    window = parse_moment(text)
    if window is None or not window.relative or not 0 < window.ms <= _MAX_WINDOW_DAYS * DAY_MS:
        limit = f"at most {_MAX_WINDOW_DAYS}d"
        reader.add_error("unique_window", f"must be a span such as 2h or 1d 12h, {limit}, not {quoted(text)}")
        return DAY_MS
    return window.ms
