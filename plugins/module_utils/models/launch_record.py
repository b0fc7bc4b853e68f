# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""The state of a launch, which every result reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from .history import HistoryEntry
from .launch import LaunchedJob
from .run import JobInstance

# Outcomes after which an instance exists on the server, may exist, or would exist.
_CHANGED_OUTCOMES = frozenset({"started", "created", "recovered", "unknown", "check_mode"})


@dataclass
class LaunchRecord:
    """State of the launch as known at the moment. Filled step by step, so that it can be reported at any time.

    C(outcome) is a value of the documented key C(launch_outcome), None for a task that launches nothing. C(instance) is
    the state before the start.
    C(candidates) are instances of which one may be ours. C(pending_duplicates) are instances that repeated creates left
    pending; they never start by themselves.
    C(previous) is the newest earlier run with the same unique key. C(reattached) is true if the task continues that run
    instead of launching another.
    """

    outcome: str | None = "not_sent"
    launched: LaunchedJob | None = None
    instance: JobInstance | None = None
    candidates: list[HistoryEntry] = field(default_factory=list)
    pending_duplicates: list[int] = field(default_factory=list)
    previous: HistoryEntry | None = None
    reattached: bool = False

    @property
    def previous_job_instance_id(self) -> int | None:
        """Return the id of the newest earlier run with the same unique key, unless the task continues it."""
        return None if self.previous is None or self.reattached else self.previous.job_instance_id

    @property
    def changed(self) -> bool:
        """Return whether something was changed on the server, may have been, or (in check mode) would be."""
        return self.outcome in _CHANGED_OUTCOMES
