# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In-process mode of M(blueking.job.bk_job_wait)."""

from __future__ import annotations

from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.plugins.plugin_utils.action_base import JobAction


class ActionModule(JobAction):
    """The task in in-process mode."""

    task_and_spec = (job_wait, JOB_WAIT)
