# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Logs of file steps in API v3 (JOB API: batch_get_job_instance_ip_log): one row for each file of a host."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...models.run import FileResult, HostKey
from ...models.status import FILE_FAILED, FILE_STATES, FILE_WAITING
from ..calls import HostLog
from ..json_reader import JsonObject

_UPLOAD = 0
_MODES = {_UPLOAD: "upload", 1: "download"}
_NOT_KNOWN = "--"
# Time of a log line.
_TIME = re.compile(r"\[[0-9][0-9: -]*\]\s*")


def read_file_log(host: JsonObject) -> HostLog:
    """Parse the log of one host: the files that it received, and the text of all rows."""
    rows = host.children("file_logs")
    key = HostKey(host.maybe_number("bk_host_id"), host.maybe_number("bk_cloud_id"), host.maybe_text("ip"))
    return HostLog(key, file_log_text(rows), files=_received_files(rows) or None)


def file_log_text(rows: Sequence[JsonObject]) -> bytes | None:
    """Return the log of a host as text: for each file a line with source and target, then its log."""
    return b"".join(_head(row) + _ended(row.maybe_utf8("log_content")) for row in rows) or None


def _received_files(rows: Sequence[JsonObject]) -> list[FileResult]:
    """Return each received file once.

    With a new name JOB adds a row under that name, which waits forever, before the row under the old name.
    """
    found: dict[object, FileResult] = {}
    for position, row in enumerate(rows):
        if row.maybe_number("mode") != _UPLOAD:
            file = _file(row)
            source = (file.source_ip, file.source_path) if file.source_ip and file.source_path else position
            found[source] = _united(found[source], file) if source in found else file
    return list(found.values())


def _united(first: FileResult, second: FileResult) -> FileResult:
    renamed, moved = (first, second) if first.status == FILE_WAITING else (second, first)
    if renamed.status != FILE_WAITING:
        return second
    return FileResult(
        moved.source_ip, moved.source_path, renamed.path, moved.status, moved.size, moved.speed, moved.error
    )


def _file(row: JsonObject) -> FileResult:
    status = row.maybe_number("status")
    return FileResult(
        source_ip=_address(row, "src_ip"),
        source_path=row.maybe_text("src_path"),
        path=row.maybe_text("dest_path"),
        status=status,
        size=_known(row.maybe_text("size")),
        speed=_known(row.maybe_text("speed")),
        error=_last_line(row.maybe_text("log_content")) if status == FILE_FAILED else None,
    )


def _address(row: JsonObject, key: str) -> str | None:
    """Return an address that is text, or part of an object; an IPv6 one if the host has no other."""
    host = row.maybe_child(key)
    return row.maybe_text(key) if host is None else host.maybe_text("ip") or host.maybe_text("ipv6")


def _known(text: str | None) -> str | None:
    return None if text == _NOT_KNOWN else text or None


def _last_line(text: str | None) -> str | None:
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return (_TIME.sub("", lines[-1], count=1) or None) if lines else None


def _head(row: JsonObject) -> bytes:
    mode, state = row.maybe_number("mode"), row.maybe_number("status")
    places = [
        ":".join(part for part in (_address(row, f"{side}_ip"), row.maybe_text(f"{side}_path")) if part)
        for side in ("src", "dest")
    ]
    parts = [
        "file" if mode is None else _MODES.get(mode, f"mode {mode}"),
        " -> ".join(place for place in places if place),
        "" if state is None else f"({FILE_STATES.get(state, f'state {state}')})",
    ]
    return f"--- {' '.join(part for part in parts if part)}\n".encode("utf-8", "replace")


def _ended(text: bytes | None) -> bytes:
    """Append a line end, so that the next text begins on a new line."""
    return text + b"\n" if text and not text.endswith(b"\n") else text or b""
