# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Operate a job instance or a step: M(blueking.job.bk_job_operate)."""

from __future__ import annotations

from dataclasses import dataclass

from ..api.client import JobClient
from ..errors import InvalidTask
from ..jobs.context import StateSummary, TaskContext, partial_result_on_error
from ..jobs.monitor import JobMonitor
from ..jobs.operation_runner import OperationRunner
from ..models.connection import Scope
from ..models.launch import LaunchedJob
from ..models.operations import OperationRequest
from ..models.settings import WaitSettings
from ..options.connection import read_connection, read_scope
from ..options.operate import read_instance_id, read_operation_request
from ..options.reader import OptionReader
from ..options.wait import read_report_settings, read_wait_settings
from ..results.operation_result import OperationResult
from ..results.run_result import RunResult
from .null_instance import run_without_instance


@dataclass
class _OperateState:
    """Result of an operation, and its description. C(run_result) is None if the task does not wait for the end."""

    operation_result: OperationResult
    run_result: RunResult | None

    def result(self) -> dict[str, object]:
        """Return the documented result."""
        operation_result, run_result = self.operation_result, self.run_result
        if run_result is None:
            return operation_result.result()
        # The state that was read last, whether before or during the wait.
        operation_result.instance = run_result.instance = run_result.instance or operation_result.instance
        result = {**operation_result.result(), **run_result.state()}
        return {**result, "changed": operation_result.changed or run_result.stopped}

    def describe(self) -> StateSummary:
        """Return what is known as text."""
        operation_result = self.operation_result
        if operation_result.accepted:
            return f"{operation_result.label()} was accepted; it {operation_result.state()}", None
        if operation_result.changed:
            return f"it is not known whether JOB carried out {operation_result.label()}", "Check the instance in JOB."
        return "nothing was changed", None

    def is_outcome_unknown(self) -> bool:
        """Return whether JOB may have accepted the operation."""
        return self.operation_result.changed


def job_operate(reader: OptionReader, context: TaskContext) -> dict[str, object]:
    """Run an operation, wait for its effect, and for the end of the run if asked: M(blueking.job.bk_job_operate).

    Raises:
        JobError: the task fails; C(result) of the error contains what is known.
    """
    scope = read_scope(reader)
    connection = read_connection(reader)
    job_instance_id = read_instance_id(reader, check_mode=context.check_mode)
    request = read_operation_request(reader, job_instance_id or 0)
    settings, report = read_wait_settings(reader), read_report_settings(reader)
    run_result = RunResult(report, connection.web_url) if settings.wait else None
    state = _OperateState(OperationResult(request, connection.web_url), run_result)
    if job_instance_id is None:
        return run_without_instance(context, state.result)
    with partial_result_on_error(state):
        if context.problems.errors or request is None:
            raise InvalidTask(context.problems.errors)
        if run_result is not None:
            run_result.launch_record.launched = LaunchedJob(request.job_instance_id)
        client = context.client(connection, progress=settings.progress)
        OperationRunner(client, scope, request, state.operation_result, context).run(check_mode=context.check_mode)
        diff = state.operation_result.diff(check_mode=context.check_mode)
        if run_result is not None and not context.check_mode:
            _wait(client, scope, request, run_result, settings, context)
    result = state.result()
    if context.diff:
        result["diff"] = diff
    return result


def _wait(
    client: JobClient,
    scope: Scope,
    request: OperationRequest,
    run_result: RunResult,
    settings: WaitSettings,
    context: TaskContext,
) -> None:
    monitor = JobMonitor(
        client,
        scope,
        request.job_instance_id,
        run_result,
        context,
        module="bk_job_operate",
        wanted_ends=request.operation.wanted_ends,
    )
    monitor.follow(settings)
