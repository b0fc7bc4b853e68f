# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redaction: replace the secrets of a task, in every encoding, by stars.

Private to the collection blueking.job: no stable interface for others.

Ansible itself hides the literal values of C(no_log) options, in numbers and in words of the result as well, so that a
secret "1" would cost the id of the job. Here only text is looked through, for the secret in all its forms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from .secret_patterns import Form, forms_of, searchable
from .text import encodable

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
STARS = "********"
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
