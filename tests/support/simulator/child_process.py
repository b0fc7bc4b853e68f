# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One child process with a time limit, in a session of its own, that another thread may end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Reason = Literal["exit", "timeout", "stopped"]


@dataclass(frozen=True)
class Ending:
    """How a child ended: by itself, at its time limit, or because it was stopped."""

    reason: Reason
    exit_code: int


class Child:
    """Runs one command. `stop` may come at any time, also before `run`, which then starts nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path, limit: float
    ) -> Ending:
        """Start the command, wait for its end, and kill the rest of its process group."""
        with self._lock, log.open("ab") as output:
            if self._stopped:
                return Ending("stopped", 0)
            # A session of its own, so that one signal reaches all its processes.
            process = self._process = subprocess.Popen(
                command,
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        in_time = _wait(process, limit)
        with self._lock:
            # Before the child is reaped: until then its process id cannot be reused.
            _kill_group(process.pid)
            code = process.wait()
            self._process = None
        if self._stopped:
            return Ending("stopped", 0)
        return Ending("exit", code if code >= 0 else 128 - code) if in_time else Ending("timeout", 0)

    def stop(self) -> None:
        """Kill the child and its process group."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                _kill_group(self._process.pid)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # macOS returns EPERM for a group of which only a dead leader is left.
        return


def _wait(process: subprocess.Popen[bytes], limit: float) -> bool:
    """Return whether the child ended within the limit. It is left unreaped if the system supports that."""
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            return False
        return True
    try:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        # poll takes 32-bit milliseconds, which is more than the maximum time limit of three days.
        return bool(poller.poll(limit * 1000))
    finally:
        os.close(handle)
