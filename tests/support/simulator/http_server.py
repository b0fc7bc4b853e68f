# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP server: reads requests, passes them to the dispatcher, sends the responses as they are to be delivered."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from .dispatcher import Dispatcher
from .http_messages import Request, flat
from .response_delivery import Delivery

_POLL_SECONDS = 0.02


class Handler(BaseHTTPRequestHandler):
    """One connection. It stays open between requests, and every response is sent in one packet."""

    protocol_version = "HTTP/1.1"
    server_version = "job-server"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        dispatcher, why = self.server.dispatcher, ""
        try:
            body = self._body(headers)
        except ValueError as error:
            body, why = b"", str(error)
        request = Request(self.command, parts.path, flat(parts.query), headers, body, self.path)
        self._deliver(dispatcher.unreadable(request, why) if why else dispatcher.handle(request, self.server.pause))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def _body(self, headers: Mapping[str, str]) -> bytes:
        """Return the body, whatever its framing; ValueError if it has no end."""
        if "chunked" not in headers.get("transfer-encoding", "").lower():
            length = headers.get("content-length", "0")
            if not (length.isascii() and length.isdecimal()):
                raise ValueError(f"Content-Length {length!r} is no number")
            return self.rfile.read(int(length))
        body = b""
        while size := int(self.rfile.readline(32).split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline(3)
        while self.rfile.readline(65536).strip():
            continue  # trailers
        return body

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the Date of a response: the time on the simulator's clock."""
        return super().date_time_string(self.server.dispatcher.now_ms() / 1000 if timestamp is None else timestamp)

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.wait and self.server.pause(delivery.wait):
            delivery = Delivery(None, after="close")
        if delivery.status is not None:
            if delivery.cut is None and delivery.chunk is None:
                self._write(delivery, delivery.status)
            else:
                self._write_in_pieces(delivery, delivery.status)
        if delivery.after != "keep":
            self.close_connection = True
        if delivery.after == "reset":
            self.server.reset(self.connection)

    def _write(self, delivery: Delivery, status: int) -> None:
        self.send_response(status)
        if delivery.content_type:
            self.send_header("Content-Type", delivery.content_type)
        self.send_header("Content-Length", str(len(delivery.body)))
        for name, value in delivery.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(delivery.body)

    def _write_in_pieces(self, delivery: Delivery, status: int) -> None:
        """Send part of a response, or all of it in small pieces."""
        out, whole = self.wfile, io.BytesIO()
        self.wfile = whole
        try:
            self._write(delivery, status)
        finally:
            self.wfile = out
        data = whole.getvalue()[: delivery.cut]
        size = delivery.chunk or len(data) or 1
        for begin in range(0, len(data), size):
            out.write(data[begin : begin + size])
            out.flush()
            if delivery.pause and self.server.pause(delivery.pause):
                return

    def log_message(self, *_args: Any) -> None:
        """Print nothing: the journal has every request."""


class Server(ThreadingHTTPServer):
    """A thread per connection. Closing the server closes the connections that clients hold open."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], dispatcher: Dispatcher, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(address, Handler)
        self.dispatcher = dispatcher
        self._tls = tls
        self._connections: set[socket.socket] = set()
        self._resets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._listening = True
        dispatcher.faults.on_change = self.follow

    def server_bind(self) -> None:
        """Bind without looking up the name of the host, which can take time."""
        TCPServer.server_bind(self)

    def pause(self, seconds: float) -> bool:
        """Wait; return whether the server ended meanwhile."""
        return self._over.wait(seconds)

    def reset(self, connection: socket.socket) -> None:
        """Close a connection with a reset."""
        with self._lock:
            self._resets.add(connection)

    def follow(self) -> None:
        """Listen, or refuse connections, as the faults require.

        A socket that is bound and does not listen refuses, and keeps the port for us. It replaces the listening one
        under the same file descriptor, so that the accept loop is not affected.
        """
        with self._lock:
            wanted = not self.dispatcher.faults.refusing
            if wanted == self._listening or self._over.is_set():
                return
            if wanted:
                self.socket.listen(self.request_queue_size)
            else:
                # The loop may be waiting on the old socket, which keeps it open; so it stops listening first.
                with contextlib.suppress(OSError):
                    self.socket.shutdown(socket.SHUT_RDWR)
                with socket.socket(self.address_family, self.socket_type) as silent:
                    silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    os.dup2(silent.fileno(), self.socket.fileno(), inheritable=False)
                self.socket.bind(self.server_address)
            self._listening = wanted

    def service_actions(self) -> None:
        """Listen again if the fault that closes the port has expired."""
        self.follow()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Return the next connection; without listening there is none."""
        if not self._listening:
            self._over.wait(_POLL_SECONDS)
            raise OSError("not listening")
        connection, address = super().get_request()
        if self._tls is not None:
            # The handshake is done in the thread of the connection, at its first read.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Return whether a new connection is served; otherwise it is reset."""
        if self.dispatcher.faults.for_connection() is None:
            return True
        self.reset(request)
        return False

    def process_request(self, request: Any, client_address: Any) -> None:
        """Register the connection, then start its thread."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a closed connection."""
        with self._lock:
            self._connections.discard(request)
            reset = request in self._resets
            self._resets.discard(request)
        if reset:
            # Without lingering, closing sends a reset.
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def shutdown(self) -> None:
        """Stop accepting connections, and end all deliberate pauses."""
        self._over.set()
        # Wakes the loop, which would otherwise notice only after its poll interval. Not every system can do this.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        super().shutdown()

    def server_close(self) -> None:
        """Close the listening socket and every open connection."""
        super().server_close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that disconnects."""
