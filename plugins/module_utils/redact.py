# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets: what a task must not give away, and the hiding of it in whatever is put out.

Private to the collection blueking.job: no stable interface for others.

Ansible itself hides the literal values of C(no_log) options, in numbers and in words of the result as well, so that a
secret "1" would cost the id of the job. Here only text is looked through, for the secret in all its forms.
"""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from .fields import Fields
from .forms import Form, forms_of, searchable
from .models import GlobalVariable, PlanLaunch, ScriptLaunch
from .text import encodable

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
STARS = "********"
_CREDENTIALS = ("bk_app_secret", "bk_token", "bk_ticket", "bk_access_token")
_ADDRESSES = ("api_url", "proxy", "callback_url", "web_url")
_SHORTEST_WORD = 5
_SCHEME = re.compile(r"\s*([\w+.-]*:)?//")

T = TypeVar("T")


class Secrets:
    """The secrets of one task."""

    def __init__(self) -> None:
        self._forms: dict[str, list[Form]] = {}

    def add(self, secret: object) -> None:
        """Register a secret; None, booleans and blank text are no secrets. Of several lines each is one, too."""
        if secret is None or isinstance(secret, bool):
            return
        text = encodable(str(secret)).strip()
        if "\0" in text:
            # NUL characters are dropped from results, but not from what is encoded there.
            self.add(text.replace("\0", ""))
        if not text.strip("*") or text in self._forms:
            return
        self._forms[text] = forms_of(text)
        lines = text.splitlines()
        for line in lines if len(lines) > 1 else ():
            if len(line.strip()) >= _SHORTEST_WORD:
                self.add(line)

    def knows(self, text: str) -> bool:
        """Whether the text is a secret, and nothing else."""
        return encodable(text).strip() in self._forms

    def hide(self, value: T, words: frozenset[str] = frozenset()) -> T:
        """The same structure with stars in place of every secret.

        Args:
            value: text, or dictionaries and lists of it. Numbers and names of keys stay as they are.
            words: keys whose values are words or times of our own, in which nobody can have put a secret.
        """
        # Whatever holds a secret has to go before a shorter one that is part of it.
        forms = [form for text in sorted(self._forms, key=len, reverse=True) for form in self._forms[text]]
        known: dict[str, str] = {}
        return self._hidden(value, words, forms, known) if forms else value  # type: ignore[return-value]

    def _hidden(self, value: object, words: frozenset[str], forms: list[Form], known: dict[str, str]) -> object:
        if isinstance(value, str):
            if value not in known:
                known[value] = _without(value, forms)
            return known[value]
        if isinstance(value, Mapping):
            return {
                key: each if key in words and isinstance(each, str) else self._hidden(each, words, forms, known)
                for key, each in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._hidden(each, words, forms, known) for each in value]
        return value


def _without(text: str, forms: list[Form]) -> str:
    place = searchable(text)
    for form in forms:
        if form.stem in place:
            text = form.pattern.sub(STARS, text)
    return text


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


def register_password(secrets: Secrets, url: object) -> None:
    """Register the password in a URL, if there is one, as it stands there and as it is meant."""
    if not isinstance(url, str):
        return
    # Proxies are often written without what leads to them; in the environment that is even right.
    address = url if _SCHEME.match(url) else f"//{url}"
    try:
        password = urlsplit(address).password
    except ValueError:
        # Of a broken URL everything that may be one.
        password = address.partition("//")[2].rpartition("@")[0].partition(":")[2]
    secrets.add(password)
    secrets.add(unquote(password or ""))


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
