# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Operate a job instance or a step: M(blueking.job.bk_job_operate)."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InvalidTask
from ..jobs.context import StateSummary, TaskContext, partial_result_on_error
from ..jobs.operation_runner import OperationRunner
from ..options.connection import read_connection, read_scope
from ..options.operate import read_operation_request
from ..options.reader import OptionReader
from ..results.operation_result import OperationResult


@dataclass
class _OperateState:
    """Result of an operation, and its description."""

    operation_result: OperationResult

    def result(self) -> dict[str, object]:
        """Return the documented result."""
        return self.operation_result.result()

    def describe(self) -> StateSummary:
        """Return what is known as text."""
        operation_result = self.operation_result
        if operation_result.accepted:
            return f"{operation_result.label()} was accepted, it {operation_result.state()}", None
        if operation_result.changed:
            return f"whether JOB took {operation_result.label()} is not known", "Check the instance in JOB."
        return "nothing was changed", None

    def is_outcome_unknown(self) -> bool:
        """Return whether JOB may have accepted the operation."""
        return self.operation_result.changed


def job_operate(reader: OptionReader, context: TaskContext) -> dict[str, object]:
    """Run an operation and wait for its effect: M(blueking.job.bk_job_operate).

    Raises:
        JobError: the task fails; C(result) of the error contains what is known.
    """
    scope = read_scope(reader)
    connection = read_connection(reader)
    request = read_operation_request(reader)
    operation_result = OperationResult(request, connection.web_url)
    with partial_result_on_error(_OperateState(operation_result)):
        if context.problems.errors or request is None:
            raise InvalidTask(context.problems.errors)
        OperationRunner(context.client(connection), scope, request, operation_result, context).run(
            check_mode=context.check_mode
        )
    result = operation_result.result()
    if context.diff:
        result["diff"] = operation_result.diff(check_mode=context.check_mode)
    return result
