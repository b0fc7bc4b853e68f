# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for a job instance that exists: M(blueking.job.bk_job_wait).

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..errors import InvalidTask, JobError
from ..jobs.context import Face, SoFar, carrying
from ..jobs.monitor import Follower
from ..models.launch import Launched, LaunchRecord
from ..models.settings import WaitPlan
from ..options.connection import read_connection, read_scope
from ..options.operate import read_instance_id
from ..options.wait import read_report_plan, read_wait_plan
from ..results.run_result import Outcome


def job_wait(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Wait for a job that exists: M(blueking.job.bk_job_wait). Never launches; writes only to stop what it waits for.

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    fields = face.fields(params)
    scope = read_scope(fields)
    job_instance_id = read_instance_id(fields)
    connection = read_connection(fields)
    plan = read_wait_plan(fields)
    # A task that launches nothing has no outcome of a launch; all else is told as after one.
    known = Launched(job_instance_id) if job_instance_id else None
    outcome = Outcome(read_report_plan(fields), connection.web_url, LaunchRecord(None, known))
    with carrying(outcome.result, lambda: _so_far(outcome), lambda: outcome.stopped):
        if face.findings.faults:
            raise InvalidTask(face.findings.faults)
        follower = Follower(face.client(connection), scope, job_instance_id, outcome, face, launched=False)
        if face.check_mode:
            _follow_without_writing(follower, plan)
        else:
            follower.follow(plan)
    return outcome.result()


def _follow_without_writing(follower: Follower, plan: WaitPlan) -> None:
    """Wait as ever; what would end the job is told and not done, and no log is put into a file."""
    follower.outcome.plan = replace(follower.outcome.plan, log_dir=None)
    try:
        follower.follow(replace(plan, terminate_on_timeout=False, terminate_on_interrupt=False))
    except JobError as error:
        would = {"wait_timeout": plan.terminate_on_timeout, "interrupted": plan.terminate_on_interrupt}
        if not would.get(error.kind):
            raise
        follower.outcome.stopped = True
        raise error.rephrased(f"{error.summary}; in check mode it is not terminated") from error


def _so_far(outcome: Outcome) -> SoFar:
    known = outcome.launch.launched
    return f"job instance {known.job_instance_id if known else 'unknown'} was left as it is", None
