# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dispatcher: control API, injected fault, gateway, journal, response."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import apigw, esb, internal_api
from .control_api import Control
from .envelopes import failure
from .errors import JobError
from .fault_injection import Faults, InjectedFault
from .fault_responses import RequestInfo
from .http_messages import Reply, Request, parsed, request_id
from .journal import Journal
from .messages import INTERNAL_ERROR, Language, language_of
from .platform import Platform
from .response_delivery import Delivery, faulty, plain


def route(platform: Platform, request: Request) -> Reply:
    """Route to the gateways."""
    if esb.owns(request.path):
        return esb.serve(platform, request)
    if apigw.owns(request.path):
        return apigw.serve(platform, request)
    if internal_api.owns(request.path):
        return internal_api.serve(platform, request)
    return esb.not_found(request, "none")


def place(path: str) -> tuple[str, str | None]:
    """Return the gateway and the call that a path seems to be for, unchecked."""
    gateway = next((door.GATEWAY for door in (esb, apigw, internal_api) if door.owns(path)), "none")
    return gateway, None if gateway == "none" else path.rstrip("/").rpartition("/")[2]


class Dispatcher:
    """Handles every request once. The journal has each with its effects before the response is sent."""

    def __init__(self, platform: Platform, journal: Journal, faults: Faults, control: Control | None) -> None:
        self._platform, self._journal, self._control = platform, journal, control
        self.faults = faults

    def now_ms(self) -> int:
        """Return the current time of the platform."""
        return self._platform.now_ms()

    def handle(self, request: Request, pause: Callable[[float], bool]) -> Delivery:
        """Return the delivery for a request; `pause` waits, and returns whether the server ended meanwhile."""
        if self._control is not None and self._control.owns(request.path):
            return plain(self._control.serve(request))
        gateway, call = place(request.path)
        injected = self.faults.for_request(gateway, call)
        if injected is None:
            reply = self._reply(request, gateway, call)
            self._journal.note(request, reply)
            return plain(reply)
        return self._with_fault(injected, request, gateway, call, pause)

    def unreadable(self, request: Request, why: str) -> Delivery:
        """Return the response to a request whose body has no detectable end."""
        reply = Reply(400, {"result": False, "data": None, "message": why}, *place(request.path))
        self._journal.note(request, reply)
        return replace(plain(reply), after="close")

    def _reply(self, request: Request, gateway: str, call: str | None) -> Reply:
        try:
            return route(self._platform, request)
        except Exception:
            # A bug of the simulator must look like one, and not like a broken connection.
            traceback.print_exc(file=sys.stderr)
            body = failure(JobError(INTERNAL_ERROR), False, "en", request_id()).body
            return Reply(500, body, gateway, call)

    def _with_fault(
        self, injected: InjectedFault, request: Request, gateway: str, call: str | None, pause: Callable[[float], bool]
    ) -> Delivery:
        late = injected.fault.do == "delay" and not injected.fault.acts
        if late and pause(injected.fault.details["seconds"]):
            return Delivery(None, after="close")
        reply = self._reply(request, gateway, call) if injected.fault.acts or late else None
        delivery = plain(reply) if late and reply else faulty(injected, reply, _request_info(gateway, request))
        sent = Reply(delivery.status, _object(delivery.body), gateway, call)
        if reply is not None:
            sent = replace(reply, http=sent.http, body=sent.body)
        self._journal.note(request, sent, injected.note())
        return delivery


def _request_info(gateway: str, request: Request) -> RequestInfo:
    usual: Language = "en" if gateway == esb.GATEWAY else "zh-cn"
    head = "".join(f"{name}: {value}\n" for name, value in request.headers.items())
    text = f"{request.method} {request.target}\n{head}\n{request.body.decode('utf-8', 'replace')}"
    return RequestInfo(gateway, request.path, language_of(request.headers.get("blueking-language"), usual), text)


def _object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a client can read from a response."""
    try:
        value = parsed(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
