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
MAX_RESULT_BYTES = 600_000
# Room for what comes to the result at the end: the error, its message, warnings.
RESERVED_BYTES = 45_000
MAX_WARNINGS_BYTES = 5_000
MAX_STEPS_BYTES = 60_000
# A list that is all that a result is about.
MAX_LIST_BYTES = 500_000
MAX_REQUEST_BYTES = 100_000
# What stands between two entries of a list.
SEPARATOR_BYTES = 2

_TRUNCATED_KEYS = frozenset({"request", "diff", "candidates", "pending_duplicates", "job_instance_name"})
# What shares the room that is left.
_KEYS_IN_REMAINING_SPACE = frozenset({"msg", "error", "variables"})
# What Ansible adds, which is not counted.
_UNCOUNTED_KEYS = frozenset({"invocation", "exception"})
# How many characters of a text are kept, tried in turn; of a list there are kept so many elements as of 64 characters.
_LENGTHS = (65536, 16384, 4096, 1024, 256, 64)


def limit_result(result: dict[str, object]) -> dict[str, object]:
    """The result with what stands beside hosts cut to size, such as the request and what a server said at great length.

    Everything else has its size already. Secrets must be hidden before: half a secret is not recognised.
    """
    cut = {
        key: truncate_json(each, MAX_REQUEST_BYTES) if key in _TRUNCATED_KEYS else each for key, each in result.items()
    }
    counted = {key: each for key, each in cut.items() if key not in _KEYS_IN_REMAINING_SPACE | _UNCOUNTED_KEYS}
    # A server may name 50 000 hosts in one message, and a task may have as many faults.
    remaining_bytes = (
        max(RESERVED_BYTES, MAX_RESULT_BYTES - json_size(counted)) // len(_KEYS_IN_REMAINING_SPACE) - MAX_WARNINGS_BYTES
    )
    return {
        key: truncate_json(each, remaining_bytes) if key in _KEYS_IN_REMAINING_SPACE else each
        for key, each in cut.items()
    }


def json_size(value: object) -> int:
    """Bytes of a value as Ansible prints it, everything that is not ASCII escaped."""
    return len(json.dumps(value))


def truncate_json(value: object, maximum: int) -> object:
    """The value in at most so many bytes of JSON: texts and lists that are too long end with a word about the rest."""
    if json_size(value) <= maximum:
        return value
    for length in _LENGTHS:
        cut = _truncate(value, length)
        if json_size(cut) <= maximum:
            return cut
    return f"... [{json_size(value)} bytes in all]"


def fitting_entries(entries: list[dict[str, object]], maximum: int = MAX_LIST_BYTES) -> list[dict[str, object]]:
    """The first entries, as many as fit into so many bytes of JSON; the first one in any case, cut if it must be."""
    kept: list[dict[str, object]] = []
    remaining_bytes = maximum
    for entry in entries:
        remaining_bytes -= json_size(entry) + SEPARATOR_BYTES
        if remaining_bytes < 0 and kept:
            break
        kept.append(
            {key: truncate_json(each, maximum // len(entry)) for key, each in entry.items()}
            if remaining_bytes < 0
            else entry
        )
    return kept


def _truncate(value: object, length: int) -> object:
    if isinstance(value, str) and len(value) > length:
        return f"{value[:length]}... [{len(value)} characters in all]"
    if isinstance(value, list):
        kept = [_truncate(each, length) for each in value[: length // 64]]
        return kept if len(kept) == len(value) else [*kept, f"... [{len(value)} elements in all]"]
    if isinstance(value, dict):
        return {key: _truncate(each, length) for key, each in value.items()}
    return value
