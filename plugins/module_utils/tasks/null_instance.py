# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Tasks in check mode whose job_instance_id is null, because the launch before them ran in check mode as well."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import InvalidTask
from ..jobs.context import TaskContext

_MESSAGE = "Skipped: job_instance_id is null, because nothing was launched in check mode"


def run_without_instance(context: TaskContext, result: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Return the result of a skipped task at once. C(finished) is true, so that a loop with C(until) ends.

    Args:
        context: runtime context, with the problems found so far.
        result: returns the documented result.

    Raises:
        InvalidTask: other options of the task are invalid.
    """
    if context.problems.errors:
        failure = InvalidTask(context.problems.errors)
        failure.result = result()
        raise failure
    return {**result(), "finished": True, "skipped": True, "msg": _MESSAGE}
