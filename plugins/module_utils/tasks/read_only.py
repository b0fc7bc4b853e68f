# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Run tasks that only read: same in check mode, may be interrupted at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..api.client import JobClient
from ..errors import InvalidTask, JobError
from ..jobs.context import StateSummary, TaskContext, partial_result_on_error
from ..models.connection import Connection

ReadWork = Callable[[JobClient], None]
ReadResult = Callable[[], dict[str, object]]


@dataclass
class _ReadState:
    """Result of a task that changes nothing."""

    result: ReadResult

    def describe(self) -> StateSummary:
        """Return that nothing was changed."""
        return "nothing was changed", None

    def is_outcome_unknown(self) -> bool:
        """Return false: nothing can be changed."""
        return False


def run_read_only(
    context: TaskContext, connection: Connection, work: ReadWork, result: ReadResult
) -> dict[str, object]:
    """Run the work of a task and return its result, after all its options were read.

    Args:
        context: runtime context, with the problems found so far.
        connection: connection to JOB.
        work: reads from JOB.
        result: returns what is known at the moment.

    Raises:
        JobError: the task is invalid or the work failed; C(result) of the error contains what is known.
    """
    with partial_result_on_error(_ReadState(result)):
        if context.problems.errors:
            raise InvalidTask(context.problems.errors)
        with context.interrupts.interruptible():
            work(context.client(connection))
    return result()


@contextmanager
def error_context(message: str) -> Iterator[None]:
    """Prefix an error with its context; validation errors have their own."""
    try:
        yield
    except InvalidTask:
        raise
    except JobError as error:
        raise error.rephrased(f"{message}: {error.summary}") from error
