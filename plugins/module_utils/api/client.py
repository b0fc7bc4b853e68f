# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JOB client: one method per API call.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ..common.clock import Clock, Deadline
from ..errors import JobError
from ..models.connection import Connection, Scope
from ..models.history import HistoryEntry, HistoryQuery
from ..models.launch import LaunchedJob, PlanLaunch, ScriptLaunch
from ..models.run import JobInstance
from .calls import Call, HostLog, LogBatch, StepHost
from .json_reader import unusable_response
from .session import READ_RETRY_SECONDS, ApiSession
from .transport import Transport

if TYPE_CHECKING:
    from ..models.plan import PlanDetail, PlanSummary, ScriptRisk
    from .protocols import Gateway, HistorySchema, Schema, StepVariables

# Any window of the history will do to learn the server's time.
_ANY_WINDOW = (1, 2)


class JobClient:
    """JOB, as one task sees it: one connection, one scope at a time.

    Free text of the server goes through C(redact) as it comes in, as half a secret is not found once it was cut.
    """

    def __init__(
        self,
        connection: Connection,
        gateway: Gateway,
        schema: Schema,
        transport: Transport,
        clock: Clock,
        redact: Callable[[str], str] = str,
        emit: Callable[[str], None] | None = None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._redact = redact
        self._session = ApiSession(connection, gateway, schema, transport, clock, redact, emit)
        self.schema = schema

    @property
    def operator(self) -> str | None:
        """The user under whom JOB files what is launched; None where a token says it and we do not know."""
        identity = self._connection.credentials
        return None if identity.bk_token or identity.bk_ticket or identity.bk_access_token else identity.bk_username

    def launch(self, launch: PlanLaunch | ScriptLaunch, seconds: float, *, start: bool = True) -> LaunchedJob:
        """Create a job, and start it unless told otherwise. Sent exactly once, on a fresh connection.

        Raises:
            JobError: C(delivery) tells whether the job can have been started all the same.
        """
        call = self.schema.launch(launch, start)
        return self._session.exchange(call, self.schema.read_launched, seconds, fresh=True)

    def operate_job(self, scope: Scope, job_instance_id: int, operation: int, seconds: float) -> None:
        """Have an operation queued for an instance. Sent once.

        Raises:
            JobError: C(delivery) tells whether it can have been queued all the same.
        """
        self._operate(self.schema.operate_job(scope, job_instance_id, operation), job_instance_id, seconds)

    def operate_step(self, scope: Scope, job_instance_id: int, step_id: int, operation: int, seconds: float) -> None:
        """Have an operation queued for a step. Sent once.

        Raises:
            JobError: C(delivery) tells whether it can have been queued all the same.
        """
        self._operate(self.schema.operate_step(scope, job_instance_id, step_id, operation), job_instance_id, seconds)

    def status(
        self,
        scope: Scope,
        job_instance_id: int,
        deadline: Deadline,
        *,
        with_hosts: bool = False,
        retry_for: float = READ_RETRY_SECONDS,
    ) -> JobInstance:
        """The state of an instance, with per-host results if asked for.

        Raises:
            JobError: refused, or no readable answer for C(retry_for) seconds or up to the deadline.
        """

        def parse(data: object) -> JobInstance:
            instance = self.schema.instances.read_status(data)
            if instance.job_instance_id != job_instance_id:
                raise unusable_response(f"asked for instance {job_instance_id}, got {instance.job_instance_id}")
            self._redact_names(instance)
            return instance

        if not with_hosts:
            # A short answer. One that drips must not take the time of all the looks that could still succeed.
            limits = self._connection.connect_timeout + self._connection.read_timeout
            deadline = Deadline(self._clock, deadline.clip(limits))
        return self._session.read(
            self.schema.instances.status(scope, job_instance_id, with_hosts), parse, deadline, retry_for
        )

    def history_page(
        self, history: HistorySchema, query: HistoryQuery, deadline: Deadline, *, retry_for: float = 0.0
    ) -> tuple[list[HistoryEntry], int]:
        """One page of instances, newest first, and their total number. Read once, unless C(retry_for) is given."""
        return self._session.read(history.list_instances(query), history.read_instances, deadline, retry_for)

    def string_values(
        self, scope: Scope, job_instance_id: int, deadline: Deadline, *, retry_for: float = 0.0
    ) -> list[StepVariables]:
        """What each step that ran left in the string variables. One look, unless C(retry_for) is given."""
        values = self.schema.values
        return self._session.read(values.call(scope, job_instance_id), values.read, deadline, retry_for)

    def learn_epoch(
        self, history: HistorySchema, scope: Scope, deadline: Deadline, *, retry_for: float = 0.0
    ) -> float | None:
        """The same as M(server_epoch), after a look at the history if no answer has told yet."""
        if self.server_epoch() is None:
            self.history_page(history, HistoryQuery(scope, *_ANY_WINDOW, length=1), deadline, retry_for=retry_for)
        return self.server_epoch()

    def log_batches(self, scope: Scope, job_instance_id: int, hosts: Iterable[StepHost]) -> Iterator[LogBatch]:
        """The log calls for these hosts, to be read one by one with M(logs)."""
        return self.schema.instances.log_batches(scope, job_instance_id, hosts)

    def single_log(self, scope: Scope, job_instance_id: int, host: StepHost) -> LogBatch | None:
        """The log call for one host alone; None where there is no such call."""
        return self.schema.instances.single_log(scope, job_instance_id, host)

    def logs(self, batch: LogBatch, deadline: Deadline) -> list[tuple[int, HostLog]]:
        """The logs of one batch, each with the id of its step; hosts that have none are absent, or have None."""
        logs = self._session.read(batch.call, batch.read, deadline, READ_RETRY_SECONDS)
        for _step_id, log in logs:
            # One by one: together they may be large. NUL characters might stand between those of a secret.
            log.text = (
                self._redact(log.text.decode("utf-8").replace("\0", "")).encode("utf-8") if log.text else log.text
            )
            log.tag = self._redacted(log.tag)
        return logs

    def plans(
        self,
        scope: Scope,
        name: str | None,
        deadline: Deadline,
        maximum: int | None = None,
        *,
        template_id: int | None = None,
    ) -> list[PlanSummary]:
        """The plans of a scope whose names contain C(name), page by page; no more pages after C(maximum) plans."""
        plan_schema = self.schema.plans
        found: dict[int, PlanSummary] = {}
        while True:
            call = plan_schema.plan_page(scope, name, len(found), template_id)
            page = self._session.read(call, plan_schema.read_plan_page, deadline, deadline.remaining())
            new = {plan.id: plan for plan in page.plans if plan.id not in found}
            found.update(new)
            # An answer without news is the end, also where a server minds neither start nor total.
            if not new or len(found) >= min(page.total or len(found) + 1, maximum or len(found) + 1):
                return list(found.values())
            if deadline.remaining() <= 0:
                raise JobError("There was not enough time to read so many plans", kind="wait_timeout")

    def plan(self, scope: Scope, plan_id: int, deadline: Deadline) -> PlanDetail | None:
        """A plan with its variables; None if the answer says, without an error, that there is none."""

        def parse(data: object) -> PlanDetail | None:
            plan = self.schema.plans.read_plan(data)
            if plan is not None and plan.id != plan_id:
                raise unusable_response(f"asked for plan {plan_id}, got {plan.id}")
            return plan

        return self._session.read(self.schema.plans.plan(scope, plan_id), parse, deadline, deadline.remaining())

    def account_aliases(self, scope: Scope, deadline: Deadline) -> dict[int, str]:
        """The aliases of the system accounts of a scope by id, read once; empty if plans name their accounts."""
        call = self.schema.plans.accounts(scope)
        return {} if call is None else self._session.read(call, self.schema.plans.read_accounts, deadline, 0.0)

    def script_risks(self, launch: ScriptLaunch, deadline: Deadline) -> list[ScriptRisk]:
        """What JOB says about a script that stands in the task; nothing where it cannot be asked. Asked once."""
        call = self.schema.plans.script_check(launch)
        return [] if call is None else self._session.read(call, self.schema.plans.read_script_check, deadline, 0.0)

    def deadline(self, seconds: float) -> Deadline:
        """A deadline that many seconds from now, on the client's clock."""
        return Deadline(self._clock, seconds)

    def server_epoch(self) -> float | None:
        """Time of the server, in seconds since the epoch; None if no response has carried it yet."""
        return self._session.server_epoch()

    def _redact_names(self, instance: JobInstance) -> None:
        instance.name = self._redacted(instance.name)
        for step in instance.steps:
            step.name = self._redacted(step.name)
            for host in step.hosts or ():
                host.tag = self._redacted(host.tag)

    def _redacted(self, text: str | None) -> str | None:
        return self._redact(text) if text else text

    def _operate(self, call: Call, job_instance_id: int, seconds: float) -> None:
        """Send an operation. Only an answer that names the instance is believed."""
        answered = self._session.exchange(call, self.schema.read_launched, seconds)
        if answered.job_instance_id != job_instance_id:
            raise unusable_response(f"asked for instance {job_instance_id}, got {answered.job_instance_id}")
