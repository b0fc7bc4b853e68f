# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Argument spec of the module bk_job_operate."""

from __future__ import annotations

from ..models.operations import OPERATIONS
from .argspec import CONNECTION, JOB_INSTANCE, REPORT, SCOPE, WAIT
from .spec import Spec

JOB_OPERATE: Spec = {
    **CONNECTION,
    **SCOPE,
    **JOB_INSTANCE,
    "operation": {"type": "str", "choices": list(OPERATIONS)},
    "step_instance_id": {"type": "int"},
    "operate_timeout": {"type": "float", "default": 60.0},
    "wait": {"type": "bool", "default": False},
    **WAIT,
    **REPORT,
}
