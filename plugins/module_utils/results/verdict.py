# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Verdict on a finished job instance: success, or an error."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import JobError
from ..models.run import HostResult, JobInstance, StepResult
from ..models.status import (
    FILE_STEP,
    HOST_NEVER_ATTEMPTED,
    JOB_PENDING,
    JOB_SUCCESS,
    JOB_TERMINATED,
    failure_kind,
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


def host_failure(instance: JobInstance, missing: Sequence[str] = ()) -> JobError | None:
    """Return the error for failed hosts of a successful job: ignored errors, batches that continued.

    Args:
        instance: the job.
        missing: names of targets that JOB does not list.
    """
    steps = [step for step in instance.steps if step.hosts]
    failed = [host for step in steps for host in step.hosts or () if is_host_failed(host.status)]
    instance_word = f"Job instance {instance.job_instance_id}: {job_status_name(instance.status)}"
    if failed:
        total = sum(len(step.hosts or ()) for step in steps)
        step = next(step for step in steps if failed[0] in (step.hosts or ()))
        return JobError(
            f"{instance_word}, but {len(failed)} of {total} hosts failed, the first one in {step.label()}",
            kind="job_failed",
            hint="JOB reports success, but `fail_on: any_host` fails the task. See failed_hosts.",
        )
    if missing:
        return JobError(
            f"{instance_word}, but JOB returned no status of {len(missing)} targets, first {missing[0]}",
            kind="job_failed",
            hint="It is unknown whether they have the files. Check the job in JOB.",
        )
    if any(step.hosts is None and runs_on_hosts(step) for step in instance.steps):
        return JobError(
            f"{instance_word}, but its hosts cannot be read, so it is unknown whether one failed",
            kind="server_error",
            hint="JOB reports success, but `fail_on: any_host` fails the task. Check the hosts in JOB.",
        )
    return None


def _failure_summary(instance: JobInstance) -> str:
    """Describe instance, step, and number of failed hosts."""
    line = f"Job instance {instance.job_instance_id}: {job_status_name(instance.status)}"
    step = deciding_step(instance)
    if step is None:
        return line
    line += f" in {step.label()}"
    if step.hosts:
        failed = [host for host in step.hosts if is_host_failed(host.status)]
        line += f", {len(failed)} of {len(step.hosts)} hosts failed"
        if _never_attempted(failed):
            line += ", preparation failed"
    return line


def _failure_hint(instance: JobInstance) -> str | None:
    if instance.status == JOB_TERMINATED:
        return "A user stopped the job."
    step = deciding_step(instance)
    failed = [host for host in (step.hosts if step else None) or [] if is_host_failed(host.status)]
    if _never_attempted(failed):
        return "JOB sent nothing to these hosts: check that it can reach the sources and that they have the files."
    is_file = step is not None and step.type == FILE_STEP
    if failed and all(failure_kind(host.status) == "agent" for host in failed):
        what = "Nothing was sent to" if is_file else "No script ran on"
        return f"{what} the failed hosts: their agents do not respond."
    if is_file:
        return "See files of failed_hosts." if failed else "JOB reports no failed target: check the sources in JOB."
    return "See failed_hosts for exit codes and the ends of the logs." if failed else None


def _never_attempted(failed: list[HostResult]) -> bool:
    return any(host.status == HOST_NEVER_ATTEMPTED for host in failed)


def deciding_step(instance: JobInstance) -> StepResult | None:
    """Return the step that decided: the last one with the job's status."""
    candidates = [step for step in instance.steps if step.status == instance.status]
    return candidates[-1] if candidates else None
