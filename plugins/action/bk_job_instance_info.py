# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In-process mode of M(blueking.job.bk_job_instance_info)."""

from __future__ import annotations

from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.plugin_utils.action_base import JobAction


class ActionModule(JobAction):
    """The task in in-process mode."""

    task_and_spec = (instance_info, INSTANCE_INFO)
