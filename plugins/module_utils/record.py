# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to launch, what is known of a launch so far, and what the history of executions says of it.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .models import JobInstance, Launched, Scope

if TYPE_CHECKING:
    from .window import Moment

# Outcomes after which an instance exists at the server, may exist, or would exist.
_LEFT_SOMETHING = frozenset({"started", "created", "recovered", "unknown", "check_mode"})


@dataclass(frozen=True)
class LaunchPlan:
    """How to launch: in one step or two, and how long until the outcome is known (seconds).

    C(honours_start_task) says whether the server is known to create instances without starting them.
    """

    two_step: bool = False
    honours_start_task: bool = False
    timeout: float = 180.0


@dataclass(frozen=True)
class HistoryFilter:
    """Which instances of the history somebody wants to see; an empty tuple of C(statuses) means all.

    Without C(since) one day is wanted, without C(until) everything up to now, C(limit) instances at most. Numbers are
    those of HistoryQuery.
    """

    since: Moment | None = None
    until: Moment | None = None
    limit: int = 100
    name: str | None = None
    exact_name: bool = True
    operator: str | None = None
    statuses: tuple[int, ...] = ()
    type: int | None = None
    launch_mode: int | None = None
    ip: str | None = None


@dataclass(frozen=True)
class HistoryQuery:
    """One page of the history; times are milliseconds since the epoch, both included.

    Numbers are JOB's own: C(type) 0 plan, 1 script, 2 file; C(launch_mode) 1 web, 2 API, 3 timer.
    """

    scope: Scope
    created_from_ms: int
    created_to_ms: int
    name_part: str | None = None
    operator: str | None = None
    launch_mode: int | None = None
    type: int | None = None
    status: int | None = None
    ip: str | None = None
    start: int = 0
    length: int = 1000


@dataclass(frozen=True)
class HistoryEntry:
    """One instance as the history of executions lists it. C(job_plan_id) is -1 for scripts.

    C(create_time) is meant for people, C(created_ms) the same in milliseconds since the epoch.
    """

    job_instance_id: int
    job_plan_id: int | None
    name: str | None
    operator: str | None
    status: int
    create_time: str | None
    created_ms: int | None = None
    job_template_id: int | None = None
    type: int | None = None
    launch_mode: int | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None


@dataclass
class LaunchRecord:
    """The launch as far as it is known. Filled step by step, so that it can be told at any moment.

    C(outcome) is a word of the documented key C(launch_outcome), None for a task that launches nothing, C(instance) the
    state before it was started,
    C(candidates) are instances of which one may be ours, C(pending_duplicates) instances that repeated creates left
    behind, which never start by themselves.
    """

    outcome: str | None = "not_sent"
    launched: Launched | None = None
    instance: JobInstance | None = None
    candidates: list[HistoryEntry] = field(default_factory=list)
    pending_duplicates: list[int] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether something was left at the server, may have been, or (in check mode) would be."""
        return self.outcome in _LEFT_SOMETHING
