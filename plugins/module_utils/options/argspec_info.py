# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Argument specs of the info modules."""

from __future__ import annotations

from ..models.status import JOB_STATUS_NAMES, LAUNCH_MODES, RUN_TYPES
from .argspec import CONNECTION, JOB_INSTANCE, LOGS_CHOICES, REDACT, REPORT, SCOPE
from .spec import Spec

NAME_MATCH: Spec = {"name_match": {"type": "str", "choices": ["exact", "contains"]}}
INFO_TIMEOUT: Spec = {"info_timeout": {"type": "float", "default": 60.0}}

INSTANCE_INFO: Spec = {
    **CONNECTION,
    **SCOPE,
    **JOB_INSTANCE,
    "variables": {"type": "bool", "default": False},
    **REPORT,
    # Without a default, because that depends on the state of the run.
    "logs": {"type": "str", "choices": LOGS_CHOICES},
    **REDACT,
    **INFO_TIMEOUT,
    "name": {"type": "str"},
    **NAME_MATCH,
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
    "name": {"type": "str", "aliases": ["job_plan_name"]},
    **NAME_MATCH,
    **INFO_TIMEOUT,
    "job_template_id": {"type": "int"},
    "details": {"type": "bool", "default": True},
    "limit": {"type": "int"},
}
