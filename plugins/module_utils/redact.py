# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets: what must appear in no output, in every form it may take on its way.

Private to the collection blueking.job: no stable interface for others.

Ansible itself hides the literal values of C(no_log) options. A secret also travels base64-encoded (alone, or in the
middle of an encoded text), URL-encoded and JSON-escaped; those forms are registered here.
"""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import replace
from urllib.parse import quote, quote_plus, urlsplit

from .fields import Fields
from .models import GlobalVariable, PlanLaunch, ScriptLaunch

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_CREDENTIALS = ("bk_app_secret", "bk_token", "bk_ticket", "bk_access_token")
_ADDRESSES = ("api_url", "proxy", "callback_url", "web_url")
# The encoded middle of a shorter secret would be found by accident in texts that have nothing to do with it.
_SHORTEST_INFIX = 6
_SHORTEST_WORD = 5


class Secrets:
    """The secrets of one task."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def add(self, secret: str | None) -> None:
        """Register a secret with all its forms; None and blank text are no secrets."""
        if secret is not None and secret.strip():
            self._forms.update(forms_of(secret))

    def forms(self) -> set[str]:
        """Every text that must be hidden."""
        return set(self._forms)


def forms_of(secret: str) -> set[str]:
    """The secret, and what it looks like encoded."""
    data = secret.encode("utf-8", "surrogatepass")
    forms = {
        secret,
        secret.strip(),
        quote(data, safe=""),
        quote_plus(data),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(data).decode("ascii"),
        base64.urlsafe_b64encode(data).decode("ascii"),
    }
    if len(data) >= _SHORTEST_INFIX:
        forms.update(_base64_infixes(data))
    return forms


def register(secrets: Secrets, fields: Fields, what: PlanLaunch | ScriptLaunch) -> None:
    """Register what a task holds, also where the task is wrong: its options are put out in any case."""
    for name in _CREDENTIALS:
        secrets.add(_text(fields, name))
    for name in _ADDRESSES:
        secrets.add(_password(_text(fields, name)))
    if isinstance(what, PlanLaunch):
        for variable in what.variables or ():
            if variable.secret:
                secrets.add(variable.value)
    elif fields.raw("is_param_sensitive") not in (None, False):
        param = _text(fields, "script_param")
        _register_line(secrets, param)
        if param and fields.raw("base64_encoded"):
            _register_line(secrets, _decoded(param))


def _register_line(secrets: Secrets, line: str | None) -> None:
    """An argument line as a whole, and those of its words that are long enough to be a secret of their own.

    The script sees words, so it prints words. Short ones are options and the like, and would blank out other text.
    """
    secrets.add(line)
    for word in _words(line or ""):
        for part in (word, word.partition("=")[2]):
            if len(part) >= _SHORTEST_WORD:
                secrets.add(part)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _text(fields: Fields, name: str) -> str | None:
    value = fields.raw(name)
    return value if isinstance(value, str) else None


def _password(url: str | None) -> str | None:
    try:
        return urlsplit(url).password if url else None
    except ValueError:
        return None


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except ValueError:
        return None


def masked(launch: PlanLaunch | ScriptLaunch) -> PlanLaunch | ScriptLaunch:
    """The launch for people to look at: secrets are replaced where they stand, so nothing else can be hit."""
    if isinstance(launch, PlanLaunch):
        if launch.variables is None:
            return launch
        return replace(launch, variables=tuple(_masked_variable(variable) for variable in launch.variables))
    if launch.is_param_sensitive and launch.script_param is not None:
        return replace(launch, script_param=MASK)
    return launch


def _masked_variable(variable: GlobalVariable) -> GlobalVariable:
    return replace(variable, value=MASK) if variable.secret else variable


def _base64_infixes(data: bytes) -> set[str]:
    """What stays the same of the secret's base64 wherever it stands in a longer text: one form for each alignment."""
    infixes = set()
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + data).decode("ascii").rstrip("=")
        # The first characters depend on what stands before, the last one on what follows.
        start = (lead * 8 + 5) // 6
        end = (lead + len(data)) * 8 // 6
        infixes.add(encoded[start:end])
    return infixes
