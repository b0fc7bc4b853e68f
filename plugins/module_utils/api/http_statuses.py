# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""HTTP statuses of responses without a BlueKing error code: error kind, delivery and hint, in one table.

A server, gateway or proxy that responds with a 4xx did not forward the request, so nothing was started. The exception
is 499, which a server logs when the client has closed the connection. A 5xx may follow a request that was carried out.
"""

from __future__ import annotations

from ..errors import Delivery
from .error_meaning import (
    APP_PERMISSION_HINT,
    IDENTITY_HINT,
    TOO_LARGE_HINT,
    TOO_MANY_REQUESTS_HINT,
    ErrorMeaning,
)

_REJECTED = Delivery.REJECTED
_ADDRESS = "Check api_url, gateway and api_version"
_NOT_A_GATEWAY = "Check that api_url points to a BlueKing gateway, and that no proxy responds in its place."

UNLISTED = ErrorMeaning("server_error", Delivery.UNKNOWN, transient=True)
_NOT_JOB = ErrorMeaning(
    "protocol", Delivery.UNKNOWN, "Check that api_url points to a BlueKing gateway.", transient=True
)
_REJECTED_IN_FRONT = ErrorMeaning("protocol", _REJECTED, _NOT_A_GATEWAY)

# Also of a response with an error code that is not in the table.
_WITH_ANY_CODE = {
    401: ErrorMeaning(
        "auth", _REJECTED, IDENTITY_HINT + " In a multi-tenant deployment bk_tenant_id is needed as well."
    ),
    403: ErrorMeaning("permission", _REJECTED, APP_PERMISSION_HINT),
    404: ErrorMeaning("not_found", _REJECTED, f"{_ADDRESS}: there is nothing at this address."),
    405: ErrorMeaning("protocol", _REJECTED, f"{_ADDRESS}: the address does not accept such a request."),
    413: ErrorMeaning("validation", _REJECTED, TOO_LARGE_HINT),
    414: ErrorMeaning("validation", _REJECTED, TOO_LARGE_HINT),
    429: ErrorMeaning("rate_limited", _REJECTED, TOO_MANY_REQUESTS_HINT, transient=True),
}
_WITHOUT_CODE = {
    **_WITH_ANY_CODE,
    403: ErrorMeaning(
        "permission",
        _REJECTED,
        "The gateway, or a firewall or proxy in front of it, rejects the request: check api_url, and that this "
        "application may call the API from this machine.",
    ),
    407: ErrorMeaning(
        "not_sent", Delivery.NOT_SENT, "A proxy asks for a user and a password: add them to the address of the proxy."
    ),
    # The request did not arrive in full. A read may succeed next time.
    408: ErrorMeaning(
        "server_error", _REJECTED, "The request did not arrive in time: check the network.", transient=True
    ),
    431: ErrorMeaning("validation", _REJECTED, "Headers are too large for the server: check the length of the tokens."),
    499: UNLISTED,
    501: ErrorMeaning("protocol", _REJECTED, f"{_ADDRESS}: the address does not accept such a request."),
    505: _REJECTED_IN_FRONT,
}


def meaning_of_unknown_code(status: int) -> ErrorMeaning:
    """Return the meaning of a response whose error code is not in the table: only some statuses are conclusive."""
    return _WITH_ANY_CODE.get(status, UNLISTED)


def meaning_of_http_status(status: int) -> ErrorMeaning:
    """Return the meaning of a response without an error code of JOB or its gateways."""
    if status in _WITHOUT_CODE:
        return _WITHOUT_CODE[status]
    if status >= 500:
        return UNLISTED
    return _REJECTED_IN_FRONT if status >= 400 else _NOT_JOB
