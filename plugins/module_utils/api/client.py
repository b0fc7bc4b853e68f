# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""JOB client: one method per API call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..common.clock import Deadline
from ..common.text import one_line
from ..errors import Delivery, JobError
from ..models.connection import Scope
from ..models.file_hosts import settle_file_hosts
from ..models.history import HistoryEntry, HistoryQuery
from ..models.launch import Launch, LaunchedJob, ScriptLaunch
from ..models.plan import PlanDetail, PlanSummary, ScriptRisk
from ..models.run import FileResult, JobInstance
from .calls import HostLog, LogBatch, StepHost
from .json_reader import unusable_response
from .protocols import StepVariables
from .session import READ_RETRY_SECONDS, ApiSession

# Any window of the history (milliseconds) serves to read the server's time.
_ANY_WINDOW = (1, 2)
# Maximum length (characters) of the reason why a file was not sent.
_MAX_FILE_ERROR_LENGTH = 300
# Size (bytes) of logs that are redacted together.
_PORTION_BYTES = 1 << 17


class JobClient(ApiSession):
    """Client of JOB for one task: one connection, one scope at a time.

    Free text of the server is redacted on receipt, because half a secret would not be found after truncation. Every
    method with a deadline, or with a time limit in C(seconds), makes calls. It raises JobError for an error response,
    and if there is no readable response in time.
    """

    @property
    def operator(self) -> str | None:
        """Return the user that JOB records for launches; None if a token identifies the user."""
        identity = self._connection.credentials
        return None if identity.bk_token or identity.bk_ticket or identity.bk_access_token else identity.bk_username

    def launch(self, launch: Launch, seconds: float, *, start: bool = True) -> LaunchedJob:
        """Create a job, and start it unless C(start) is false. Sent exactly once, on a fresh connection.

        Raises:
            JobError: see C(delivery) for whether the job may have been started nevertheless.
        """
        return self.send(self.schema.launch(launch, start), seconds, fresh=True)

    def preview(self, launch: Launch, *, start: bool = True) -> dict[str, object]:
        """Return the request that M(launch) would send: C(method), C(path), and C(body) without credentials."""
        return self.preview_call(self.schema.launch(launch, start))

    def operate(
        self, scope: Scope, job_instance_id: int, step_instance_id: int | None, operation: int, seconds: float
    ) -> None:
        """Request an operation by its code, see models/operations.py, on a step or (None) on the instance. Sent once.

        Raises:
            JobError: see C(delivery) for whether it may have been queued nevertheless.
        """
        launched = self.send(self.schema.operate(scope, job_instance_id, step_instance_id, operation), seconds)
        _check_instance_id(launched, job_instance_id)

    def status(
        self,
        scope: Scope,
        job_instance_id: int,
        deadline: Deadline,
        *,
        with_hosts: bool = False,
        retry_for: float = READ_RETRY_SECONDS,
    ) -> JobInstance:
        """Read the state of an instance, with per-host results if requested.

        Raises:
            JobError: error response, or no readable response for C(retry_for) seconds or until the deadline.
        """

        def checked(instance: JobInstance) -> JobInstance:
            _check_instance_id(instance, job_instance_id)
            self._redact_names(instance)
            settle_file_hosts(instance)
            return instance

        if not with_hosts:
            # A short response. A slow one must not use up the time of all later polls.
            deadline = deadline.within(self._connection.connect_timeout + self._connection.read_timeout)
        call = self.schema.instances.status(scope, job_instance_id, with_hosts)
        return self.read(call.then(checked), deadline, retry_for)

    @property
    def has_history(self) -> bool:
        """Return whether the API has an execution history."""
        return self.schema.history is not None

    def history_page(
        self, query: HistoryQuery, deadline: Deadline, *, retry_for: float = 0.0
    ) -> tuple[list[HistoryEntry], int]:
        """Read one page of instances, newest first, and the total. Not retried, unless C(retry_for) is given.

        Raises:
            JobError: also (C(validation)) if C(has_history) is false.
        """
        history = self.schema.history
        if history is None:
            text = f"API {self.schema.generation} has no execution history"
            raise JobError(text, kind="validation", delivery=Delivery.NOT_SENT)
        return self.read(history.list_instances(query), deadline, retry_for)

    def string_values(
        self, scope: Scope, job_instance_id: int, deadline: Deadline, *, retry_for: float = 0.0
    ) -> list[StepVariables]:
        """Read the values of string variables after each step. Not retried, unless C(retry_for) is given."""
        return self.read(self.schema.variable_values(scope, job_instance_id), deadline, retry_for)

    def learn_epoch(self, scope: Scope, deadline: Deadline, *, retry_for: float = 0.0) -> float | None:
        """Return M(server_epoch), after a call of the history if no response has had a date yet."""
        if self.server_epoch() is None:
            self.history_page(HistoryQuery(scope, *_ANY_WINDOW, length=1), deadline, retry_for=retry_for)
        return self.server_epoch()

    def log_batches(self, scope: Scope, job_instance_id: int, hosts: Iterable[StepHost]) -> Iterator[LogBatch]:
        """Return the log calls for these hosts, to be made one by one with M(logs)."""
        return self.schema.instances.log_batches(scope, job_instance_id, hosts)

    def single_log(self, scope: Scope, job_instance_id: int, host: StepHost) -> LogBatch | None:
        """Return the log call for one host alone; None if the API has no such call."""
        return self.schema.instances.single_log(scope, job_instance_id, host)

    def logs(self, batch: LogBatch, deadline: Deadline) -> list[tuple[int, HostLog]]:
        """Read the logs of one batch, each with the id of its step; hosts without log are missing, or have None."""
        logs = self.read(batch.call, deadline, READ_RETRY_SECONDS)
        for some in _in_portions([log for _step_id, log in logs]):
            self._redact_logs(some)
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
        """Read the plans of a scope whose names contain C(name), page by page; stop after C(maximum) plans."""
        plan_schema = self.schema.plans
        found: dict[int, PlanSummary] = {}
        while True:
            call = plan_schema.plan_page(scope, name, len(found), template_id)
            page = self.read(call, deadline, deadline.remaining())
            new = {plan.id: plan for plan in page.plans if plan.id not in found}
            found.update(new)
            # A page without new plans is the last one, also if a server ignores start and total.
            if not new or len(found) >= min(page.total or len(found) + 1, maximum or len(found) + 1):
                return list(found.values())
            if deadline.remaining() <= 0:
                raise JobError("Timed out while listing plans", kind="wait_timeout")

    def plan(self, scope: Scope, plan_id: int, deadline: Deadline) -> PlanDetail | None:
        """Read a plan with its variables; None if a successful response contains no plan."""

        def checked(plan: PlanDetail | None) -> PlanDetail | None:
            if plan is not None and plan.id != plan_id:
                raise unusable_response(f"requested plan {plan_id}, got {plan.id}")
            return plan

        return self.read(self.schema.plans.plan(scope, plan_id).then(checked), deadline, deadline.remaining())

    def account_aliases(self, scope: Scope, deadline: Deadline) -> dict[int, str]:
        """Read the aliases of the system accounts of a scope by id; empty if plans contain account aliases."""
        call = self.schema.plans.accounts(scope)
        return {} if call is None else self.read(call, deadline, 0.0)

    def script_risks(self, launch: ScriptLaunch, deadline: Deadline) -> list[ScriptRisk]:
        """Have JOB check a script given in the task; empty if that is not possible. Not retried."""
        call = self.schema.plans.script_check(launch)
        return [] if call is None else self.read(call, deadline, 0.0)

    def _redact_names(self, instance: JobInstance) -> None:
        tags = list({host.tag for step in instance.steps for host in step.hosts or ()})
        names = [instance.name, *(step.name for step in instance.steps)]
        (instance.name, *step_names), redacted_tags = self._redact((names, tags))
        known = dict(zip(tags, redacted_tags, strict=True))
        for step, name in zip(instance.steps, step_names, strict=True):
            step.name = name
            for host in step.hosts or ():
                host.tag = known[host.tag]

    def _redact_logs(self, logs: list[HostLog]) -> None:
        """Redact texts, tags and files of logs. NUL characters are dropped, because they might split a secret."""
        texts = [None if log.text is None else log.text.replace(b"\0", b"").decode("utf-8") for log in logs]
        files = [[_texts(file) for file in log.files or ()] for log in logs]
        texts, tags, files = self._redact((texts, [log.tag for log in logs], files))
        for log, text, tag, each in zip(logs, texts, tags, files, strict=True):
            log.text = None if text is None else text.encode("utf-8")
            log.tag = tag
            log.files = log.files and list(map(_redacted_file, log.files, each))


def _check_instance_id(response: JobInstance | LaunchedJob, requested: int) -> None:
    if response.job_instance_id != requested:
        raise unusable_response(f"requested instance {requested}, got {response.job_instance_id}")


def _in_portions(logs: list[HostLog]) -> Iterator[list[HostLog]]:
    """Yield the logs in portions of a limited size, as each log is copied while it is redacted."""
    portion: list[HostLog] = []
    size = 0
    for log in logs:
        portion.append(log)
        size += len(log.text or b"")
        if size >= _PORTION_BYTES:
            yield portion
            portion, size = [], 0
    yield portion


def _texts(file: FileResult) -> list[str | None]:
    return [file.source_ip, file.source_path, file.path, file.size, file.speed, file.error]


def _redacted_file(file: FileResult, redacted: list[str | None]) -> FileResult:
    source_ip, source_path, path, size, speed, error = redacted
    # Cut after redaction, because half a secret is not found.
    error = one_line(error, _MAX_FILE_ERROR_LENGTH) if error else None
    return FileResult(source_ip, source_path, path, file.status, size, speed, error)
