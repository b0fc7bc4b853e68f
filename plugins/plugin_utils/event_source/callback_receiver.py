# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Receiver of JOB's callbacks: each one makes the event source poll at once, and nothing in it is believed.

JOB sends one POST of JSON when a run ends, and the same text once more, declared as a form, unless the status of the
response is exactly 200. It signs nothing, so the path of the URL is the secret.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from ...module_utils.common.text import parse_int64
from ...module_utils.errors import Delivery, JobError
from .options import CallbackOptions

try:
    from aiohttp import web

    _MISSING_AIOHTTP = False
    _Server = web.Server
except ImportError:
    _MISSING_AIOHTTP = True
    _Server = object  # type: ignore[assignment,misc]

MAX_BODY_BYTES = 65_536
MAX_CONNECTIONS = 100
# Lifetime of a connection, from its first byte to its last. JOB itself gives up after 15 s.
MAX_CONNECTION_SECONDS = 15.0
# Maximum time (seconds) in which handlers end after their connections.
_SHUTDOWN_SECONDS = 1.0


class Receiver:
    """A server that listens. Its address is C(host) and C(port)."""

    def __init__(self, listener: asyncio.Server, connections: _Connections) -> None:
        self._listener = listener
        self._connections = connections
        self.port: int = listener.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end all connections."""
        self._listener.close()
        await self._connections.close()


async def serve(options: CallbackOptions, wake: Callable[[int | None], None]) -> Receiver:
    """Listen for callbacks.

    Args:
        options: address, secret and TLS files.
        wake: called in the event loop for each callback, with the id of the run if the callback names one.

    Raises:
        JobError: aiohttp is not installed, the address is not available, or the TLS files cannot be used.
    """
    if _MISSING_AIOHTTP:
        raise _failure("callback: the Python library aiohttp is not installed; install it where ansible-rulebook runs")
    connections = _Connections(_Callbacks(options.secret, wake).respond)
    try:
        listener = await asyncio.get_running_loop().create_server(
            connections, options.host, options.port, ssl=_tls(options)
        )
    except OSError as error:
        raise _failure(f"callback: cannot listen on {options.host}, port {options.port}: {error.strerror}") from None
    return Receiver(listener, connections)


class _Connections(_Server):
    """Connections of the receiver, limited in number and duration, so that a flood cannot keep the source busy."""

    def __init__(self, respond: Callable[[web.BaseRequest], Any]) -> None:
        # Requests contain the secret, so neither they nor what is wrong with them is logged.
        silent = logging.Logger("silent")
        silent.addHandler(logging.NullHandler())
        super().__init__(respond, logger=silent, access_log=None)
        self._open: dict[Any, tuple[asyncio.Transport, asyncio.TimerHandle]] = {}
        self._closed = False

    async def close(self) -> None:
        """End all connections, and those that were accepted and are not made yet."""
        self._closed = True
        for transport, _limit in self._open.values():
            transport.abort()
        await self.shutdown(_SHUTDOWN_SECONDS)

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if self._closed or len(self._open) >= MAX_CONNECTIONS:
            transport.abort()
            return
        limit = asyncio.get_running_loop().call_later(MAX_CONNECTION_SECONDS, transport.abort)
        self._open[handler] = transport, limit

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        if handler in self._open:
            _transport, limit = self._open.pop(handler)
            limit.cancel()
        super().connection_lost(handler, exc)


class _Callbacks:
    """Responds to the requests of one secret path."""

    def __init__(self, secret: str, wake: Callable[[int | None], None]) -> None:
        self._path = f"/{secret}".encode()
        self._wake = wake

    async def respond(self, request: web.BaseRequest) -> web.StreamResponse:
        """Return 404 unless the path is the secret, 200 after the source was woken, or what is wrong."""
        response = web.Response(status=await self._status(request))
        response.force_close()
        return response

    async def _status(self, request: web.BaseRequest) -> int:
        if not hmac.compare_digest(request.path.encode("utf-8", "replace"), self._path):
            return 404
        if request.method != "POST":
            return 405
        body = bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > MAX_BODY_BYTES:
                return 413
        self._wake(named_run(bytes(body)))
        return 200


def named_run(body: bytes) -> int | None:
    """Return the id of the run that a callback names; None if it names none.

    JOB sends JSON with any content type. A gateway in between may have converted it to a real form.
    """
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = {key: values[-1] for key, values in parse_qs(text).items()}
    number = parse_int64(value.get("job_instance_id")) if isinstance(value, dict) else None
    return number if number is not None and number > 0 else None


def _tls(options: CallbackOptions) -> ssl.SSLContext | None:
    if options.certfile is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Without a function for the passphrase, OpenSSL would prompt for it.
        context.load_cert_chain(options.certfile, options.keyfile, lambda: "")
    except (OSError, ValueError) as error:
        raise _failure(f"callback: cannot use certfile {options.certfile} and its key: {error}") from None
    return context


def _failure(summary: str) -> JobError:
    return JobError(summary, kind="validation", delivery=Delivery.NOT_SENT)
