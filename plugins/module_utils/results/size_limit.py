# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Size limit of results: measure JSON, and truncate large values.

Controllers keep every result in memory and in a database. So the whole result stays below a limit, for any number
of hosts, size of a script and length of the server's texts.
"""

from __future__ import annotations

import json

# Maximum size (bytes) of the result as Ansible prints it, without the invocation that Ansible adds.
MAX_RESULT_BYTES = 600_000
# The same for a failed task, unless the option C(hosts) is set: a terminal prints the result of a failed task.
MAX_FAILED_RESULT_BYTES = 40_000
# Bytes for hosts and logs in such a result even if its other keys are large.
MIN_HOSTS_BYTES = 12_000
# Bytes reserved in such a result for the message, the error and warnings.
RESERVED_FAILURE_BYTES = 6_000
# Bytes reserved for keys that are added last: the error, its message, warnings.
RESERVED_BYTES = 45_000
MAX_WARNINGS_BYTES = 5_000
MAX_STEPS_BYTES = 60_000
# Maximum size (bytes) of a list that is the whole content of a result.
MAX_LIST_BYTES = 500_000
MAX_REQUEST_BYTES = 100_000
# Bytes reserved for the message and the error of each of several runs.
RUN_TEXT_BYTES = 800
# Bytes between two entries of a list.
SEPARATOR_BYTES = 2

_TRUNCATED_KEYS = frozenset({"request", "diff", "candidates", "pending_duplicates", "job_instance_name"})
# Keys that share the remaining bytes.
_KEYS_IN_REMAINING_SPACE = frozenset({"msg", "error", "variables"})
# Keys added by Ansible, which are not counted.
_UNCOUNTED_KEYS = frozenset({"invocation", "exception"})
# Lengths tried in turn: characters kept of a text, and elements of 64 characters kept of a list.
_LENGTHS = (65536, 16384, 4096, 1024, 256, 64)


def limit_result(result: dict[str, object]) -> dict[str, object]:
    """Return the result with everything but hosts truncated, such as the request and long texts of a server.

    HostSelection limits the hosts. Redact secrets before: a truncated secret is not found.
    """
    cut = {
        key: truncate_json(each, MAX_REQUEST_BYTES) if key in _TRUNCATED_KEYS else each for key, each in result.items()
    }
    runs = cut.get("runs")
    if isinstance(runs, list):
        cut["runs"] = [_limit_run(run, max(RUN_TEXT_BYTES, MAX_LIST_BYTES // len(runs) // 4)) for run in runs]
    counted = {key: each for key, each in cut.items() if key not in _KEYS_IN_REMAINING_SPACE | _UNCOUNTED_KEYS}
    # A server may name 50 000 hosts in one message, and a task may have as many validation errors.
    remaining_bytes = (
        max(RESERVED_BYTES, MAX_RESULT_BYTES - json_size(counted)) // len(_KEYS_IN_REMAINING_SPACE) - MAX_WARNINGS_BYTES
    )
    return {
        key: truncate_json(each, remaining_bytes) if key in _KEYS_IN_REMAINING_SPACE else each
        for key, each in cut.items()
    }


def _limit_run(run: dict[str, object], maximum: int) -> dict[str, object]:
    """Return one of several runs with long texts of a server truncated to C(maximum) bytes together."""
    shares = {"job_instance_name": maximum // 4, "msg": maximum // 4, "error": maximum // 2}
    return {key: truncate_json(value, shares[key]) if key in shares else value for key, value in run.items()}


def json_size(value: object) -> int:
    """Return the size (bytes) of a value as Ansible prints it, with non-ASCII characters escaped."""
    return len(json.dumps(value))


def truncate_json(value: object, maximum: int) -> object:
    """Truncate the value to at most C(maximum) bytes of JSON: long texts and lists end with a note about the rest."""
    if json_size(value) <= maximum:
        return value
    for length in _LENGTHS:
        cut = _truncate(value, length)
        if json_size(cut) <= maximum:
            return cut
    return f"... [{json_size(value)} bytes in all]"


def fitting_entries(entries: list[dict[str, object]], maximum: int = MAX_LIST_BYTES) -> list[dict[str, object]]:
    """Return the first entries that fit into C(maximum) bytes of JSON; the first one always, truncated if needed."""
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
