# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second face: a task inside the controller's process, without the start of a module, and with lines on the way.

Private to the collection blueking.job: no stable interface for others.

Options, results, errors and secrets are those of the module, made by the same code. Where the task would not be the
same in this process, the module runs; nothing tells which of the two it was.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ..module_utils.common.signals import InterruptibleClock, Interrupts
from ..module_utils.errors import MissingRequests
from ..module_utils.jobs.context import Task, TaskContext
from ..module_utils.options.argspec import Spec
from ..module_utils.options.collect import ansible_spec, collect_options
from ..module_utils.options.keys import with_text_keys
from ..module_utils.tasks.execute import TaskCall, TaskResponse, execute_task
from ..module_utils.tasks.preload import preload
from .module_fallback import needs_module_process
from .parent_process import signal_on_parent_exit

try:  # from ansible-core 2.19 on
    from ansible.module_utils.common.json import Direction, get_module_encoder

    _TO_MODULE = {"cls": get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)}
except ImportError:
    from ansible.module_utils.common.json import AnsibleJSONEncoder

    _TO_MODULE = {"cls": AnsibleJSONEncoder, "vault_to_text": True}

# Ansible forks a worker for each task, after it has imported this.
preload()
display = Display()
# The signal by which this worker of Ansible was told to end.
_received_signal: int | None = None


class JobAction(NormalAction):  # type: ignore[misc]  # ansible-core ships no types
    """One task. Each action plugin says what its module does, with which options."""

    task_and_spec: ClassVar[tuple[Task, Spec]]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the task, from here or from the module.

        Raises:
            AnsibleActionFail: it is not clear which of the two is wanted.
        """
        try:
            use_module = needs_module_process(self, task_vars or {})
        except TypeError as error:
            raise AnsibleActionFail(str(error)) from None
        problems: dict[str, str] = {}
        task_options = with_text_keys(self._task.args, problems)
        # What JSON would change is reported here, as a module would not see it. Nothing is sent in either mode.
        response = None if use_module and not problems else self._respond(task_options, problems)
        if response is None or isinstance(response.failure, MissingRequests):
            module: dict[str, Any] = super().run(tmp, task_vars)
            return module
        return _module_result(response, task_vars or {})

    def _respond(self, with_keys: object, problems: Mapping[str, str]) -> TaskResponse:
        task, spec = self.task_and_spec
        task_options = json.loads(json.dumps(with_keys, **_TO_MODULE))
        if "script_path" in spec:
            self._find_script(task_options)
        options = collect_options(spec, task_options, os.environ)
        options.problems.update(problems)
        validated = ArgumentSpecValidator(ansible_spec(spec)).validate(options.convertible)
        duplicates = [
            f"Both option {each['option']} and its alias {each['alias']} are set." for each in validated._warnings
        ]
        call = TaskCall(task, spec, options, validated.validated_parameters, validated._no_log_values)
        interrupts = Interrupts(self._time_limit(), _received_signal)
        with _working_directory(self._loader.get_basedir()), interrupts.installed():
            signal_on_parent_exit()
            clock, emit_progress = InterruptibleClock(interrupts), None if self._task.no_log else _show_progress
            context = TaskContext(
                self._task.check_mode, self._task.diff, clock, interrupts, emit_progress=emit_progress
            )
            response = execute_task(call, context)
        response.warnings = [*duplicates, *response.warnings]
        if interrupts.received in (signal.SIGINT, signal.SIGTERM):
            has_message = response.failure is not None and not self._task.no_log
            _remember_signal(interrupts.received, str(response.result["msg"]) if has_message else None)
        elif (
            interrupts.received is not None and response.failure is not None and response.failure.kind == "interrupted"
        ):
            # As Ansible says it of a task that its time limit ended.
            response.result["timedout"] = {"period": self._task.timeout}
        return response

    def _time_limit(self) -> dict[int, str]:
        """The task keyword C(timeout), which Ansible would have cut the task short with, wherever it is."""
        return {signal.SIGALRM: f"The task's timeout of {self._task.timeout} s"} if self._task.timeout else {}

    def _find_script(self, task_options: dict[str, Any]) -> None:
        """Look for a script where Ansible looks for files: in C(files) of the role, beside the playbook."""
        path = task_options.get("script_path")
        if isinstance(path, str) and path.strip():
            # What is not found is told of by the task itself, together with all else that is wrong.
            with contextlib.suppress(AnsibleError):
                task_options["script_path"] = self._find_needle("files", os.path.expandvars(path))


def _module_result(response: TaskResponse, task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """What a module would have printed."""
    result = dict(response.result)
    if response.failure is not None:
        result["failed"] = True
    if response.warnings:
        result["warnings"] = response.warnings
    # From ansible-core 2.21 on, modules give their options back only where that is configured.
    injecting = constants.config.get_configuration_definition("INJECT_INVOCATION")
    if injecting and not constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars):
        del result["invocation"]
    return result


def _show_progress(line: str) -> None:
    """Show a line at once; not on standard output, which may be data for another program."""
    display.display(line, stderr=True)


def _remember_signal(number: int, last_message: str | None) -> None:
    """A signal ends what comes after as well: further rounds of a loop, and retries.

    It was meant for ansible-playbook as a rule, which takes no results any more, so the last word, if any, is shown.
    """
    global _received_signal  # a process of its own for each task of each host
    _received_signal = number
    if last_message is not None:
        with contextlib.suppress(Exception):
            display.error(last_message)


@contextlib.contextmanager
def _working_directory(directory: str) -> Iterator[None]:
    """In the folder in which Ansible runs local modules, so that relative paths mean the same."""
    before = Path.cwd()
    try:
        os.chdir(directory or ".")
        yield
    finally:
        # Ansible also runs in a folder that its user may not enter, as after sudo.
        with contextlib.suppress(OSError):
            os.chdir(before)
