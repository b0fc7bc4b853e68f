# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin that runs the module of its own name in the process that Ansible forked for the task.

A module in a process of its own costs a second, nearly all of it before its first line. Tests copy this file for each
module of other collections that they need.
"""

from __future__ import annotations

import contextlib
import io
import json
import runpy
from typing import Any

from ansible.module_utils import basic
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Runs the module."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module prints. The process is used once, so that nothing needs to be restored."""
        super().run(tmp, task_vars)
        arguments = {**self._task.args, "_ansible_check_mode": self._task.check_mode}
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
            runpy.run_module(__name__.replace(".action.", ".modules."), run_name="__main__")
        result: dict[str, Any] = json.loads(output.getvalue())
        result.pop("invocation", None)
        return result
