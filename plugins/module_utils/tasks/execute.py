# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Execute a task: options in, result or error out, all secrets redacted.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..common.redaction import MASK, Secrets, register_password
from ..common.text import one_line, printable, valid
from ..errors import InvalidTask, JobError, MissingRequests, Unexpected
from ..jobs.context import Face, Task
from ..options.argspec import Option, Spec
from ..options.collect import Options
from ..options.raw_checks import faults_of, names_of
from ..results.launch_diff import launch_diff
from ..results.run_result import OWN_WORDS
from ..results.size_limit import sized

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass
class Answer:
    """What a task has to say, ready to be put out."""

    result: dict[str, object]
    failure: JobError | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass
class Asked:
    """A task as a face hands it over.

    C(params) are the options after Ansible's validation, C(no_log_values) the secrets that it found in them.
    """

    task: Task
    spec: Spec
    options: Options
    params: Mapping[str, object]
    no_log_values: Iterable[str]


def answer_to(asked: Asked, face: Face) -> Answer:
    """Do what the task asks for."""
    face.findings.sources = asked.options.sources
    _know_secrets(asked, face)
    failure, result = _outcome(asked, face)
    if failure is not None:
        result = _told(failure)
    request = result.get("request")
    if face.diff and failure is None and isinstance(request, Mapping):
        result["diff"] = launch_diff(request)
    shown = _shown(asked, face, result)
    # The faults of a task stand on lines of their own; everything else is one line, whatever the server wrote. It is
    # cut after secrets were hidden, for half a secret is not found. Ansible shows it to the terminal as it is.
    if isinstance(failure, InvalidTask):
        shown["msg"] = "\n".join(map(printable, str(shown["msg"]).split("\n")))
    elif failure is not None:
        shown["msg"] = one_line(str(shown["msg"]))
    warnings = [one_line(face.secrets.hide(valid(text)), 500) for text in face.findings.warnings]
    return Answer(sized(shown), failure, warnings)


def _outcome(asked: Asked, face: Face) -> tuple[JobError | None, dict[str, object]]:
    try:
        for path, text in faults_of(asked.spec, asked.options.given):
            face.findings.fault(path, text)
        return None, asked.task({**asked.params, **asked.options.kept_back}, face)
    except JobError as error:
        return error, {}
    except Exception as error:
        # Nothing was launched yet. The process must not end with a trace in which nothing is hidden.
        failure = Unexpected(error)
        failure.result = {"changed": False}
        return failure, {}


def _told(error: JobError) -> dict[str, object]:
    told = {"msg": error.summary, "error": error.payload(), **error.result}
    if isinstance(error, (MissingRequests, Unexpected)):
        told["exception"] = error.trace
    return told


def _know_secrets(asked: Asked, face: Face) -> None:
    """What Ansible takes for secrets, and proxies of the environment; the task itself knows of more."""
    for secret in asked.no_log_values:
        face.secrets.add(secret)
    for name in _PROXIES:
        register_password(face.secrets, os.environ.get(name))
        register_password(face.secrets, os.environ.get(name.upper()))


def _shown(asked: Asked, face: Face, result: dict[str, object]) -> dict[str, object]:
    """The result as it leaves, with the task's options, all secrets hidden."""
    hidden = face.secrets.hide(valid(result), OWN_WORDS)
    return {**hidden, "invocation": {"module_args": face.secrets.hide(valid(_args(asked, face.secrets)))}}


def _args(asked: Asked, secrets: Secrets) -> dict[str, object]:
    """The options for people to look at: secrets are replaced where they stand, be they ever so short."""
    shown = _without_secrets(asked.spec, asked.params, secrets)
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
