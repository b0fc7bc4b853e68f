# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tasks that only read: same in check mode, may be interrupted at any time.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..api.client import JobClient
from ..errors import InvalidTask, JobError
from ..jobs.context import Face, carrying
from ..models.connection import Connection

Work = Callable[[JobClient], None]
Result = Callable[[], dict[str, object]]


def look(face: Face, connection: Connection, work: Work, result: Result) -> dict[str, object]:
    """Do the work of a task and give its result, after all its options were read.

    Args:
        face: who calls, with the faults that were found so far.
        connection: where JOB is.
        work: reads from JOB.
        result: what is known, at any moment.

    Raises:
        JobError: the task is wrong or the work failed; C(result) of the error holds what is known.
    """
    with carrying(result, lambda: ("it only looked", None), lambda: False):
        if face.findings.faults:
            raise InvalidTask(face.findings.faults)
        with face.interrupts.allowed():
            work(face.client(connection))
    return result()


@contextmanager
def told_of(what: str) -> Iterator[None]:
    """Let an error say what it is about; faults of the task say so themselves."""
    try:
        yield
    except InvalidTask:
        raise
    except JobError as error:
        raise error.rephrased(f"{what}: {error.summary}") from error
