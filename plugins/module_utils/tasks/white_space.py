# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""White space around options that may be meant: named when the task fails."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import JobError
from ..options.problems import Problems, as_written

# Error responses that a stray blank or line end can cause.
_KINDS = frozenset({"auth", "permission", "not_found", "validation"})
# Texts in which white space at the end is common, and which JOB never compares.
_FREE_TEXTS = frozenset({"script_content", "script_param", "task_name", "script_path", "log_dir"})


def name_white_space(error: JobError, values: Mapping[str, object], problems: Problems) -> None:
    """Add to the hint of an error response which options begin or end in white space. Their values are never shown."""
    if error.kind not in _KINDS or error.http_status is None:
        return
    found = [
        as_written(name, problems.written_names)
        for name, value in values.items()
        if name not in _FREE_TEXTS and isinstance(value, str) and value != value.strip()
    ]
    if found:
        verb = "begins or ends" if len(found) == 1 else "begin or end"
        error.hint = f"{error.hint or ''} Note that {', '.join(found)} {verb} in white space.".lstrip()
