# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contents in the task: text, files and base64, and what JOB would cut, refuse or overwrite in silence."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.launch import FileContent
from ansible_collections.blueking.job.plugins.module_utils.options.file_contents import read_contents
from ansible_collections.blueking.job.tests.unit.helpers.fakes import file_fields


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def read(*files: dict[str, object]) -> tuple[list[FileContent], list[str]]:
    reader = file_fields({"content_list": list(files)})
    return list(read_contents(reader)), reader.problems.errors


def good(**file: object) -> FileContent:
    files, errors = read(file)
    assert errors == []
    return files[0]


def error_of(*files: dict[str, object]) -> str:
    (error,) = read(*files)[1]
    return error


def test_text_is_sent_as_it_is() -> None:
    text = "größe=1\r\n\n"
    assert good(file_name="a.conf", content=text) == FileContent("a.conf", encoded(text.encode()))
    # White space alone is a content, too.
    assert good(file_name="a", content="\n").content == encoded(b"\n")


def test_a_file_is_sent_byte_by_byte_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "app.bin"
    path.write_bytes(b"\x00\xff\r\n")
    assert good(src=str(path)) == FileContent("app.bin", encoded(b"\x00\xff\r\n"))
    assert good(src=str(path), file_name="b").file_name == "b"


def test_base64_in_all_its_forms() -> None:
    assert good(file_name="a", content_base64="_-8\n").content == encoded(b"\xff\xef")
    assert "content_list[0].content_base64: is not base64" in error_of({"file_name": "a", "content_base64": "a%"})


def test_pasted_base64_is_not_written_as_text() -> None:
    error = error_of({"file_name": "a", "content": encoded(b"key = value\n")})
    assert error.startswith("content_list[0].content: looks like base64; use content_base64")


@pytest.mark.parametrize("name", ["sub/a", "sub\\a", "a/"])
def test_a_directory_in_the_name_would_be_cut_off(name: str) -> None:
    assert error_of({"file_name": name, "content": "x"}).startswith("content_list[0].file_name: must be a name without")


@pytest.mark.parametrize("empty", [{"content": ""}, {"content_base64": ""}])
def test_empty_files_cannot_be_sent(empty: dict[str, object]) -> None:
    assert error_of({"file_name": "a", **empty}).endswith(
        "is empty, and JOB sends no empty files; give it a content, or leave the file out"
    )


def test_an_empty_file_on_disk_cannot_be_sent(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert error_of({"src": str(tmp_path / "a")}).endswith(
        "is empty, and JOB sends no empty files; give it a content, or leave the file out"
    )


def test_two_files_of_one_name_would_overwrite_each_other() -> None:
    same: dict[str, object] = {"file_name": "a", "content": "x"}
    assert error_of(same, {"file_name": "b", "content": "x"}, same) == (
        "content_list[2].file_name: a is also the name of content_list[0]: one would overwrite the other"
    )


def test_each_file_has_a_name_and_one_content() -> None:
    assert sorted(error.split(":")[0] for error in read({})[1]) == [
        "content_list[0].content",
        "content_list[0].file_name",
    ]
    assert error_of({"file_name": "a", "content": "x", "src": "/x"}).startswith(
        "content_list[0].src: is mutually exclusive with content"
    )


def test_files_that_cannot_be_read_or_are_encrypted(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in error_of({"src": str(tmp_path / "missing")})
    (tmp_path / "vault").write_bytes(b"$ANSIBLE_VAULT;1.1;AES256\n00")
    error = error_of({"src": str(tmp_path / "vault")})
    assert "use content with the lookup ansible.builtin.unvault" in error


def test_half_a_character_is_not_text() -> None:
    assert "is not Unicode text" in error_of({"file_name": "a", "content": "\ud800 x"})
