# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults between a request and its response, and their meaning.

JOB API: "classifying one launch attempt" and "the ESB gateway". What is in neither table is unknown.
"""

from __future__ import annotations

from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import (
    ACCEPTED,
    ALWAYS,
    NOT_DELIVERED,
    STARTED_BEFORE,
    UNKNOWN,
    Fault,
)
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.responses import (
    BOTH_TIMES,
    EITHER,
    response,
    success,
)

FOR_EVER = 3600
READ_TIMEOUT = {"read_timeout": 0.25}

NONE = Fault("a response", ACCEPTED, core=True)

# The request was sent or is under way, and there is no response.
_POSITIONS = {
    "before its first byte": 0,
    "after 1 byte": 1,
    "inside the status line": 12,
    "inside the headers": 60,
    "inside the body": -30,
    "before its last byte": -1,
}
LOST = [
    Fault("no response, the connection ends", UNKNOWN, {"do": "close"}, acts=EITHER, core=True),
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
        options=READ_TIMEOUT,
    ),
    Fault("one byte, then nothing", UNKNOWN, {"do": "drip", "seconds": FOR_EVER}, acts=(True,), options=READ_TIMEOUT),
    Fault("a slow response", ACCEPTED, {"do": "delay", "seconds": 0.01}, acts=(True,)),
    Fault("a response in small pieces", ACCEPTED, {"do": "drip", "seconds": 0.001, "bytes": 40}, acts=(True,)),
]

# There is a response, but its meaning for the request is unknown.
GARBAGE = [
    Fault("bytes that are no JSON", UNKNOWN, {"do": "garbage"}, acts=EITHER),
    Fault("a web page", UNKNOWN, response("<html><body>It works</body></html>"), acts=EITHER),
    Fault("a web page with status 503", UNKNOWN, {"do": "html", "http": 503}, acts=EITHER),
]
NONSENSE = [
    *(
        Fault(f"a web page with status {status}", UNKNOWN, {"do": "html", "http": status}, acts=EITHER)
        for status in (499, 500, 502, 504)
    ),
    Fault("a web page that repeats the request", UNKNOWN, {"do": "echo", "place": "page"}, acts=EITHER),
    Fault("a JSON list", UNKNOWN, response([{"code": 0}]), acts=EITHER),
    Fault("an object that is no envelope", UNKNOWN, response({"status": "ok"}), acts=EITHER),
]

# Incomplete successes: without the id of an instance the outcome is unknown.
WRONG_SUCCESSES = [
    Fault("a success without code", UNKNOWN, response({"result": True, "data": {"job_instance_id": 7}}), acts=EITHER),
    Fault("a success without result", UNKNOWN, response({"code": 0, "data": {"job_instance_id": 7}}), acts=EITHER),
    Fault("a success with status 500", UNKNOWN, {**success({"job_instance_id": 7}), "http": 500}, acts=EITHER),
    Fault("an error response without code", UNKNOWN, response({"result": False, "message": "no"}), acts=EITHER),
    Fault("a success without data", UNKNOWN, success(None), acts=EITHER),
    Fault("a success without instance id", UNKNOWN, success({"job_instance_name": "x"}), acts=EITHER, core=True),
    *(
        Fault(f"a success with the instance id {wrong!r}", UNKNOWN, success({"job_instance_id": wrong}), acts=EITHER)
        for wrong in (None, 0, -1, True, 1.5, "seventeen", [7])
    ),
]

# The request did not reach JOB.
NEVER_SENT = [
    Fault(
        "the connection is refused",
        NOT_DELIVERED,
        {"do": "refuse", "seconds": FOR_EVER},
        "not_sent",
        often=BOTH_TIMES,
        core=True,
    ),
    Fault("a proxy asks for a password (407)", NOT_DELIVERED, {"do": "html", "http": 407}, "not_sent", often=(ALWAYS,)),
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
        "the connection is not accepted", NOT_DELIVERED, None, "not_sent", often=(ALWAYS,), options={"api_url": "deaf"}
    ),
]
# May happen while the client still connects, or after it has begun to send.
RESET_AT_ONCE = Fault(
    "the connection is reset as soon as it is there", UNKNOWN, {"do": "reset_connection"}, or_means=NOT_DELIVERED
)

ALREADY_STARTED = Fault("1241015 (started already)", STARTED_BEFORE, {"do": "error", "code": 1241015}, acts=(True,))
OTHER_INSTANCE = Fault("a success for another instance", UNKNOWN, success({"job_instance_id": 4711}), acts=EITHER)
