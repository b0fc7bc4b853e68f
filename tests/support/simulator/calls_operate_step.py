# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operate a step: retry, ignore, confirm, skip, continue."""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .errors import JobError
from .ids import present
from .operations import OPERATIONS
from .type_conversion import INT, LONG, Field, Record

OPERATE_STEP = Record(
    {"job_instance_id": Field(LONG), "step_instance_id": Field(LONG), "operation_code": Field(INT)},
)


def operate_step_v2(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v2 returns both ids."""
    job_id, step_id = _operate(context, params)
    return {"job_instance_id": job_id, "step_instance_id": step_id}


def operate_step(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v3 returns the fields of a launch here, without a name."""
    job_id, step_id = _operate(context, params)
    return {"job_instance_id": job_id, "job_instance_name": None, "step_instance_id": step_id}


def _operate(context: Context, params: Params) -> tuple[int, int]:
    """JOB API: anything missing or unknown is a 1241002 without a field's name; success means only accepted.

    The reason of a confirmation cannot be sent.
    """
    job_id, step_id, code = (params[name] for name in OPERATE_STEP.fields)
    if present(job_id) is None or present(step_id) is None or code not in OPERATIONS:
        raise JobError(1241002)
    job = context.run_manager.find(context.scope, job_id)
    step = job.step(step_id)
    if step is None:
        raise JobError(1244007)
    caller = context.inventory.access.user_named(context.user)
    confirmer = step.confirmers.admits(context.user, caller.roles if caller else ())
    context.run_manager.operate(job, step, code, confirmer)
    context.note("operate", job, step=step.id, operation=code)
    return job.id, step.id
