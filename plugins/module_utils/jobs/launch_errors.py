# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Errors of launches that may have started a job, or have created one that was not started."""

from __future__ import annotations

from ..common.text import truncate
from ..errors import Delivery, JobError
from ..models.job_error_codes import INTERNAL_ERROR, NO_SUCH_OPERATION
from ..models.launch import FileLaunch, Launch, LaunchedJob, PlanLaunch

_PENDING_HINT = "A pending instance never starts by itself, unless the server is older than 3.12."


def unknown_outcome_error(error: JobError, launch: Launch, reason: str, pending: bool) -> JobError:
    """Return the error of a launch that got no clear response.

    Args:
        error: the last error.
        launch: the launch.
        reason: why its job was not found in the history.
        pending: the job would have been created only.
    """
    name = f"plan {launch.job_plan_id}" if isinstance(launch, PlanLaunch) else f"task name {launch.task_name}"
    may = "an instance may be pending" if pending else "the job may be running"
    return error.rephrased(
        f"The launch got no clear response; {may}: {error.summary}",
        kind="unknown_outcome",
        hint=f"It was not launched again, because {reason}. Before you launch again, search JOB's "
        f"execution history of {launch.scope} for {name}. {_cause_hint(error, launch)}".rstrip(),
    )


def _cause_hint(error: JobError, launch: Launch) -> str:
    """Return the hint of an error, and that an unknown file source may be the cause of an internal error of JOB."""
    sources = launch.sources if isinstance(launch, FileLaunch) else ()
    codes = ", ".join(source.file_source_code for source in sources if source.file_source_code)
    if error.code != INTERNAL_ERROR or not codes:
        return error.hint or ""
    return f"JOB responds to an unknown file_source_code with the same error: check {codes}. {error.hint or ''}"


def may_have_started(error: JobError, honors_start_task: bool) -> bool:
    """Return whether an instance may run although its start call failed."""
    # A server without this operation does not support start_task either, and starts at once.
    ignores = error.code == NO_SUCH_OPERATION and not honors_start_task
    return ignores or error.delivery is Delivery.UNKNOWN


def start_error(error: JobError, launched: LaunchedJob, outcome: str, stays: bool) -> JobError:
    """Return the error of a failed start; C(stays) is true if a pending instance never starts by itself."""
    instance = f"Job instance {launched.job_instance_id} ({truncate(launched.job_instance_name or 'without name', 40)})"
    if outcome == "unknown":
        return error.rephrased(
            f"{instance} was created, but its start got no clear response; it may be running: {error.summary}",
            kind="unknown_outcome",
            hint=f"Check the instance in JOB before you launch again. {_PENDING_HINT}",
        )
    return error.rephrased(
        f"{instance} was created and could not be started: {error.summary}",
        hint=f"{'It is pending and never starts by itself.' if stays else _PENDING_HINT} {error.hint or ''}".rstrip(),
    )
