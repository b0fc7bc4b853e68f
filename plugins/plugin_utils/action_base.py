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
from ansible.plugins.action.normal import ActionModule as Ordinary
from ansible.utils.display import Display

from ..module_utils.common.signals import InterruptibleClock, Interrupts
from ..module_utils.errors import MissingRequests
from ..module_utils.jobs.context import Face, Task
from ..module_utils.options.argspec import Spec
from ..module_utils.options.collect import ansible_spec, sorted_options
from ..module_utils.tasks.execute import Answer, Asked, answer_to
from ..module_utils.tasks.preload import import_all
from .module_fallback import must_step_aside
from .parent_process import signal_at_its_end

try:  # from ansible-core 2.19 on
    from ansible.module_utils.common.json import Direction, get_module_encoder

    _TO_MODULE = {"cls": get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)}
except ImportError:
    from ansible.module_utils.common.json import AnsibleJSONEncoder

    _TO_MODULE = {"cls": AnsibleJSONEncoder, "vault_to_text": True}

# Ansible forks a worker for each task, after it has imported this.
import_all()
display = Display()
# The signal by which this worker of Ansible was told to end.
_signalled: int | None = None


class JobAction(Ordinary):  # type: ignore[misc]  # ansible-core ships no types
    """One task. Each action plugin says what its module does, with which options."""

    work: ClassVar[tuple[Task, Spec]]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the task, from here or from the module.

        Raises:
            AnsibleActionFail: it is not clear which of the two is wanted.
        """
        try:
            aside = must_step_aside(self, task_vars or {})
        except TypeError as error:
            raise AnsibleActionFail(str(error)) from None
        answer = None if aside else self._answer()
        if answer is None or isinstance(answer.failure, MissingRequests):
            module: dict[str, Any] = super().run(tmp, task_vars)
            return module
        return _result(answer, task_vars or {})

    def _answer(self) -> Answer:
        task, spec = self.work
        written = json.loads(json.dumps(self._task.args, **_TO_MODULE))
        if "script_path" in spec:
            self._find_script(written)
        options = sorted_options(spec, written, os.environ)
        validated = ArgumentSpecValidator(ansible_spec(spec)).validate(options.convertible)
        twice = [f"Both option {each['option']} and its alias {each['alias']} are set." for each in validated._warnings]
        asked = Asked(task, spec, options, validated.validated_parameters, validated._no_log_values)
        interrupts = Interrupts(self._time_limit(), _signalled)
        with _inside(self._loader.get_basedir()), interrupts.caught():
            signal_at_its_end()
            clock, tell = InterruptibleClock(interrupts), None if self._task.no_log else _tell
            face = Face(self._task.check_mode, self._task.diff, clock, interrupts, tell=tell)
            answer = answer_to(asked, face)
        answer.warnings = [*twice, *answer.warnings]
        if interrupts.came in (signal.SIGINT, signal.SIGTERM):
            heard = answer.failure is not None and not self._task.no_log
            _remember(interrupts.came, str(answer.result["msg"]) if heard else None)
        elif interrupts.came is not None and answer.failure is not None and answer.failure.kind == "interrupted":
            # As Ansible says it of a task that its time limit ended.
            answer.result["timedout"] = {"period": self._task.timeout}
        return answer

    def _time_limit(self) -> dict[int, str]:
        """The task keyword C(timeout), which Ansible would have cut the task short with, wherever it is."""
        return {signal.SIGALRM: f"The task's timeout of {self._task.timeout} s"} if self._task.timeout else {}

    def _find_script(self, written: dict[str, Any]) -> None:
        """Look for a script where Ansible looks for files: in C(files) of the role, beside the playbook."""
        path = written.get("script_path")
        if isinstance(path, str) and path.strip():
            # What is not found is told of by the task itself, together with all else that is wrong.
            with contextlib.suppress(AnsibleError):
                written["script_path"] = self._find_needle("files", os.path.expandvars(path))


def _result(answer: Answer, task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """What a module would have printed."""
    result = dict(answer.result)
    if answer.failure is not None:
        result["failed"] = True
    if answer.warnings:
        result["warnings"] = answer.warnings
    # From ansible-core 2.21 on, modules give their options back only where that is configured.
    injecting = constants.config.get_configuration_definition("INJECT_INVOCATION")
    if injecting and not constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars):
        del result["invocation"]
    return result


def _tell(line: str) -> None:
    """Show a line at once; not on standard output, which may be data for another program."""
    display.display(line, stderr=True)


def _remember(number: int, last_word: str | None) -> None:
    """A signal ends what comes after as well: further rounds of a loop, and retries.

    It was meant for ansible-playbook as a rule, which takes no results any more, so the last word, if any, is shown.
    """
    global _signalled  # a process of its own for each task of each host
    _signalled = number
    if last_word is not None:
        with contextlib.suppress(Exception):
            display.error(last_word)


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    """In the folder in which Ansible runs local modules, so that relative paths mean the same."""
    before = Path.cwd()
    try:
        os.chdir(folder or ".")
        yield
    finally:
        # Ansible also runs in a folder that its user may not enter, as after sudo.
        with contextlib.suppress(OSError):
            os.chdir(before)
