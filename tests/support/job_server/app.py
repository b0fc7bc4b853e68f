# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sockets: reads requests, hands them to the gateway that owns the address, writes the answers."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from . import apigw, esb, inside
from .job import Platform
from .journal import Journal
from .web import Reply, Request, flat


def route(platform: Platform, request: Request) -> Reply:
    """The gateways' addresses."""
    if esb.owns(request.path):
        return esb.serve(platform, request)
    if apigw.owns(request.path):
        return apigw.serve(platform, request)
    if inside.owns(request.path):
        return inside.serve(platform, request)
    return esb.not_found(request, "none")


class Handler(BaseHTTPRequestHandler):
    """One connection. It stays open between requests, and every answer leaves in one packet."""

    protocol_version = "HTTP/1.1"
    server_version = "job-server"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, flat(parts.query), headers, self.rfile.read(length), self.path)
        reply = route(self.server.platform, request)
        self.server.journal.note(request, reply)
        body = b"" if reply.body is None else json.dumps(reply.body, ensure_ascii=False).encode("utf-8")
        self.send_response(reply.http)
        if reply.body is not None:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_args: Any) -> None:
        """The journal has it all; the terminal stays quiet."""


class Server(ThreadingHTTPServer):
    """A thread per connection. Closing the server closes the connections that clients hold open."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], platform: Platform, journal: Journal) -> None:
        super().__init__(address, Handler)
        self.platform = platform
        self.journal = journal
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then give it its thread."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has come to its end."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

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
        """A client that goes away in the middle is none of our business."""
