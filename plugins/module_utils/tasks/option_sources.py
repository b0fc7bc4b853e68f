# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Options from environment variables: named when the hint of a failed task asks to check them."""

from __future__ import annotations

import re

from ..errors import JobError
from ..options.problems import Problems


def add_source_hint(error: JobError, problems: Problems) -> None:
    """Add to the hint of an error from which environment variables the options that it names come.

    Validation errors have no hint; each of them names its variable. Names of one word are also words of other texts.
    """
    words = set(re.findall(r"\w+", error.hint or ""))
    found = [f"{name} ({variable})" for name, variable in problems.sources.items() if "_" in name and name in words]
    if found:
        error.hint = f"{error.hint} From environment variables: {', '.join(found)}."
