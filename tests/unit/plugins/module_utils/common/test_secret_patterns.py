# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets as encoders write them: each is found in every encoding, and nothing else is."""

from __future__ import annotations

import base64
import html
import itertools
import json
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import REDACTED, Secrets
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from hypothesis import assume, given
from hypothesis import strategies as st

SECRETS = [
    "planted-marker-4711",
    "0123456789",
    "pa ss/wo+rd",
    'quo"ted\\',
    "back\\\\slash\\n",
    "it's 'mine'",
    "übung-schön",
    "秘密口令四字",
    "🔑key🔑",
    "100%sure %41",
    "<a b&c=d>&amp;",
    "with a line end\n",
    "two\nlines",
    "tab\tbell\x07escape\x1b[31m",
    "+/+/==",
    '{"token": "in json"}',
    "$(id)`x`;*?~!#",
]


def percent_everything(text: str) -> str:
    """As strict encoders do: all but letters and digits."""
    return "".join(c if c.isascii() and c.isalnum() else "".join(f"%{b:02x}" for b in c.encode()) for c in text)


TEXTUAL: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "url": lambda text: quote(text, safe=""),
    "url path": quote,
    "url form": quote_plus,
    "url lower case": percent_everything,
    "url twice": lambda text: quote(quote(text, safe=""), safe=""),
    "url form in url": lambda text: quote(quote_plus(text), safe=""),
    "query": lambda text: urlencode({"before": text, "after": "x"}),
    "json": json.dumps,
    "json unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "json with slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "json in json": lambda text: json.dumps({"body": json.dumps({"token": text})}),
    "json thrice": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "python": repr,
    "python bytes": lambda text: repr(text.encode()),
    "python ascii": ascii,
    "html": html.escape,
    "html in json": lambda text: json.dumps(html.escape(text)),
    "html twice": lambda text: html.escape(html.escape(text)),
    "shell": shlex.quote,
    "json in url": lambda text: quote(json.dumps(text), safe=""),
}


def hidden(secret: str, text: str) -> str:
    secrets = Secrets()
    secrets.add(secret)
    return secrets.redact(text)


@pytest.mark.parametrize("encoder", TEXTUAL)
@pytest.mark.parametrize("secret", SECRETS)
def test_text(secret: str, encoder: str) -> None:
    core = secret.strip()
    encoded = TEXTUAL[encoder](core)
    shown = hidden(secret, f"before {encoded} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    # Quotes and names that the encoder put around it may be left, but nothing of the secret.
    frame = TEXTUAL[encoder]("")
    assert REDACTED in shown
    assert len(shown) <= len("before  after") + len(frame) + len(REDACTED) + 2


WRAPS: dict[str, Callable[[bytes], str]] = {
    "standard": lambda data: base64.b64encode(data).decode(),
    "url safe": lambda data: base64.urlsafe_b64encode(data).decode(),
    "no padding": lambda data: base64.b64encode(data).decode().rstrip("="),
    "mime": lambda data: base64.encodebytes(data).decode(),
    "pem": lambda data: "\r\n".join(_pieces(base64.b64encode(data).decode(), 64)),
    "wrapped tightly": lambda data: "\n".join(_pieces(base64.b64encode(data).decode(), 5)),
    "mime in json": lambda data: json.dumps(base64.encodebytes(data).decode()),
    "in json with slashes": lambda data: json.dumps(base64.b64encode(data).decode()).replace("/", "\\/"),
    "in a url": lambda data: quote(base64.b64encode(data).decode(), safe=""),
}


def _pieces(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


def sextets(data: bytes) -> int:
    """How many characters of base64 contain nothing but these bytes."""
    return len(data) * 8 // 6


LEADS = [b"", b"a", b"ab", b"abc", b'{"bk_app_code": "c", "bk_token": "' * 3]


@pytest.mark.parametrize("secret", SECRETS)
def test_base64_of_it_and_of_text_around_it(secret: str) -> None:
    for wrap, lead in itertools.product(WRAPS, LEADS):
        is_hidden_in_base64(secret, wrap, lead)


def is_hidden_in_base64(secret: str, wrap: str, lead: bytes) -> None:
    tail = b'", "more": 1}'
    shown = hidden(secret, WRAPS[wrap](lead + secret.strip().encode() + tail))
    assert REDACTED in shown
    left = [
        c for c in shown.replace("%0A", "").replace("%2B", "+").replace("%2F", "/").replace("%3D", "") if c.isalnum()
    ]
    around = len(WRAPS["in json with slashes"](b"")) + sextets(lead) + sextets(tail) + shown.count("\\n") + 1
    assert len(left) <= around, shown


@fuzz(100)
@given(
    st.binary(max_size=7),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=20),
    st.binary(max_size=7),
)
def test_any_secret_in_the_middle_of_encoded_text(before: bytes, secret: str, after: bytes) -> None:
    core = secret.strip()
    assume(len(core.encode()) >= 6 and len(core) >= 4 and core.strip("*"))
    text = base64.b64encode(before + core.encode() + after).decode()
    assert REDACTED in hidden(secret, text)


@fuzz(100)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=20), st.sampled_from(sorted(TEXTUAL)))
def test_any_secret_in_any_text(secret: str, encoder: str) -> None:
    assume(len(secret.strip()) >= 4 and secret.strip().strip("*"))
    assert REDACTED in hidden(secret, f"before {TEXTUAL[encoder](secret.strip())} after")


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("planted", "plante d"),
        ("a b c d", "a b c e"),
        ("100%sure", "100 sure"),
        ("success", "succes s"),
        ("\\\\\\\\", "\\"),
        ("abcd", "YWJj"),
    ],
)
def test_what_is_not_a_secret_stays(secret: str, text: str) -> None:
    assert hidden(secret, text) == text


def test_hostile_text_takes_no_time() -> None:
    """Patterns that could try again and again would not end within a test run."""
    secret = "\\\\ \\'\"&%<" * 20
    for text in ("\\" * 50_000, "%25" * 30_000, "&amp;" * 30_000, " \\n+" * 30_000, "A\n" * 50_000, "'\"" * 30_000):
        assert hidden(secret, text) == text


# Surroundings of a secret: ends of texts, quotes, line breaks of encoders, and what only resembles one.
PIECES = st.sampled_from(
    [
        '"',
        "'",
        "=",
        ": ",
        " ",
        "\n",
        "\\",
        "\\n",
        "%0A",
        "n",
        "x",
        "ü",
        "\u2028",
        "ab",
        "ab",
        "planted",
        "-marker",
        "-4711",
    ]
    + [encode("planted-marker-4711") for encode in (str, lambda text: base64.b64encode(text.encode()).decode())]
)


@fuzz(200, 20000)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=6))
def test_texts_are_redacted_together_as_each_alone(texts: list[str]) -> None:
    secrets = Secrets()
    for secret in ("planted-marker-4711", "ab", "x=n"):
        secrets.add(secret)
    together = secrets.redact(texts)
    assert together == [secrets.redact(text) for text in texts]
    assert not any("planted-marker-4711" in text or "=ab " in text for text in together)
