# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Gateway and schema for a connection. Only the API generation in use is imported.

A module runs in a process of its own and compiles every file that it imports. So it imports only the gateway and the
API generation that it uses. The few other imports inside functions are in the list C(LAZY_MODULES) of action_base.py.
"""

from __future__ import annotations

from ..models.connection import Connection
from .protocols import Gateway, Schema


def gateway_for(connection: Connection) -> Gateway:
    """Return the gateway of a connection."""
    if connection.gateway == "apigw":
        from .gateway_apigw import ApiGateway

        return ApiGateway()
    from .gateway_esb import EsbGateway

    return EsbGateway()


def schema_for(connection: Connection) -> Schema:
    """Return the API generation of a connection."""
    if connection.api_version == "v2":
        from .v2.schema import SchemaV2

        return SchemaV2()
    from .v3.schema import SchemaV3

    return SchemaV3()
