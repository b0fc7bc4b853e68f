# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TCP server on loopback that sends what a test wants, HTTP or not."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any


class TcpServer:
    """Passes each connection to a function, in a thread of its own, and closes it afterwards.

    Closing a listening socket does not end a thread that waits in accept() on it. The system may restart that call
    with the number of the closed file, which is another listening socket by then, and the thread takes a connection of
    a later test. So this class is the only place in the unit tests that waits for connections in a loop, and close()
    ends with the thread.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._serve(connection)

    def close(self) -> None:
        """Refuse connections from now on. Open ones go on until their function returns."""
        # Not every system can do this on a socket that is not connected.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def __enter__(self) -> TcpServer:
        return self

    def __exit__(self, *_error: Any) -> None:
        self.close()
