# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Execute a task: validate options, return the result or error, redact all secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..common.redaction import MASK, Secrets
from ..common.text import one_line, printable, valid_utf8
from ..errors import InvalidTask, JobError, MissingRequests, Unexpected
from ..jobs.context import Task, TaskContext
from ..options.convert import OptionConverter
from ..options.reader import OptionReader
from ..options.secrets import register_proxies, register_secrets
from ..options.spec import Option, Spec
from ..results.launch_diff import launch_diff
from ..results.run_result import UNREDACTED_KEYS
from ..results.size_limit import limit_result
from .option_sources import add_source_hint
from .white_space import add_white_space_hint


@dataclass
class TaskResponse:
    """Result of a task, redacted and ready to print."""

    result: dict[str, object]
    failure: JobError | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass
class TaskCall:
    """Call of a task in either execution mode: its options as written, and the environment that supplies others."""

    task: Task
    spec: Spec
    task_options: Mapping[str, object]
    environment: Mapping[str, str]


def execute_task(call: TaskCall, context: TaskContext) -> TaskResponse:
    """Execute the task, and return its redacted result."""
    options = OptionConverter(call.spec, context.problems, context.secrets)
    failure, result = _run_task(call, options, context)
    if failure is not None:
        result = _error_result(failure)
    request = result.get("request")
    if context.diff and failure is None and isinstance(request, Mapping):
        result["diff"] = launch_diff(request)
    redacted = _redacted_result(call.spec, options, context.secrets, result)
    # Validation errors and failed hosts have one line each. Every other message is one line, also with server texts.
    # Cut it after redaction, because half a secret is not found. Ansible prints it to the terminal unchanged.
    if isinstance(failure, InvalidTask):
        redacted["msg"] = "\n".join(map(printable, str(redacted["msg"]).split("\n")))
    elif failure is not None:
        lines = (str(redacted["msg"]), *map(context.secrets.redact, valid_utf8(list(failure.details))))
        redacted["msg"] = "\n".join(map(one_line, lines))
    warnings = [one_line(context.secrets.redact(valid_utf8(text)), 500) for text in context.problems.warnings]
    return TaskResponse(limit_result(redacted), failure, warnings)


def _run_task(
    call: TaskCall, options: OptionConverter, context: TaskContext
) -> tuple[JobError | None, dict[str, object]]:
    try:
        # Register secrets first: any later failure may print them.
        register_proxies(context.secrets, call.environment)
        options.convert(call.task_options, call.environment)
        reader = OptionReader(call.spec, options.values, context.problems)
        register_secrets(context.secrets, reader)
        return None, call.task(reader, context)
    except JobError as error:
        add_source_hint(error, context.problems)
        add_white_space_hint(error, options.values, context.problems)
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


def _redacted_result(
    spec: Spec, options: OptionConverter, secrets: Secrets, result: dict[str, object]
) -> dict[str, object]:
    """Return the result with the options of the task, all secrets redacted."""
    shown = {name: value for name, value in options.values.items() if name not in options.unconverted}
    # Secrets are masked by position, however short they are.
    masked = _mask_options(spec, shown, secrets)
    if masked.get("is_param_sensitive") and masked.get("script_param") is not None:
        masked["script_param"] = MASK
    return {
        **secrets.redact(valid_utf8(result), UNREDACTED_KEYS),
        "invocation": {"module_args": secrets.redact(valid_utf8(masked))},
    }


def _mask_options(spec: Spec, values: Mapping[str, object], secrets: Secrets) -> dict[str, object]:
    return {name: _mask_option(spec[name], value, secrets) for name, value in values.items()}


def _mask_option(option: Option, value: object, secrets: Secrets) -> object:
    inner = option.get("options", {})
    hidden = option.get("no_log") or option.get("masked")
    if (hidden and value is not None) or (isinstance(value, str) and secrets.knows(value)):
        return MASK
    if inner and isinstance(value, list):
        return [_mask_option({"options": inner}, each, secrets) for each in value]
    return _mask_options(inner, value, secrets) if inner and isinstance(value, Mapping) else value
