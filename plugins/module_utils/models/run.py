# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Job instances with their steps and hosts.

Private to the collection blueking.job: no stable interface for others.

Times are ISO 8601 text unless a field says otherwise, durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HostKey:
    """What a host is recognised by: its id if known, else cloud area and ip (two hosts may share an ip)."""

    bk_host_id: int | None
    bk_cloud_id: int | None
    ip: str | None


@dataclass(slots=True)
class HostResult:
    """One host in one step. Filled once at the end of the job; the log comes in later.

    There may be 50 000 of them, so times stay as the server gave them: milliseconds since the epoch, or ISO 8601.
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
    log: str | None = None
    log_truncated: bool = False
    log_path: str | None = None

    @property
    def key(self) -> HostKey:
        """What the host is recognised by."""
        return HostKey(self.bk_host_id, self.bk_cloud_id, self.ip)


@dataclass
class StepResult:
    """One step of an instance. C(hosts) is None as long as nobody asked for them."""

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


@dataclass
class JobInstance:
    """One run of a plan or script, as one status answer tells it."""

    job_instance_id: int
    status: int
    finished: bool
    name: str | None = None
    create_time: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None
    steps: list[StepResult] = field(default_factory=list)


def step_fingerprint(step: StepResult | None) -> tuple[int, int | None, str | None] | None:
    """What differs as soon as anything was done with a step: quick retries are counted, quick batches end later."""
    return None if step is None else (step.status, step.execute_count, step.end_time)
