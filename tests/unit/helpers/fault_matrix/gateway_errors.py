# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error responses of gateways if JOB is unreachable, does not respond, or is called too often."""

from __future__ import annotations

from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import LATER, NOT_DELIVERED, UNKNOWN, Fault
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.responses import (
    BOTH_TIMES,
    EITHER,
    ESB,
    apigw,
    esb,
    response,
)

_REFUSED_WORDS = (
    "HTTPConnectionPool(host='job', port=80): Max retries exceeded with url: /x (Caused by NewConnectionError('<urllib3"
    ".connection.HTTPConnection object>: Failed to establish a new connection: [Errno 111] Connection refused'))"
)
_CONNECTING = {
    "connection refused": (
        502,
        1650201,
        "ERROR_REQUESTING_RESOURCE",
        "connect() failed (111: Connection refused) while connecting to upstream",
    ),
    "a backend that is down": (502, 1650200, "BAD_GATEWAY", 'Bad Gateway [upstream_error="connection refused"]'),
    "a backend that is down, internally": (500, 1650002, "INTERNAL", 'oops [upstream_error="connection refused"]'),
    "a backend that is down, in a plugin": (500, 1650801, "PLUGIN", 'oops [upstream_error="connection refused"]'),
    "timed out while connecting": (
        504,
        1650401,
        "REQUEST_BACKEND_TIMEOUT",
        "upstream timed out (110: Connection timed out) while connecting to upstream",
    ),
}
_READING = {
    "closed while reading the header": (
        502,
        1650201,
        "ERROR_REQUESTING_RESOURCE",
        "upstream prematurely closed connection while reading response header from upstream",
    ),
    "reset while reading the header": (
        502,
        1650201,
        "ERROR_REQUESTING_RESOURCE",
        "recv() failed (104: Connection reset by peer) while reading response header from upstream",
    ),
    "timed out while reading the header": (
        504,
        1650401,
        "REQUEST_BACKEND_TIMEOUT",
        "upstream timed out (110: Connection timed out) while reading response header from upstream",
    ),
    "no reason": (502, 1650201, "ERROR_REQUESTING_RESOURCE", "Error requesting resource [ERROR_REQUESTING_RESOURCE]"),
}

# Error responses of gateways without a valid response from JOB.
BEHIND = [
    Fault("502 of the API gateway", UNKNOWN, {"do": "bad_gateway"}, acts=EITHER),
    Fault("504 of the API gateway", UNKNOWN, {"do": "gateway_timeout"}, acts=EITHER),
    Fault("1650001 of the API gateway", UNKNOWN, apigw(500, 1650001, "INTERNAL_SERVER_ERROR", "oops"), acts=EITHER),
    Fault("1650300 of the API gateway", UNKNOWN, apigw(503, 1650300, "SERVICE_UNAVAILABLE", "oops"), acts=EITHER),
    *(Fault(f"{row[1]}, {why}", UNKNOWN, apigw(*row), acts=EITHER) for why, row in _READING.items()),
    *(
        Fault(f"{row[1]}, {why}", NOT_DELIVERED, apigw(*row), "not_sent", often=BOTH_TIMES)
        for why, row in _CONNECTING.items()
    ),
    Fault("1306201 of the ESB", UNKNOWN, {"do": "esb_unreachable"}, acts=EITHER, gateways=ESB, core=True),
    Fault(
        "1306201 of the ESB, read timeout",
        UNKNOWN,
        esb(1306201, "HTTPConnectionPool(host='job', port=80): Read timed out. (read timeout=30)"),
        acts=EITHER,
        gateways=ESB,
    ),
    Fault(
        "1306201 of the ESB, no JSON",
        UNKNOWN,
        esb(1306201, "Third-party system returned a non-JSON answer"),
        acts=EITHER,
        gateways=ESB,
    ),
    Fault("1306203 of the ESB", UNKNOWN, esb(1306203, "SSL error"), acts=EITHER, gateways=ESB),
    Fault(
        "1306201 of the ESB, connection refused",
        NOT_DELIVERED,
        esb(1306201, _REFUSED_WORDS),
        "not_sent",
        gateways=ESB,
        often=BOTH_TIMES,
    ),
    Fault(
        "500 of the ESB, no code",
        UNKNOWN,
        response({"result": False, "data": None, "message": "oops"}, 500),
        acts=EITHER,
        gateways=ESB,
    ),
]

# A later retry may succeed; nothing was created.
BUSY = [
    Fault("429, or 1306429 of the ESB", LATER, {"do": "rate_limit"}, "rate_limited", often=BOTH_TIMES, core=True),
    *(
        Fault(f"{code} (quota)", LATER, {"do": "error", "code": code}, "quota", often=BOTH_TIMES, core=code == 1244032)
        for code in (1244032, 1244033, 1244034)
    ),
    *(
        Fault(f"{code} (rate limit)", LATER, apigw(429, code, "RATE", "too often"), "rate_limited", often=BOTH_TIMES)
        for code in (1642902, 1642903, 1642904)
    ),
    Fault("429 of something in front", LATER, {"do": "html", "http": 429}, "rate_limited", often=BOTH_TIMES),
    Fault("429 with Retry-After", LATER, response("", 429, **{"Retry-After": "30"}), "rate_limited"),
]
