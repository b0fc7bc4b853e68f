# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Wait for a job instance that exists: M(blueking.job.bk_job_wait)."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InvalidTask, JobError
from ..jobs.context import StateSummary, TaskContext, partial_result_on_error
from ..jobs.monitor import JobMonitor
from ..models.launch import LaunchedJob
from ..models.launch_record import LaunchRecord
from ..models.settings import WaitSettings
from ..options.connection import read_connection, read_scope
from ..options.operate import read_instance_id
from ..options.reader import OptionReader
from ..options.wait import read_report_settings, read_wait_settings
from ..results.run_result import RunResult
from .null_instance import run_without_instance
from .wait_in_check_mode import error_in_check_mode, settings_in_check_mode


@dataclass
class _WaitState:
    """Result of a wait, and its description."""

    run_result: RunResult

    def result(self) -> dict[str, object]:
        """Return the documented result."""
        return self.run_result.result()

    def describe(self) -> StateSummary:
        """Return what is known as text."""
        launched = self.run_result.launch_record.launched
        return f"job instance {launched.job_instance_id if launched else 'unknown'} was not changed", None

    def is_outcome_unknown(self) -> bool:
        """Return whether the job may have been stopped."""
        return self.run_result.stopped


def job_wait(reader: OptionReader, context: TaskContext) -> dict[str, object]:
    """Wait for existing jobs: M(blueking.job.bk_job_wait). Never launches; writes only to stop these jobs.

    Raises:
        JobError: the task fails; C(result) of the error contains what is known.
    """
    scope = read_scope(reader)
    if _names_several(reader):
        # Compiled only for several runs.
        from .wait_for_several import wait_for_several

        return wait_for_several(reader, context, scope)
    job_instance_id = read_instance_id(reader, check_mode=context.check_mode, required=False)
    connection = read_connection(reader)
    settings = read_wait_settings(reader)
    # Without a launch there is no launch_outcome; the rest is reported as after one.
    launched = LaunchedJob(job_instance_id) if job_instance_id else None
    run_result = RunResult(read_report_settings(reader), connection.web_url, LaunchRecord(None, launched))
    if job_instance_id is None:
        return run_without_instance(context, run_result.result)
    with partial_result_on_error(_WaitState(run_result)):
        if context.problems.errors:
            raise InvalidTask(context.problems.errors)
        client = context.client(connection, progress=settings.progress)
        monitor = JobMonitor(client, scope, job_instance_id, run_result, context, launched_by_task=False)
        if context.check_mode:
            _wait_in_check_mode(monitor, settings)
        else:
            monitor.follow(settings)
    return run_result.result()


def _wait_in_check_mode(monitor: JobMonitor, settings: WaitSettings) -> None:
    try:
        monitor.follow(settings_in_check_mode(settings, monitor.run_result))
    except JobError as error:
        raise error_in_check_mode(error, settings, monitor.run_result) from error


def _names_several(reader: OptionReader) -> bool:
    """Return whether the task names several runs; add an error if it names one as well, or none."""
    several = bool(reader.present("job_instance_ids")) or reader.is_null("job_instance_ids")
    one = bool(reader.present("job_instance_id")) or reader.is_null("job_instance_id")
    if several and one:
        reader.add_error("job_instance_ids", "is mutually exclusive with job_instance_id")
    elif not several and not one:
        reader.add_missing("job_instance_id", "job_instance_ids")
    return several
