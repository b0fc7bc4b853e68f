# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operation options: options to models.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from ..models.operations import OPERATIONS, Order
from .reader import Fields

SECONDS = 60.0


def read_instance_id(fields: Fields) -> int:
    """The number of the instance; 0 if it is missing or wrong."""
    return fields.integer("job_instance_id", required=True, least=1) or 0


def read_order(fields: Fields) -> Order | None:
    """What is to be done with which instance and step, and how long that may take; None if the task is wrong."""
    job_instance_id = read_instance_id(fields)
    step_instance_id = fields.integer("step_instance_id", least=1)
    seconds = fields.seconds("operate_timeout") or SECONDS
    word = fields.choice("operation", tuple(OPERATIONS))
    if word is None:
        if not fields.given("operation"):
            fields.fault("operation", f"is required: one of {', '.join(OPERATIONS)}")
        return None
    operation = OPERATIONS[word]
    if operation.on == "job" and fields.given("step_instance_id"):
        fields.fault("step_instance_id", f"does not go with {word}, which is about the whole instance")
    return Order(operation, job_instance_id, step_instance_id, seconds)
