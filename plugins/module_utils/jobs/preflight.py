# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Preflight checks before a launch: plan, variables, script. Only reads are sent.

Check mode and real mode run the same checks, so that check mode fails if the launch would.
"""

from __future__ import annotations

from ..api.client import JobClient
from ..common.clock import Deadline
from ..common.redaction import Secrets
from ..errors import InvalidTask, JobError
from ..models.launch import Launch, PlanLaunch, ScriptLaunch
from ..options.problems import Problems

_MAX_RISKS_SHOWN = 10


def preflight(
    client: JobClient,
    launch: Launch,
    problems: Problems,
    secrets: Secrets,
    deadline: Deadline,
    *,
    check_mode: bool,
) -> Launch:
    """Return the launch as it will be sent: with the plan's id, and with the values of ciphers marked as secret.

    Args:
        client: client of JOB.
        launch: launch as the task describes it.
        problems: receives warnings and validation errors; may already have some that do not block the preflight.
        secrets: receives the values of ciphers.
        deadline: time limit of all reads together.
        check_mode: also have JOB check the script, as it does at a real launch.

    Raises:
        InvalidTask: variables that the plan does not have or values that they do not accept, all together.
        JobError: the plan does not exist, is ambiguous, or cannot be read; nothing was launched.
    """
    if not isinstance(launch, PlanLaunch):
        if check_mode and isinstance(launch, ScriptLaunch) and launch.script_content is not None:
            _check_script(client, launch, problems, deadline)
        return launch
    if problems.errors and not launch.validate_variables:
        raise InvalidTask(problems.errors)
    # Compiled only for plans.
    from .plan_preflight import plan_preflight

    return plan_preflight(client, launch, problems, secrets, deadline)


def _check_script(client: JobClient, launch: ScriptLaunch, problems: Problems, deadline: Deadline) -> None:
    try:
        risks = client.script_risks(launch, deadline)
    except JobError as error:
        problems.warn(f"The script was not checked against JOB's rules for scripts: {error.summary}")
        return
    # Skip style warnings, such as a missing first line: they matter for saved scripts only.
    serious = [risk for risk in risks if risk.level != "warning"]
    for risk in serious[:_MAX_RISKS_SHOWN]:
        problems.warn(f"JOB's rules for scripts, line {risk.line} ({risk.level}): {risk.description}")
    if len(serious) > _MAX_RISKS_SHOWN:
        problems.warn(f"JOB's rules for scripts have {len(serious) - _MAX_RISKS_SHOWN} more findings for this script")
