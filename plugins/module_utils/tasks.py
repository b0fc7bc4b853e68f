# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One function per module: options in, the documented result out. Knows no face: neither Ansible nor a process.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from .client import WAIT_PATIENCE, JobClient
from .clock import Clock, Deadline
from .errors import InvalidTask, JobError
from .fields import Fields, Findings
from .launch import OUTCOMES, launch
from .logs import LogCollector
from .models import Connection, JobInstance, PlanLaunch, Scope, ScriptLaunch, WaitPlan
from .normalize.connection import read_connection, read_scope
from .normalize.plan import read_plan_launch
from .normalize.script import read_script_launch
from .normalize.waiting import read_report_plan, read_wait_plan
from .redact import MASK, Secrets, masked, register
from .results import Outcome, has_hosts, verdict
from .transport import Transport
from .wait import until_final
from .wire.choose import gateway_of, schema_of

# So long (seconds) may be spent on reading hosts and logs after the job's end, and after the task's own time limit.
REPORT_SECONDS = 300.0
LAST_LOOK_SECONDS = 1.0


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
    if face.findings.faults:
        fault = InvalidTask(face.findings.faults)
        fault.result = outcome.result()
        raise fault
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
    except Exception as error:
        # Nothing of what is known may be lost to a fault of our own, least of all after a launch.
        failure = _unexpected(error, outcome)
        failure.result = outcome.result()
        raise failure from error
    return outcome.result()


def _unexpected(error: Exception, outcome: Outcome) -> JobError:
    return JobError(
        f"Unexpected {type(error).__name__}: {error}",
        kind="unknown_outcome" if outcome.launch_outcome == "unknown" else "protocol",
        hint="This is a fault of the collection: please report it. If a job was started, it goes on.",
    )


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
    # Until the answer says otherwise, the job may have been started.
    outcome.launch_outcome, outcome.changed = "unknown", True
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
        return run.client.status(run.scope, job_id, deadline, patience=WAIT_PATIENCE)

    try:
        final = until_final(read, run.seen, job_id, plan, run.face.clock)
    except JobError as error:
        if outcome.instance is not None and error.kind == "wait_timeout":
            outcome.instance = _report(run, outcome.instance, LAST_LOOK_SECONDS)
        raise
    outcome.instance = _report(run, final, REPORT_SECONDS)
    failure = verdict(outcome.instance)
    if failure is not None:
        raise failure


def _report(run: _Run, seen: JobInstance, seconds: float) -> JobInstance:
    """The instance with hosts and logs. What cannot be read is missed with a warning; what was seen stands."""
    deadline = Deadline(run.face.clock, seconds)
    job_id, warn = seen.job_instance_id, run.face.findings.warn
    try:
        detailed = run.client.status(run.scope, job_id, deadline, with_hosts=True)
    except JobError as error:
        warn(f"The hosts of job instance {job_id} cannot be read: {error.summary}")
        return seen
    # Somebody may have started a retry since; the verdict is the one that ended the wait.
    instance = replace(seen, steps=detailed.steps)
    collector = LogCollector(run.client, run.scope, run.outcome.plan)
    run.outcome.logs_complete = collector.collect(instance, deadline)
    if collector.error is not None:
        warn(f"Logs are missing: {collector.error.summary}")
    hostless = [step.step_instance_id for step in instance.steps if step.hosts is None and has_hosts(step)]
    if hostless:
        run.outcome.logs_complete = False
        warn(f"JOB gave no hosts for step {', '.join(map(str, hostless))} of job instance {job_id}")
    return instance


def _shown_request(connection: Connection, what: PlanLaunch | ScriptLaunch) -> dict[str, object]:
    """The launch request as it would go out, secrets masked."""
    gateway, schema = gateway_of(connection), schema_of(connection)
    request = gateway.request(schema.launch(masked(what)), schema, connection)
    body = {key: MASK if key in gateway.secret_keys() else value for key, value in (request.body or {}).items()}
    return {"method": request.method, "path": urlsplit(connection.api_url).path + request.path, "body": body}
