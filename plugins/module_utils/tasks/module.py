# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Module mode: run a task as an Ansible module. The only file that knows AnsibleModule."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..common.signals import InterruptibleClock, Interrupts
from ..errors import MissingRequests
from ..jobs.context import Task, TaskContext
from ..options.spec import Spec, ansible_spec
from .execute import TaskCall, execute_task


class _TaskModule(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """AnsibleModule that leaves the options of the task unprocessed, in C(task_options)."""

    params: dict[str, object]

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.task_options: dict[str, object] = {}
        # Do not log the invocation: it is not known yet which parameters are sensitive.
        super().__init__(argument_spec=ansible_spec(spec), supports_check_mode=True, no_log=True)

    def _load_params(self) -> None:
        super()._load_params()
        self.task_options = {name: value for name, value in self.params.items() if not name.startswith("_ansible_")}
        self.params = {name: value for name, value in self.params.items() if name not in self.task_options}


def run(task: Task, spec: Spec) -> None:
    """Run the module: pass the options to the task, and its result or error to Ansible."""
    module = _TaskModule(spec)
    # Until the end of the process, so that a signal never prevents the output of the result.
    with Interrupts().installed() as interrupts:
        _run_task(module, task, interrupts)


def _run_task(module: _TaskModule, task: Task, interrupts: Interrupts) -> None:
    context = TaskContext(module.check_mode, module._diff, InterruptibleClock(interrupts), interrupts)
    response = execute_task(TaskCall(task, module.spec, module.task_options, os.environ), context)
    for text in response.warnings:
        module.warn(text)
    if response.failure is None:
        module.exit_json(**response.result)
    if isinstance(response.failure, MissingRequests):
        response.result["msg"] = missing_required_lib("requests")
    module.fail_json(**response.result)
