# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request preview for check mode and C(--diff), with secrets masked.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from ..api.factory import gateway_for, schema_for
from ..common.redaction import MASK
from ..models.connection import Connection
from ..models.launch import GlobalVariable, PlanLaunch, ScriptLaunch


def mask_secrets(launch: PlanLaunch | ScriptLaunch) -> PlanLaunch | ScriptLaunch:
    """Return the launch for display: secrets are masked by position, so that no other text is changed."""
    if isinstance(launch, PlanLaunch):
        if launch.variables is None:
            return launch
        return replace(launch, variables=tuple(_mask_variable(variable) for variable in launch.variables))
    if launch.is_param_sensitive and launch.script_param is not None:
        return replace(launch, script_param=MASK)
    return launch


def _mask_variable(variable: GlobalVariable) -> GlobalVariable:
    return replace(variable, value=MASK) if variable.secret else variable


def preview_request(connection: Connection, launch: PlanLaunch | ScriptLaunch, start: bool) -> dict[str, object]:
    """Return the launch request as it would be sent, secrets masked."""
    gateway, schema = gateway_for(connection), schema_for(connection)
    request = gateway.request(schema.launch(mask_secrets(launch), start), schema, connection)
    body = {key: MASK if key in gateway.secret_keys() else value for key, value in (request.body or {}).items()}
    return {"method": request.method, "path": urlsplit(connection.api_url).path + request.path, "body": body}
