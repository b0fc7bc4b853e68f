# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateway and schema for a connection. Only the API generation in use is imported.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.connection import Connection

if TYPE_CHECKING:
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
