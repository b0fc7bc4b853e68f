# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Launch and wait: M(blueking.job.bk_job_plan), M(blueking.job.bk_fast_script), M(blueking.job.bk_fast_file)."""

from __future__ import annotations

from dataclasses import dataclass

from ..api.client import JobClient
from ..api.factory import schema_for
from ..common.clock import Deadline
from ..errors import InvalidTask
from ..jobs.context import StateSummary, TaskContext, partial_result_on_error
from ..jobs.launcher import Launcher
from ..jobs.preflight import preflight
from ..models.history import HistoryEntry
from ..models.launch import FileLaunch, Launch, LaunchedJob
from ..models.launch_record import LaunchRecord
from ..models.settings import LaunchSettings, WaitSettings
from ..models.status import has_job_failed
from ..options.connection import read_connection, read_scope
from ..options.launch import read_launch_settings
from ..options.plan import read_plan_launch
from ..options.reader import OptionReader
from ..options.script import read_script_launch
from ..options.wait import read_report_settings, read_wait_settings
from ..results.run_result import RunResult
from .request_preview import mask_secrets


@dataclass
class _LaunchState:
    """Result of a launch, and its description."""

    run_result: RunResult

    def result(self) -> dict[str, object]:
        """Return the documented result."""
        return self.run_result.result()

    def describe(self) -> StateSummary:
        """Return what is known as text."""
        launch = self.run_result.launch_record
        instance = f"job instance {launch.launched.job_instance_id}" if launch.launched else "no instance is known"
        clauses = {
            "not_sent": "nothing was launched",
            "rejected": "nothing was launched",
            "created": f"{instance} is pending",
            "existing": f"{instance} was launched earlier and keeps its state",
        }
        clause = clauses.get(launch.outcome or "", f"the job may be running: {instance}")
        return clause, "Check JOB's execution history before you launch again." if launch.changed else None

    def is_outcome_unknown(self) -> bool:
        """Return whether a job may have been started."""
        return self.run_result.launch_record.outcome == "unknown"


def job_plan(reader: OptionReader, context: TaskContext) -> dict[str, object]:
    """Launch a job plan and wait for it: M(blueking.job.bk_job_plan).

    Raises:
        JobError: the task fails; C(result) of the error contains what is known.
    """
    return _launch_task(reader, context, read_plan_launch(reader, read_scope(reader)))


def fast_script(reader: OptionReader, context: TaskContext) -> dict[str, object]:
    """Run a script and wait for it: M(blueking.job.bk_fast_script).

    Raises:
        JobError: the task fails; C(result) of the error contains what is known.
    """
    return _launch_task(reader, context, read_script_launch(reader, read_scope(reader), context.clock.unique_name()))


def fast_file(reader: OptionReader, context: TaskContext) -> dict[str, object]:
    """Send files to hosts and wait for the end: M(blueking.job.bk_fast_file).

    Raises:
        JobError: the task fails; C(result) of the error contains what is known.
    """
    # Compiled only for files.
    from ..options.files import read_file_launch

    return _launch_task(reader, context, read_file_launch(reader, read_scope(reader), context.clock.unique_name()))


def _launch_task(reader: OptionReader, context: TaskContext, launch: Launch) -> dict[str, object]:
    connection = read_connection(reader)
    launch_settings = read_launch_settings(reader, connection.api_version, has_start_task=launch.has_start_task)
    wait_settings = read_wait_settings(reader)
    run_result = RunResult(read_report_settings(reader), connection.web_url, run_type=launch.run_type)
    schema = schema_for(connection)
    for option, advice in schema.unsupported(launch):
        reader.add_error(option, f"is not supported by API {schema.generation}: {advice}")
    with partial_result_on_error(_LaunchState(run_result)):
        if context.problems.blocks_preflight:
            raise InvalidTask(context.problems.errors)
        client = context.client(connection, progress=wait_settings.progress)
        deadline = Deadline(context.clock, launch_settings.timeout)
        with context.interrupts.interruptible():
            launch = preflight(
                client, launch, context.problems, context.secrets, deadline, check_mode=context.check_mode
            )
            existing = _existing_run(client, launch, launch_settings, run_result.launch_record, context, deadline)
        if existing is None and (context.check_mode or context.diff):
            run_result.request = client.preview(mask_secrets(launch), start=not launch_settings.two_step)
        launcher = Launcher(client, launch, launch_settings, run_result.launch_record, context, deadline)
        if context.check_mode:
            launcher.preview(existing)
        else:
            # From here on a signal is pending until the outcome of the launch is known.
            context.interrupts.check()
            launched = launcher.run() if existing is None else launcher.resume(existing)
            if wait_settings.wait:
                _wait(client, launch, launched, run_result, wait_settings, context)
    return run_result.result()


def _existing_run(
    client: JobClient,
    launch: Launch,
    settings: LaunchSettings,
    record: LaunchRecord,
    context: TaskContext,
    deadline: Deadline,
) -> HistoryEntry | None:
    """Return the earlier run with the same unique key that the task continues, None if it launches a new one.

    Raises:
        JobError: earlier runs cannot be searched, or one exists and the task is to fail then; nothing was launched.
    """
    if launch.unique_key is None:
        return None
    # Compiled only for launches with a key.
    from ..jobs.existing_run import ExistingRunSearch, existing_run_error

    found = ExistingRunSearch(client, launch, launch.unique_key, settings, context, deadline).run()
    record.previous = found
    if found is None or has_job_failed(found.status):
        return None
    if launch.unique_key.fail_on_existing:
        raise existing_run_error(found, launch.unique_key)
    return found


def _wait(
    client: JobClient,
    launch: Launch,
    launched: LaunchedJob,
    run_result: RunResult,
    settings: WaitSettings,
    context: TaskContext,
) -> None:
    # Compiled only for a task that waits: with what it imports this is a tenth of all files of a launch.
    from ..jobs.monitor import JobMonitor

    monitor = JobMonitor(client, launch.scope, launched.job_instance_id, run_result, context, module=launch.module)
    monitor.explicit_host_count = launch.explicit_host_count
    monitor.targets = launch.target if isinstance(launch, FileLaunch) else None
    monitor.follow(settings)
