# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can go wrong between a launch and its answer, and what it means.

JOB API: "classifying one launch attempt" and "the ESB gateway". What is in neither table is unknown.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.blueking.job.tests.unit.matrix.words import (
    ACCEPTED,
    ALWAYS,
    LATER,
    NOT_DELIVERED,
    ONCE,
    STARTED_BEFORE,
    UNFINDABLE,
    UNKNOWN,
    Fault,
)

EITHER = (False, True)
ESB, APIGW = ("esb",), ("apigw",)
BOTH_TIMES = (ONCE, ALWAYS)
FOR_EVER = 3600
PATIENCE = {"read_timeout": 0.25}

NONE = Fault("an answer", ACCEPTED, core=True)


def _success(data: Any) -> dict[str, Any]:
    return {"do": "answer", "body": {"code": 0, "result": True, "data": data, "job_request_id": "r"}}


def _answer(body: Any, http: int = 200, **headers: str) -> dict[str, Any]:
    return {"do": "answer", "body": body, "http": http, "headers": headers}


def esb(code: int, message: str) -> dict[str, Any]:
    """A refusal by the older gateway itself."""
    return _answer({"result": False, "code": code, "message": message, "data": None, "request_id": "r"})


def apigw(http: int, code: int, name: str, message: str, **headers: str) -> dict[str, Any]:
    """A refusal by the newer gateway itself."""
    body = {"result": False, "code": code, "code_name": name, "message": message, "data": None}
    return _answer(body, http, **{"X-Bkapi-Error-Code": str(code), "X-Bkapi-Request-Id": "r", **headers})


# Whatever became of the request, it is on its way or at the server, and there is no answer.
_POSITIONS = {
    "before its first byte": 0,
    "after 1 byte": 1,
    "inside the status line": 12,
    "inside the headers": 60,
    "inside the body": -30,
    "before its last byte": -1,
}
LOST = [
    Fault("no answer, the connection ends", UNKNOWN, {"do": "close"}, acts=EITHER, core=True),
    *(
        Fault(f"{end} {where}", UNKNOWN, {"do": do, "bytes": position}, acts=(True,), core=position in (0, -1))
        for do, end in (("reset", "a reset"), ("cut", "the end of the connection"))
        for where, position in _POSITIONS.items()
    ),
    Fault("half of the JSON", UNKNOWN, {"do": "truncate"}, acts=(True,)),
    Fault("all of the JSON but its last byte", UNKNOWN, {"do": "truncate", "bytes": -1}, acts=(True,)),
    Fault("an empty body", UNKNOWN, {"do": "truncate", "bytes": 0}, acts=(True,)),
    Fault(
        "nothing until the client gives up",
        UNKNOWN,
        {"do": "delay", "seconds": FOR_EVER},
        acts=EITHER,
        options=PATIENCE,
    ),
    Fault("one byte, then nothing", UNKNOWN, {"do": "drip", "seconds": FOR_EVER}, acts=(True,), options=PATIENCE),
    Fault("an answer that takes its time", ACCEPTED, {"do": "delay", "seconds": 0.01}, acts=(True,)),
    Fault("an answer in small pieces", ACCEPTED, {"do": "drip", "seconds": 0.001, "bytes": 40}, acts=(True,)),
]

# What comes back is an answer, but none that says what became of the request.
GARBAGE = [
    Fault("bytes that are no JSON", UNKNOWN, {"do": "garbage"}, acts=EITHER),
    Fault("a web page", UNKNOWN, {"do": "html"}, acts=EITHER),
    Fault("a web page with status 503", UNKNOWN, {"do": "html", "http": 503}, acts=EITHER),
]
NONSENSE = [
    *(
        Fault(f"a web page with status {status}", UNKNOWN, {"do": "html", "http": status}, acts=EITHER)
        for status in (400, 499, 500, 502, 504)
    ),
    Fault("a JSON list", UNKNOWN, _answer([{"code": 0}]), acts=EITHER),
    Fault("an object that is no envelope", UNKNOWN, _answer({"status": "ok"}), acts=EITHER),
]

# A success, or nearly: without the id of an instance nobody can be sure.
WRONG_SUCCESSES = [
    Fault("a success without code", UNKNOWN, _answer({"result": True, "data": {"job_instance_id": 7}}), acts=EITHER),
    Fault("a success without result", UNKNOWN, _answer({"code": 0, "data": {"job_instance_id": 7}}), acts=EITHER),
    Fault("a success with status 500", UNKNOWN, {**_success({"job_instance_id": 7}), "http": 500}, acts=EITHER),
    Fault("a refusal without code", UNKNOWN, _answer({"result": False, "message": "no"}), acts=EITHER),
    Fault("a success without data", UNKNOWN, _success(None), acts=EITHER),
    Fault("a success without instance id", UNKNOWN, _success({"job_instance_name": "x"}), acts=EITHER, core=True),
    *(
        Fault(f"a success with the instance id {wrong!r}", UNKNOWN, _success({"job_instance_id": wrong}), acts=EITHER)
        for wrong in (None, 0, -1, True, 1.5, "seventeen", [7])
    ),
]

# The request surely never reached JOB.
NEVER_SENT = [
    Fault(
        "the connection is refused",
        NOT_DELIVERED,
        {"do": "refuse", "seconds": FOR_EVER},
        "not_sent",
        often=BOTH_TIMES,
        core=True,
    ),
    Fault("the TLS handshake fails", NOT_DELIVERED, None, "not_sent", often=(ALWAYS,), options={"api_url": "https"}),
    Fault(
        "the proxy refuses the connection",
        NOT_DELIVERED,
        None,
        "not_sent",
        often=(ALWAYS,),
        options={"proxy": "closed"},
    ),
    Fault(
        "the proxy makes no tunnel",
        NOT_DELIVERED,
        None,
        "not_sent",
        often=(ALWAYS,),
        options={"api_url": "https", "proxy": "server"},
    ),
    Fault(
        "nobody takes the connection up", NOT_DELIVERED, None, "not_sent", often=(ALWAYS,), options={"api_url": "deaf"}
    ),
]
# It may strike while the client still connects, or when it has begun to send.
RESET_AT_ONCE = Fault(
    "the connection is reset as soon as it is there", UNKNOWN, {"do": "reset_connection"}, or_means=NOT_DELIVERED
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

# What gateways say when they hear nothing from JOB, or not what they expect.
BEHIND = [
    Fault("502 of the API gateway", UNKNOWN, {"do": "bad_gateway"}, acts=EITHER),
    Fault("504 of the API gateway", UNKNOWN, {"do": "gateway_timeout"}, acts=EITHER),
    Fault("1650001 of the API gateway", UNKNOWN, apigw(500, 1650001, "INTERNAL_SERVER_ERROR", "oops"), acts=EITHER),
    Fault("1650300 of the API gateway", UNKNOWN, apigw(503, 1650300, "SERVICE_UNAVAILABLE", "oops"), acts=EITHER),
    *(Fault(f"{answer[1]}, {why}", UNKNOWN, apigw(*answer), acts=EITHER) for why, answer in _READING.items()),
    *(
        Fault(f"{answer[1]}, {why}", NOT_DELIVERED, apigw(*answer), "not_sent", often=BOTH_TIMES)
        for why, answer in _CONNECTING.items()
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
        _answer({"result": False, "data": None, "message": "oops"}, 500),
        acts=EITHER,
        gateways=ESB,
    ),
]

# Not now, perhaps in a moment; nothing was created.
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
    Fault("429 with Retry-After", LATER, _answer("", 429, **{"Retry-After": "30"}), "rate_limited"),
]

ALREADY_STARTED = Fault("1241015 (started already)", STARTED_BEFORE, {"do": "error", "code": 1241015}, acts=(True,))


def _history(why: str, means: str, words: dict[str, Any]) -> Fault:
    sees = f"no answer, and the history {why}"
    return Fault(sees, means, {"do": "close"}, acts=(True,), then={**words, "call": "get_job_instance_list"})


_NO_ENTRIES = _success({"start": 0, "length": 20, "total": 0, "data": None})
_NO_PERMISSION = {"do": "error", "code": 9900403}
LOOKED_UP = [
    _history("ends its connection once", UNKNOWN, {"do": "close"}),
    _history("breaks off twice", UNKNOWN, {"do": "cut", "bytes": -1, "next": 2}),
    _history("is garbage twice", UNKNOWN, {"do": "garbage", "next": 2}),
    _history("is a web page with status 503 twice", UNKNOWN, {"do": "html", "http": 503, "next": 2}),
    _history("is asked too often, twice", UNKNOWN, {"do": "rate_limit", "next": 2}),
    _history("has an internal error twice", UNKNOWN, {"do": "error", "code": 1240002, "next": 2}),
    _history("does not show it at first", UNKNOWN, {**_NO_ENTRIES, "next": 3}),
    _history("never shows it", UNFINDABLE, {**_NO_ENTRIES, "every": 1}),
    _history("is never an answer", UNFINDABLE, {"do": "garbage", "every": 1}),
    _history("breaks off every time", UNFINDABLE, {"do": "reset", "every": 1}),
    _history("may not be read", UNFINDABLE, {**_NO_PERMISSION, "every": 1}),
]
