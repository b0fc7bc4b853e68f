# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch settings: options to models.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import re

from ..common.text import shown
from ..models.settings import LaunchPlan
from .reader import Fields

LAUNCH_MODES = ("auto", "single", "two_step")
_VERSION = re.compile(r"[vV]?(\d+)\.(\d+)(?:\.(\d+))?(?:\.\d+)*([-+~].*)?\Z")
# The release whose notes name the flag (JOB release notes); betas before it do not count.
_KNOWS_START_TASK = (3, 12, 0)


def read_launch_plan(fields: Fields, api_version: str) -> LaunchPlan:
    """In how many steps to launch, and how long to try."""
    mode = fields.choice("launch_mode", LAUNCH_MODES) or "auto"
    honours = _honors_start_task(fields)
    if mode == "two_step" and api_version == "v2":
        fields.fault("launch_mode", "two_step does not exist in API v2: use api_version v3, or launch_mode single")
    return LaunchPlan(
        two_step=api_version != "v2" and (mode == "two_step" or (mode == "auto" and honours)),
        honors_start_task=honours,
        timeout=fields.seconds("launch_timeout") or LaunchPlan().timeout,
    )


def _honors_start_task(fields: Fields) -> bool:
    text = fields.text("server_version")
    if text is None:
        return False
    match = _VERSION.match(text.strip())
    if match is None:
        fields.fault("server_version", f"must be a version such as 3.12.1, not {shown(text)}")
        return False
    version = (int(match[1]), int(match[2]), int(match[3] or 0))
    is_beta = (match[4] or "").startswith("-")
    return version > _KNOWS_START_TASK or (version == _KNOWS_START_TASK and not is_beta)
