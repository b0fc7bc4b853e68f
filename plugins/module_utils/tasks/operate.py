# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operate a job instance or a step: M(blueking.job.bk_job_operate).

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import InvalidTask
from ..jobs.context import Face, SoFar, carrying
from ..jobs.operation_runner import Operator
from ..options.connection import read_connection, read_scope
from ..options.operate import read_order
from ..results.operation_result import Operated


def job_operate(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Carry out an operation and see its effect: M(blueking.job.bk_job_operate).

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    fields = face.fields(params)
    scope = read_scope(fields)
    connection = read_connection(fields)
    order = read_order(fields)
    record = Operated(order, connection.web_url)
    with carrying(record.result, lambda: _so_far(record), lambda: record.changed):
        if face.findings.faults or order is None:
            raise InvalidTask(face.findings.faults)
        Operator(face.client(connection), scope, order, record, face).run(check_mode=face.check_mode)
    result = record.result()
    if face.diff:
        result["diff"] = record.diff(check_mode=face.check_mode)
    return result


def _so_far(record: Operated) -> SoFar:
    if record.accepted:
        return f"{record.what()} was accepted, it {record.is_now()}", None
    if record.changed:
        return f"whether JOB took {record.what()} is not known", "Look at the instance in JOB."
    return "nothing was done", None
