# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One method for each thing that is asked of JOB; knows which calls merely read and may therefore be repeated.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from .clock import Clock, Deadline
from .errors import JobError
from .models import Connection, HostLog, JobInstance, Launched, PlanLaunch, Scope, ScriptLaunch
from .transport import Transport
from .wire.answers import unreadable
from .wire.base import Call, Gateway, LogBatch, Schema, StepHost
from .wire.envelope import unwrap

# A read that fails is tried again for this long (seconds), with growing pauses.
READ_PATIENCE = 10.0
# So long while a job is running: a gateway that restarts must not cost a job of hours.
WAIT_PATIENCE = 120.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0

T = TypeVar("T")


class JobClient:
    """JOB, as one task sees it: one connection, one scope at a time."""

    def __init__(
        self, connection: Connection, gateway: Gateway, schema: Schema, transport: Transport, clock: Clock
    ) -> None:
        self._connection = connection
        self._gateway = gateway
        self._transport = transport
        self._clock = clock
        self.schema = schema

    def launch(self, launch: PlanLaunch | ScriptLaunch) -> Launched:
        """Start a job. Sent exactly once, on a fresh connection.

        Raises:
            JobError: C(delivery) tells whether the job can have been started all the same.
        """
        call = self.schema.launch(launch)
        request = self._gateway.request(call, self.schema, self._connection)
        answer = self._transport.send(request, self._connection.read_timeout, fresh=True)
        return self.schema.read_launched(unwrap(call, answer))

    def status(
        self,
        scope: Scope,
        job_instance_id: int,
        deadline: Deadline,
        *,
        with_hosts: bool = False,
        patience: float = READ_PATIENCE,
    ) -> JobInstance:
        """The state of an instance, with per-host results if asked for.

        Raises:
            JobError: refused, or no readable answer for C(patience) seconds or up to the deadline.
        """

        def parse(data: object) -> JobInstance:
            instance = self.schema.read_status(data)
            if instance.job_instance_id != job_instance_id:
                raise unreadable(f"asked for instance {job_instance_id}, got {instance.job_instance_id}")
            return instance

        return self._read(self.schema.status(scope, job_instance_id, with_hosts), parse, deadline, patience)

    def log_batches(self, scope: Scope, job_instance_id: int, hosts: Sequence[StepHost]) -> Iterator[LogBatch]:
        """The log calls for these hosts, to be read one by one with M(logs)."""
        return self.schema.log_batches(scope, job_instance_id, hosts)

    def logs(self, batch: LogBatch, deadline: Deadline) -> list[HostLog]:
        """The logs of one batch; hosts that have none are absent."""
        return self._read(batch.call, self.schema.read_logs, deadline, READ_PATIENCE)

    def _read(self, call: Call, parse: Callable[[object], T], deadline: Deadline, seconds: float) -> T:
        request = self._gateway.request(call, self.schema, self._connection)
        patience = Deadline(self._clock, deadline.clip(seconds))
        pause = _FIRST_PAUSE
        while True:
            try:
                return parse(unwrap(call, self._transport.send(request, deadline.left())))
            except JobError as error:
                if not error.transient or patience.left() <= 0:
                    raise
            self._clock.sleep(patience.clip(self._clock.jitter(pause)))
            pause = min(pause * 2, _LONGEST_PAUSE)
