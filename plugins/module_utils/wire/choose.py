# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which gateway and which schema a connection speaks. What is not spoken is not imported.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models import Connection

if TYPE_CHECKING:
    from .schema import Gateway, Schema


def gateway_of(connection: Connection) -> Gateway:
    """The gateway of a connection."""
    if connection.gateway == "apigw":
        from .apigw import ApiGateway

        return ApiGateway()
    from .esb import Esb

    return Esb()


def schema_of(connection: Connection) -> Schema:
    """The API generation of a connection."""
    if connection.api_version == "v2":
        from .v2 import V2

        return V2()
    from .v3 import V3

    return V3()
