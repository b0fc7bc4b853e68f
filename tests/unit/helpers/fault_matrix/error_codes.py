# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error responses with a code: those that reject a launch for good, and those that leave its outcome unknown."""

from __future__ import annotations

from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import REFUSED, UNKNOWN, Fault
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.responses import APIGW, EITHER, ESB, apigw, esb

# JOB itself: code -> kind of the error.
_BY_JOB = {
    **dict.fromkeys((1240003, 1241001, 1241002, 1241003, 1241004, 1241005, 1241006, 1241007), "validation"),
    **dict.fromkeys((1241010, 1241011, 1241012, 1244001, 1244002, 1244008, 1244009, 1244011), "validation"),
    **dict.fromkeys((1244021, 1244022, 1244026, 1244027, 1244028, 1244029, 1244030), "validation"),
    **dict.fromkeys((1243001, 1243009, 1243047, 1243049, 1244003, 1244012), "not_found"),
    **dict.fromkeys((1244014, 1244018, 1244019), "script_rejected"),
    **dict.fromkeys((1244004, 9900403), "permission"),
    **dict.fromkeys((1211001, 1211002, 1244025), "server_error"),
    1211003: "not_found",
    1247002: "auth",
}
_OF_THE_ESB = {
    1306000: "auth",
    1306403: "permission",
    1306404: "not_found",
    1306405: "not_found",
    **dict.fromkeys((1306206, 1306207, 1306209), "server_error"),
    **dict.fromkeys((1306401, 1306402), "auth"),
    **dict.fromkeys((1306406, 1306407, 1306408), "validation"),
}
# HTTP status, code, name, kind.
_OF_THE_API_GATEWAY = (
    (400, 1640001, "INVALID_ARGS", "auth"),
    (401, 1640100, "UNAUTHORIZED", "auth"),
    (401, 1640101, "APP_VERIFY_FAILED", "auth"),
    (401, 1640102, "USER_VERIFY_FAILED", "auth"),
    (403, 1640301, "APP_NO_PERMISSION", "permission"),
    (403, 1640302, "IP_NOT_ALLOWED", "permission"),
    (403, 1640303, "USER_RESTRICTED", "permission"),
    (403, 1640304, "TENANT_RESTRICTED", "permission"),
    (404, 1640401, "API_NOT_FOUND", "not_found"),
    (413, 1641301, "BODY_SIZE_LIMIT_EXCEED", "validation"),
    (414, 1641401, "URI_TOO_LONG", "validation"),
)
_SIGN_IN = {"do": "answer", "body": "<html></html>"}
_MOVED = {**_SIGN_IN, "http": 302, "headers": {"Location": "https://sign-in.example.com/?next=x"}}

# Statuses of servers and proxies in front of JOB, which did not forward the request.
_IN_FRONT = (
    *((status, "protocol") for status in (400, 402, 405, 406, 409, 410, 411, 412, 415, 416, 417, 418, 421, 422, 424)),
    *((status, "protocol") for status in (425, 426, 428, 451, 498, 501, 505)),
    *((status, "validation") for status in (413, 414, 431)),
    (408, "server_error"),
)

REJECTIONS = [
    *(
        Fault(f"{code}", REFUSED, {"do": "error", "code": code}, kind, core=code in (1240003, 9900403))
        for code, kind in _BY_JOB.items()
    ),
    Fault(
        "1238001", REFUSED, {"do": "answer", "body": {"code": 1238001, "result": False, "message": "no"}}, "permission"
    ),
    *(Fault(f"{code}", REFUSED, esb(code, "no"), kind, gateways=ESB) for code, kind in _OF_THE_ESB.items()),
    *(
        Fault(f"{code}", REFUSED, apigw(http, code, name, "no"), kind, core=code == 1640301)
        for http, code, name, kind in _OF_THE_API_GATEWAY
    ),
    Fault("401 without a body", REFUSED, {"do": "answer", "body": "", "http": 401}, "auth"),
    Fault("403 with a login page", REFUSED, {"do": "html", "http": 403}, "auth"),
    Fault(
        "404 without a code",
        REFUSED,
        {"do": "answer", "body": {"result": False, "data": None}, "http": 404},
        "not_found",
    ),
    Fault("a redirect to a login page", REFUSED, _MOVED, "auth"),
    Fault("a redirect", REFUSED, {**_MOVED, "headers": {"Location": "https://job.example.com/"}}, "protocol"),
    Fault("a login page", REFUSED, {"do": "html"}, "auth"),
    *(
        Fault(f"{status} without an envelope", REFUSED, {"do": "html", "http": status}, kind)
        for status, kind in _IN_FRONT
    ),
]

# Internal errors, and codes that no table has.
NUMBERS = [
    *(
        Fault(f"{code}", UNKNOWN, {"do": "error", "code": code}, acts=EITHER, core=code == 1240002)
        for code in (1240001, 1240002, 1210001, 1246001)
    ),
    *(
        Fault(
            f"{code}", UNKNOWN, {"do": "answer", "body": {"code": code, "result": False, "message": "x"}}, acts=EITHER
        )
        for code in (1244005, 1244099, 1249999, 7, -1)
    ),
    Fault("499 with a code", UNKNOWN, apigw(499, 1649900, "NEW", "x"), acts=EITHER, gateways=APIGW),
    Fault("1659999 of the API gateway", UNKNOWN, apigw(500, 1659999, "NEW", "x"), acts=EITHER, gateways=APIGW),
    Fault("1306208 of the ESB", UNKNOWN, esb(1306208, "x"), acts=EITHER, gateways=ESB),
    Fault("1306999 of the ESB", UNKNOWN, esb(1306999, "x"), acts=EITHER, gateways=ESB),
]
