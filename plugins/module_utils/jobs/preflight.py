# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preflight checks before a launch: plan, variables, script. Only reads are sent.

Private to the collection blueking.job: no stable interface for others.

Check mode and real mode look at the same things, so that check mode fails where the launch would.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..api.client import JobClient
from ..common.clock import Deadline
from ..common.redaction import Secrets
from ..common.text import nearest, shown
from ..errors import Delivery, InvalidTask, JobError
from ..models.launch import PlanLaunch, ScriptLaunch
from ..models.plan import NO_SUCH_PLAN
from ..options.problems import Findings

if TYPE_CHECKING:
    from ..models.plan import PlanDetail, PlanSummary

# A misspelt name is compared with this many plans of the scope, and so many are named.
_PLANS_COMPARED = 2000
_PLANS_NAMED = 10
_RISKS_NAMED = 10
_NOT_CHECKED = "so its variables are not checked, and values of its ciphers count as secret only under secret_value"


def preflight(
    client: JobClient,
    launch: PlanLaunch | ScriptLaunch,
    findings: Findings,
    secrets: Secrets,
    deadline: Deadline,
    *,
    check_mode: bool,
) -> PlanLaunch | ScriptLaunch:
    """The launch as it may go out: with the id of its plan, and with the values of ciphers marked as secret.

    Args:
        client: who asks.
        launch: what the task wants to start.
        findings: where warnings go, and faults before they are raised; it may hold some that are not final.
        secrets: where the values of ciphers go.
        deadline: for all reads together.
        check_mode: ask for an opinion about a script, which a real launch gets anyway.

    Raises:
        InvalidTask: variables that the plan does not have or does not take, all of them together.
        JobError: the plan does not exist, is named by several, or cannot be read; surely nothing was launched.
    """
    if isinstance(launch, ScriptLaunch):
        if check_mode and launch.script_content is not None:
            _ask_about_script(client, launch, findings, deadline)
        return launch
    if findings.faults and not launch.validate_variables:
        raise InvalidTask(findings.faults)
    if launch.job_plan_name is not None:
        launch = replace(launch, job_plan_id=_plan_called(launch.job_plan_name, client, launch, deadline).id)
    return _validated(client, launch, findings, secrets, deadline) if launch.validate_variables else launch


def _validated(
    client: JobClient, launch: PlanLaunch, findings: Findings, secrets: Secrets, deadline: Deadline
) -> PlanLaunch:
    plan = _plan(client, launch, findings, deadline)
    if plan is not None:
        from .plan_variables import compare, hide_ciphers

        hidden = hide_ciphers(plan, launch.variables, secrets)
        compare(plan, launch.variables or (), findings)
        launch = replace(launch, variables=hidden)
    if findings.faults:
        raise InvalidTask(findings.faults, "nothing was launched")
    return launch


def _plan(client: JobClient, launch: PlanLaunch, findings: Findings, deadline: Deadline) -> PlanDetail | None:
    """The plan; None, with a warning, if the caller may not look at it but may launch it perhaps."""
    number = launch.job_plan_id
    try:
        plan = client.plan(launch.scope, number, deadline)
    except JobError as error:
        from ..api.error_codes import is_of_gateway

        if error.kind == "permission" or (error.kind == "not_found" and is_of_gateway(error.code)):
            findings.warn(f"Plan {number} cannot be read, {_NOT_CHECKED}: {error.summary}")
            return None
        advice = "With validate_variables: false a plan is launched without a look at it." if error.transient else None
        raise _not_launched(error, f"plan {number} cannot be read", advice) from error
    if plan is None:
        raise JobError(
            f"Nothing was launched, as plan {number} does not exist in {launch.scope}",
            kind="not_found",
            hint=NO_SUCH_PLAN,
            delivery=Delivery.NOT_SENT,
        )
    return plan


def _plan_called(name: str, client: JobClient, launch: PlanLaunch, deadline: Deadline) -> PlanSummary:
    """The only plan of that exact name."""
    try:
        found = client.plans(launch.scope, name, deadline)
        everything = [] if found else client.plans(launch.scope, None, deadline, _PLANS_COMPARED)
    except JobError as error:
        text = f"the plans of {launch.scope} cannot be listed to find {shown(name)}"
        raise _not_launched(error, text, "A plan that is named by job_plan_id need not be looked for.") from error
    plans = [plan for plan in found if plan.name == name]
    if len(plans) == 1:
        return plans[0]
    if plans:
        raise _no_one_plan(f"{len(plans)} plans of {launch.scope} are called {shown(name)}", "validation", plans)
    # What holds the name in its own comes near enough; else what is spelt alike.
    alike = nearest(name, [plan.name for plan in everything], _PLANS_NAMED)
    near = found or [plan for each in alike for plan in everything if plan.name == each]
    raise _no_one_plan(f"no plan of {launch.scope} is called {shown(name)}", "not_found", near)


def _no_one_plan(text: str, kind: str, candidates: list[PlanSummary]) -> JobError:
    named = ", ".join(map(str, candidates[:_PLANS_NAMED]))
    more = f" and {len(candidates) - _PLANS_NAMED} more" if len(candidates) > _PLANS_NAMED else ""
    return JobError(
        f"Nothing was launched, as {text}" + (f"; candidates are {named}{more}" if named else ", nor anything like it"),
        kind=kind,
        hint="The name must be exact; job_plan_id names a plan in any case."
        + (f" Candidates: {named}{more}." if named else ""),
        delivery=Delivery.NOT_SENT,
    )


def _ask_about_script(client: JobClient, launch: ScriptLaunch, findings: Findings, deadline: Deadline) -> None:
    try:
        risks = client.script_risks(launch, deadline)
    except JobError as error:
        findings.warn(f"The script was not checked against JOB's rules for scripts: {error.summary}")
        return
    # Those of style, such as a missing first line, are about scripts that are kept.
    serious = [risk for risk in risks if risk.level != "warning"]
    for risk in serious[:_RISKS_NAMED]:
        findings.warn(f"JOB's rules for scripts, line {risk.line} ({risk.level}): {risk.description}")
    if len(serious) > _RISKS_NAMED:
        findings.warn(f"JOB's rules for scripts have {len(serious) - _RISKS_NAMED} more to say about this script")


def _not_launched(error: JobError, text: str, advice: str | None) -> JobError:
    """The error of a read, told for the launch that did not come about."""
    if error.delivery is Delivery.NOT_SENT:
        # Nobody is there, whatever was asked.
        return error.rephrased(error.summary)
    hint = " ".join(filter(None, [error.hint, advice]))
    told = error.rephrased(f"Nothing was launched, as {text}: {error.summary}", hint=hint or None)
    told.delivery = Delivery.NOT_SENT
    return told
