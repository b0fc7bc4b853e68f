# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled code that tests keep is that of the file as it is now, wherever the collection is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import zip_bytecode_cache as cache


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "DIRECTORY", str(tmp_path))
    return tmp_path


def value(source: bytes, root: str) -> tuple[object, str]:
    """Return what a file of a collection calculates, and where its code says that it is."""
    name = f"{root}/ansible_collections/name/space/plugins/file.py"
    code = cache.compile_collection(source, name, mode="exec", flags=0, dont_inherit=True)
    variables: dict[str, Any] = {}
    exec(code, variables)
    return variables["value"](), variables["value"].__code__.co_filename


def test_a_file_is_compiled_once_for_all_copies_of_a_collection(directory: Path) -> None:
    for root in ("/first", "/second"):
        assert value(b"def value(): return 1", root) == (
            1,
            f"{root}/ansible_collections/name/space/plugins/file.py",
        )
    assert len(list(directory.iterdir())) == 1


def test_a_file_that_changed_is_compiled_anew() -> None:
    assert value(b"def value(): return 1", "/x")[0] == 1
    assert value(b"def value(): return 2", "/x")[0] == 2


def test_code_that_cannot_be_read_is_compiled_anew(directory: Path) -> None:
    value(b"def value(): return 1", "/x")
    (kept,) = directory.iterdir()
    kept.write_bytes(b"\0")
    assert value(b"def value(): return 1", "/x")[0] == 1
