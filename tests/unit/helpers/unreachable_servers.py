# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on loopback that no request ever reaches."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from ansible_collections.blueking.job.tests.unit.helpers.tcp_server import TcpServer


@contextlib.contextmanager
def closed() -> Iterator[str]:
    """Yield the address of a port that refuses connections. It is bound, so that no other program listens there."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextlib.contextmanager
def no_tls() -> Iterator[str]:
    """Yield an https address of a server without TLS."""
    with TcpServer(_reject) as server:
        yield f"https://{server.address}"


def _reject(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@contextlib.contextmanager
def deaf() -> Iterator[str]:
    """Yield an address at which connections are neither accepted nor refused, because the backlog is full."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _turn in range(3):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
