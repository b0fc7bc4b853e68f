# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Runtime context of a task, its JOB client, and partial results on error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from ..api.client import JobClient
from ..api.factory import gateway_for, schema_for
from ..api.transport import Transport
from ..common.clock import Clock
from ..common.redaction import Secrets
from ..common.signals import Interrupts
from ..common.text import one_line, valid_utf8
from ..errors import Interrupted, JobError, Unexpected
from ..models.connection import Connection
from ..options.problems import Problems
from ..options.reader import OptionReader


@dataclass
class TaskContext:
    """Runtime context of a task: check mode, clock, signals, secrets, problems.

    C(secrets) and C(problems) are filled by the task. C(emit_progress) prints a line of progress output; None if
    there is no terminal for it.
    """

    check_mode: bool = False
    diff: bool = False
    clock: Clock = field(default_factory=Clock)
    interrupts: Interrupts = field(default_factory=Interrupts)
    secrets: Secrets = field(default_factory=Secrets)
    problems: Problems = field(default_factory=Problems)
    emit_progress: Callable[[str], None] | None = None

    def client(self, connection: Connection, *, progress: bool = True) -> JobClient:
        """Return a client of JOB for a connection. C(progress) enables lines about an unresponsive server.

        Raises:
            Interrupted: a signal arrived before anything was sent.
        """
        self.interrupts.check()
        gateway, schema, transport = gateway_for(connection), schema_for(connection), Transport(connection)
        emit = self._emit_redacted if progress and self.emit_progress is not None else None
        return JobClient(connection, gateway, schema, transport, self.clock, self.secrets.redact, emit)

    def _emit_redacted(self, line: str) -> None:
        if self.emit_progress is not None:
            # A closed terminal must not end a task.
            with suppress(OSError):
                self.emit_progress(one_line(self.secrets.redact(valid_utf8(line))))


Task = Callable[[OptionReader, TaskContext], dict[str, object]]
# One clause on what is known, and advice for the user.
StateSummary: TypeAlias = "tuple[str, str | None]"


class TaskState(Protocol):
    """Everything that a task knows at a moment."""

    def result(self) -> dict[str, object]:
        """Return the documented result."""

    def describe(self) -> StateSummary:
        """Return the same as text, for a task that a signal ends."""

    def is_outcome_unknown(self) -> bool:
        """Return whether JOB may have done something that the result does not show."""


@contextmanager
def partial_result_on_error(state: TaskState) -> Iterator[None]:
    """Raise any exception as a JobError that carries the partial result.

    Raises:
        JobError: for every exception, with its C(result) filled.
    """
    try:
        yield
    except JobError as error:
        error.result = state.result()
        raise
    except Interrupted as interrupted:
        summary, hint = state.describe()
        failure = JobError(f"Interrupted by {interrupted.signal}; {summary}", kind="interrupted", hint=hint)
        failure.result = state.result()
        raise failure from interrupted
    except Exception as error:
        # A bug of the collection must not lose the partial result: a job may have been launched.
        failure = Unexpected(error, "unknown_outcome" if state.is_outcome_unknown() else "protocol")
        failure.result = state.result()
        raise failure from error
