# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Redaction: replace the secrets of a task, in every encoding, by asterisks.

Ansible itself masks the literal values of C(no_log) options, also in numbers and fixed values of the result: a secret
"1" would corrupt the job's id. This package searches only text, and finds the secret in all its encodings.
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
        """Register a secret. None, booleans and blank text are ignored. Each line of a secret is registered, too."""
        if secret is None or isinstance(secret, bool):
            return
        text = replace_surrogates(str(secret)).strip()
        if "\0" in text:
            # NUL characters are dropped from results, but encoded text may still contain them.
            self.add(text.replace("\0", ""))
        if "\\" in text and len(text) >= MIN_WORD_LENGTH:
            # A history filter has underscores in place of backslashes, see exact_name_filter.
            self.add(text.replace("\\", "_"))
        if not text.strip("*") or text in self._patterns:
            return
        self._patterns[text] = patterns_for(text)
        lines = text.splitlines()
        for line in lines if len(lines) > 1 else ():
            if len(line.strip()) >= MIN_WORD_LENGTH:
                self.add(line)

    def knows(self, text: str) -> bool:
        """Return whether the text is exactly one of the secrets."""
        return replace_surrogates(text).strip() in self._patterns

    def redact(self, value: T, unredacted_keys: frozenset[str] = frozenset()) -> T:
        """Return the same structure with asterisks in place of every secret.

        Args:
            value: text, or dictionaries and lists of it. Numbers and keys stay as they are.
            unredacted_keys: keys whose values are fixed texts or times of the collection and cannot contain a secret.
        """
        # Replace a secret before any shorter one that is part of it.
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
    """Register the password in a URL, if there is one, both as written and URL-decoded."""
    if not isinstance(url, str):
        return
    # Proxy URLs often have no scheme; in environment variables that is valid.
    address = url if _URL_SCHEME.match(url) else f"//{url}"
    try:
        password = urlsplit(address).password
    except ValueError:
        # The URL is invalid: take every part that may be a password.
        password = address.partition("//")[2].rpartition("@")[0].partition(":")[2]
    secrets.add(password)
    secrets.add(unquote(password or ""))
