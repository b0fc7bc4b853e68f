# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delivery of a response: its bytes, and injected faults of transfer and connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from .fault_injection import InjectedFault
from .fault_responses import FAULT_RESPONSES, FaultResponse, RequestInfo
from .http_messages import Reply

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Delivery:
    """The bytes of a response, and how they are sent. Without a status there is no response at all."""

    status: int | None
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    """Seconds before the first byte."""
    after: Literal["keep", "close", "reset"] = "keep"
    cut: int | None = None
    """Maximum bytes sent of the response, including its headers; a negative number counts from the end."""
    chunk: int | None = None
    """Bytes sent at once; there is a pause between two such pieces."""
    pause: float = 0.0


def plain(reply: Reply) -> Delivery:
    """Return the unchanged response."""
    assert reply.http is not None
    if reply.body is None:
        return Delivery(reply.http, b"", "", reply.headers)
    # Half of a surrogate pair, which a client may have sent, cannot be encoded; it is sent escaped.
    body = json.dumps(reply.body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Delivery(reply.http, body, headers=reply.headers)


def faulty(injected: InjectedFault, reply: Reply | None, request_info: RequestInfo) -> Delivery:
    """Return the response as changed by the fault. A fault that acts needs a reply; others may not."""
    fault, fields = injected.fault, injected.fault.details
    if fault.do == "close":
        return Delivery(None, after="close")
    if fault.do in FAULT_RESPONSES:
        return _other(FAULT_RESPONSES[fault.do](fields, request_info))
    assert reply is not None, fault.do
    whole = plain(reply)
    if fault.do == "delay":
        return replace(whole, wait=fields["seconds"])
    if fault.do == "drip":
        return replace(whole, chunk=fields["bytes"], pause=fields["seconds"])
    if fault.do == "truncate":
        size = len(whole.body) // 2 if fields["bytes"] is None else fields["bytes"]
        return replace(whole, body=whole.body[: min(size, len(whole.body) - 1)])
    return replace(whole, after="close" if fault.do == "cut" else "reset", cut=fields["bytes"])


def _other(response: FaultResponse) -> Delivery:
    return Delivery(response.http, response.body, response.content_type, response.headers)
