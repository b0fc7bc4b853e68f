# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument specs of the info modules.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from .argspec import CONNECTION, REPORT, SCOPE
from .filters import LAUNCHED_BY, NAME_MATCHES, RUN_TYPE_CHOICES, STATUSES
from .spec import Spec

NAME: Spec = {"name": {"type": "str"}, "name_match": {"type": "str", "choices": list(NAME_MATCHES)}}

INSTANCE_INFO: Spec = {
    **CONNECTION,
    **SCOPE,
    "job_instance_id": {"type": "int"},
    "variables": {"type": "bool", "default": False},
    **REPORT,
    **NAME,
    "operator": {"type": "str"},
    "status": {"type": "list", "elements": "str", "choices": list(STATUSES)},
    "type": {"type": "str", "choices": list(RUN_TYPE_CHOICES)},
    "launch_mode": {"type": "str", "choices": list(LAUNCHED_BY)},
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
