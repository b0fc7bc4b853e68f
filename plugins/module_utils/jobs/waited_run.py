# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""One of several instances that a task waits for, and the progress output about all of them."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import JobError
from ..models.run import JobInstance
from ..models.status import JOB_ENDS, JOB_PENDING, JOB_RUNNING, has_job_failed
from .context import TaskContext
from .monitor import JobMonitor
from .poller import Poller
from .progress_lines import ProgressLines

# Minimum time (seconds) between two lines of progress output.
_MIN_LINE_SECONDS = 5.0


@dataclass(eq=False)
class WaitedRun:
    """One of the instances: when to poll it next, and what the wait has found."""

    monitor: JobMonitor
    poller: Poller
    # Times on the clock, seconds: of the next poll, and of the last one that was sent.
    due: float
    polled: float = 0.0
    waiting: bool = True
    reported: bool = False
    early_end: JobError | None = None
    stop_accepted: bool = False
    failure: JobError | None = None

    @property
    def id(self) -> int:
        """Return the id of the instance."""
        return self.monitor.job_instance_id

    @property
    def instance(self) -> JobInstance | None:
        """Return the last known state."""
        return self.monitor.run_result.instance

    def is_active(self, status: int | None) -> bool:
        """Return whether a status of the history shows that the job is still as active as at the last poll.

        A job that was pending and is running needs no poll; one that waits for a confirmation does.
        """
        instance = self.instance
        if instance is None or status is None or status in JOB_ENDS:
            return False
        return status == instance.status or (instance.status, status) == (JOB_PENDING, JOB_RUNNING)

    def keeps_running(self) -> bool:
        """Return whether the job is not known to have ended, and JOB has accepted no stop."""
        ended = self.instance is not None and self.instance.ended
        return not self.stop_accepted and not ended

    def has_failed(self) -> bool:
        """Return whether the run has failed, or the wait for it."""
        return self.early_end is not None or (self.instance is not None and has_job_failed(self.instance.status))


class GroupProgress(ProgressLines):
    """Progress lines about a group: how many runs have ended."""

    def __init__(self, label: str, context: TaskContext) -> None:
        super().__init__(label, context)
        self._last_ended = 0

    def report(self, runs: list[WaitedRun]) -> None:
        """Emit a line if runs have ended or a line is due; for the end of the last run only after a longer wait."""
        ended = sum(not run.waiting for run in runs)
        if not self.wanted or ended == len(runs) > 0 and not self.emitted:
            return
        is_new = ended > self._last_ended and (ended == len(runs) or self.since_last_line() >= _MIN_LINE_SECONDS)
        if is_new or self.is_due():
            self._last_ended = ended
            failed = sum(not run.waiting and run.has_failed() for run in runs)
            self.line(self.prefix, f"{ended} ended", f"{failed} failed" if failed else "")
