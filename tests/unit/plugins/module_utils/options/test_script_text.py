# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts reach JOB as UTF-8 or not at all, and base64 in every form that JOB takes."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import ScriptLaunch
from ansible_collections.blueking.job.plugins.module_utils.options.script import read_script_launch
from ansible_collections.blueking.job.tests.unit.helpers.fakes import script_fields

TEXT = "echo 部署完成\n"


def read(**options: object) -> tuple[ScriptLaunch, list[str], list[str]]:
    reader = script_fields({"account_alias": "root", "ip_list": ["10.0.0.1"], **options})
    launch = read_script_launch(reader, Scope("biz", "2"), "name")
    return launch, reader.problems.errors, reader.problems.warnings


def sent(**options: object) -> bytes:
    launch, errors, _warnings = read(**options)
    assert errors == []
    return base64.b64decode(launch.script_content or "")


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("gbk", "is not UTF-8"),
        ("big5", "is not UTF-8"),
        ("utf-16", "is UTF-16"),
        ("utf-32", "is UTF-32"),
        ("utf-16-le", "UTF-8"),
        ("utf-16-be", "UTF-8"),
    ],
)
def test_other_encodings_are_rejected(encoding: str, words: str, tmp_path: Path) -> None:
    data = TEXT.encode(encoding)
    path = tmp_path / "script.sh"
    path.write_bytes(data)
    for options in (
        {"script_path": str(path)},
        {"script_content": base64.b64encode(data).decode(), "base64_encoded": True},
    ):
        _launch, errors, _warnings = read(**options)
        assert len(errors) == 1
        assert words in errors[0]
        assert errors[0].endswith("set base64_encoded to false") == ("base64_encoded" in options)


@pytest.mark.parametrize(
    "options",
    [
        {"script_content": "\ufeff"},
        {"script_content": "\ufeff\r\n "},
        {"script_content": "====", "base64_encoded": True},
        {"script_content": "IAo=", "base64_encoded": True},
    ],
)
def test_an_empty_script_is_rejected_in_every_form(options: dict[str, object]) -> None:
    assert read(**options)[1] == ["script_content: is an empty script; write its commands"]


def test_undecodable_text_is_rejected_without_wrong_advice() -> None:
    _launch, errors, _warnings = read(script_content=TEXT.encode("gbk").decode("utf-8", "surrogateescape"))
    assert len(errors) == 1
    assert "base64" not in errors[0]


@pytest.mark.parametrize("data", [b"\x7fELF\x02\x01\x01\0\xff", b"PK\x03\x04\x14\0\x80", b"\x1f\x8b\x08\0\xe9"])
def test_programs_and_archives_are_binary(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tool"
    path.write_bytes(data)
    (error,) = read(script_path=str(path))[1]
    assert error.startswith("script_path: contains NUL bytes: it is binary")


@pytest.mark.parametrize("text", ["hostname", "uptime now please", "-----BEGIN-----\ndXB0aW1l\n-----END-----"])
@pytest.mark.parametrize("name", ["script_content", "script_param"])
def test_plain_text_that_is_base64_of_other_bytes(name: str, text: str) -> None:
    options = {"script_content": "dXB0aW1l", name: text, "base64_encoded": True}
    (error,) = read(**options)[1]
    assert error.startswith(f"{name}: is not UTF-8")
    assert error.endswith("; if it is not base64, set base64_encoded to false")


@pytest.mark.parametrize("text", ["data:text/plain;base64,dXB0aW1l", "'dXB0aW1l'", "uptime; hostname"])
def test_what_is_not_base64(text: str) -> None:
    error = "is not base64, although base64_encoded is true"
    assert read(script_content=text, base64_encoded=True)[1] == [f"script_content: {error}"]
    options = {"script_content": "dXB0aW1l", "script_param": text, "base64_encoded": True}
    assert read(**options)[1] == [f"script_param: {error}"]


def test_base64_of_base64_would_run_nothing() -> None:
    once = base64.b64encode(b"uptime and more").decode()
    twice = base64.b64encode(once.encode()).decode()
    (error,) = read(script_content=twice, base64_encoded=True)[1]
    assert error.startswith("script_content: is base64 of base64; encode the script once")
    # An argument may be base64.
    assert read(script_content=once, script_param=twice, base64_encoded=True)[1] == []


def test_utf16_without_a_mark_that_happens_to_be_utf8_is_rejected() -> None:
    encoded = base64.b64encode("ls".encode("utf-16-le")).decode()
    assert "NUL" in read(script_content=encoded, base64_encoded=True)[1][0]


@pytest.mark.parametrize(
    ("language", "kept"),
    [("shell", False), ("perl", False), ("python", False), ("bat", True), ("powershell", True)],
)
@pytest.mark.parametrize("encoded", [False, True])
def test_marks_and_line_ends_are_mended(language: str, kept: bool, encoded: bool) -> None:
    script = "\ufeff#!x\r\necho 1\r\n"
    content = base64.b64encode(script.encode()).decode() if encoded else script
    options = {"script_content": content, "script_language": language, "base64_encoded": encoded}
    assert sent(**options) == (b"#!x\r\necho 1\r\n" if kept else b"#!x\necho 1\n")
    assert any("CR LF" in warning for warning in read(**options)[2]) is not kept


@pytest.mark.parametrize(
    "form",
    [
        base64.encodebytes(TEXT.encode() * 9).decode(),
        base64.b64encode(TEXT.encode() * 9).decode().replace("=", ""),
        base64.urlsafe_b64encode(TEXT.encode() * 9).decode(),
        "\r\n" + base64.b64encode(TEXT.encode() * 9).decode() + " ",
    ],
)
def test_every_form_of_base64_is_taken(form: str) -> None:
    assert sent(script_content=form, base64_encoded=True) == TEXT.encode() * 9


@pytest.mark.parametrize("wrong", ["echo $1", "abcde", "a=b=", "部署"])
def test_other_text_is_not_base64(wrong: str) -> None:
    assert "is not base64" in read(script_content=wrong, base64_encoded=True)[1][0]


@pytest.mark.parametrize("form", [base64.b64encode, base64.encodebytes, base64.urlsafe_b64encode])
def test_a_pasted_payload_is_noticed(form: object) -> None:
    pasted = form(b"#!/bin/sh\necho deployed\n" * 4).decode()  # type: ignore[operator]
    assert "base64_encoded" in read(script_content=pasted)[1][0]
    assert sent(script_content=pasted, base64_encoded=False) == pasted.encode()


@pytest.mark.parametrize(
    "script", ["uptime", "hostname", "/usr/bin/uptime", "systemctl restart nginx", "./deploy.sh", "true\n"]
)
def test_scripts_are_not_taken_for_base64(script: str) -> None:
    assert sent(script_content=script) == script.encode()


@pytest.mark.parametrize("seconds", [259_201, 604_800, 2_000_000])
def test_the_server_decides_about_long_jobs(seconds: int) -> None:
    assert read(script_content="ls -l", timeout=seconds)[0].timeout == seconds
    assert "timeout" in read(script_content="ls -l", timeout=seconds, api_version="v2")[1][0]


@pytest.mark.parametrize("expression", ["10%", "100%", "01", "+05", "+5", "*2", "010% 100%", "5 10 +5"])
def test_legal_batches(expression: str) -> None:
    launch, errors, _warnings = read(script_content="ls -l", rolling_config={"mode": 1, "expression": expression})
    assert (errors, launch.rolling_config and launch.rolling_config.expression) == ([], expression)


@pytest.mark.parametrize("expression", ["101%", "200%", "10% 0101%", "0", "0%", "+0", "5%%", "5  5"])
def test_illegal_batches(expression: str) -> None:
    errors = read(script_content="ls -l", rolling_config={"mode": 1, "expression": expression})[1]
    assert len(errors) == 1
