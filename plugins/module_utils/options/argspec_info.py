# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Argument specs of the info modules."""

from __future__ import annotations

from ..models.status import JOB_STATUS_NAMES, LAUNCH_MODES, RUN_TYPES
from .argspec import CONNECTION, REPORT, SCOPE
from .spec import Spec

NAME: Spec = {"name": {"type": "str"}, "name_match": {"type": "str", "choices": ["exact", "contains"]}}

INSTANCE_INFO: Spec = {
    **CONNECTION,
    **SCOPE,
    "job_instance_id": {"type": "int"},
    "variables": {"type": "bool", "default": False},
    **REPORT,
    **NAME,
    "operator": {"type": "str"},
    "status": {"type": "list", "elements": "str", "choices": list(JOB_STATUS_NAMES.values())},
    "type": {"type": "str", "choices": list(RUN_TYPES.values())},
    "launch_mode": {"type": "str", "choices": list(LAUNCH_MODES.values())},
    "ip": {"type": "str"},
    "since": {"type": "str"},
    "until": {"type": "str"},
    "limit": {"type": "int"},
}

PLAN_INFO: Spec = {
    **CONNECTION,
    **SCOPE,
    "job_plan_id": {"type": "int", "aliases": ["bk_job_id"]},
    **NAME,
    "job_template_id": {"type": "int"},
    "details": {"type": "bool", "default": True},
    "limit": {"type": "int"},
}
