# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""M(blueking.job.bk_job_instance_info) inside the controller's process."""

from __future__ import annotations

from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.plugin_utils.action_base import JobAction


class ActionModule(JobAction):
    """The task, where the module need not run."""

    task_and_spec = (instance_info, INSTANCE_INFO)
