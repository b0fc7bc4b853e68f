# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Execute a task: validate options, return the result or error, redact all secrets.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..common.redaction import MASK, Secrets, register_password
from ..common.text import one_line, printable, valid_utf8
from ..errors import InvalidTask, JobError, MissingRequests, Unexpected
from ..jobs.context import Task, TaskContext
from ..options.collect import CollectedOptions
from ..options.raw_checks import find_raw_problems, option_names
from ..options.spec import Option, Spec
from ..options.written_names import find_written_names
from ..results.launch_diff import launch_diff
from ..results.run_result import UNREDACTED_KEYS
from ..results.size_limit import limit_result
from .white_space import name_white_space

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass
class TaskResponse:
    """Result of a task, redacted and ready to print."""

    result: dict[str, object]
    failure: JobError | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass
class TaskCall:
    """Call of a task in either execution mode.

    C(params) are the options after Ansible's validation; C(no_log_values) are the secrets that Ansible found in them.
    """

    task: Task
    spec: Spec
    options: CollectedOptions
    params: Mapping[str, object]
    no_log_values: Iterable[str]


def execute_task(call: TaskCall, context: TaskContext) -> TaskResponse:
    """Execute the task, and return its redacted result."""
    context.problems.sources = call.options.sources
    context.problems.written_names = find_written_names(call.spec, call.options.raw_values)
    _register_secrets(call, context)
    failure, result = _run_task(call, context)
    if failure is not None:
        result = _error_result(failure)
    request = result.get("request")
    if context.diff and failure is None and isinstance(request, Mapping):
        result["diff"] = launch_diff(request)
    redacted = _redacted_result(call, context, result)
    # Validation errors have one line each; every other message is one line, whatever the server wrote. Cut it after
    # redaction, because half a secret is not found. Ansible prints it to the terminal unchanged.
    if isinstance(failure, InvalidTask):
        redacted["msg"] = "\n".join(map(printable, str(redacted["msg"]).split("\n")))
    elif failure is not None:
        redacted["msg"] = one_line(str(redacted["msg"]))
    warnings = [one_line(context.secrets.redact(valid_utf8(text)), 500) for text in context.problems.warnings]
    return TaskResponse(limit_result(redacted), failure, warnings)


def _run_task(call: TaskCall, context: TaskContext) -> tuple[JobError | None, dict[str, object]]:
    try:
        for path, text in call.options.problems.items():
            context.problems.add_error(path, text)
        for path, text in find_raw_problems(call.spec, call.options.raw_values):
            context.problems.add_error(path, text)
        return None, call.task({**call.params, **call.options.unconvertible}, context)
    except JobError as error:
        name_white_space(error, call.spec, call.options.raw_values)
        return error, {}
    except Exception as error:
        # Nothing was launched yet. The process must not end with an unredacted traceback.
        failure = Unexpected(error)
        failure.result = {"changed": False}
        return failure, {}


def _error_result(error: JobError) -> dict[str, object]:
    result = {"msg": error.summary, "error": error.payload(), **error.result}
    if isinstance(error, (MissingRequests, Unexpected)):
        result["exception"] = error.trace
    return result


def _register_secrets(call: TaskCall, context: TaskContext) -> None:
    """Register Ansible's no_log values, and proxies of the environment; the task itself registers more."""
    for secret in call.no_log_values:
        context.secrets.add(secret)
    for name in _PROXIES:
        register_password(context.secrets, os.environ.get(name))
        register_password(context.secrets, os.environ.get(name.upper()))


def _redacted_result(call: TaskCall, context: TaskContext, result: dict[str, object]) -> dict[str, object]:
    """Return the result with the task's options, all secrets redacted."""
    redacted = context.secrets.redact(valid_utf8(result), UNREDACTED_KEYS)
    return {
        **redacted,
        "invocation": {"module_args": context.secrets.redact(valid_utf8(_masked_arguments(call, context.secrets)))},
    }


def _masked_arguments(call: TaskCall, secrets: Secrets) -> dict[str, object]:
    """Return the options for display: secrets are masked by position, however short they are."""
    redacted = _mask_options(call.spec, call.params, secrets)
    if redacted.get("is_param_sensitive") and redacted.get("script_param") is not None:
        redacted["script_param"] = MASK
    return redacted


def _mask_options(spec: Spec, params: Mapping[str, object], secrets: Secrets) -> dict[str, object]:
    options = {used: option for name, option in spec.items() for used in option_names(name, option)}
    return {name: _mask_option(options.get(name, {}), value, secrets) for name, value in params.items()}


def _mask_option(option: Option, value: object, secrets: Secrets) -> object:
    inner = option.get("options", {})
    if (option.get("no_log") and value is not None) or (isinstance(value, str) and secrets.knows(value)):
        return MASK
    if inner and isinstance(value, list):
        return [_mask_option({"options": inner}, each, secrets) for each in value]
    return _mask_options(inner, value, secrets) if inner and isinstance(value, Mapping) else value
