# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Scripts: options, with current or legacy names, to a launch."""

from __future__ import annotations

import base64
from pathlib import Path

from ..models.connection import Scope
from ..models.launch import ScriptLaunch
from ..models.status import SCRIPT_LANGUAGES
from .connection import read_callback_url
from .fast_launch import read_account, read_required_target, read_rolling, read_task_name, read_timeout
from .local_files import read_local_file
from .reader import AWX_PLACEHOLDER, OptionReader
from .script_text import (
    ScriptTextError,
    check_utf8,
    decode_utf8_base64,
    encode_utf8,
    is_pasted_base64,
    with_unix_line_ends,
    without_mark,
)
from .unique_key import read_unique_key

LANGUAGES = {name: code for code, name in SCRIPT_LANGUAGES.items() if name != "sql"}
_LANGUAGE_BY_SUFFIX = {".sh": 1, ".bash": 1, ".bat": 2, ".cmd": 2, ".pl": 3, ".py": 4, ".ps1": 5}

# Limits of JOB API: fast_execute_script.
MAX_CONTENT_BYTES = 16_777_215
MAX_PARAM_BYTES = 65_535
MAX_SENSITIVE_PARAM_BYTES = 48_128
MAX_INTERPRETER_LENGTH = 260

_SOURCES = ("script_version_id", "script_id", "script_content", "script_path")
_UNIX_LANGUAGES = frozenset({LANGUAGES["shell"], LANGUAGES["perl"], LANGUAGES["python"]})


def read_script_launch(reader: OptionReader, scope: Scope, made_up_name: str) -> ScriptLaunch:
    """Return the launch; add problems to C(reader). C(made_up_name) is used if the task has neither name nor key."""
    source = _source(reader)
    base64_encoded = reader.flag("base64_encoded") or False
    language = _language(reader, source)
    sensitive = reader.flag("is_param_sensitive")
    unique_key = read_unique_key(reader)
    account_alias, account_id = read_account(reader, "that runs the script")
    return ScriptLaunch(
        scope=scope,
        target=read_required_target(reader, "target_server", "the hosts to run on"),
        script_version_id=reader.integer("script_version_id", minimum=1) if source == "script_version_id" else None,
        script_id=reader.text("script_id") if source == "script_id" else None,
        script_content=_content(reader, source, base64_encoded, language),
        script_language=language,
        script_param=_param(reader, base64_encoded, bool(sensitive)),
        is_param_sensitive=sensitive,
        timeout=read_timeout(reader),
        account_alias=account_alias,
        account_id=account_id,
        task_name=read_task_name(reader, unique_key, ScriptLaunch.module) or made_up_name,
        unique_name=unique_key is None and not reader.present("task_name"),
        unique_key=unique_key,
        windows_interpreter=_interpreter(reader),
        rolling_config=read_rolling(reader),
        callback_url=read_callback_url(reader),
    )


def _source(reader: OptionReader) -> str | None:
    """Return the option that selects the script, by the server's precedence; only this one is sent."""
    present = reader.present(*_SOURCES)
    if not present:
        reader.add_missing("script_content", "script_path", "script_id", "script_version_id")
        return None
    if len(present) > 1:
        reader.problems.warn(f"using {present[0]}; ignoring {', '.join(present[1:])}")
    return present[0]


def _content(reader: OptionReader, source: str | None, base64_encoded: bool, language: int | None) -> str | None:
    """Return the script as base64. A file is always read as it is; only the option may be base64 already."""
    if source not in ("script_path", "script_content"):
        return None
    text = reader.text(source)
    if text is None:
        return None
    try:
        if source == "script_path":
            data = read_local_file(reader, source, text, "script_content")
            if data is None:
                return None
            check_utf8(data)
        else:
            data = _option_bytes(text, base64_encoded)
            if base64_encoded and is_pasted_base64(data.decode("utf-8")):
                raise ScriptTextError("is base64 of base64; encode the script once, or set base64_encoded to false")
            if reader.raw("base64_encoded") is None and is_pasted_base64(text):
                raise ScriptTextError("looks like base64; set base64_encoded to true, or to false if it is the script")
        return _encode_base64(reader, source, _normalized(reader, source, data, language))
    except ScriptTextError as error:
        reader.add_error(source, str(error))
        return None


def _normalized(reader: OptionReader, source: str, data: bytes, language: int | None) -> bytes:
    """Return the script as agents can run it: without byte order mark, with the line ends of its language."""
    data = without_mark(data)
    if not data.strip():
        raise ScriptTextError("is an empty script; write its commands")
    normalized = with_unix_line_ends(data) if language in _UNIX_LANGUAGES else data
    if normalized != data:
        reader.problems.warn(f"{source} has CR LF line ends, which were replaced by LF")
    return normalized


def _param(reader: OptionReader, base64_encoded: bool, sensitive: bool) -> str | None:
    """Return the argument line as base64, encoded once. An empty one is legal and sent as such."""
    value = reader.raw("script_param")
    if value is None:
        return None
    if not isinstance(value, str):
        reader.text("script_param")
        return None
    if sensitive and value == AWX_PLACEHOLDER:
        reader.secret("script_param")
    limit = MAX_SENSITIVE_PARAM_BYTES if sensitive else MAX_PARAM_BYTES
    if not base64_encoded and "\n" in value.rstrip("\n"):
        reader.problems.warn("script_param has several lines: JOB replaces line feeds by blanks")
    try:
        data = _option_bytes(value, base64_encoded)
    except ScriptTextError as error:
        reader.add_error("script_param", str(error))
        return None
    return _encode_base64(reader, "script_param", data, limit)


def _option_bytes(text: str, base64_encoded: bool) -> bytes:
    """Return the bytes of an option, which JOB can decode.

    Raises:
        ScriptTextError: the text cannot be sent.
    """
    if base64_encoded:
        return decode_utf8_base64(text)
    data = encode_utf8(text)
    check_utf8(data)
    return data


def _encode_base64(reader: OptionReader, name: str, data: bytes, limit: int = MAX_CONTENT_BYTES) -> str | None:
    if len(data) > limit:
        reader.add_error(name, f"is {len(data)} bytes long, at most {limit} are allowed")
        return None
    return base64.b64encode(data).decode("ascii")


def _language(reader: OptionReader, source: str | None) -> int | None:
    language = reader.choice_code("script_language", LANGUAGES)
    if language is not None:
        return language
    if source == "script_path":
        path = reader.raw("script_path")
        ending = Path(path).suffix.lower() if isinstance(path, str) else ""
        return _LANGUAGE_BY_SUFFIX.get(ending, LANGUAGES["shell"])
    return LANGUAGES["shell"] if source == "script_content" else None


def _interpreter(reader: OptionReader) -> str | None:
    path = reader.text("windows_interpreter", maximum=MAX_INTERPRETER_LENGTH)
    if path is not None and not path.strip().lower().endswith(".exe"):
        reader.add_error("windows_interpreter", "must end in .exe")
    return path
