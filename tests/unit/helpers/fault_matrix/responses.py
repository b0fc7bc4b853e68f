# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that the JOB simulator can inject, as fields of its faults."""

from __future__ import annotations

from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import ALWAYS, ONCE

EITHER = (False, True)
ESB, APIGW = ("esb",), ("apigw",)
BOTH_TIMES = (ONCE, ALWAYS)


def success(data: Any) -> dict[str, Any]:
    """Return JOB's envelope of a success."""
    return {"do": "answer", "body": {"code": 0, "result": True, "data": data, "job_request_id": "r"}}


def response(body: Any, http: int = 200, **headers: str) -> dict[str, Any]:
    """Return any response."""
    return {"do": "answer", "body": body, "http": http, "headers": headers}


def esb(code: int, message: str) -> dict[str, Any]:
    """Return an error response of the ESB itself."""
    return response({"result": False, "code": code, "message": message, "data": None, "request_id": "r"})


def apigw(http: int, code: int, name: str, message: str, **headers: str) -> dict[str, Any]:
    """Return an error response of the API gateway itself."""
    body = {"result": False, "code": code, "code_name": name, "message": message, "data": None}
    return response(body, http, **{"X-Bkapi-Error-Code": str(code), "X-Bkapi-Request-Id": "r", **headers})
