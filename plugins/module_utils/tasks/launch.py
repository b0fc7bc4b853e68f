# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch and wait: M(blueking.job.bk_job_plan) and M(blueking.job.bk_fast_script).

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..api.client import JobClient
from ..api.factory import schema_of
from ..common.clock import Deadline
from ..errors import InvalidTask
from ..jobs.context import Face, SoFar, carrying
from ..jobs.launcher import Launcher
from ..jobs.preflight import preflight
from ..models.launch import Launched, PlanLaunch, ScriptLaunch
from ..models.settings import LaunchPlan
from ..options.connection import read_connection, read_scope
from ..options.launch import read_launch_plan
from ..options.reader import Fields
from ..options.script import read_script_launch
from ..options.wait import read_report_plan, read_wait_plan
from ..results.run_result import Outcome
from .request_preview import _shown_request

if TYPE_CHECKING:
    from ..jobs.monitor import Follower


def job_plan(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Launch a job plan and wait for it: M(blueking.job.bk_job_plan).

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    from ..options.plan import read_plan_launch

    fields = face.fields(params)
    return _launch_task(fields, face, read_plan_launch(fields, read_scope(fields)))


def fast_script(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Run a script and wait for it: M(blueking.job.bk_fast_script).

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    fields = face.fields(params)
    return _launch_task(fields, face, read_script_launch(fields, read_scope(fields), face.clock.unique_name()))


def _launch_task(fields: Fields, face: Face, what: PlanLaunch | ScriptLaunch) -> dict[str, object]:
    connection = read_connection(fields)
    launch_plan = read_launch_plan(fields, connection.api_version)
    wait_plan = read_wait_plan(fields)
    outcome = Outcome(read_report_plan(fields), connection.web_url, is_script=isinstance(what, ScriptLaunch))
    schema = schema_of(connection)
    for option, advice in schema.unsupported(what):
        fields.fault(option, f"does not exist in API {schema.generation}: {advice}")
    with carrying(outcome.result, lambda: _so_far(outcome), lambda: outcome.launch.outcome == "unknown"):
        if face.findings.final:
            raise InvalidTask(face.findings.faults)
        client = face.client(connection)
        deadline = Deadline(face.clock, launch_plan.timeout)
        with face.interrupts.allowed():
            what = preflight(client, what, face.findings, face.secrets, deadline, check_mode=face.check_mode)
        if face.check_mode or face.diff:
            outcome.request = _shown_request(connection, what, start=not launch_plan.two_step)
        if face.check_mode:
            outcome.launch.outcome = "check_mode"
        else:
            launched = _launch(client, what, replace(launch_plan, timeout=deadline.left()), outcome, face)
            if wait_plan.wait:
                _follower(client, what, launched, outcome, face).follow(wait_plan)
    return outcome.result()


def _launch(
    client: JobClient, what: PlanLaunch | ScriptLaunch, plan: LaunchPlan, outcome: Outcome, face: Face
) -> Launched:
    # From here on a signal waits until it is known what became of the launch.
    face.interrupts.check()
    launcher = Launcher(client, what, plan, client.operator, outcome.launch, face.clock, face.findings.warn)
    return launcher.run()


def _follower(
    client: JobClient, what: PlanLaunch | ScriptLaunch, launched: Launched, outcome: Outcome, face: Face
) -> Follower:
    from ..jobs.monitor import Follower

    number, named = launched.job_instance_id, _hosts_named(what)
    return Follower(client, what.scope, number, outcome, face, hosts_named=named)


def _hosts_named(what: PlanLaunch | ScriptLaunch) -> int:
    """How many hosts the launch names for one step; what a variable of hosts holds may be those of several steps."""
    if isinstance(what, ScriptLaunch):
        return what.target.named
    return max((variable.server.named for variable in what.variables or () if variable.server), default=0)


def _so_far(outcome: Outcome) -> SoFar:
    launch = outcome.launch
    known = f"job instance {launch.launched.job_instance_id}" if launch.launched else "no instance is known"
    words = {"not_sent": "nothing was launched", "rejected": "nothing was launched", "created": f"{known} is pending"}
    clause = words.get(launch.outcome or "", f"the job may be running: {known}")
    return clause, "Look into JOB's execution history before you launch again." if launch.changed else None
