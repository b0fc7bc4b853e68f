# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Result of an operation on a job instance or step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from ..models.operations import REFUSE, TERMINATE, OperationRequest
from ..models.run import JobInstance, StepResult
from ..models.status import job_status_name
from .run_result import instance_result


@dataclass
class OperationResult:
    """Result of an operation. Filled step by step, so that a failure can report everything in it.

    C(request) is None for an invalid task. C(before) is the state that decided, C(instance) the last known state,
    C(step) the step before the operation. C(changed) is true when JOB has accepted the request or may have; in check
    mode if it would be sent.
    """

    request: OperationRequest | None = None
    web_url: str | None = None
    before: JobInstance | None = None
    instance: JobInstance | None = None
    step: StepResult | None = None
    note: str | None = None
    accepted: bool = False
    changed: bool = False

    @property
    def step_now(self) -> StepResult | None:
        """Return the last known state of the step."""
        step_id = self.step.step_instance_id if self.step else None
        steps = self.instance.steps if self.instance else []
        return next((step for step in steps if step.step_instance_id == step_id), None)

    def result(self) -> dict[str, object]:
        """Return the documented result without C(msg) and C(error). What is not known is null."""
        request = self.request
        requested = request.step_instance_id if request else None
        instance_id = (request.job_instance_id or None) if request else None
        return {
            "changed": self.changed,
            "operation": request.operation.name if request else None,
            "note": self.note,
            "step_instance_id": self.step.step_instance_id if self.step else requested,
            "status_before": job_status_name(self.before.status) if self.before else None,
            "step_status_before": job_status_name(self.step.status) if self.step else None,
            "step_status": job_status_name(self.step_now.status) if self.step_now else None,
            # Hosts are not requested here, and only one API generation returns them anyway.
            **instance_result(instance_id, self.instance, self.web_url, counts=False),
        }

    def diff(self, *, check_mode: bool) -> dict[str, str]:
        """Return the states before and after; in check mode those that the operation would lead to."""
        if self.before is None or self.instance is None:
            return {"before": "", "after": ""}
        status, step_status = self.instance.status, self.step_now.status if self.step_now else None
        if check_mode and self.changed:
            status, step_status = self._expected_states()
        step_id = self.step.step_instance_id if self.step else None
        status_before = self.step.status if self.step else None
        return {
            "before": _describe_states(self.before, self.before.status, step_id, status_before),
            "after": _describe_states(self.before, status, step_id, step_status),
        }

    def _expected_states(self) -> tuple[int, int | None]:
        """Return the states of instance and step. Terminating a job that waits for a confirmation refuses it."""
        operation = cast(OperationRequest, self.request).operation
        return REFUSE.expected_states if operation is TERMINATE and self.step is not None else operation.expected_states

    def label(self) -> str:
        """Describe the request."""
        request = cast(OperationRequest, self.request)
        step_id = self.step.step_instance_id if self.step and request.operation.object_kind != "job" else None
        step = "" if step_id is None else f" of step {step_id}"
        return f"{request.operation.name}{step} of job instance {request.job_instance_id}"

    def state(self) -> str:
        """Describe the last known state."""
        now = self.step_now if self.step else self.instance
        return f"is {job_status_name(now.status)}" if now else "is in an unknown state"


def _describe_states(instance: JobInstance, status: int, step_id: int | None, step_status: int | None) -> str:
    lines = [f"job instance {instance.job_instance_id}: {job_status_name(status)}"]
    if step_status is not None:
        lines.append(f"step {step_id}: {job_status_name(step_status)}")
    return "\n".join(lines) + "\n"
