# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Files whose content is in the task: options to models."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ..models.launch import FileContent
from .local_files import read_local_file
from .reader import OptionReader
from .script_text import ScriptTextError, decode_base64, encode_utf8, is_pasted_base64

_WAYS = ("content", "src", "content_base64")
_SEPARATOR = re.compile(r"[/\\]")


def read_contents(reader: OptionReader) -> Iterator[FileContent]:
    """Yield the files of C(content_list); add problems to C(reader)."""
    names: dict[str, str] = {}
    for file in reader.groups("content_list"):
        name, data = _file_name(file), _content(file)
        if name is not None and name in names:
            file.add_error("file_name", f"{name} is also the name of {names[name]}: one would overwrite the other")
        elif name is not None:
            names[name] = file.path("file_name").rpartition(".")[0]
        if name is not None and data is not None:
            yield FileContent(name, base64.b64encode(data).decode("ascii"))


def _file_name(file: OptionReader) -> str | None:
    source = file.raw("src")
    if not file.present("file_name") and isinstance(source, str):
        return PurePosixPath(source).name or None
    name = file.text("file_name", required=True)
    if name is not None and _SEPARATOR.search(name):
        # JOB would cut the directory off.
        file.add_error("file_name", "must be a name without / and \\; file_target_path sets the directory")
        return None
    return name


def _content(file: OptionReader) -> bytes | None:
    present = file.present(*_WAYS)
    if not present:
        file.add_error("content", "is required (or src, or content_base64)")
        return None
    for other in present[1:]:
        file.add_error(other, f"is mutually exclusive with {present[0]}")
    name, value = present[0], file.raw(present[0])
    if not isinstance(value, str):
        file.text(name)
        return None
    try:
        data = read_local_file(file, name, value) if name == "src" else _bytes(name, value)
    except ScriptTextError as error:
        file.add_error(name, str(error))
        return None
    if data == b"":
        file.add_error(name, "is empty, and JOB sends no empty files; give it a content, or leave the file out")
        return None
    return data


def _bytes(name: str, value: str) -> bytes:
    if name == "content_base64":
        return decode_base64(value, "is not base64")
    if is_pasted_base64(value):
        advice = "use content_base64, or src if the file itself contains base64"
        raise ScriptTextError(f"looks like base64; {advice}")
    return encode_utf8(value, "is not Unicode text; use src or content_base64 for it")
