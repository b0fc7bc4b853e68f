# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Operation options: options to models."""

from __future__ import annotations

from ..models.operations import OPERATIONS, OperationRequest
from .reader import OptionReader

NULL_ID = "is null; a launch in check mode, and one that failed, return no id: check the task that it comes from"


def read_instance_id(reader: OptionReader, *, check_mode: bool, required: bool = True) -> int | None:
    """Return the id of the instance; 0 if it is missing or invalid, None if it is null in check mode.

    A launch in check mode returns a null id.
    """
    if not reader.is_null("job_instance_id"):
        return reader.integer("job_instance_id", required=required, minimum=1) or 0
    if check_mode:
        return None
    reader.add_error("job_instance_id", NULL_ID)
    return 0


def read_operation_request(reader: OptionReader, job_instance_id: int) -> OperationRequest | None:
    """Return operation, instance, step and time limit; None if the task is invalid."""
    step_instance_id = reader.integer("step_instance_id", minimum=1)
    seconds = reader.seconds("operate_timeout")
    name = reader.choice("operation")
    if name is None:
        if not reader.present("operation"):
            reader.add_error("operation", f"is required: one of {', '.join(OPERATIONS)}")
        return None
    operation = OPERATIONS[name]
    if operation.object_kind == "job" and reader.present("step_instance_id"):
        reader.add_error("step_instance_id", f"is not supported by {name}, which applies to the whole instance")
    return OperationRequest(operation, job_instance_id, step_instance_id, seconds)
