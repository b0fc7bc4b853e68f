# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Response envelope of API generations v2 and v3.

JOB sends almost every error with HTTP 200 and C(result: false) (JOB API: envelopes). So a response is a success only
if HTTP status, C(result) and C(code) all report success.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .calls import Call, HttpResponse
from .json_decoder import decode

_EXCERPT_BYTES = 1 << 16


def unwrap(call: Call[object], response: HttpResponse, redact: Callable[[str], str]) -> object:
    """Return the C(data) of a success. C(redact) removes secrets from response texts in an error.

    Raises:
        JobError: any other response, with the server's own text, codes and request id.
    """
    # Decoding consumes a large body; messages contain at most its beginning.
    body, response = response.body, response._replace(body=bytes(response.body[:_EXCERPT_BYTES]))
    envelope = None if 300 <= response.status < 400 else _json_object(call, body)
    if envelope is not None:
        code = envelope.get("code")
        if response.status == 200 and envelope.get("result") is True and code == 0 and code is not False:
            return envelope.get("data")
    # Compiled only for a response that is an error.
    from .error_response import response_error

    raise response_error(call, response, envelope, redact)


def is_blueking_code(code: int | None) -> bool:
    """Return whether an error code can be one of JOB or its gateways: all of those have seven digits."""
    return code is not None and 1_000_000 <= code <= 9_999_999


def _json_object(call: Call[object], body: bytes | bytearray) -> Mapping[str, object] | None:
    try:
        value = decode(body, call.object_hook)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
