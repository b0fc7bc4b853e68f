# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module face: the only room that knows AnsibleModule. One way in, one way out, every error caught once.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible.module_utils.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    DeprecationError,
    ElementError,
    NoLogError,
    RequiredDefaultError,
    SubParameterTypeError,
    UnsupportedError,
)

from .arguments import Spec, raw_faults, raw_structures, unknown_fault
from .errors import InvalidTask, JobError, MissingRequests
from .tasks import Face, Task

# The engine reads types and choices itself and names the option, so it speaks in place of these.
_READ_BY_THE_ENGINE = (
    ArgumentTypeError,
    ArgumentValueError,
    DeprecationError,
    ElementError,
    NoLogError,
    RequiredDefaultError,
    SubParameterTypeError,
)


class _Module(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """AnsibleModule that keeps what the user wrote, and keeps all that its validation finds instead of ending."""

    def __init__(self, spec: Spec) -> None:
        self.given: dict[str, object] = {}
        self._validating = True
        # The invocation is not logged: at this moment it is not known yet which parameter is sensitive.
        super().__init__(argument_spec=_ansible_spec(spec), supports_check_mode=True, no_log=True)
        self._validating = False

    def _load_params(self) -> None:
        super()._load_params()
        self.given = copy.deepcopy(self.params)

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        found = getattr(self, "validation_result", None)
        if self._validating and found is not None and found.errors:
            return
        super().fail_json(msg=msg, **kwargs)


def run(task: Task, spec: Spec) -> None:
    """Be the module: hand the options to the task, and its result or error to Ansible."""
    module = _Module(spec)
    face = Face(check_mode=module.check_mode, diff=module._diff)
    for path, text in raw_faults(spec, module.given):
        face.findings.fault(path, text)
    for error in module.validation_result.errors:
        if isinstance(error, _READ_BY_THE_ENGINE):
            face.findings.suspects.append(error.msg)
        elif not isinstance(error, UnsupportedError):
            face.findings.faults.append(error.msg)
    for parts in module.validation_result.unsupported_parameters:
        name = parts if isinstance(parts, str) else ".".join(parts)
        face.findings.fault(name, unknown_fault(spec, name))
    params = {**module.params, **raw_structures(spec, module.given)} if face.findings.suspects else module.params
    try:
        result = task(params, face)
    except JobError as error:
        _fail(module, face, error)
    else:
        _speak(module, face)
        if module._diff:
            result["diff"] = {"before": "", "after": result["request"]}
        module.exit_json(**result)


def _fail(module: _Module, face: Face, error: JobError) -> None:
    _speak(module, face)
    if isinstance(error, MissingRequests):
        module.fail_json(msg=missing_required_lib("requests"), exception=error.trace, **error.result)
    if isinstance(error, InvalidTask):
        error.result = {"changed": False, "launch_outcome": "not_sent"}
    module.fail_json(msg=error.summary, error=error.payload(), **error.result)


def _speak(module: _Module, face: Face) -> None:
    """Hand over what came up on the way: secrets to be hidden in whatever is put out, and warnings."""
    module.no_log_values.update(face.secrets.forms())
    for text in face.findings.warnings:
        module.warn(text)


def _ansible_spec(spec: Spec) -> dict[str, dict[str, object]]:
    return {name: _ansible_option(option) for name, option in spec.items()}


def _ansible_option(option: Mapping[str, object]) -> dict[str, object]:
    """Ansible's own words: the name of an environment variable becomes a fallback, also further down."""
    words = {key: value for key, value in option.items() if key not in ("env", "options")}
    if "env" in option:
        words["fallback"] = (env_fallback, [option["env"]])
    options = option.get("options")
    if isinstance(options, Mapping):
        words["options"] = {name: _ansible_option(inner) for name, inner in options.items()}
    return words
