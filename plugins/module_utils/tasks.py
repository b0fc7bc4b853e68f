# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One function per module: options in, the documented result out. Knows no face: neither Ansible nor a process.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from .client import JobClient
from .clock import Clock, Deadline
from .errors import InvalidTask, JobError
from .fields import Fields, Findings
from .launch import OUTCOMES, launch
from .logs import LogCollector
from .models import Connection, JobInstance, PlanLaunch, ReportPlan, Scope, ScriptLaunch, WaitPlan
from .normalize.connection import read_connection, read_scope
from .normalize.plan import read_plan_launch
from .normalize.script import read_script_launch
from .normalize.waiting import read_report_plan, read_wait_plan
from .redact import MASK, Secrets, masked, register
from .results import Outcome, verdict
from .transport import Transport
from .wait import until_final
from .wire.choose import gateway_of, schema_of

# After the job's end this long (seconds) may be spent on reading hosts and logs.
REPORT_SECONDS = 300.0


@dataclass
class Face:
    """What the caller provides and gets: the engine does not know who it is.

    C(secrets) and C(findings.warnings) are filled by the task.
    """

    check_mode: bool = False
    diff: bool = False
    clock: Clock = field(default_factory=Clock)
    secrets: Secrets = field(default_factory=Secrets)
    findings: Findings = field(default_factory=Findings)


Task = Callable[[Mapping[str, object], Face], dict[str, object]]


def job_plan(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Launch a job plan and wait for it: M(blueking.job.bk_job_plan).

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    fields = Fields(params, face.findings)
    return _launch_task(fields, face, read_plan_launch(fields, read_scope(fields)))


def fast_script(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Run a script and wait for it: M(blueking.job.bk_fast_script).

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    fields = Fields(params, face.findings)
    return _launch_task(fields, face, read_script_launch(fields, read_scope(fields), face.clock.unique_name()))


def _launch_task(fields: Fields, face: Face, what: PlanLaunch | ScriptLaunch) -> dict[str, object]:
    connection = read_connection(fields)
    wait_plan = read_wait_plan(fields)
    outcome = Outcome(read_report_plan(fields), connection.web_url)
    schema = schema_of(connection)
    for option, advice in schema.unsupported(what):
        fields.fault(option, f"does not exist in API {schema.generation}: {advice}")
    register(face.secrets, fields, what)
    if face.findings.settled():
        raise InvalidTask(face.findings.settled())
    if face.check_mode or face.diff:
        outcome.request = _shown_request(connection, what)
    try:
        if face.check_mode:
            outcome.changed, outcome.launch_outcome = True, "check_mode"
        else:
            client = JobClient(connection, gateway_of(connection), schema, Transport(connection), face.clock)
            _launch_and_wait(_Run(client, what, outcome, face), wait_plan)
    except JobError as error:
        error.result = outcome.result()
        raise
    return outcome.result()


@dataclass
class _Run:
    """One launch on its way."""

    client: JobClient
    what: PlanLaunch | ScriptLaunch
    outcome: Outcome
    face: Face

    @property
    def scope(self) -> Scope:
        return self.what.scope

    def seen(self, instance: JobInstance) -> None:
        """Remember the last state, for a result that may have to be given at any moment."""
        self.outcome.instance = instance


def _launch_and_wait(run: _Run, plan: WaitPlan) -> None:
    outcome = run.outcome
    try:
        launched = launch(run.client, run.what)
    except JobError as error:
        outcome.launch_outcome = OUTCOMES[error.delivery]
        outcome.changed = outcome.launch_outcome == "unknown"
        raise
    outcome.launched, outcome.launch_outcome, outcome.changed = launched, "started", True
    if not plan.wait:
        return
    job_id = launched.job_instance_id

    def read(deadline: Deadline) -> JobInstance:
        return run.client.status(run.scope, job_id, deadline)

    final = until_final(read, run.seen, job_id, plan, run.face.clock)
    outcome.instance = _report(run, final, outcome.plan)
    failure = verdict(outcome.instance)
    if failure is not None:
        raise failure


def _report(run: _Run, final: JobInstance, plan: ReportPlan) -> JobInstance:
    """The ended instance with hosts and logs. What cannot be read is missed with a warning; the verdict stands."""
    deadline = Deadline(run.face.clock, REPORT_SECONDS)
    try:
        detailed = run.client.status(run.scope, final.job_instance_id, deadline, with_hosts=True)
    except JobError as error:
        run.face.findings.warn(f"The hosts of job instance {final.job_instance_id} cannot be read: {error.summary}")
        return final
    # Somebody may have started a retry since; the verdict is the one that ended the wait.
    instance = replace(final, steps=detailed.steps)
    collector = LogCollector(run.client, run.scope, plan)
    run.outcome.logs_complete = collector.collect(instance, deadline)
    if collector.error is not None:
        run.face.findings.warn(f"Logs are missing: {collector.error.summary}")
    return instance


def _shown_request(connection: Connection, what: PlanLaunch | ScriptLaunch) -> dict[str, object]:
    """The launch request as it would go out, secrets masked."""
    gateway, schema = gateway_of(connection), schema_of(connection)
    request = gateway.request(schema.launch(masked(what)), schema, connection)
    body = {key: MASK if key in gateway.secret_keys() else value for key, value in (request.body or {}).items()}
    return {"method": request.method, "path": urlsplit(connection.api_url).path + request.path, "body": body}
