# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host in one execution of a step: its states, its times, its result and its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .cmdb import Host

HOST_WAITING, HOST_RUNNING, HOST_SUCCESS, HOST_SUCCESS_BEFORE = 5, 7, 9, 3
HOST_NOT_DISPATCHED, HOST_NO_RESULT, HOST_WITHOUT_AGENT = 12, 15, 18
HOST_TIMEOUT, HOST_BAD_EXIT, HOST_NO_AGENT, HOST_STOPPED, HOST_SKIPPED = 102, 104, 310, 403, 500
HOST_FILES_INCOMPLETE = 11
AGENT_DOWN_CODE = 117
"""JOB API: the agent platform's code for an agent that does not respond."""
NEVER_RAN = frozenset({HOST_NOT_DISPATCHED, HOST_WITHOUT_AGENT, HOST_NO_AGENT})


@dataclass(slots=True)
class Clock:
    """Times of creation, start and end, in milliseconds. JOB API: unknown times are null."""

    created: int
    started: int | None = None
    ended: int | None = None

    @property
    def total(self) -> int | None:
        """Return the duration, once it has ended; waiting counts."""
        return None if self.ended is None or self.started is None else self.ended - self.started


class Output(Protocol):
    """Source of the log of a host. One object may serve many hosts."""

    def text(self, task: HostTask) -> str:
        """Return what the script has printed so far."""


class _Silence:
    def text(self, task: HostTask) -> str:
        return ""


SILENCE: Output = _Silence()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a host."""

    status: int
    exit_code: int | None = 0
    error_code: int = 0
    tag: str = ""
    note: str = ""
    """A line that the platform itself adds to the log."""
    left: tuple[tuple[str, str], ...] = ()
    """Name and value of the string variables after the script."""


def plain_exit_code(code: int) -> int:
    """JOB API: raw exit codes from 256 on carry the real one in their upper part, and are divided by 256."""
    return code // 256 if code >= 256 else code


@dataclass(slots=True)
class HostTask:
    """One host in one execution of a step."""

    host: Host
    clock: Clock
    execution: int = 0
    """JOB API: 0 for the first execution, one more for each retry; every execution has its own log."""
    batch: int = 0
    status: int = HOST_WAITING
    exit_code: int | None = None
    error_code: int = 0
    tag: str | None = ""
    """JOB API: a host of a file step has neither tag nor exit code."""
    notes: str = ""
    output: Output = SILENCE
    left: tuple[tuple[str, str], ...] = ()
    planned: bool = False
    """The step has not begun, so that the host is only in its list of targets."""

    @property
    def final(self) -> bool:
        """JOB API: a host has ended in every state but waiting (5) and running (7)."""
        return self.status not in (HOST_WAITING, HOST_RUNNING)

    @property
    def succeeded(self) -> bool:
        """JOB API: success is 9, and 3 for a host that succeeded in an earlier execution."""
        return self.status in (HOST_SUCCESS, HOST_SUCCESS_BEFORE)

    @property
    def total(self) -> int | None:
        """JOB API: a script that ran counts at least 100 ms; a host that never ran counts 0."""
        total = self.clock.total
        return total if total is None or self.status in NEVER_RAN or self.exit_code is None else max(total, 100)

    def finish(self, verdict: Verdict, now: int) -> None:
        """Set the host's result. One that never ran has equal start and end."""
        self.clock.ended = now
        if self.clock.started is None:
            self.clock.started = now
        self.status, self.error_code = verdict.status, verdict.error_code
        self.notes, self.left = verdict.note, verdict.left
        if self.tag is not None:
            self.exit_code, self.tag = verdict.exit_code, verdict.tag

    def text(self) -> str | None:
        """Return the log so far; None if there is none yet."""
        return self.output.text(self) + self.notes or None
