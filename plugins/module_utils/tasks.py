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
from .errors import Interrupted, InvalidTask, JobError, Unexpected
from .fields import Fields, Findings
from .follow import Follower
from .interrupts import Interrupts
from .launch import Launcher
from .models import Connection, Launched, PlanLaunch, Scope, ScriptLaunch
from .normalize.connection import read_connection, read_scope
from .normalize.launching import read_launch_plan
from .normalize.plan import read_plan_launch
from .normalize.script import read_script_launch
from .normalize.waiting import read_report_plan, read_wait_plan
from .preflight import preflight
from .record import LaunchPlan
from .redact import MASK, Secrets, masked, register
from .results import Outcome
from .transport import Transport
from .wire.choose import gateway_of, schema_of


@dataclass
class Face:
    """What the caller provides and gets: the engine does not know who it is.

    C(secrets) and C(findings.warnings) are filled by the task.
    """

    check_mode: bool = False
    diff: bool = False
    clock: Clock = field(default_factory=Clock)
    interrupts: Interrupts = field(default_factory=Interrupts)
    secrets: Secrets = field(default_factory=Secrets)
    findings: Findings = field(default_factory=Findings)


Task = Callable[[Mapping[str, object], Face], dict[str, object]]


def job_plan(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Launch a job plan and wait for it: M(blueking.job.bk_job_plan).

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    fields = _fields(params, face)
    return _launch_task(fields, face, read_plan_launch(fields, read_scope(fields)))


def fast_script(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Run a script and wait for it: M(blueking.job.bk_fast_script).

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    fields = _fields(params, face)
    return _launch_task(fields, face, read_script_launch(fields, read_scope(fields), face.clock.unique_name()))


def _fields(params: Mapping[str, object], face: Face) -> Fields:
    """The options, after the secrets among them are known: whatever happens next may be put out."""
    fields = Fields(params, face.findings)
    register(face.secrets, fields)
    return fields


def _launch_task(fields: Fields, face: Face, what: PlanLaunch | ScriptLaunch) -> dict[str, object]:
    connection = read_connection(fields)
    launch_plan = read_launch_plan(fields, connection.api_version)
    wait_plan = read_wait_plan(fields)
    outcome = Outcome(read_report_plan(fields), connection.web_url, is_script=isinstance(what, ScriptLaunch))
    schema = schema_of(connection)
    for option, advice in schema.unsupported(what):
        fields.fault(option, f"does not exist in API {schema.generation}: {advice}")
    if face.findings.final:
        fault = InvalidTask(face.findings.faults)
        fault.result = outcome.result()
        raise fault
    try:
        client = JobClient(
            connection, gateway_of(connection), schema, Transport(connection), face.clock, face.secrets.hide
        )
        deadline = Deadline(face.clock, launch_plan.timeout)
        what = preflight(client, what, face.findings, face.secrets, deadline, check_mode=face.check_mode)
        if face.check_mode or face.diff:
            outcome.request = _shown_request(connection, what, start=not launch_plan.two_step)
        if face.check_mode:
            outcome.launch.outcome = "check_mode"
        else:
            launched = _launch(client, what, replace(launch_plan, timeout=deadline.left()), outcome, face)
            if wait_plan.wait:
                _follower(client, what.scope, launched, outcome, face).follow(wait_plan)
    except JobError as error:
        error.result = outcome.result()
        raise
    except Interrupted as interrupted:
        failure = _interrupted(interrupted, outcome)
        failure.result = outcome.result()
        raise failure from interrupted
    except Exception as error:
        # Nothing of what is known may be lost to a fault of our own, least of all after a launch.
        failure = Unexpected(error, "unknown_outcome" if outcome.launch.outcome == "unknown" else "protocol")
        failure.result = outcome.result()
        raise failure from error
    return outcome.result()


def _launch(
    client: JobClient, what: PlanLaunch | ScriptLaunch, plan: LaunchPlan, outcome: Outcome, face: Face
) -> Launched:
    launcher = Launcher(client, what, plan, client.operator, outcome.launch, face.clock, face.findings.warn)
    return launcher.run()


def _follower(client: JobClient, scope: Scope, launched: Launched, outcome: Outcome, face: Face) -> Follower:
    return Follower(client, scope, launched.job_instance_id, outcome, face.clock, face.interrupts, face.findings.warn)


def _interrupted(interrupted: Interrupted, outcome: Outcome) -> JobError:
    launch = outcome.launch
    known = f"job instance {launch.launched.job_instance_id}" if launch.launched else "no instance is known"
    words = {"not_sent": "nothing was launched", "rejected": "nothing was launched", "created": f"{known} is pending"}
    return JobError(
        f"{interrupted.signal} ended the task; {words.get(launch.outcome, f'the job may be running: {known}')}",
        kind="interrupted",
        hint="Look into JOB's execution history before you launch again." if launch.changed else None,
    )


def _shown_request(connection: Connection, what: PlanLaunch | ScriptLaunch, start: bool) -> dict[str, object]:
    """The launch request as it would go out, secrets masked."""
    gateway, schema = gateway_of(connection), schema_of(connection)
    request = gateway.request(schema.launch(masked(what), start), schema, connection)
    body = {key: MASK if key in gateway.secret_keys() else value for key, value in (request.body or {}).items()}
    return {"method": request.method, "path": urlsplit(connection.api_url).path + request.path, "body": body}
