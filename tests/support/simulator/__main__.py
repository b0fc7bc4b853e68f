# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of the JOB simulator."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .errors import InventoryError
from .inventory import DEFAULT_INVENTORY
from .server import JobServer

BAD_INVENTORY = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = _parser().parse_args(arguments)
    arrived = _signals()
    try:
        server = JobServer(options.inventory, options.journal, options.host, options.port, control=options.control)
    except InventoryError as error:
        print(error, file=sys.stderr)
        return BAD_INVENTORY
    except OSError as error:
        return _failed(error)
    try:
        server.start()
        print(f"JOB server at {server.url}", flush=True)
        if options.port_file is not None:
            _write_port(options.port_file, server.port)
        arrived.recv(1)
    except OSError as error:
        return _failed(error)
    finally:
        server.stop()
    return 0


def _signals() -> socket.socket:
    """Handle SIGTERM and SIGINT; return a socket that can be read as soon as one of them arrived.

    Python runs a handler between two instructions, so a signal that arrives just before a wait begins does not end it.
    A socket does not lose it.
    """
    arrived, wakeup = socket.socketpair()
    wakeup.setblocking(False)
    signal.set_wakeup_fd(wakeup.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    return arrived


def _failed(error: OSError) -> int:
    print(f"simulator: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ansible_collections.blueking.job.tests.support.simulator",
        description="A JOB-compatible HTTP server for tests and demos. It runs scripts on this machine, "
        "or plays their outcomes by rules of the inventory (executor: scripted).",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--port-file", type=Path, metavar="FILE", help="write the port here as soon as it listens")
    parser.add_argument(
        "--inventory",
        type=Path,
        default=DEFAULT_INVENTORY,
        metavar="FILE.yml",
        help="what the server knows (default: the demo's, %(default)s)",
    )
    parser.add_argument("--journal", type=Path, metavar="FILE", help="append every request here as a JSON line")
    parser.add_argument("--control", action="store_true", help="offer /control, where faults and the clock can be set")
    return parser


def _write_port(path: Path, port: int) -> None:
    """Write the port atomically: readers see the whole number or no file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="ascii") as fresh:
        fresh.write(f"{port}\n")
    Path(name).replace(path)


if __name__ == "__main__":
    sys.exit(main())
