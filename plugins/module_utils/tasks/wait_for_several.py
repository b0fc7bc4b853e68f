# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Wait for several job instances in one task: M(blueking.job.bk_job_wait) with job_instance_ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InvalidTask
from ..jobs.context import StateSummary, TaskContext, partial_result_on_error
from ..jobs.group_monitor import GroupMonitor
from ..jobs.monitor import JobMonitor
from ..models.connection import Scope
from ..models.launch import LaunchedJob
from ..models.launch_record import LaunchRecord
from ..models.settings import WaitSettings
from ..options.connection import read_connection
from ..options.instance_ids import read_instance_ids
from ..options.reader import OptionReader
from ..options.wait import read_report_settings, read_wait_settings
from ..results.group_result import GroupResult
from ..results.run_result import RunResult
from .null_instance import run_without_instance
from .wait_in_check_mode import error_in_check_mode, settings_in_check_mode


@dataclass
class _GroupState:
    """Result of a wait for several runs, and its description."""

    group_result: GroupResult

    def result(self) -> dict[str, object]:
        """Return the documented result."""
        return self.group_result.result()

    def describe(self) -> StateSummary:
        """Return what is known as text."""
        return "no job instance was changed", None

    def is_outcome_unknown(self) -> bool:
        """Return whether a job may have been stopped."""
        return any(run.stopped for run in self.group_result.runs)


def wait_for_several(reader: OptionReader, context: TaskContext, scope: Scope) -> dict[str, object]:
    """Wait for the job instances that job_instance_ids names.

    Raises:
        JobError: one of the runs did not succeed; C(result) of the error contains the result of each.
    """
    ids = read_instance_ids(reader, check_mode=context.check_mode)
    connection = read_connection(reader)
    settings, report = read_wait_settings(reader), read_report_settings(reader)
    runs = [
        RunResult(report, connection.web_url, LaunchRecord(None, LaunchedJob(instance_id))) for instance_id in ids or ()
    ]
    state = _GroupState(GroupResult(report, runs))
    if ids is None:
        return run_without_instance(context, state.result)
    with partial_result_on_error(state):
        if context.problems.errors:
            raise InvalidTask(context.problems.errors)
        client = context.client(connection, progress=settings.progress)
        monitors = [
            JobMonitor(client, scope, instance_id, run, context, launched_by_task=False)
            for instance_id, run in zip(ids, runs, strict=True)
        ]
        _wait(monitors, state.group_result, settings, context)
    return state.result()


def _wait(
    monitors: Sequence[JobMonitor], group_result: GroupResult, settings: WaitSettings, context: TaskContext
) -> None:
    group_settings = settings
    if context.check_mode:
        for monitor in monitors:
            group_settings = settings_in_check_mode(settings, monitor.run_result)
    group = GroupMonitor(monitors, context, group_settings)
    group.follow()
    failures = group.failures()
    if context.check_mode:
        failures = {
            position: error_in_check_mode(error, settings, monitors[position].run_result)
            for position, error in failures.items()
        }
    group_result.failures = failures
    omitted = group_result.omit_hosts()
    if omitted:
        context.problems.warn(f"The hosts of {omitted} runs that succeeded are left out; set `hosts: all` to get them")
    failure = group_result.failure()
    if failure is not None:
        failure.details = (*group.stop_advice(), *failure.details)
        raise failure
