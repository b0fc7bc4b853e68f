# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server as one object, for tests that run it in their own process and for the command line."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from .control_api import Control
from .dispatcher import Dispatcher, place
from .fault_injection import Faults
from .http_messages import Request
from .http_server import Server
from .inventory import DEFAULT_INVENTORY, load
from .journal import Journal
from .platform import Platform
from .response_delivery import Delivery
from .run_manager import RunManager
from .scheduler import Timeline


class JobServer:
    """A JOB-compatible HTTP server in a thread of its own.

    The inventory is a file, or data of the same shape. Use it as a context manager, or call start and stop. With
    `control`, faults and the clock can be set over the control API too; from Python they always can. With `tls`, a
    context with a certificate, it accepts only TLS.
    """

    running: ClassVar[dict[str, JobServer]] = {}
    """The servers of this process that are started, by URL."""

    def __init__(
        self,
        inventory: str | Path | Mapping[str, Any] = DEFAULT_INVENTORY,
        journal: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        workers: int = 64,
        control: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self._wanted_port = port
        self._workers = workers
        self._inventory = load(inventory)
        self._journal = Journal(journal)
        self._wants_control = control
        self._tls = tls
        self.faults = Faults()
        """Injected faults; they are kept over a stop and start."""
        self._run_manager: RunManager | None = None
        self._http: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> JobServer:
        """Listen, and serve in the background."""
        timeline = Timeline(self._inventory.manual_clock)
        run_manager = RunManager(self._workers, timeline, self._inventory.rules, self._inventory.files)
        try:
            http = Server((self.host, self._wanted_port), self._dispatcher(run_manager), self._tls)
        except OSError:
            run_manager.close()
            raise
        self._run_manager, self._http = run_manager, http
        self._thread = threading.Thread(target=http.serve_forever, args=(0.02,), name="job-server", daemon=True)
        self._thread.start()
        self.running[self.url] = self
        return self

    def _dispatcher(self, run_manager: RunManager) -> Dispatcher:
        control = Control(run_manager, self.faults, self._journal) if self._wants_control else None
        return Dispatcher(Platform(self._inventory, run_manager), self._journal, self.faults, control)

    def stop(self) -> None:
        """Stop listening, end all child processes, remove all directories. A second call does nothing."""
        if self._http is not None and self._run_manager is not None and self._thread is not None:
            self.running.pop(self.url, None)
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()
            self._run_manager.close()
        self._http = self._run_manager = self._thread = None
        self._journal.close()

    @property
    def port(self) -> int:
        """Return its port."""
        if self._http is None:
            raise RuntimeError("the server is not running")
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Return the base URL for clients, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    def respond(self, request: Request) -> Delivery | None:
        """Return the response to a request of this process, without a connection.

        None, and the request is not handled, if a fault requires a connection.
        """
        if self._http is None or self.faults.need_connection(*place(request.path)):
            return None
        return self._http.dispatcher.handle(request, self._http.pause)

    @property
    def clock(self) -> Timeline:
        """Return the clock of the running server."""
        if self._run_manager is None:
            raise RuntimeError("the server is not running")
        return self._run_manager.timeline

    def host_directory(self, host_id: int) -> Path:
        """Return the directory that serves as the root directory of a host in file transfers."""
        if self._run_manager is None:
            raise RuntimeError("the server is not running")
        return self._run_manager.files.directory(host_id)

    @property
    def counters(self) -> dict[str, Any]:
        """Count the requests and the created and started runs."""
        if self._run_manager is None:
            raise RuntimeError("the server is not running")
        return {**self._journal.counts(), **self._run_manager.counts()}

    @property
    def journal(self) -> list[dict[str, Any]]:
        """Return all requests so far, in order."""
        return self._journal.entries

    def __enter__(self) -> JobServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
