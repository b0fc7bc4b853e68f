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

from .secret_patterns import SecretPattern, patterns_for, searchable
from .text import replace_surrogates

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
REDACTED = "********"
MIN_WORD_LENGTH = 5
_URL_SCHEME = re.compile(r"\s*([\w+.-]*:)?//")
T = TypeVar("T")


class Secrets:
    """The secrets of one task."""

    def __init__(self) -> None:
        self._patterns: dict[str, list[SecretPattern]] = {}

    def add(self, secret: object) -> None:
        """Register a secret; None, booleans and blank text are no secrets. Of several lines each is one, too."""
        if secret is None or isinstance(secret, bool):
            return
        text = replace_surrogates(str(secret)).strip()
        if "\0" in text:
            # NUL characters are dropped from results, but not from what is encoded there.
            self.add(text.replace("\0", ""))
        if not text.strip("*") or text in self._patterns:
            return
        self._patterns[text] = patterns_for(text)
        lines = text.splitlines()
        for line in lines if len(lines) > 1 else ():
            if len(line.strip()) >= MIN_WORD_LENGTH:
                self.add(line)

    def knows(self, text: str) -> bool:
        """Whether the text is a secret, and nothing else."""
        return replace_surrogates(text).strip() in self._patterns

    def redact(self, value: T, unredacted_keys: frozenset[str] = frozenset()) -> T:
        """The same structure with stars in place of every secret.

        Args:
            value: text, or dictionaries and lists of it. Numbers and names of keys stay as they are.
            unredacted_keys: keys whose values are words or times of our own, in which nobody can have put a secret.
        """
        # Whatever holds a secret has to go before a shorter one that is part of it.
        patterns = [
            pattern for text in sorted(self._patterns, key=len, reverse=True) for pattern in self._patterns[text]
        ]
        known: dict[str, str] = {}
        return self._redacted(value, unredacted_keys, patterns, known) if patterns else value  # type: ignore[return-value]

    def _redacted(
        self, value: object, unredacted_keys: frozenset[str], patterns: list[SecretPattern], known: dict[str, str]
    ) -> object:
        if isinstance(value, str):
            if value not in known:
                known[value] = _redact_text(value, patterns)
            return known[value]
        if isinstance(value, Mapping):
            return {
                key: each
                if key in unredacted_keys and isinstance(each, str)
                else self._redacted(each, unredacted_keys, patterns, known)
                for key, each in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._redacted(each, unredacted_keys, patterns, known) for each in value]
        return value


def _redact_text(text: str, patterns: list[SecretPattern]) -> str:
    searched = searchable(text)
    for pattern in patterns:
        if pattern.stem in searched:
            text = pattern.pattern.sub(REDACTED, text)
    return text


def register_password(secrets: Secrets, url: object) -> None:
    """Register the password in a URL, if there is one, as it stands there and as it is meant."""
    if not isinstance(url, str):
        return
    # Proxies are often written without what leads to them; in the environment that is even right.
    address = url if _URL_SCHEME.match(url) else f"//{url}"
    try:
        password = urlsplit(address).password
    except ValueError:
        # Of a broken URL everything that may be one.
        password = address.partition("//")[2].rpartition("@")[0].partition(":")[2]
    secrets.add(password)
    secrets.add(unquote(password or ""))
