# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the plan's string variables after a step, for the next step and for read calls.

JOB API: values are cumulative; a step begins with the values after the steps before it.
"""

from __future__ import annotations

from dataclasses import replace

from .catalog import STRING
from .instances import SCRIPT_STEP, JobInstance, StepInstance

Variables = tuple[tuple[str, int, str | None], ...]


def ran(job: JobInstance) -> list[StepInstance]:
    """Return the script steps that have begun, in order."""
    return [step for step in job.steps if step.kind == SCRIPT_STEP and step.clock.started is not None]


def left_behind(step: StepInstance) -> Variables:
    """Return the variables after a step. While it runs, only its finished hosts count.

    Hosts may set different texts. A host that left the text unchanged has not set it, so the last of the others in the
    step's order of hosts counts. Their speed does not matter, so a run can be repeated.
    """
    began: Variables = step.work.variables if step.work else ()
    # An absent value is an empty one to a script.
    texts = {name: value or "" for name, kind, value in began if kind == STRING}
    changed: dict[str, str] = {}
    for task in step.tasks:
        for name, value in task.left:
            if texts.get(name, value) != value:
                changed[name] = value
    return tuple((name, kind, changed.get(name, value)) for name, kind, value in began)


def open_step(job: JobInstance, step: StepInstance, now: int) -> None:
    """Start a step with the values after the script step before it; the other types stay as launched."""
    earlier = [other for other in ran(job) if other is not step]
    if earlier and step.work is not None:
        step.work = replace(step.work, variables=left_behind(earlier[-1]))
    step.open(now)
