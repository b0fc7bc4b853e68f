# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Operation options: options to models."""

from __future__ import annotations

from ..models.operations import OPERATIONS, OperationRequest
from .reader import OptionReader


def read_instance_id(reader: OptionReader) -> int:
    """Return the id of the instance; 0 if missing or invalid."""
    return reader.integer("job_instance_id", required=True, minimum=1) or 0


def read_operation_request(reader: OptionReader) -> OperationRequest | None:
    """Return operation, instance, step and time limit; None if the task is invalid."""
    job_instance_id = read_instance_id(reader)
    step_instance_id = reader.integer("step_instance_id", minimum=1)
    seconds = reader.seconds("operate_timeout")
    name = reader.choice("operation")
    if name is None:
        if not reader.present("operation"):
            reader.add_error("operation", f"is required: one of {', '.join(OPERATIONS)}")
        return None
    operation = OPERATIONS[name]
    if operation.on == "job" and reader.present("step_instance_id"):
        reader.add_error("step_instance_id", f"is not supported by {name}, which applies to the whole instance")
    return OperationRequest(operation, job_instance_id, step_instance_id, seconds)
