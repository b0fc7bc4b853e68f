# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Variable values of a run, v2 and v3 (JOB API: get_job_instance_global_var_value).

JOB returns only string variables, so a cipher is never among them.
"""

from __future__ import annotations

from ..models.connection import Scope
from .calls import Call
from .json_reader import JsonObject
from .protocols import StepVariables
from .shared_requests import scope_or_biz, scope_pair

_CALL = "get_job_instance_global_var_value"


class VariablesV3:
    """The current generation."""

    def call(self, scope: Scope, job_instance_id: int) -> Call:
        """Return C(get_job_instance_global_var_value)."""
        return Call(_CALL, {**scope_pair(scope), "job_instance_id": job_instance_id}, get=True)

    def read(self, data: object) -> list[StepVariables]:
        """Parse the values after each step that ran, in order; the list of a step may be null."""
        return _read(data, "step_instance_var_list", "global_var_list")


class VariablesV2:
    """The legacy generation."""

    def call(self, scope: Scope, job_instance_id: int) -> Call:
        """Return C(get_job_instance_global_var_value)."""
        return Call(_CALL, {**scope_or_biz(scope), "job_instance_id": job_instance_id})

    def read(self, data: object) -> list[StepVariables]:
        """Parse the values after each step that ran, in order; the list of a step may be null."""
        return _read(data, "job_instance_var_values", "step_instance_var_values")


def _read(data: object, steps: str, values: str) -> list[StepVariables]:
    return [
        {
            name: value.maybe_text("value") or ""
            for value in step.children(values)
            if (name := value.maybe_text("name")) is not None
        }
        for step in JsonObject(data, "data").children(steps)
    ]
