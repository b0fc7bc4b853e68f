# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runtime context of a task, its JOB client, and partial results on error.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from ..api.client import JobClient
from ..api.factory import gateway_of, schema_of
from ..api.transport import Transport
from ..common.clock import Clock
from ..common.redaction import Secrets
from ..common.signals import Interrupts
from ..errors import Interrupted, JobError, Unexpected
from ..models.connection import Connection
from ..options.problems import Findings
from ..options.reader import Fields
from ..options.secrets import register


@dataclass
class Face:
    """What the caller provides and gets: the engine does not know who it is.

    C(secrets) and C(findings.warnings) are filled by the task. C(tell) is where a line for people goes while the task
    runs; None if nobody listens.
    """

    check_mode: bool = False
    diff: bool = False
    clock: Clock = field(default_factory=Clock)
    interrupts: Interrupts = field(default_factory=Interrupts)
    secrets: Secrets = field(default_factory=Secrets)
    findings: Findings = field(default_factory=Findings)
    tell: Callable[[str], None] | None = None

    def fields(self, params: Mapping[str, object]) -> Fields:
        """The options, after the secrets among them are known: whatever happens next may be put out."""
        fields = Fields(params, self.findings)
        register(self.secrets, fields)
        return fields

    def client(self, connection: Connection) -> JobClient:
        """JOB, over a connection.

        Raises:
            Interrupted: a signal came before anything was sent.
        """
        self.interrupts.check()
        gateway, schema, transport = gateway_of(connection), schema_of(connection), Transport(connection)
        return JobClient(connection, gateway, schema, transport, self.clock, self.secrets.hide)


Task = Callable[[Mapping[str, object], Face], dict[str, object]]
# One clause on what is known, and what a person should do.
SoFar: TypeAlias = "tuple[str, str | None]"


@contextmanager
def carrying(
    result: Callable[[], dict[str, object]], so_far: Callable[[], SoFar], unclear: Callable[[], bool]
) -> Iterator[None]:
    """Whatever ends the task early leaves with all that is known by then.

    Args:
        result: what is known, as the documented result.
        so_far: the same in words, for a task that a signal ends.
        unclear: whether JOB may have done something of which we do not know.

    Raises:
        JobError: for everything, with its C(result) filled.
    """
    try:
        yield
    except JobError as error:
        error.result = result()
        raise
    except Interrupted as interrupted:
        clause, hint = so_far()
        failure = JobError(f"{interrupted.signal} ended the task; {clause}", kind="interrupted", hint=hint)
        failure.result = result()
        raise failure from interrupted
    except Exception as error:
        # Nothing of what is known may be lost to a fault of our own, least of all after a launch.
        failure = Unexpected(error, "unknown_outcome" if unclear() else "protocol")
        failure.result = result()
        raise failure from error
