# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Register the secrets among the options of a task.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping

from ..common.redaction import _SHORTEST_WORD, Secrets, register_password
from .reader import Fields

_CREDENTIALS = ("bk_app_secret", "bk_token", "bk_ticket", "bk_access_token")
_ADDRESSES = ("api_url", "proxy", "callback_url", "web_url")


def register(secrets: Secrets, fields: Fields) -> None:
    """Register what a task holds, before anything is done with it: also a wrong task puts out its options."""
    for name in _CREDENTIALS:
        secrets.add(fields.raw(name))
    for name in _ADDRESSES:
        register_password(secrets, fields.raw(name))
    variables = fields.raw("global_var_list")
    for variable in variables if isinstance(variables, (list, tuple)) else ():
        if isinstance(variable, Mapping):
            secrets.add(variable.get("secret_value"))
    if fields.raw("is_param_sensitive") not in (None, False):
        _register_param(secrets, fields)


def _register_param(secrets: Secrets, fields: Fields) -> None:
    param = fields.raw("script_param")
    if not isinstance(param, str):
        return
    _register_line(secrets, param)
    if fields.raw("base64_encoded"):
        _register_line(secrets, _decoded(param))
    else:
        # So it travels, and is encoded once more where a request is repeated in base64.
        secrets.add(base64.b64encode(param.encode("utf-8", "surrogatepass")).decode("ascii"))


def _register_line(secrets: Secrets, line: str) -> None:
    """An argument line as a whole, and those of its words that are long enough to be a secret of their own.

    The script sees words, so it prints words. Short ones are options and the like, and would blank out other text.
    """
    secrets.add(line)
    for word in _words(line):
        for part in (word, word.partition("=")[2]):
            if len(part) >= _SHORTEST_WORD:
                secrets.add(part)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except ValueError:
        return ""
