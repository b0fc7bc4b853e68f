# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of one request through the server: control address, fault, gateway, journal, answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import apigw, esb, inside
from .control import Control
from .delivery import Delivery, plain, spoilt
from .faults import Faults, Strike
from .job import Platform
from .journal import Journal
from .web import Reply, Request, parsed


def route(platform: Platform, request: Request) -> Reply:
    """The gateways' addresses."""
    if esb.owns(request.path):
        return esb.serve(platform, request)
    if apigw.owns(request.path):
        return apigw.serve(platform, request)
    if inside.owns(request.path):
        return inside.serve(platform, request)
    return esb.not_found(request, "none")


def place(path: str) -> tuple[str, str | None]:
    """The gateway and the call that a path looks like, before anybody has checked it."""
    gateway = next((door.GATEWAY for door in (esb, apigw, inside) if door.owns(path)), "none")
    return gateway, None if gateway == "none" else path.rstrip("/").rpartition("/")[2]


class Front:
    """Answers every request, once. Each is in the journal, with what the server did, before its answer leaves."""

    def __init__(self, platform: Platform, journal: Journal, faults: Faults, control: Control | None) -> None:
        self._platform, self._journal, self._control = platform, journal, control
        self.faults = faults

    def answer(self, request: Request, pause: Callable[[float], bool]) -> Delivery:
        """What goes out for a request; `pause` waits, and says whether the server ended meanwhile."""
        if self._control is not None and self._control.owns(request.path):
            return plain(self._control.serve(request))
        gateway, call = place(request.path)
        strike = self.faults.for_request(gateway, call)
        if strike is None:
            reply = route(self._platform, request)
            self._journal.note(request, reply)
            return plain(reply)
        return self._struck(strike, request, gateway, call, pause)

    def _struck(
        self, strike: Strike, request: Request, gateway: str, call: str | None, pause: Callable[[float], bool]
    ) -> Delivery:
        late = strike.fault.do == "delay" and not strike.fault.acts
        if late and pause(strike.fault.details["seconds"]):
            return Delivery(None, after="close")
        reply = route(self._platform, request) if strike.fault.acts or late else None
        delivery = plain(reply) if late and reply else spoilt(strike, reply, gateway, request.path)
        sent = Reply(delivery.status, _object(delivery.body), gateway, call)
        if reply is not None:
            sent = replace(reply, http=sent.http, body=sent.body)
        self._journal.note(request, sent, strike.note())
        return delivery


def _object(body: bytes) -> dict[str, Any]:
    """What a client can read out of an answer."""
    try:
        value = parsed(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
