# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Result of an operation on a job instance or step.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from ..models.launch import Launched, LaunchRecord
from ..models.operations import REFUSE, TERMINATE, Order
from ..models.run import JobInstance, StepResult
from ..models.settings import ReportPlan
from ..models.status import job_word
from .run_result import Outcome

# The keys that a result shares with that of a launch.
_SHARED = (
    "job_instance_id",
    "job_instance_name",
    "job_instance_url",
    "status",
    "status_code",
    "finished",
    "create_time",
    "start_time",
    "end_time",
    "total_time",
    "steps_truncated",
)


@dataclass
class Operated:
    """Filled step by step, so that a failure finds everything in it.

    C(order) is None for a task that is wrong. C(before) is the state that decided, C(instance) the last one that was
    seen, C(step) the step as it was before. C(changed) is true as soon as JOB took the order or may have; in check mode
    if it would be given.
    """

    order: Order | None = None
    web_url: str | None = None
    before: JobInstance | None = None
    instance: JobInstance | None = None
    step: StepResult | None = None
    note: str | None = None
    accepted: bool = False
    changed: bool = False

    @property
    def step_now(self) -> StepResult | None:
        """The step as it was last seen."""
        number = self.step.step_instance_id if self.step else None
        steps = self.instance.steps if self.instance else []
        return next((step for step in steps if step.step_instance_id == number), None)

    def result(self) -> dict[str, object]:
        """The documented result without C(msg) and C(error). What is not known is null."""
        order = self.order
        known = Launched(order.job_instance_id) if order and order.job_instance_id else None
        shared = Outcome(ReportPlan(), self.web_url, LaunchRecord(None, known), instance=self.instance).result()
        asked_for = order.step_instance_id if order else None
        return {
            "changed": self.changed,
            "operation": order.operation.word if order else None,
            "note": self.note,
            "step_instance_id": self.step.step_instance_id if self.step else asked_for,
            "status_before": job_word(self.before.status) if self.before else None,
            "step_status_before": job_word(self.step.status) if self.step else None,
            "step_status": job_word(self.step_now.status) if self.step_now else None,
            **{key: shared[key] for key in _SHARED if key in shared},
            "steps": _without_counts(shared["steps"]),
        }

    def diff(self, *, check_mode: bool) -> dict[str, str]:
        """The states before and after in words; in check mode those that the operation would lead to."""
        if self.before is None or self.instance is None:
            return {"before": "", "after": ""}
        status, step_status = self.instance.status, self.step_now.status if self.step_now else None
        if check_mode and self.changed:
            status, step_status = self._leads_to()
        number = self.step.step_instance_id if self.step else None
        was = self.step.status if self.step else None
        return {
            "before": _lines(self.before, self.before.status, number, was),
            "after": _lines(self.before, status, number, step_status),
        }

    def _leads_to(self) -> tuple[int, int | None]:
        """The states of instance and step. Terminating a job that stands at a confirmation refuses it."""
        operation = cast(Order, self.order).operation
        return REFUSE.leads_to if operation is TERMINATE and self.step is not None else operation.leads_to

    def what(self) -> str:
        """The order in words."""
        order = cast(Order, self.order)
        number = self.step.step_instance_id if self.step and order.operation.on != "job" else None
        step = "" if number is None else f" of step {number}"
        return f"{order.operation.word}{step} of job instance {order.job_instance_id}"

    def is_now(self) -> str:
        """The last state in words."""
        now = self.step_now if self.step else self.instance
        return f"is {job_word(now.status)}" if now else "cannot be seen"


def _without_counts(steps: object) -> list[dict[str, object]]:
    """Nobody asks for hosts here, and only one API tells of them all the same."""
    every = cast(list[dict[str, object]], steps)
    return [{key: value for key, value in step.items() if key != "counts"} for step in every]


def _lines(instance: JobInstance, status: int, number: int | None, step_status: int | None) -> str:
    lines = [f"job instance {instance.job_instance_id}: {job_word(status)}"]
    if step_status is not None:
        lines.append(f"step {number}: {job_word(step_status)}")
    return "\n".join(lines) + "\n"
