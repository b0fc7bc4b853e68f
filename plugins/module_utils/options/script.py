# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts: options, in either vocabulary, to a launch.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from ..common.text import shown
from ..models.connection import Scope
from ..models.launch import RollingConfig, ScriptLaunch, TargetServer
from .connection import read_callback_url
from .reader import PLACEHOLDER, Fields
from .targets import LEGACY_PAIR, LISTS, names_something, read_target

LANGUAGES = {"shell": 1, "bat": 2, "perl": 3, "python": 4, "powershell": 5}
LANGUAGE_CHOICES = (*LANGUAGES, *(str(number) for number in LANGUAGES.values()))
_LANGUAGE_OF_ENDING = {".sh": 1, ".bash": 1, ".bat": 2, ".cmd": 2, ".pl": 3, ".py": 4, ".ps1": 5}

# Limits of JOB API: fast_execute_script.
CONTENT_BYTES = 16_777_215
PARAM_BYTES = 65_535
SENSITIVE_PARAM_BYTES = 48_128
TIMEOUT_SECONDS = 259_200
TASK_NAME_CHARACTERS = 512
INTERPRETER_CHARACTERS = 260
BATCH_WAIT_MS = 3_600_000

_SOURCES = ("script_version_id", "script_id", "script_content", "script_path")
_BATCH_WAITS = ("batch_start_wait_random_min_ms", "batch_start_wait_random_max_ms", "batch_start_wait_fixed_ms")
# What Ansible's encrypted files begin with. Only ansible-playbook could decrypt one, and a module is not told of it.
_ENCRYPTED = b"$ANSIBLE_VAULT;"
_BATCH = re.compile(r"([1-9][0-9]*%|[+*]?[1-9][0-9]*)\Z")


def read_script_launch(fields: Fields, scope: Scope, default_name: str) -> ScriptLaunch:
    """What to launch; faults go to the findings of C(fields). C(default_name) is used where the task names nothing."""
    source = _source(fields)
    base64_encoded = fields.flag("base64_encoded") or False
    sensitive = fields.flag("is_param_sensitive")
    account = _account(fields)
    return ScriptLaunch(
        scope=scope,
        target=_target(fields),
        script_version_id=fields.integer("script_version_id", least=1) if source == "script_version_id" else None,
        script_id=fields.text("script_id") if source == "script_id" else None,
        script_content=_content(fields, source, base64_encoded),
        script_language=_language(fields, source),
        script_param=_param(fields, base64_encoded, bool(sensitive)),
        is_param_sensitive=sensitive,
        timeout=fields.integer("timeout", least=1, most=TIMEOUT_SECONDS),
        account_alias=fields.text("account_alias") if account == "account_alias" else None,
        account_id=fields.integer("account_id", least=1) if account == "account_id" else None,
        task_name=fields.text("task_name", most=TASK_NAME_CHARACTERS) or default_name,
        unique_name=not fields.given("task_name"),
        windows_interpreter=_interpreter(fields),
        rolling_config=_rolling(fields),
        callback_url=read_callback_url(fields),
    )


def _source(fields: Fields) -> str | None:
    """The option whose script is run; the server's precedence, and nothing but the winner is sent."""
    given = fields.given(*_SOURCES)
    if not given:
        fields.fault("script_content", "is required (or script_path, script_id or script_version_id)")
        return None
    if len(given) > 1:
        fields.findings.warn(f"{given[0]} decides what runs; not sent: {', '.join(given[1:])}")
    return given[0]


def _account(fields: Fields) -> str | None:
    given = fields.given("account_id", "account_alias")
    if not given:
        fields.fault("account_alias", "is required (or account_id): the account that runs the script")
        return None
    if len(given) > 1:
        fields.findings.warn("account_id decides which account runs the script; not sent: account_alias")
    return given[0]


def _target(fields: Fields) -> TargetServer:
    given = fields.given("target_server", *LEGACY_PAIR)
    target = read_target(fields.group("target_server"), fields)
    faulted = any(fields.findings.touches(name) for name in ("target_server", *LEGACY_PAIR))
    if not given:
        fields.fault("target_server", "is required: the hosts to run on")
    elif not faulted and not names_something(fields.group("target_server"), fields):
        fields.fault(
            "target_server",
            f"names no host; at least one of {', '.join(LISTS)} must hold something",
        )
    return target or TargetServer()


def _content(fields: Fields, source: str | None, base64_encoded: bool) -> str | None:
    """The script as base64. A file is always read as it is; only the option may hold base64 already."""
    if source == "script_path":
        path = fields.text("script_path")
        data = None if path is None else _file(fields, path)
        return None if data is None else _encode(fields, "script_path", data, CONTENT_BYTES)
    if source != "script_content":
        return None
    text = fields.text("script_content")
    if text is None or not base64_encoded:
        return (
            None
            if text is None
            else _encode(fields, "script_content", _bytes(fields, "script_content", text), CONTENT_BYTES)
        )
    return _encoded_already(fields, "script_content", text, CONTENT_BYTES)


def _param(fields: Fields, base64_encoded: bool, sensitive: bool) -> str | None:
    """The whole argument line as base64, encoded once. An empty one is legal and sent as such."""
    value = fields.raw("script_param")
    if value is None:
        return None
    if not isinstance(value, str):
        fields.text("script_param")
        return None
    if sensitive and value == PLACEHOLDER:
        fields.secret("script_param")
    limit = SENSITIVE_PARAM_BYTES if sensitive else PARAM_BYTES
    if base64_encoded:
        return _encoded_already(fields, "script_param", value, limit)
    if "\n" in value.rstrip("\n"):
        fields.findings.warn("script_param has several lines: JOB turns line feeds into blanks")
    return _encode(fields, "script_param", _bytes(fields, "script_param", value), limit)


def _file(fields: Fields, path: str) -> bytes | None:
    try:
        data = Path(path).expanduser().read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        # Besides files that cannot be read: names that no file system takes, and homes of unknown users.
        fields.fault("script_path", f"{shown(path, 250)} cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    if not data.strip():
        fields.fault("script_path", f"{shown(path, 250)} is empty")
        return None
    if data.startswith(_ENCRYPTED):
        advice = "use script_content with the lookup ansible.builtin.unvault, which decrypts it"
        fields.fault("script_path", f"{shown(path, 250)} is encrypted with Ansible Vault; {advice}")
        return None
    return data


def _bytes(fields: Fields, name: str, text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        fields.fault(name, "holds characters that are no Unicode text; use base64_encoded for other bytes")
        return b""


def _encode(fields: Fields, name: str, data: bytes, limit: int) -> str | None:
    if len(data) > limit:
        fields.fault(name, f"is {len(data)} bytes long, at most {limit} are allowed")
        return None
    return base64.b64encode(data).decode("ascii")


def _encoded_already(fields: Fields, name: str, text: str, limit: int) -> str | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        fields.fault(name, "is not base64, although base64_encoded is true")
        return None
    return text if _encode(fields, name, data, limit) is not None else None


def _language(fields: Fields, source: str | None) -> int | None:
    word = fields.choice("script_language", LANGUAGE_CHOICES)
    if word is not None:
        return LANGUAGES[word] if word in LANGUAGES else int(word)
    if source == "script_path":
        path = fields.raw("script_path")
        ending = Path(path).suffix.lower() if isinstance(path, str) else ""
        return _LANGUAGE_OF_ENDING.get(ending, LANGUAGES["shell"])
    return LANGUAGES["shell"] if source == "script_content" else None


def _interpreter(fields: Fields) -> str | None:
    path = fields.text("windows_interpreter", most=INTERPRETER_CHARACTERS)
    if path is not None and not path.strip().lower().endswith(".exe"):
        fields.fault("windows_interpreter", "must end in .exe")
    return path


def _rolling(fields: Fields) -> RollingConfig | None:
    rolling = fields.group("rolling_config")
    if rolling is None:
        return None
    low, high, fixed = (rolling.integer(name, least=0, most=BATCH_WAIT_MS) for name in _BATCH_WAITS)
    config = RollingConfig(
        type=rolling.integer("type", least=1, most=1),
        mode=rolling.integer("mode", least=1, most=3),
        expression=rolling.text("expression", required=True),
        execution_mode=rolling.integer("execution_mode", least=1, most=2),
        batch_start_wait_fixed_ms=fixed,
        batch_start_wait_random_min_ms=low,
        batch_start_wait_random_max_ms=high,
    )
    # A wrong expression would leave an instance behind that never starts, so it is looked at here.
    if config.expression is not None and not all(_BATCH.match(batch) for batch in config.expression.split(" ")):
        rolling.fault("expression", "must be batches like 10%, 5, +5 or *2, with one blank between them")
    if config.execution_mode == 2:
        for name in _BATCH_WAITS:
            rolling.integer(name, required=True, least=0)
    if low is not None and high is not None and high < low:
        rolling.fault("batch_start_wait_random_max_ms", f"is {high}, below batch_start_wait_random_min_ms ({low})")
    return config
