# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Find the newest run that an earlier task launched with the same unique key.

JOB has no key of its own for runs. A script's key is part of its task name, which the execution history can search for.
A plan's key is the value of one of its string variables, which is read run by run.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..api.client import JobClient
from ..api.session import READ_RETRY_SECONDS
from ..common.clock import Backoff, Deadline
from ..common.dates import Moment
from ..errors import Delivery, JobError
from ..models.history import PAGE_SIZE, HistoryEntry, HistoryFilter
from ..models.launch import PLAN_RUN, Launch, PlanLaunch, UniqueKey
from ..models.settings import LaunchSettings
from ..models.status import JOB_ENDS, JOB_PENDING, JOB_TERMINATING, has_job_failed, job_status_name
from .context import TaskContext
from .history_search import HistoryMatches, HistorySearch

# Maximum number of plan runs in the window; beyond it the search would take too long and too much memory.
_MAX_PLAN_RUNS = 100_000
# Maximum time (seconds) until a run that was just launched shows its variables, and pauses between reads.
_VALUES_SECONDS, _FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 20.0, 1.0, 5.0
# Maximum time (seconds) until a run that is being stopped has ended.
_STOP_SECONDS = 30.0
# Part of the time limit of the launch that the search may take, so that enough is left for the launch.
_SEARCH_SHARE = 0.5
# Maximum number of runs with the key to choose from: repeated creates may have left pending ones.
_MAX_SCRIPT_RUNS = 10


class ExistingRunSearch:
    """Search for the run that a launch with a unique key continues.

    Args:
        client: JOB, over an API that has an execution history.
        launch: the launch.
        key: its key.
        settings: how it is launched.
        context: clock and warnings.
        deadline: time limit of the search and the launch together.
    """

    def __init__(
        self,
        client: JobClient,
        launch: Launch,
        key: UniqueKey,
        settings: LaunchSettings,
        context: TaskContext,
        deadline: Deadline,
    ) -> None:
        self._client = client
        self._launch = launch
        self._key = key
        self._two_step = settings.two_step and settings.honors_start_task
        self._clock = context.clock
        self._warn = context.problems.warn
        self._deadline = deadline.within(deadline.remaining() * _SEARCH_SHARE)
        # Whether a run of the plan has the key, by the run's id.
        self._keyed: dict[int, bool] = {}

    def run(self) -> HistoryEntry | None:
        """Return the newest run with the key in the key's window, in any state; None if there is none.

        Raises:
            JobError: the history or the variables of a run cannot be read, or the run is being stopped and does not
                end; nothing was launched.
        """
        try:
            found = self._find()
            if found is not None and found.status == JOB_TERMINATING:
                found = self._await_stop(found)
        except JobError as error:
            text = f"Nothing was launched because runs with unique_key {self._key.key} cannot be searched"
            failure = error.rephrased(f"{text}: {error.summary}")
            failure.delivery = Delivery.NOT_SENT
            raise failure from error
        if found is not None and found.status == JOB_TERMINATING:
            raise _stopping_error(found, self._key)
        return found

    def _find(self) -> HistoryEntry | None:
        if isinstance(self._launch, PlanLaunch):
            return self._find_plan_run(self._launch)
        filters = self._filter(self._launch.run_type, limit=_MAX_SCRIPT_RUNS, name=self._launch.task_name)
        return _newest(self._search(filters).entries)

    def _await_stop(self, found: HistoryEntry) -> HistoryEntry:
        """Return the run as soon as it is no longer being stopped, or when the time for that is over."""
        deadline = self._deadline.within(_STOP_SECONDS)
        backoff = Backoff(self._clock, deadline, _FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS)
        while found.status == JOB_TERMINATING and backoff.pause():
            found = found._replace(status=self._status(found, deadline))
        return found

    def _status(self, run: HistoryEntry, deadline: Deadline) -> int:
        scope, instance_id = self._launch.scope, run.job_instance_id
        return self._client.status(scope, instance_id, deadline, retry_for=READ_RETRY_SECONDS).status

    def _filter(self, run_type: int, limit: int, name: str | None = None) -> HistoryFilter:
        return HistoryFilter(since=Moment(self._key.window_ms, relative=True), limit=limit, name=name, type=run_type)

    def _search(self, filters: HistoryFilter) -> HistoryMatches:
        matches = HistoryMatches()
        HistorySearch(self._client, self._launch.scope, filters, self._deadline).fill(matches)
        return matches

    def _find_plan_run(self, launch: PlanLaunch) -> HistoryEntry | None:
        # The name of a plan may have changed since, so runs are not filtered by it. The first page is often enough.
        matches = self._search(self._filter(PLAN_RUN, limit=PAGE_SIZE))
        found = self._newest_with_key(launch, matches)
        if not matches.truncated or (found is not None and found.status != JOB_PENDING):
            return found
        matches = self._search(self._filter(PLAN_RUN, limit=_MAX_PLAN_RUNS))
        if matches.truncated:
            raise JobError(
                f"The history lists more than {_MAX_PLAN_RUNS} runs of plans",
                kind="validation",
                hint="Use a shorter unique_window.",
            )
        return self._newest_with_key(launch, matches)

    def _newest_with_key(self, launch: PlanLaunch, matches: HistoryMatches) -> HistoryEntry | None:
        """Return the run of the plan that counts among those with the key; each run is read once."""
        runs = [entry for entry in matches.entries if entry.job_plan_id == launch.job_plan_id]
        return _newest(entry for entry in runs if self._is_keyed(entry))

    def _is_keyed(self, entry: HistoryEntry) -> bool:
        instance_id = entry.job_instance_id
        if instance_id not in self._keyed:
            self._keyed[instance_id] = self._poll_for_key(entry)
        return self._keyed[instance_id]

    def _poll_for_key(self, entry: HistoryEntry) -> bool:
        """Poll a run of the plan until it shows its variables. Return whether the value of the variable is the key.

        Raises:
            JobError: the value cannot be read, and the run may be the one to continue.
        """
        if self._deadline.remaining() <= 0:
            raise JobError(
                "Timed out while reading the variables of the plan's runs",
                kind="wait_timeout",
                hint="Use a shorter unique_window or a longer launch_timeout.",
            )
        deadline = self._deadline.within(_VALUES_SECONDS)
        backoff = Backoff(self._clock, deadline, _FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS)
        status, instance_id = entry.status, entry.job_instance_id
        while True:
            steps = self._client.string_values(self._launch.scope, instance_id, deadline, retry_for=READ_RETRY_SECONDS)
            # Values are cumulative: those of the first step are the ones that the run was launched with.
            values = next(filter(None, steps), {})
            if values:
                # The plan may not have had the variable when it was launched.
                return values.get(self._key.variable or "") == self._key.key
            if has_job_failed(status):
                # With or without the key, a new run is launched.
                return False
            if status in JOB_ENDS or not backoff.pause():
                self._check_run_without_values(instance_id, status)
                return False
            status = self._status(entry, deadline)

    def _check_run_without_values(self, instance_id: int, status: int) -> None:
        """Warn of a run that never starts by itself, so that it can be ignored.

        Raises:
            JobError: any other run, because it may be the one to continue.
        """
        if status == JOB_PENDING and self._two_step:
            self._warn(
                f"Job instance {instance_id} of the plan is pending and does not show its variables. It may have been "
                "created with the same unique_key; it is ignored because a pending run never starts by itself."
            )
            return
        raise JobError(
            f"Job instance {instance_id} of the plan does not show the value of variable {self._key.variable}",
            kind="validation",
            hint="JOB shows the variables of a run as soon as one of its script steps has begun. Check that the plan "
            "has a script step, repeat the task later, or use a unique_window that does not include that run.",
        )


def _newest(entries: Iterable[HistoryEntry]) -> HistoryEntry | None:
    """Return the run that counts, None if there is none.

    It is the newest, unless that is pending and an older one was started: then a repeated create left it, which must
    not be started as well.
    """
    pending = None
    for entry in entries:
        if entry.status != JOB_PENDING:
            return entry if pending is None or not has_job_failed(entry.status) else pending
        pending = pending or entry
    return pending


def _stopping_error(found: HistoryEntry, key: UniqueKey) -> JobError:
    return JobError(
        f"Nothing was launched because job instance {found.job_instance_id} with unique_key {key.key} is being stopped "
        "and has not ended",
        kind="not_sent",
        hint="Repeat the task when it has ended. A run that waits for a confirmation ends when that is refused.",
        delivery=Delivery.NOT_SENT,
    )


def existing_run_error(found: HistoryEntry, key: UniqueKey) -> JobError:
    """Return the error of a task that must not continue an earlier run."""
    return JobError(
        f"Nothing was launched because job instance {found.job_instance_id} with unique_key {key.key} "
        f"is {job_status_name(found.status)}, and on_existing is fail",
        kind="not_sent",
        hint="Use another unique_key for another run, or set `on_existing: adopt` to wait for this one.",
        delivery=Delivery.NOT_SENT,
    )
