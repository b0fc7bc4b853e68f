# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of a run's variables: `get_job_instance_global_var_value` of v2 and v3.

JOB API: all script steps, and of their variables only strings, as each step left them; a run of no plan has none.
"""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .catalog import STRING
from .instances import SCRIPT_STEP
from .step_variables import Variables, left_behind, ran


def values_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: the list of a step without string variables may be null."""
    job_id, steps = _steps(context, params, "type")
    shown = [{"step_instance_id": step_id, "global_var_list": values or None} for step_id, values in steps]
    return {"job_instance_id": job_id, "step_instance_var_list": shown}


def values_v2(context: Context, params: Params) -> dict[str, Any]:
    """Return the same in v2's format: a type is called category there."""
    job_id, steps = _steps(context, params, "category")
    shown = [{"step_instance_id": step_id, "step_instance_var_values": values} for step_id, values in steps]
    return {"job_instance_id": job_id, "job_instance_var_values": shown}


def _steps(context: Context, params: Params, kind: str) -> tuple[int, list[tuple[int, list[dict[str, Any]]]]]:
    """Return the id of the run, and the id and values of each of its script steps."""
    job = context.visible_job(params)
    with job.lock:
        steps = [] if job.fast else [step for step in job.steps if step.kind == SCRIPT_STEP]
        begun = {step.id for step in ran(job)}
        found: list[tuple[int, list[dict[str, Any]]]] = []
        left: Variables = ()
        for step in steps:
            # A step that has not begun returns the values after the step before it.
            left = left_behind(step) if step.id in begun or not found else left
            found.append((step.id, _values(left, kind)))
        return job.id, found


def _values(left: Variables, kind: str) -> list[dict[str, Any]]:
    return [{"name": name, "value": value, kind: number} for name, number, value in left if number == STRING]
