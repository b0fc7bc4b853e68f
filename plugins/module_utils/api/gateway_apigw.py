# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""API gateway (apigw): credentials in one JSON header, HTTP methods as defined by the gateway."""

from __future__ import annotations

import json

from ..models.connection import Connection
from .calls import Call, HttpRequest, common_headers, identity_params
from .protocols import Schema


class ApiGateway:
    """Paths C(/api/<generation>/<call>) below the base URL of the gateway's stage."""

    def request(self, call: Call[object], schema: Schema, connection: Connection) -> HttpRequest:
        """Build a GET with a query for most read calls, a POST with a JSON body for the others."""
        headers = common_headers(connection)
        headers["X-Bkapi-Authorization"] = json.dumps(identity_params(connection.credentials, "access_token"))
        path = f"/api/{schema.generation}/{call.name}"
        if call.get:
            query = {key: _query_text(value) for key, value in call.params.items()}
            return HttpRequest("GET", path, headers, query=query)
        return HttpRequest("POST", path, headers, body=call.params)

    def secret_keys(self) -> frozenset[str]:
        """Return an empty set: the body contains no credentials."""
        return frozenset()


def _query_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
