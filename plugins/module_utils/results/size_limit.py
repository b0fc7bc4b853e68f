# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Size limit of results: measure JSON, and truncate what is too large.

Private to the collection blueking.job: no stable interface for others.

Controllers keep every result in memory and in a database, so the whole result stays below a limit whatever the number
of hosts, the size of a script or the length of what a server says.
"""

from __future__ import annotations

import json

# The whole result as Ansible prints it, in bytes, without the invocation that Ansible adds.
RESULT_BYTES = 600_000
# Room for what comes to the result at the end: the error, its message, warnings.
LAST_BYTES = 45_000
WARNINGS_BYTES = 5_000
STEPS_BYTES = 60_000
# A list that is all that a result is about.
LIST_BYTES = 500_000
REQUEST_BYTES = 100_000
# What stands between two entries of a list.
BETWEEN_BYTES = 2

_LONG = frozenset({"request", "diff", "candidates", "pending_duplicates", "job_instance_name"})
# What shares the room that is left.
_ROOM_LEFT = frozenset({"msg", "error", "variables"})
# What Ansible adds, which is not counted.
_ADDED = frozenset({"invocation", "exception"})
# How many characters of a text are kept, tried in turn; of a list there are kept so many elements as of 64 characters.
_LENGTHS = (65536, 16384, 4096, 1024, 256, 64)


def sized(result: dict[str, object]) -> dict[str, object]:
    """The result with what stands beside hosts cut to size, such as the request and what a server said at great length.

    Everything else has its size already. Secrets must be hidden before: half a secret is not recognised.
    """
    cut = {key: bounded(each, REQUEST_BYTES) if key in _LONG else each for key, each in result.items()}
    counted = {key: each for key, each in cut.items() if key not in _ROOM_LEFT | _ADDED}
    # A server may name 50 000 hosts in one message, and a task may have as many faults.
    room = max(LAST_BYTES, RESULT_BYTES - json_size(counted)) // len(_ROOM_LEFT) - WARNINGS_BYTES
    return {key: bounded(each, room) if key in _ROOM_LEFT else each for key, each in cut.items()}


def json_size(value: object) -> int:
    """Bytes of a value as Ansible prints it, everything that is not ASCII escaped."""
    return len(json.dumps(value))


def bounded(value: object, most: int) -> object:
    """The value in at most so many bytes of JSON: texts and lists that are too long end with a word about the rest."""
    if json_size(value) <= most:
        return value
    for length in _LENGTHS:
        cut = _cut(value, length)
        if json_size(cut) <= most:
            return cut
    return f"... [{json_size(value)} bytes in all]"


def fitting(entries: list[dict[str, object]], most: int = LIST_BYTES) -> list[dict[str, object]]:
    """The first entries, as many as fit into so many bytes of JSON; the first one in any case, cut if it must be."""
    kept: list[dict[str, object]] = []
    room = most
    for entry in entries:
        room -= json_size(entry) + BETWEEN_BYTES
        if room < 0 and kept:
            break
        kept.append({key: bounded(each, most // len(entry)) for key, each in entry.items()} if room < 0 else entry)
    return kept


def _cut(value: object, length: int) -> object:
    if isinstance(value, str) and len(value) > length:
        return f"{value[:length]}... [{len(value)} characters in all]"
    if isinstance(value, list):
        kept = [_cut(each, length) for each in value[: length // 64]]
        return kept if len(kept) == len(value) else [*kept, f"... [{len(value)} elements in all]"]
    if isinstance(value, dict):
        return {key: _cut(each, length) for key, each in value.items()}
    return value
