# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Component gateway (ESB): POST with credentials in the JSON body, so that no URL contains a secret."""

from __future__ import annotations

from ..models.connection import Connection
from .calls import Call, HttpRequest, common_headers, identity_params
from .protocols import Schema

_SECRET_KEYS = frozenset({"bk_app_secret", "bk_token", "bk_ticket", "bk_access_token"})


class EsbGateway:
    """Paths C(/api/c/compapi/v2/<system>/<call>/)."""

    def request(self, call: Call[object], schema: Schema, connection: Connection) -> HttpRequest:
        """Build a POST for every call; the gateway forwards every call as a POST anyway."""
        return HttpRequest(
            method="POST",
            path=f"/api/c/compapi/v2/{schema.esb_system}/{call.name}/",
            headers=common_headers(connection),
            body={**identity_params(connection.credentials, "bk_access_token"), **call.params},
        )

    def secret_keys(self) -> frozenset[str]:
        """Return the names of the credentials in the body."""
        return _SECRET_KEYS
