# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Monitor several job instances in one task: wait for all of them, and stop those that the task gives up.

Each instance has the monitor and the poller of a single wait, so its verdict is the same. Only when to poll is decided
here. What the history shows still active is not polled. Hosts and logs are read while no poll is due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..common.clock import Deadline
from ..errors import Interrupted, JobError
from ..models.operations import terminate_task
from ..models.run import JobInstance
from ..models.settings import WaitSettings
from .context import TaskContext
from .history_statuses import HistoryStatuses, is_server_wide
from .monitor import LAST_POLL_SECONDS, RESULT_TIMEOUT_SECONDS, STOP_TIMEOUT_SECONDS, JobMonitor
from .poller import Poller
from .stopper import STOP_SECONDS_AFTER_SIGNAL, stop_together
from .waited_run import GroupProgress, WaitedRun

# Time limit (seconds) of one poll: one instance that cannot be read must not keep the others waiting.
_POLL_SECONDS = 15.0
# Time (seconds) that each stop adds to the time limit of all.
_SECONDS_PER_STOP = 0.3
# Maximum number of ids in a line of a message.
_IDS_PER_LINE = 12
# Errors after which hosts and logs are read as after the end of the job.
_REPORTED = ("wait_timeout", "waiting_confirmation", "interrupted")


@dataclass
class GroupMonitor:
    """The monitors of all instances, in the order of the task."""

    monitors: Sequence[JobMonitor]
    context: TaskContext
    settings: WaitSettings
    runs: list[WaitedRun] = field(init=False)

    def __post_init__(self) -> None:
        clock, settings, first = self.context.clock, self.settings, self.monitors[0]
        self._deadline = Deadline(clock, settings.timeout)
        self._limit = Deadline(clock, settings.timeout + LAST_POLL_SECONDS)
        self._statuses = HistoryStatuses(first.client, first.scope)
        silent = self.context if settings.progress else replace(self.context, emit_progress=None)
        self._progress = GroupProgress(f"{first.module} {len(self.monitors)} runs:", silent)
        self.runs = [
            WaitedRun(
                monitor,
                Poller(
                    monitor.job_instance_id, settings, self._deadline, clock, launched_by_task=monitor.launched_by_task
                ),
                clock.now(),
            )
            for monitor in self.monitors
        ]

    def follow(self) -> None:
        """Wait for the end of all instances, and fill their results. Each run keeps its own failure."""
        try:
            with self.context.interrupts.interruptible():
                self._wait()
        except Interrupted as interrupted:
            for run in self._waiting():
                run.early_end, run.waiting = run.monitor.interruption(interrupted), False
        self._stop("wait_timeout", STOP_TIMEOUT_SECONDS)
        self._stop("interrupted", STOP_SECONDS_AFTER_SIGNAL)
        self._report_rest()

    def failures(self) -> dict[int, JobError]:
        """Return the errors of the runs that did not succeed, by position."""
        return {position: run.failure for position, run in enumerate(self.runs) if run.failure is not None}

    def stop_advice(self) -> tuple[str, ...]:
        """Return a line with the task that stops the runs that a signal has left behind, if there are any."""
        left = [
            run.id
            for run in self.runs
            if run.early_end is not None and run.early_end.kind == "interrupted" and run.keeps_running()
        ]
        if not left:
            return ()
        task = terminate_task("'{{ item }}'", self.monitors[0].scope.options())
        ids = [", ".join(map(str, left[start : start + _IDS_PER_LINE])) for start in range(0, len(left), _IDS_PER_LINE)]
        return (f"{len(left)} runs keep running. To stop them, loop over their ids: {task}", *ids)

    def _waiting(self) -> list[WaitedRun]:
        return [run for run in self.runs if run.waiting]

    def _wait(self) -> None:
        """Wait for all runs. Hosts and logs of runs that have ended are read while no poll is due."""
        clock = self.context.clock
        while waiting := self._waiting():
            due = [run for run in waiting if run.due <= clock.now() or self._deadline.remaining() <= 0]
            ended = next((run for run in self.runs if not run.waiting and not run.reported), None)
            if due:
                self._poll(due)
                self._progress.report(self.runs)
            elif ended is not None:
                self._report(ended, RESULT_TIMEOUT_SECONDS)
                if ended.monitor.interrupted is not None:
                    raise ended.monitor.interrupted
            else:
                pause = min(run.due for run in waiting) - clock.now()
                clock.sleep(self._deadline.clip(self._progress.clip(pause)))
                self._progress.report(self.runs)

    def _poll(self, due: list[WaitedRun]) -> None:
        """Poll the runs that are due. Those that the history shows still active count as polled, due or not."""
        waiting = self._waiting()
        try:
            statuses = self._statuses.read([run.instance for run in waiting if run.instance is not None], self._limit)
        except JobError as error:
            self._note_failure(waiting, error)
            return
        listed = {run.id for run in waiting if run.id in statuses}
        unchanged = [run for run in waiting if run.is_active(statuses.get(run.id))]
        for run in unchanged:
            if run.instance is not None:
                run.instance.status = statuses[run.id]
        self._note(unchanged, Poller.note_unchanged)
        changed = [run for run in waiting if (run in due or run.id in listed) and run not in unchanged]
        # Those that were not polled for the longest time come first, so that each gets its turn.
        changed.sort(key=lambda run: run.polled)
        given_up: JobError | None = None
        while changed and self._limit.remaining() > 0:
            run = changed.pop(0)
            self._poll_one(run, given_up)
            failed = run.poller.last_error
            if run.waiting and failed is not None and (failed.http_status is None or is_server_wide(failed)):
                self._note_failure(changed, failed)
                return
            if failed is not None and failed.http_status is None:
                given_up = failed
        self._note(changed, Poller.check_deadline)

    def _poll_one(self, run: WaitedRun, given_up: JobError | None) -> None:
        """Poll a run. No request is sent if another poll failed finally without a response: this one would as well."""
        monitor, run.polled = run.monitor, self.context.clock.now()
        deadline = self._limit.within(_POLL_SECONDS)

        def read() -> JobInstance:
            if given_up is not None:
                raise given_up
            return monitor.read(deadline)

        try:
            run.waiting = run.poller.poll(read, monitor.on_instance) is None
        except JobError as error:
            run.early_end, run.waiting = error, False
        run.due = self.context.clock.now() + run.poller.pause()

    def _note_failure(self, runs: list[WaitedRun], error: JobError) -> None:
        """Count a failed call as a failed poll of each of these runs: the server would not respond to them either."""
        self._note(runs, lambda poller: poller.note_failure(error))

    def _note(self, runs: list[WaitedRun], what: Callable[[Poller], None]) -> None:
        """Record something about runs without polling them. They are due together, so that one call serves all."""
        for run in runs:
            try:
                what(run.poller)
            except JobError as error:
                run.early_end, run.waiting = error, False
        due = self.context.clock.now() + (runs[0].poller.pause() if runs else 0.0)
        for run in runs:
            run.due = due

    def _stop(self, kind: str, seconds: float) -> None:
        """Stop the runs whose wait ended with this kind of error, if the task asks for it."""
        runs = [run for run in self.runs if run.early_end is not None and run.early_end.kind == kind]
        if not runs or not self.settings.terminates(kind):
            return
        clock = self.context.clock
        deadline = Deadline(clock, seconds + _SECONDS_PER_STOP * (len(runs) - 1))
        results = stop_together([(run.monitor.stopper(), run.instance) for run in runs], clock, deadline)
        for run, stopped in zip(runs, results, strict=True):
            if run.early_end is not None:
                run.early_end = run.monitor.note_stop(run.early_end, stopped)
            run.stop_accepted = stopped.accepted

    def _report_rest(self) -> None:
        """Read hosts and logs of all other runs, in the time that the end of the wait leaves."""
        clock = self.context.clock
        full, brief = Deadline(clock, RESULT_TIMEOUT_SECONDS), Deadline(clock, LAST_POLL_SECONDS)
        after_timeout = Deadline(clock, STOP_TIMEOUT_SECONDS) if self.settings.terminate_on_timeout else self._limit
        for run in self.runs:
            if run.reported:
                continue
            timed_out = run.early_end is not None and run.early_end.kind == "wait_timeout"
            deadline = brief if self._interrupted() else after_timeout if timed_out else full
            self._report(run, deadline.remaining())
            if run.monitor.interrupted is not None:
                brief = Deadline(clock, LAST_POLL_SECONDS)

    def _interrupted(self) -> bool:
        return any(
            run.monitor.interrupted is not None or (run.early_end is not None and run.early_end.kind == "interrupted")
            for run in self.runs
        )

    def _report(self, run: WaitedRun, seconds: float) -> None:
        """Add hosts and logs of a run to its result, and set its verdict."""
        run.reported, early_end = True, run.early_end
        if early_end is not None and early_end.kind not in _REPORTED:
            # Its state cannot be read, so neither can its hosts.
            run.failure, run.monitor.run_result.failed = early_end, True
            return
        try:
            run.monitor.finish(self.settings, seconds, early_end, accepted=run.stop_accepted)
        except JobError as failure:
            run.failure = failure
