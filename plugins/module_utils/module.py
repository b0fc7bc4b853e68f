# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module face: the only room that knows AnsibleModule. One way in, one way out, every error caught once.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .arguments import Option, Spec
from .errors import InvalidTask, JobError, MissingRequests
from .given import canonical, faults_of, names_of
from .interrupts import InterruptibleClock, Interrupts
from .tasks import Face, Task
from .text import one_line, valid

AnsibleSpec = dict[str, dict[str, object]]


class _Module(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """AnsibleModule that is shown only what it can take.

    Ansible ends a task at the first option that it cannot convert, and knows some of them by no name. So such options
    are kept back for the engine, which names all of them together.
    """

    params: dict[str, object]

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self.given: dict[str, object] = {}
        self.kept_back: dict[str, object] = {}
        self.sources: dict[str, str] = {}
        # The invocation is not logged: at this moment it is not known yet which parameter is sensitive.
        super().__init__(argument_spec=_ansible_spec(spec), supports_check_mode=True, no_log=True)

    def _load_params(self) -> None:
        super()._load_params()
        own = {name: value for name, value in self.params.items() if name.startswith("_ansible_")}
        self.given = {name: value for name, value in self.params.items() if name not in own and value is not None}
        for name, option in self._spec.items():
            self._add_environment(name, option)
        self.params = {**own, **self._convertible()}

    def _add_environment(self, name: str, option: Option) -> None:
        variable = option.get("env", "")
        # An empty variable is none: that is how AWX renders a field of a credential that was left blank.
        if os.environ.get(variable) and not any(used in self.given for used in names_of(name, option)):
            self.given[name] = os.environ[variable]
            self.sources[name] = variable

    def _convertible(self) -> dict[str, object]:
        params = {}
        for name, option in self._spec.items():
            for used in names_of(name, option):
                if used not in self.given:
                    continue
                value = self.given[used]
                if _fits(name, option, value):
                    params[used] = value
                else:
                    self.kept_back[name] = canonical(option, value)
        return params


def run(task: Task, spec: Spec) -> None:
    """Be the module: hand the options to the task, and its result or error to Ansible."""
    module = _Module(spec)
    # To the very end, so that a signal never keeps the result from being put out.
    with Interrupts().caught() as interrupts:
        _run(module, task, spec, interrupts)


def _run(module: _Module, task: Task, spec: Spec, interrupts: Interrupts) -> None:
    face = Face(module.check_mode, module._diff, InterruptibleClock(interrupts), interrupts)
    face.findings.sources = module.sources
    for path, text in faults_of(spec, module.given):
        face.findings.fault(path, text)
    try:
        result = task({**module.params, **module.kept_back}, face)
    except JobError as error:
        _fail(module, face, error)
    else:
        _speak(module, face)
        if module._diff:
            result["diff"] = {"before": "", "after": result["request"]}
        module.exit_json(**valid(result))


def _fail(module: _Module, face: Face, error: JobError) -> None:
    _speak(module, face)
    # The faults of a task stand on lines of their own; everything else is one line, whatever the server wrote.
    msg = error.summary if isinstance(error, InvalidTask) else one_line(error.summary)
    extra = {}
    if isinstance(error, MissingRequests):
        msg, extra = missing_required_lib("requests"), {"exception": error.trace}
    module.fail_json(**valid({"msg": msg, "error": error.payload(), **error.result, **extra}))


def _speak(module: _Module, face: Face) -> None:
    """Hand over what came up on the way: secrets to be hidden in whatever is put out, and warnings."""
    module.no_log_values.update(valid(list(face.secrets.forms())))
    for text in face.findings.warnings:
        module.warn(one_line(text, 500))


def _fits(name: str, option: Option, value: object) -> bool:
    """Whether Ansible can take the value; some that it cannot take make its validation crash."""
    validator = ArgumentSpecValidator(_ansible_spec({name: option}))
    try:
        return not validator.validate({name: value}).error_messages
    except Exception:
        return False


def _ansible_spec(spec: Mapping[str, Option]) -> AnsibleSpec:
    """Ansible's own words: it knows no environment variables but through a function, and we read them ourselves."""
    return {name: _ansible_option(option) for name, option in spec.items()}


def _ansible_option(option: Option) -> dict[str, object]:
    words: dict[str, object] = {key: value for key, value in option.items() if key not in ("env", "options")}
    if "options" in option:
        words["options"] = _ansible_spec(option["options"])
    return words
