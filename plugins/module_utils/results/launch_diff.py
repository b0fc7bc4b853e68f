# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Output of C(--diff) for a launch: the request."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

_LINE_WIDTH = 100
_ENCODED_KEYS = frozenset({"script_content", "script_param", "content"})


def launch_diff(request: Mapping[str, Any]) -> dict[str, str]:
    """Return Ansible's C(diff) of a launch, from the result's C(request): text similar to YAML.

    Scripts, their arguments and contents of files are base64 in the request and shown decoded.
    """
    return {
        "before": "",
        "before_header": "no job",
        "after": "".join(f"{line}\n" for line in _lines(decode_contents(request["body"]), "")),
        "after_header": f"{request['method']} {request['path']}",
    }


def _lines(value: object, indent: str) -> Iterator[str]:
    """Format a dictionary or list, one entry per line; long values continue below, long texts as blocks."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _entry(f"{indent}{key}:", each, indent)
    elif isinstance(value, list):
        for each in value:
            yield from _entry(f"{indent}-", each, indent)


def _entry(head: str, value: object, indent: str) -> Iterator[str]:
    line = f"{head} {json.dumps(value, ensure_ascii=False)}"
    if isinstance(value, str) and _is_block(value):
        yield f"{head} |"
        yield from (f"{indent}  {each}" for each in value.rstrip("\n").split("\n"))
    elif isinstance(value, (Mapping, list)) and (len(line) > _LINE_WIDTH or "\\n" in line):
        yield head
        yield from _lines(value, f"{indent}  ")
    else:
        yield line


def _is_block(text: str) -> bool:
    lines = text.rstrip("\n").split("\n")
    return len(lines) > 1 and all(line.replace("\t", " ").isprintable() for line in lines)


def decode_contents(body: Mapping[str, object]) -> dict[str, object]:
    """Return the body of a launch with scripts, their arguments and contents of files decoded, if they are text."""
    return {key: _decoded(key, value) for key, value in body.items()}


def _decoded(key: str, value: object) -> object:
    if key == "file_list" and isinstance(value, list):
        return [decode_contents(file) for file in value if isinstance(file, Mapping)]
    return _decode_base64(value) if key in _ENCODED_KEYS else value


def _decode_base64(value: object) -> object:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8") if isinstance(value, str) else value
    except ValueError:
        return value
