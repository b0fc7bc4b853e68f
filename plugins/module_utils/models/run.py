# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Job instances with their steps and hosts.

Times are ISO 8601 text unless stated otherwise, durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ..common.text import truncate
from .status import JOB_ENDS

# Maximum length (characters) of the name of a step in a message.
_MAX_NAME_LENGTH = 40


class HostKey(NamedTuple):
    """Identity of a host: its id if known, else cloud area and ip (two hosts may share an ip)."""

    bk_host_id: int | None
    bk_cloud_id: int | None
    ip: str | None


class FileResult(NamedTuple):
    """One file, directory or pattern that was sent to a host. C(size) and C(speed) are texts of JOB, with units.

    C(status) is JOB's code (JOB API: batch_get_job_instance_ip_log).
    """

    source_ip: str | None
    source_path: str | None
    path: str | None
    status: int | None
    size: str | None = None
    speed: str | None = None
    error: str | None = None


@dataclass(slots=True)
class LogResult:
    """What the task keeps of the log of one host: C(text) for the result, C(path) of its file.

    C(files) are those of a file step. C(last_line) is the last line of a failed host's log that is not blank; empty if
    there is none, None if the log was not read.
    """

    text: str | None = None
    truncated: bool = False
    path: str | None = None
    files: list[FileResult] | None = None
    last_line: str | None = None


@dataclass(slots=True)
class HostResult:
    """One host in one step. Filled once at the end of the job; the log is added later.

    C(status) is JOB's code, or C(HOST_NEVER_ATTEMPTED). C(log) is None if nothing is kept of it.
    There may be 50 000 of them, so times stay as the server sent them: milliseconds since the epoch, or ISO 8601.
    C(total_time) is in seconds.
    """

    bk_host_id: int | None
    bk_cloud_id: int | None
    ip: str | None
    status: int
    exit_code: int | None = None
    tag: str | None = None
    start_time: int | str | None = None
    end_time: int | str | None = None
    total_time: float | None = None
    log: LogResult | None = None

    def kept_log(self) -> LogResult:
        """Return the log of the host, to be filled."""
        if self.log is None:
            self.log = LogResult()
        return self.log

    @property
    def key(self) -> HostKey:
        """Return the identity of the host."""
        return HostKey(self.bk_host_id, self.bk_cloud_id, self.ip)


@dataclass
class StepResult:
    """One step of an instance. C(hosts) is None until they are read.

    C(status) and C(type) are JOB's codes. Times are ISO 8601, durations seconds (JOB API: get_job_instance_status).
    """

    step_instance_id: int
    name: str | None
    status: int
    type: int | None = None
    execute_count: int | None = None
    create_time: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None
    hosts: list[HostResult] | None = None

    def label(self) -> str:
        """Name the step in a message, by its id and its name, which is cut."""
        return f"step {self.step_instance_id} ({truncate(self.name or 'without name', _MAX_NAME_LENGTH)})"


@dataclass
class JobInstance:
    """One run of a plan, script or files, as returned by one status response.

    C(status) is JOB's code. Times are ISO 8601, durations seconds (JOB API: get_job_instance_status).
    """

    job_instance_id: int
    status: int
    finished: bool
    name: str | None = None
    create_time: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None
    steps: list[StepResult] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Return whether the job has ended: the server reports so, and the status is a known final one."""
        return self.finished and self.status in JOB_ENDS


def step_fingerprint(step: StepResult | None) -> tuple[int, int | None, str | None] | None:
    """Return values that differ after any action on the step: quick retries are counted, quick batches end later."""
    return None if step is None else (step.status, step.execute_count, step.end_time)
