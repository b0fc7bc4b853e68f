# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Preflight checks of a plan: find it by name, and check the variables of the task against it."""

from __future__ import annotations

from dataclasses import replace

from ..api.client import JobClient
from ..api.error_codes import is_gateway_code
from ..common.clock import Deadline
from ..common.redaction import Secrets
from ..common.text import closest_matches, join_first, quoted
from ..errors import Delivery, InvalidTask, JobError
from ..models.history import exact_name_filter
from ..models.launch import GlobalVariable, PlanLaunch
from ..models.plan import PLAN_NOT_FOUND_HINT, PlanDetail, PlanSummary
from ..options.problems import Problems
from .plan_variables import check_key_variable, check_variables, mark_ciphers

# Maximum number of plans compared with a misspelled name, and of plans listed in the message.
_MAX_PLANS_COMPARED = 2000
_MAX_PLANS_SHOWN = 10
_NOT_CHECKED = "so its variables are not checked, and values of its ciphers count as secret only under secret_value"


def plan_preflight(
    client: JobClient, launch: PlanLaunch, problems: Problems, secrets: Secrets, deadline: Deadline
) -> PlanLaunch:
    """Return the launch with the plan's id, the unique key's variable, and the values of ciphers marked as secret.

    Raises:
        InvalidTask: variables that the plan does not have or values that they do not accept, all together.
        JobError: the plan does not exist, is ambiguous, or cannot be read; nothing was launched.
    """
    if launch.job_plan_name is not None:
        launch = replace(launch, job_plan_id=_find_plan_by_name(launch.job_plan_name, client, launch, deadline).id)
    if launch.validate_variables or launch.unique_key is not None:
        launch = _validate_variables(client, launch, problems, secrets, deadline)
    return _with_key_variable(launch)


def _with_key_variable(launch: PlanLaunch) -> PlanLaunch:
    """Return the launch with its unique key, if it has one, as the value of the key's variable."""
    key = launch.unique_key
    if key is None:
        return launch
    return replace(launch, variables=(*(launch.variables or ()), GlobalVariable(name=key.variable, value=key.key)))


def _validate_variables(
    client: JobClient, launch: PlanLaunch, problems: Problems, secrets: Secrets, deadline: Deadline
) -> PlanLaunch:
    plan = _read_plan(client, launch, problems, deadline)
    if plan is not None:
        marked = mark_ciphers(plan, launch.variables, secrets)
        values, key_variable = launch.variables or (), launch.unique_key.variable if launch.unique_key else None
        if key_variable is not None:
            check_key_variable(plan, key_variable, values, problems)
        if launch.validate_variables:
            check_variables(plan, values, problems, key_variable)
        launch = replace(launch, variables=marked)
    if problems.errors:
        raise InvalidTask(problems.errors, "nothing was launched")
    return launch


def _read_plan(client: JobClient, launch: PlanLaunch, problems: Problems, deadline: Deadline) -> PlanDetail | None:
    """Return the plan; None, with a warning, if the user may not read it: launching it may still be allowed.

    A launch with a unique key fails instead. JOB ignores a variable that the plan does not have, so that no later task
    would find the run. A 404 without an error code comes from neither JOB nor a gateway: the address is wrong.
    """
    plan_id = launch.job_plan_id
    try:
        plan = client.plan(launch.scope, plan_id, deadline)
    except JobError as error:
        is_missing = error.kind == "not_found"
        is_forbidden = error.kind == "permission" or (is_missing and is_gateway_code(error.code))
        if is_forbidden and launch.unique_key is None:
            problems.warn(f"Plan {plan_id} cannot be read, {_NOT_CHECKED}: {error.summary}")
            return None
        may_help = error.transient or (is_missing and error.code is None)
        advice = "Set validate_variables to false to launch a plan without reading it." if may_help else None
        if launch.unique_key is not None:
            advice = "unique_key needs a plan that can be read, to check unique_key_variable."
        raise _preflight_error(error, f"plan {plan_id} cannot be read", advice) from error
    if plan is None:
        raise JobError(
            f"Nothing was launched because plan {plan_id} does not exist in {launch.scope}",
            kind="not_found",
            hint=PLAN_NOT_FOUND_HINT,
            delivery=Delivery.NOT_SENT,
        )
    return plan


def _find_plan_by_name(name: str, client: JobClient, launch: PlanLaunch, deadline: Deadline) -> PlanSummary:
    """Return the only plan with exactly that name."""
    try:
        found = client.plans(launch.scope, exact_name_filter(name), deadline)
        everything = [] if found else client.plans(launch.scope, None, deadline, _MAX_PLANS_COMPARED)
    except JobError as error:
        text = f"the plans of {launch.scope} cannot be listed to find {quoted(name)}"
        raise _preflight_error(error, text, "Set job_plan_id to avoid the search by name.") from error
    plans = [plan for plan in found if plan.name == name]
    if len(plans) == 1:
        return plans[0]
    if plans:
        raise _plan_name_error(f"{len(plans)} plans of {launch.scope} are called {quoted(name)}", "validation", plans)
    # Prefer names that contain the given one, then similar ones.
    similar = closest_matches(name, [plan.name for plan in everything], _MAX_PLANS_SHOWN)
    suggestions = found or [plan for each in similar for plan in everything if plan.name == each]
    raise _plan_name_error(f"no plan of {launch.scope} is called {quoted(name)}", "not_found", suggestions)


def _plan_name_error(text: str, kind: str, candidates: list[PlanSummary]) -> JobError:
    named = join_first([str(plan) for plan in candidates], _MAX_PLANS_SHOWN)
    return JobError(
        f"Nothing was launched because {text}"
        + (f"; candidates are {named}" if named else "; no plan has a similar name"),
        kind=kind,
        hint="Write the exact name of one plan, or set job_plan_id." + (f" Candidates: {named}." if named else ""),
        delivery=Delivery.NOT_SENT,
    )


def _preflight_error(error: JobError, text: str, advice: str | None) -> JobError:
    """Return the error of a failed read, stating that nothing was launched."""
    if error.delivery is Delivery.NOT_SENT:
        # The server is unreachable for every request.
        return error.rephrased(error.summary)
    hint = " ".join(filter(None, [error.hint, advice]))
    failure = error.rephrased(f"Nothing was launched because {text}: {error.summary}", hint=hint or None)
    failure.delivery = Delivery.NOT_SENT
    return failure
