# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In-process mode of M(blueking.job.bk_fast_file)."""

from __future__ import annotations

from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file
from ansible_collections.blueking.job.plugins.plugin_utils.action_base import JobAction


class ActionModule(JobAction):
    """The task in in-process mode."""

    task_and_spec = (fast_file, FAST_FILE)
