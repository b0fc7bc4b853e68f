# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transport that passes requests to a JOB simulator of this process without sockets and threads.

It takes a tenth of the time. Whatever only a connection has still goes over a real one: TLS, proxies, and injected
faults of connections and of the transfer of responses.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from unittest import mock
from urllib.parse import urlencode, urlsplit

from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.transport import USER_AGENT, Transport
from ansible_collections.blueking.job.plugins.module_utils.jobs import context
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.support.simulator.http_messages import Request, flat

_PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


class DirectTransport(Transport):
    """Sends requests to the simulators of this process directly, and all others as its base class does."""

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        address = urlsplit(self._connection.api_url + request.path)
        server = JobServer.running.get(f"{address.scheme}://{address.netloc}")
        direct = None
        if server is not None and address.scheme == "http" and not self._uses_proxy():
            direct = _respond(server, request, address.path)
        return direct or super().send(request, seconds_left, fresh=fresh)

    def _uses_proxy(self) -> bool:
        return bool(self._connection.proxy) or any(name in os.environ for name in _PROXY_VARIABLES)


def _respond(server: JobServer, request: HttpRequest, path: str) -> HttpResponse | None:
    """Return the response; None if it takes a connection."""
    headers = {name.lower(): value for name, value in request.headers.items()} | {"user-agent": USER_AGENT}
    # What has to be encoded is left to the library.
    if not all(text.isascii() and text.isprintable() for text in (path, *headers.values())):
        return None
    query = urlencode(request.query or {})
    body = b""
    if request.body is not None:
        body = json.dumps(request.body).encode()
        headers |= {"content-type": "application/json", "content-length": str(len(body))}
    target = f"{path}?{query}" if query else path
    delivery = server.respond(Request(request.method, path, flat(query), headers, body, target))
    if delivery is None:
        return None
    assert delivery.status is not None, "a fault without a response needs a connection"
    assert (delivery.after, delivery.cut, delivery.chunk, delivery.wait) == ("keep", None, None, 0.0)
    received = {"date": formatdate(server.clock.now_ms() / 1000, usegmt=True), "content-type": delivery.content_type}
    received |= {name.lower(): value for name, value in delivery.headers.items()}
    return HttpResponse(delivery.status, received, bytearray(delivery.body))


@contextmanager
def direct_transport() -> Iterator[None]:
    """Let all tasks of this process use it."""
    with mock.patch.object(context, "Transport", DirectTransport):
        yield
