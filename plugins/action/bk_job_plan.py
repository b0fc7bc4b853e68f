# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In-process mode of M(blueking.job.bk_job_plan)."""

from __future__ import annotations

from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.plugins.plugin_utils.action_base import JobAction


class ActionModule(JobAction):
    """The task in in-process mode."""

    task_and_spec = (job_plan, JOB_PLAN)
