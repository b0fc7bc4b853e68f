# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run's variables held: `get_job_instance_global_var_value` of v2 and v3.

JOB API: only script steps and only string variables; a run of no plan has none.
"""

from __future__ import annotations

from typing import Any

from .catalog import STRING
from .context import Context, Params
from .instances import SCRIPT_STEP, StepInstance


def values_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: the list of a step without string variables may be null."""
    job_id, steps = _steps(context, params)
    shown = [{"step_instance_id": step.id, "global_var_list": _values(step, "type") or None} for step in steps]
    return {"job_instance_id": job_id, "step_instance_var_list": shown}


def values_v2(context: Context, params: Params) -> dict[str, Any]:
    """The same in v2's words: what is a type there is a category here."""
    job_id, steps = _steps(context, params)
    shown = [{"step_instance_id": step.id, "step_instance_var_values": _values(step, "category")} for step in steps]
    return {"job_instance_id": job_id, "job_instance_var_values": shown}


def _steps(context: Context, params: Params) -> tuple[int, list[StepInstance]]:
    job = context.visible_job(params)
    return job.id, [] if job.fast else [step for step in job.steps if step.kind == SCRIPT_STEP]


def _values(step: StepInstance, kind: str) -> list[dict[str, Any]]:
    variables = step.work.variables if step.work else ()
    return [{"name": name, "value": value, kind: number} for name, number, value in variables if number == STRING]
