# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Request preview for check mode and C(--diff), with secrets masked."""

from __future__ import annotations

from dataclasses import replace

from ..common.redaction import MASK
from ..models.launch import GlobalVariable, Launch, PlanLaunch, ScriptLaunch


def mask_secrets(launch: Launch) -> Launch:
    """Return the launch for display: secrets are masked by position, so that no other text is changed."""
    if isinstance(launch, PlanLaunch):
        if launch.variables is None:
            return launch
        return replace(launch, variables=tuple(_mask_variable(variable) for variable in launch.variables))
    if isinstance(launch, ScriptLaunch) and launch.is_param_sensitive and launch.script_param is not None:
        return replace(launch, script_param=MASK)
    return launch


def _mask_variable(variable: GlobalVariable) -> GlobalVariable:
    return replace(variable, value=MASK) if variable.secret else variable
