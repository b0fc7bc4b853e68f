# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for the end of a job.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable

from .clock import Clock, Deadline
from .errors import JobError
from .models import JobInstance, WaitPlan
from .status import is_job_final, job_word
from .text import short

_GROWTH = 1.5
_STILL_RUNNING = "The job was left as it is and may still be running: look at it in JOB."


def until_final(
    read: Callable[[Deadline], JobInstance],
    seen: Callable[[JobInstance], None],
    job_instance_id: int,
    plan: WaitPlan,
    clock: Clock,
) -> JobInstance:
    """Look at an instance, at growing intervals, until it has ended.

    Args:
        read: one look, without per-host results; gets the deadline to keep.
        seen: told of every state that was read, so that nothing known is lost when the wait fails.
        job_instance_id: for messages.
        plan: time limit and intervals, seconds.
        clock: time.

    Raises:
        JobError: C(wait_timeout) at the deadline, else the read's own kind; the job may still be running.
    """
    deadline = Deadline(clock, plan.timeout)
    interval = plan.interval
    last: JobInstance | None = None
    while True:
        try:
            last = read(deadline)
        except JobError as error:
            raise (
                _unreadable(error, job_instance_id)
                if deadline.left() > 0
                else _timed_out(job_instance_id, plan, last, error)
            ) from error
        seen(last)
        if is_job_final(last.status, last.finished):
            return last
        if deadline.left() <= 0:
            raise _timed_out(job_instance_id, plan, last, None)
        clock.sleep(deadline.clip(min(clock.jitter(interval), plan.max_interval)))
        interval = min(interval * _GROWTH, plan.max_interval)


def _timed_out(job_instance_id: int, plan: WaitPlan, last: JobInstance | None, error: JobError | None) -> JobError:
    summary = f"Job instance {job_instance_id} did not end within {plan.timeout:g} s, it {_last_seen(last)}"
    if error is None:
        return JobError(summary, kind="wait_timeout", hint=f"{_STILL_RUNNING} Raise wait_timeout for longer jobs.")
    return error.rephrased(
        f"{summary}; the last status read failed: {error.message}", kind="wait_timeout", hint=_STILL_RUNNING
    )


def _last_seen(last: JobInstance | None) -> str:
    if last is None:
        return "was never seen"
    state = f"was {job_word(last.status)} when last seen"
    step = next((step for step in last.steps if step.status == last.status), None)
    return state if step is None else f"{state}, in step {step.step_instance_id} ({short(step.name or '', 60)})"


def _unreadable(error: JobError, job_instance_id: int) -> JobError:
    return error.rephrased(
        f"The state of job instance {job_instance_id} cannot be read any more: {error.message}",
        # "not sent" would be read as a word on the launch, which was sent.
        kind="server_error" if error.kind == "not_sent" else error.kind,
        hint=_STILL_RUNNING,
    )
