# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Redaction: replace the secrets of a task, in every encoding, by asterisks.

Ansible itself masks the literal values of C(no_log) options, also in numbers and fixed values of the result: a secret
"1" would corrupt the job's id. This package searches only text, and finds the secret in all its encodings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
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

        All texts are searched together, so one call for many texts is much faster than one for each.

        Args:
            value: text, or dictionaries and lists of it. Numbers and keys stay as they are.
            unredacted_keys: keys whose values are fixed texts or times of the collection and cannot contain a secret.
        """
        patterns = self._patterns_in(set(_texts(value, unredacted_keys)))
        return _redacted(value, unredacted_keys, patterns, {}) if patterns else value  # type: ignore[return-value]

    def _patterns_in(self, texts: Iterable[str]) -> list[SecretPattern]:
        """Return the patterns whose literal text occurs, longest secret first: a shorter one may be part of it."""
        # Neither a blank nor a part of any literal text, so nothing is found across two texts.
        searched = searchable("\0".join(texts))
        secrets = sorted(self._patterns, key=len, reverse=True)
        return [pattern for text in secrets for pattern in self._patterns[text] if pattern.stem in searched]


def _texts(value: object, unredacted_keys: frozenset[str]) -> Iterator[str]:
    """Yield the texts of a structure that may contain a secret."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if not (isinstance(each, str) and key in unredacted_keys):
                yield from _texts(each, unredacted_keys)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each, unredacted_keys)


def _redacted(
    value: object, unredacted_keys: frozenset[str], patterns: list[SecretPattern], known: dict[str, str]
) -> object:
    if isinstance(value, str):
        if value not in known:
            known[value] = _redact_text(value, patterns)
        return known[value]
    if isinstance(value, Mapping):
        return {
            key: each
            if isinstance(each, str) and key in unredacted_keys
            else _redacted(each, unredacted_keys, patterns, known)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_redacted(each, unredacted_keys, patterns, known) for each in value]
    return value


def _redact_text(text: str, patterns: list[SecretPattern]) -> str:
    for pattern in patterns:
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
