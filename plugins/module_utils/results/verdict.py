# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Verdict on a finished job instance: success, or an error."""

from __future__ import annotations

from ..common.text import truncate
from ..errors import JobError
from ..models.run import HostResult, JobInstance, StepResult
from ..models.status import (
    JOB_PENDING,
    JOB_SUCCESS,
    JOB_TERMINATED,
    failure_kind,
    host_status_name,
    is_host_failed,
    job_status_name,
    step_type_name,
)


def runs_on_hosts(step: StepResult) -> bool:
    """Return whether a step ran on hosts: it was started, and is not a confirmation."""
    return step.status != JOB_PENDING and step_type_name(step.type) != "confirm"


def job_failure(instance: JobInstance) -> JobError | None:
    """Return the error for an instance that did not succeed; only status 3 is success."""
    if instance.status == JOB_SUCCESS:
        return None
    kind = "terminated" if instance.status == JOB_TERMINATED else "job_failed"
    return JobError(_failure_summary(instance), kind=kind, hint=_failure_hint(instance))


def host_failure(instance: JobInstance) -> JobError | None:
    """Return the error for failed hosts of a successful job: ignored errors, batches that continued."""
    steps = [step for step in instance.steps if step.hosts]
    failed = [host for step in steps for host in step.hosts or () if is_host_failed(host.status)]
    instance_word = f"Job instance {instance.job_instance_id}: {job_status_name(instance.status)}"
    if failed:
        total = sum(len(step.hosts or ()) for step in steps)
        step = next(step for step in steps if failed[0] in (step.hosts or ()))
        return JobError(
            f"{instance_word}, but {len(failed)} of {total} hosts failed, first {_label(failed[0])} "
            f"({_reason(failed[0])}) in step {step.step_instance_id} ({truncate(step.name or 'without name', 40)})",
            kind="job_failed",
            hint="JOB counts the job as successful, fail_on is any_host. See failed_hosts.",
        )
    if any(step.hosts is None and runs_on_hosts(step) for step in instance.steps):
        return JobError(
            f"{instance_word}, but its hosts cannot be read, so it is unknown whether one failed",
            kind="server_error",
            hint="JOB counts the job as successful, fail_on is any_host. Check the hosts in JOB.",
        )
    return None


def _failure_summary(instance: JobInstance) -> str:
    """Describe instance, step, number of failed hosts, and the first of them."""
    line = f"Job instance {instance.job_instance_id}: {job_status_name(instance.status)}"
    step = _deciding_step(instance)
    if step is None:
        return line
    line += f" in step {step.step_instance_id} ({truncate(step.name or 'without name', 40)})"
    if step.hosts:
        failed = [host for host in step.hosts if is_host_failed(host.status)]
        line += f", {len(failed)} of {len(step.hosts)} hosts failed"
        if failed:
            line += f", first {_label(failed[0])} ({_reason(failed[0])})"
    return line


def _failure_hint(instance: JobInstance) -> str | None:
    if instance.status == JOB_TERMINATED:
        return "A user stopped the job."
    step = _deciding_step(instance)
    failed = [host for host in (step.hosts if step else None) or [] if is_host_failed(host.status)]
    if failed and all(failure_kind(host.status) == "agent" for host in failed):
        return "No script ran on the failed hosts: their agents do not respond."
    return "See failed_hosts for exit codes and the ends of the logs." if failed else None


def _deciding_step(instance: JobInstance) -> StepResult | None:
    """Return the step that decided: the last one with the job's status."""
    candidates = [step for step in instance.steps if step.status == instance.status]
    return candidates[-1] if candidates else None


def _label(host: HostResult) -> str:
    return host.ip or f"host {host.bk_host_id}"


def _reason(host: HostResult) -> str:
    return f"exit code {host.exit_code}" if host.exit_code else host_status_name(host.status)
