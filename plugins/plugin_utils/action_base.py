# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""In-process mode: run a task inside the controller's process, without starting a module, with progress output.

Options, results, errors and secrets are those of module mode, handled by the same code. If the task could behave
differently in this process, it silently falls back to module mode.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ..module_utils.common.signals import InterruptibleClock, Interrupts
from ..module_utils.errors import MissingRequests
from ..module_utils.jobs.context import Task, TaskContext
from ..module_utils.options.keys import with_text_keys
from ..module_utils.options.problems import Problems
from ..module_utils.options.spec import Spec
from ..module_utils.tasks.execute import TaskCall, TaskResponse, execute_task
from .controller_environment import explain_environment
from .file_search import find_local_files
from .last_message import print_last_message
from .module_fallback import needs_module_process
from .module_signals import pass_on_signals
from .parent_process import signal_on_parent_exit

try:  # from ansible-core 2.19 on
    from ansible.module_utils.common.json import Direction, get_module_encoder

    _TO_MODULE = {"cls": get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)}
except ImportError:
    from ansible.module_utils.common.json import AnsibleJSONEncoder

    _TO_MODULE = {"cls": AnsibleJSONEncoder, "vault_to_text": True}

# What functions import, as a module compiles every file that it imports and most launches do not need these. Ansible
# forks a worker for each task after it has imported this file, so the workers find these modules in memory.
LAZY_MODULES = (
    "api.error_response",
    "api.gateway_apigw",
    "api.gateway_esb",
    "api.transport_errors",
    "api.v2.files",
    "api.v2.instances",
    "api.v2.plans",
    "api.v2.schema",
    "api.v3.files",
    "api.v3.instances",
    "api.v3.plans",
    "api.v3.schema",
    "jobs.existing_run",
    "jobs.monitor",
    "jobs.plan_preflight",
    "options.files",
    "tasks.wait_for_several",
)
for _name in LAZY_MODULES:
    import_module(f"..module_utils.{_name}", __package__)
display = Display()
# Signal that asked this Ansible worker to end.
_received_signal: int | None = None


class JobAction(NormalAction):  # type: ignore[misc]  # ansible-core ships no types
    """Base of the action plugins. Each of them sets the task function and its options."""

    task_and_spec: ClassVar[tuple[Task, Spec]]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task in this process or as a module, and return its result.

        Raises:
            AnsibleActionFail: the setting of the execution mode is invalid.
        """
        try:
            use_module = needs_module_process(self, task_vars or {})
        except TypeError as error:
            raise AnsibleActionFail(str(error)) from None
        problems = Problems()
        task_options = with_text_keys(self._task.args, problems)
        # Values that JSON would change are rejected here, because a module could not detect them. Nothing is sent.
        response = None if use_module and not problems.errors else self._respond(task_options, problems)
        if response is None or isinstance(response.failure, MissingRequests):
            return self._run_module(tmp, task_vars)
        return _module_result(response, task_vars or {})

    def _run_module(self, tmp: str | None, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """Run the module and return its result, also if a signal asks both processes to end."""
        is_local = self._connection.transport == "local" and not self._task.async_val
        signals: contextlib.AbstractContextManager[list[int]] = contextlib.nullcontext([])
        if is_local:
            signals = pass_on_signals()
        with signals as received:
            module: dict[str, Any] = super().run(tmp, task_vars)
        explain_environment(module, self.task_and_spec[1], os.environ)
        if received and not self._task.no_log:
            print_last_message(module)
        return module

    def _respond(self, with_keys: object, problems: Problems) -> TaskResponse:
        task, spec = self.task_and_spec
        task_options = json.loads(json.dumps(with_keys, **_TO_MODULE))
        find_local_files(task_options, lambda path: str(self._find_needle("files", path)))
        interrupts = Interrupts(self._time_limit(), _received_signal)
        with _working_directory(self._loader.get_basedir()), interrupts.installed():
            signal_on_parent_exit()
            clock, emit_progress = InterruptibleClock(interrupts), None if self._task.no_log else _show_progress
            context = TaskContext(
                self._task.check_mode,
                self._task.diff,
                clock,
                interrupts,
                problems=problems,
                emit_progress=emit_progress,
            )
            response = execute_task(TaskCall(task, spec, task_options, os.environ), context)
        if interrupts.received in (signal.SIGINT, signal.SIGTERM):
            _remember_signal(interrupts.received)
            if not self._task.no_log:
                print_last_message({**response.result, "failed": response.failure is not None})
        elif (
            interrupts.received is not None and response.failure is not None and response.failure.kind == "interrupted"
        ):
            # As Ansible reports a task that exceeded its time limit.
            response.result["timedout"] = {"period": self._task.timeout}
        return response

    def _time_limit(self) -> dict[int, str]:
        """Return the signal of the task keyword C(timeout), with which Ansible would have ended the task."""
        return {signal.SIGALRM: f"the task's timeout of {self._task.timeout} s"} if self._task.timeout else {}


def _module_result(response: TaskResponse, task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result as a module would have printed it."""
    result = dict(response.result)
    if response.failure is not None:
        result["failed"] = True
    if response.warnings:
        result["warnings"] = response.warnings
    # Since ansible-core 2.21, modules return their options only if so configured.
    injecting = constants.config.get_configuration_definition("INJECT_INVOCATION")
    if injecting and not constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars):
        del result["invocation"]
    return result


def _show_progress(line: str) -> None:
    """Print a line at once; not to standard output, which may be data for another program."""
    display.display(line, stderr=True)


def _remember_signal(number: int) -> None:
    """Remember a signal, so that it also ends later loop items and retries."""
    global _received_signal  # a process of its own for each task of each host
    _received_signal = number


@contextlib.contextmanager
def _working_directory(directory: str) -> Iterator[None]:
    """Change to the directory in which Ansible runs local modules, so that relative paths mean the same."""
    before = Path.cwd()
    try:
        os.chdir(directory or ".")
        yield
    finally:
        # Ansible can run in a directory that its user may not enter, for example after sudo.
        with contextlib.suppress(OSError):
            os.chdir(before)
