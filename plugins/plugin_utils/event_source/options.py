# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Options of the event source job_runs: the same names, environment variables and messages as those of the modules."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...module_utils.common.dates import Moment, parse_moment
from ...module_utils.common.redaction import Secrets
from ...module_utils.common.text import quoted, quoted_path
from ...module_utils.errors import InvalidTask
from ...module_utils.models.connection import Connection, Scope
from ...module_utils.models.history import HistoryFilter
from ...module_utils.models.status import JOB_ENDS, JOB_STATUS_NAMES, LAUNCH_MODES, RUN_TYPES
from ...module_utils.options.argspec import CONNECTION, SCOPE
from ...module_utils.options.argspec_info import NAME_MATCH
from ...module_utils.options.certificates import read_key_pair
from ...module_utils.options.connection import read_connection, read_scope
from ...module_utils.options.convert import OptionConverter
from ...module_utils.options.filters import read_run_filter
from ...module_utils.options.problems import Problems
from ...module_utils.options.reader import OptionReader
from ...module_utils.options.secrets import register_proxies, register_secrets
from ...module_utils.options.spec import Spec

SECRET_VARIABLE = "BK_JOB_CALLBACK_SECRET"
# Argument of ansible-rulebook, not an option: the queue of its acknowledgments.
FEEDBACK_QUEUE = "eda_feedback_queue"
_NO_HISTORY_IN_V2 = "v2 has no execution history: use v3"
_MIN_SECRET_LENGTH = 16
# Minimum pause between polls, seconds.
_MIN_INTERVAL = 1.0
_MAX_PORT = 65535

CALLBACK_RECEIVER: Spec = {
    "host": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int"},
    "secret": {"type": "str", "no_log": True, "env": SECRET_VARIABLE},
    "certfile": {"type": "path"},
    "keyfile": {"type": "path", "no_log": False},
}

JOB_RUNS: Spec = {
    **CONNECTION,
    **SCOPE,
    "status": {"type": "list", "elements": "str", "choices": list(JOB_STATUS_NAMES.values())},
    "name": {"type": "str"},
    **NAME_MATCH,
    "operator": {"type": "str"},
    "type": {"type": "str", "choices": list(RUN_TYPES.values())},
    "launch_mode": {"type": "str", "choices": list(LAUNCH_MODES.values())},
    "interval": {"type": "float", "default": 15.0},
    "overlap": {"type": "float", "default": 600.0},
    "window": {"type": "float", "default": 86400.0},
    "sweep_interval": {"type": "float", "default": 900.0},
    "start": {"type": "str", "default": "now"},
    "state_file": {"type": "path"},
    "feedback": {"type": "bool", "default": False},
    "feedback_timeout": {"type": "float", "default": 120.0},
    "callback": {"type": "dict", "options": CALLBACK_RECEIVER},
}


@dataclass(frozen=True)
class CallbackOptions:
    """Where to receive JOB's callbacks. With C(port) 0 the system chooses a free port.

    Without C(certfile) the receiver speaks plain HTTP. C(keyfile) may be part of C(certfile).
    """

    host: str
    port: int
    secret: str = field(repr=False)
    certfile: str | None = None
    keyfile: str | None = None


@dataclass(frozen=True)
class SourceOptions:
    """Options of one event source. Durations are seconds; those that select runs by time are milliseconds.

    C(filters) has no window. C(statuses) are codes. C(start) is relative to the first read, unless it is absolute.
    """

    connection: Connection
    scope: Scope
    filters: HistoryFilter
    statuses: frozenset[int]
    interval: float
    overlap_ms: int
    window_ms: int
    sweep_interval: float
    start: Moment
    state_file: Path | None
    feedback: bool
    feedback_timeout: float
    callback: CallbackOptions | None


@dataclass(frozen=True)
class ReadOptions:
    """Options that were read, with the secrets among them and warnings for the user."""

    options: SourceOptions
    secrets: Secrets
    warnings: list[str]


def read_source_options(args: Mapping[str, object], environment: Mapping[str, str]) -> ReadOptions:
    """Return the options of an event source.

    Args:
        args: arguments of the source in a rulebook.
        environment: environment variables that supply options.

    Raises:
        InvalidTask: the arguments are invalid; it has every error, redacted.
    """
    problems, secrets = Problems(), Secrets()
    register_proxies(secrets, environment)
    converter = OptionConverter(JOB_RUNS, problems, secrets)
    given = {name: value for name, value in args.items() if name != FEEDBACK_QUEUE}
    # A rulebook may render it empty.
    given["callback"] = given.get("callback") or None
    converter.convert(given, environment)
    reader = OptionReader(JOB_RUNS, converter.values, problems)
    register_secrets(secrets, reader)
    options = _options(reader)
    if problems.errors:
        raise InvalidTask(secrets.redact(problems.errors), "the event source did not start")
    return ReadOptions(options, secrets, secrets.redact(problems.warnings))


def _options(reader: OptionReader) -> SourceOptions:
    scope, connection = read_scope(reader), read_connection(reader)
    if connection.api_version == "v2":
        reader.add_error("api_version", _NO_HISTORY_IN_V2)
    filters = read_run_filter(reader)
    state_file, feedback = _state_file(reader), reader.flag("feedback") is True
    if feedback and not reader.present("state_file"):
        reader.add_error("feedback", "requires state_file")
    window = reader.seconds("window")
    return SourceOptions(
        connection=connection,
        scope=scope,
        filters=filters,
        statuses=frozenset(filters.statuses or JOB_ENDS),
        interval=_interval(reader),
        overlap_ms=round(reader.seconds("overlap") * 1000),
        window_ms=round(window * 1000),
        sweep_interval=reader.seconds("sweep_interval"),
        start=_start(reader, window),
        state_file=state_file,
        feedback=feedback,
        feedback_timeout=reader.seconds("feedback_timeout"),
        callback=_callback(reader.group("callback")),
    )


def _interval(reader: OptionReader) -> float:
    seconds = reader.seconds("interval")
    if seconds < _MIN_INTERVAL:
        reader.add_error("interval", f"is {seconds:g}, must be {_MIN_INTERVAL:g} or more")
    return seconds


def _start(reader: OptionReader, window: float) -> Moment:
    text = (reader.text("start") or "now").strip()
    moment = Moment(0, relative=True) if text.lower() == "now" else parse_moment(text)
    if moment is None:
        expected = "now, an age such as 2h or 1d 12h, or a time such as 2026-01-31T10:00:00+08:00"
        reader.add_error("start", f"must be {expected}, not {quoted(text)}")
    elif moment.relative and moment.ms > window * 1000:
        reader.add_error("start", f"is longer ago than window ({window:g} s)")
    return moment or Moment(0, relative=True)


def _state_file(reader: OptionReader) -> Path | None:
    text = reader.text("state_file")
    problem = None if text is None else _state_file_problem(text)
    if problem is not None:
        reader.add_error("state_file", problem)
    return None if text is None or problem is not None else Path(os.path.realpath(text))


def _state_file_problem(text: str) -> str | None:
    if "\0" in text or not Path(text).is_absolute():
        return f"must be an absolute path, not {quoted_path(text)}"
    path, working = Path(os.path.realpath(text)), Path.cwd()
    if path.is_dir():
        return f"{quoted_path(text)} is a directory; a file is required"
    if not path.parent.is_dir():
        return f"the directory {quoted_path(path.parent)} does not exist"
    # The root directory may be the working directory of a container; ansible-rulebook cannot copy that.
    if working != working.parent and path.is_relative_to(working):
        return "must not be in the working directory, which ansible-rulebook copies for every playbook"
    return None


def _callback(reader: OptionReader | None) -> CallbackOptions | None:
    if reader is None:
        return None
    host, port = reader.text("host"), reader.integer("port", required=True, minimum=0, maximum=_MAX_PORT)
    if not reader.present("secret"):
        reader.add_missing("secret")
    secret = reader.secret("secret")
    if secret is not None and len(secret) < _MIN_SECRET_LENGTH:
        text = f"is {len(secret)} characters long, at least {_MIN_SECRET_LENGTH} are required"
        reader.add_error("secret", text)
    certfile, keyfile = read_key_pair(reader, "certfile", "keyfile")
    return CallbackOptions(host or "", port or 0, secret or "", certfile, keyfile)
