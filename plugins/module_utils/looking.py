# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that only look: they change nothing, so check mode is the same, and a signal may end them at any moment.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from .client import JobClient
from .errors import Interrupted, InvalidTask, JobError, Unexpected
from .fields import Fields
from .models import Connection
from .redact import register
from .tasks import Face
from .transport import Transport
from .wire.choose import gateway_of, schema_of

Work = Callable[[JobClient], None]
Result = Callable[[], dict[str, object]]


def options(params: Mapping[str, object], face: Face) -> Fields:
    """The options, after the secrets among them are known: whatever happens next may be put out."""
    fields = Fields(params, face.findings)
    register(face.secrets, fields)
    return fields


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
    try:
        if face.findings.faults:
            raise InvalidTask(face.findings.faults)
        gateway, schema = gateway_of(connection), schema_of(connection)
        with face.interrupts.allowed():
            work(JobClient(connection, gateway, schema, Transport(connection), face.clock, face.secrets.hide))
    except JobError as error:
        error.result = result()
        raise
    except Interrupted as interrupted:
        failure = JobError(f"{interrupted.signal} ended the task, which only looked", kind="interrupted")
        failure.result = result()
        raise failure from interrupted
    except Exception as error:
        failure = Unexpected(error)
        failure.result = result()
        raise failure from error
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
