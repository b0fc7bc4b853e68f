# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Variable values of a run, v2 and v3 (JOB API: get_job_instance_global_var_value).

JOB returns only string variables, so a cipher is never among them.
"""

from __future__ import annotations

from .calls import Call
from .json_reader import JsonObject
from .protocols import StepVariables

_CALL = "get_job_instance_global_var_value"


def variable_values_call(
    scope: dict[str, object], job_instance_id: int, steps_key: str, values_key: str
) -> Call[list[StepVariables]]:
    """Return C(get_job_instance_global_var_value).

    Args:
        scope: scope in the format of the API generation.
        job_instance_id: id of the instance.
        steps_key: key of the list of steps in its response.
        values_key: key of the values of a step, which may be null.
    """

    def read(data: object) -> list[StepVariables]:
        return [
            {
                name: value.maybe_text("value") or ""
                for value in step.children(values_key)
                if (name := value.maybe_text("name")) is not None
            }
            for step in JsonObject(data, "data").children(steps_key)
        ]

    return Call(_CALL, {**scope, "job_instance_id": job_instance_id}, read, get=True)
