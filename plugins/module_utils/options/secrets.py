# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Register the secrets among the options of a task."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping

from ..common.redaction import MIN_WORD_LENGTH, Secrets, register_password
from .reader import OptionReader
from .script_text import ScriptTextError, decode_base64

_URL_OPTIONS = ("api_url", "proxy", "callback_url", "web_url")
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


def register_proxies(secrets: Secrets, environment: Mapping[str, str]) -> None:
    """Register the passwords in the usual proxy variables of the environment."""
    for name in _PROXY_VARIABLES:
        register_password(secrets, environment.get(name))
        register_password(secrets, environment.get(name.upper()))


def register_secrets(secrets: Secrets, reader: OptionReader) -> None:
    """Register the secrets that are not values of C(no_log) options, which C(OptionConverter) registers."""
    for name in _URL_OPTIONS:
        register_password(secrets, reader.raw(name))
    redact = reader.raw("redact")
    for text in redact if isinstance(redact, list) else ():
        secrets.add(text)
    if reader.raw("is_param_sensitive") not in (None, False):
        _register_param(secrets, reader)
    contents = reader.raw("content_list")
    for file in contents if isinstance(contents, list) else ():
        if isinstance(file, Mapping):
            _register_content(secrets, file)


def _register_content(secrets: Secrets, file: Mapping[str, object]) -> None:
    """Register the content of a file that contains a secret, as it is sent: it may be encoded once more."""
    text, encoded = file.get("content"), file.get("content_base64")
    if isinstance(encoded, str):
        text = _decode_base64(encoded)
    if isinstance(text, str) and secrets.redact(text) != text:
        secrets.add(_encode_base64(text) if encoded is None else encoded)


def _register_param(secrets: Secrets, reader: OptionReader) -> None:
    param = reader.raw("script_param")
    if not isinstance(param, str):
        return
    _register_arguments(secrets, param)
    if reader.raw("base64_encoded"):
        _register_arguments(secrets, _decode_base64(param))
    else:
        # As it is sent, and encoded once more if a request is repeated in base64.
        secrets.add(_encode_base64(param))


def _register_arguments(secrets: Secrets, line: str) -> None:
    """Register an argument line as a whole, and those of its arguments that are long enough to be a secret.

    A script may print single arguments. Short ones are options and the like; masking them would garble other text.
    """
    secrets.add(line)
    for argument in _split_arguments(line):
        for part in (argument, argument.partition("=")[2]):
            if len(part) >= MIN_WORD_LENGTH:
                secrets.add(part)


def _split_arguments(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _encode_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


def _decode_base64(text: str) -> str:
    """Return the text of base64, empty if it is invalid, which the reader of the option reports."""
    try:
        return decode_base64(text).decode("utf-8", "replace")
    except ScriptTextError:
        return ""
