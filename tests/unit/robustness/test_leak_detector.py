# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The leak detector finds leaks, or the tests that use it would prove nothing."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from ansible_collections.blueking.job.tests.support.leaks import leaks, main

SECRET = 'qz"xv\\kj 秘/17+ü'
ENCODERS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "half": lambda text: text[:9],
    "json": json.dumps,
    "json in json": lambda text: json.dumps(json.dumps({"a": text})),
    "one value of several": lambda text: json.dumps({"a": "b", "c": text, "d": "e"}),
    "several values in json": lambda text: json.dumps(json.dumps({"a": "b", "c": text, "d": "e"})),
    "url": lambda text: quote(text, safe=""),
    "html": html.escape,
    "python": lambda text: repr(text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 inside": lambda text: base64.b64encode(f"xx{text}yy".encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(("x" * 55 + text).encode()).decode(),
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(f"x{text}".encode())).decode(),
    "json in base64": lambda text: base64.b64encode(json.dumps({"a": text}).encode()).decode(),
    "base64 in a url": lambda text: quote(base64.urlsafe_b64encode(text.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("encoder", ENCODERS)
def test_leaks_are_found(encoder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"before {ENCODERS[encoder](SECRET)} after\n"
    assert len(leaks(text, [SECRET, "something else"])) == 1
    secrets, output = tmp_path / "secrets.json", tmp_path / "output.txt"
    secrets.write_text(json.dumps({"a": SECRET, "b": "something else"}))
    output.write_text(text)
    assert main(["--secrets", str(secrets), str(output)]) == 1
    assert str(output) in capsys.readouterr().out


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    secrets, output = tmp_path / "secrets.json", tmp_path / "output.txt"
    secrets.write_text(json.dumps([SECRET]))
    output.write_text("nothing to see ******** here\n" * 100)
    assert main(["--secrets", str(secrets), str(output)]) == 0
