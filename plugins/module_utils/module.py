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
from .diff import launch_diff
from .errors import InvalidTask, JobError, MissingRequests, Unexpected
from .given import canonical, faults_of, names_of
from .interrupts import InterruptibleClock, Interrupts
from .redact import MASK, Secrets, register_password
from .results import OWN_WORDS
from .size import sized
from .tasks import Face, Task
from .text import one_line, valid

AnsibleSpec = dict[str, dict[str, object]]
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class _Module(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """AnsibleModule that is shown only what it can take.

    Ansible ends a task at the first option that it cannot convert, and knows some of them by no name. So such options
    are kept back for the engine, which names all of them together.
    """

    params: dict[str, object]

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.given: dict[str, object] = {}
        self.kept_back: dict[str, object] = {}
        self.sources: dict[str, str] = {}
        # The invocation is not logged: at this moment it is not known yet which parameter is sensitive.
        super().__init__(argument_spec=_ansible_spec(spec), supports_check_mode=True, no_log=True)

    def _load_params(self) -> None:
        super()._load_params()
        own = {name: value for name, value in self.params.items() if name.startswith("_ansible_")}
        self.given = {name: value for name, value in self.params.items() if name not in own and value is not None}
        for name, option in self.spec.items():
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
        for name, option in self.spec.items():
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
    _know_secrets(module, face)
    failure, result = _outcome(task, spec, module, face)
    if failure is not None:
        _fail(module, face, failure)
    request = result.get("request")
    if module._diff and isinstance(request, Mapping):
        result["diff"] = launch_diff(request)
    module.exit_json(**sized(_shown(module, face, result)))


def _outcome(task: Task, spec: Spec, module: _Module, face: Face) -> tuple[JobError | None, dict[str, object]]:
    try:
        for path, text in faults_of(spec, module.given):
            face.findings.fault(path, text)
        return None, task({**module.params, **module.kept_back}, face)
    except JobError as error:
        return error, {}
    except Exception as error:
        # Nothing was launched yet. The process must not end with a trace in which nothing is hidden.
        failure = Unexpected(error)
        failure.result = {"changed": False}
        return failure, {}


def _fail(module: _Module, face: Face, error: JobError) -> None:
    shown = _shown(module, face, {"msg": error.summary, "error": error.payload(), **error.result})
    # The faults of a task stand on lines of their own; everything else is one line, whatever the server wrote. It is
    # cut after secrets were hidden, for half a secret is not found.
    if not isinstance(error, InvalidTask):
        shown["msg"] = one_line(str(shown["msg"]))
    if isinstance(error, MissingRequests):
        shown["msg"] = missing_required_lib("requests")
    if isinstance(error, (MissingRequests, Unexpected)):
        shown["exception"] = face.secrets.hide(valid(error.trace))
    module.fail_json(**sized(shown))


def _know_secrets(module: _Module, face: Face) -> None:
    """What Ansible takes for secrets, and proxies of the environment; the task itself knows of more."""
    for secret in module.no_log_values:
        face.secrets.add(secret)
    for name in _PROXIES:
        register_password(face.secrets, os.environ.get(name))
        register_password(face.secrets, os.environ.get(name.upper()))


def _shown(module: _Module, face: Face, result: dict[str, object]) -> dict[str, object]:
    """The result as it leaves, with the task's options and warnings, all secrets hidden."""
    for text in face.findings.warnings:
        module.warn(one_line(face.secrets.hide(valid(text)), 500))
    # They are hidden here. Ansible would also hide numbers and words that merely look like one of them.
    module.no_log_values = set()
    hidden = face.secrets.hide(valid(result), OWN_WORDS)
    return {**hidden, "invocation": {"module_args": face.secrets.hide(valid(_args(module, face.secrets)))}}


def _args(module: _Module, secrets: Secrets) -> dict[str, object]:
    """The options for people to look at: secrets are replaced where they stand, be they ever so short."""
    shown = _without_secrets(module.spec, module.params, secrets)
    if shown.get("is_param_sensitive") and shown.get("script_param") is not None:
        shown["script_param"] = MASK
    return shown


def _without_secrets(spec: Spec, params: Mapping[str, object], secrets: Secrets) -> dict[str, object]:
    options = {used: option for name, option in spec.items() for used in names_of(name, option)}
    return {name: _without_secret(options.get(name, {}), value, secrets) for name, value in params.items()}


def _without_secret(option: Option, value: object, secrets: Secrets) -> object:
    inner = option.get("options", {})
    if (option.get("no_log") and value is not None) or (isinstance(value, str) and secrets.knows(value)):
        return MASK
    if inner and isinstance(value, list):
        return [_without_secret({"options": inner}, each, secrets) for each in value]
    return _without_secrets(inner, value, secrets) if inner and isinstance(value, Mapping) else value


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
