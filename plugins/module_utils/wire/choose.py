# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which gateway and which schema a connection speaks.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from ..models import Connection
from .apigw import ApiGateway
from .base import Gateway, Schema
from .esb import Esb
from .v2 import V2
from .v3 import V3


def gateway_of(connection: Connection) -> Gateway:
    """The gateway of a connection."""
    return ApiGateway() if connection.gateway == "apigw" else Esb()


def schema_of(connection: Connection) -> Schema:
    """The API generation of a connection."""
    return V2() if connection.api_version == "v2" else V3()
