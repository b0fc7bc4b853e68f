# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""White space around options that may be meant: named when the task fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import JobError
from ..options.problems import Problems, as_written

# Error responses that a stray blank or line end can cause.
_KINDS = frozenset({"auth", "permission", "not_found", "validation"})
# Texts in which white space at the end is common, and which JOB never compares.
_WHITE_SPACE_ALLOWED = frozenset(
    {
        *("script_content", "script_param", "script_path", "task_name", "log_dir"),
        *("content", "content_base64", "value", "secret_value"),
    }
)


def add_white_space_hint(error: JobError, values: Mapping[str, object], problems: Problems) -> None:
    """Add to the hint of an error response which options begin or end in white space. Their values are never shown."""
    if error.kind not in _KINDS or error.http_status is None:
        return
    found = [as_written(path, problems.written_names) for path in _paths_with_white_space(values, "")]
    if found:
        verb = "begins or ends" if len(found) == 1 else "begin or end"
        error.hint = f"{error.hint or ''} Note that {', '.join(found)} {verb} in white space.".lstrip()


def _paths_with_white_space(values: Mapping[str, object], prefix: str) -> Iterator[str]:
    """Yield the full names of options, and of suboptions in them, whose text begins or ends in white space."""
    for name, value in values.items():
        if name in _WHITE_SPACE_ALLOWED:
            continue
        elements = value if isinstance(value, list) else [value]
        for position, element in enumerate(elements):
            path = f"{prefix}{name}[{position}]" if isinstance(value, list) else f"{prefix}{name}"
            if isinstance(element, Mapping):
                yield from _paths_with_white_space(element, f"{path}.")
            elif isinstance(element, str) and element != element.strip():
                yield path
