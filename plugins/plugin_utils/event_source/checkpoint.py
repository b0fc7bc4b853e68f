# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Checkpoint of an event source: the runs that it knows, in a file that is replaced as a whole.

The file has one JSON value a line: what it belongs to, and then one run a line. A run is formatted once and kept as
text, so that writing thousands of runs after every event takes milliseconds.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from ...module_utils.common.text import quoted_path
from ...module_utils.errors import InvalidTask
from .options import SourceOptions
from .watch import KnownRun, Watch

_FORMAT = 1
_MODE = stat.S_IRUSR | stat.S_IWUSR
_DAMAGED = "is damaged or not a state file of blueking.job.job_runs"
_START_ANEW = "name another file, or delete it to start anew"


class Checkpoint:
    """The file in which the knowledge of one event source survives the process.

    Args:
        path: absolute path, whose directory exists.
        options: the file belongs to their server, scope and filters, and to no other source.
    """

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.new")
        self._source = _identity(options)
        self._lines: dict[int, tuple[KnownRun, str]] = {}

    def load(self, watch: Watch) -> None:
        """Fill C(watch) from the file; leave it as it is if there is none.

        Raises:
            InvalidTask: the file cannot be read, or is not one of this source.
        """
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or _DAMAGED
            raise self._error(f"cannot be read: {reason}") from error
        try:
            header, runs = json.loads(lines[0]), [_run(json.loads(line)) for line in lines[1:]]
            source, count = dict(header["source"]), int(header["runs"])
            polled_ms, floor_ms = header["polled_ms"], int(header["floor_ms"])
            polled_ms = None if polled_ms is None else int(polled_ms)
            has_our_format = header["format"] == _FORMAT
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise self._error(f"{_DAMAGED}; {_START_ANEW}") from error
        if not has_our_format or count != len(runs):
            raise self._error(f"{_DAMAGED}; {_START_ANEW}")
        others = sorted(name for name in {*source, *self._source} if source.get(name) != self._source.get(name))
        if others:
            raise self._error(f"belongs to a source with another {', '.join(others)}; {_START_ANEW}")
        watch.runs = {run.job_instance_id: run for run in runs}
        watch.polled_ms, watch.floor_ms = polled_ms, floor_ms

    def check_writable(self, watch: Watch) -> None:
        """Write what was loaded, so that a file that cannot be written is noticed before the first event.

        Raises:
            InvalidTask: the file cannot be written.
        """
        try:
            self.save(watch)
        except OSError as error:
            raise self._error(f"cannot be written: {error.strerror or error}") from error

    def save(self, watch: Watch) -> None:
        """Replace the file. Whenever the process or the machine stops, it is the old file or the new one.

        Raises:
            OSError: the file was not replaced.
        """
        data = self._data(watch)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._temporary, flags, _MODE)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            # The file may be left over from a process that was killed.
            os.fchmod(descriptor, _MODE)
            written = 0
            while written < len(data):
                written += file.write(data[written:]) or 0
            os.fsync(descriptor)
        self._temporary.replace(self._path)
        _sync_directory(self._path.parent)

    def _data(self, watch: Watch) -> bytes:
        known, lines = self._lines, {}
        for instance_id, run in watch.runs.items():
            kept = known.get(instance_id)
            lines[instance_id] = kept if kept is not None and kept[0] is run else (run, _line(run))
        self._lines = lines
        header = {
            "format": _FORMAT,
            "source": self._source,
            "polled_ms": watch.polled_ms,
            "floor_ms": watch.floor_ms,
            "runs": len(lines),
        }
        return "\n".join((json.dumps(header), *(text for _run, text in lines.values()), "")).encode("ascii")

    def _error(self, text: str) -> InvalidTask:
        return InvalidTask([f"state_file: {quoted_path(self._path)} {text}"], "the event source did not start")


def _identity(options: SourceOptions) -> dict[str, object]:
    """Return what a state file belongs to, by the names of the options."""
    filters = options.filters
    return {
        "api_url": options.connection.api_url,
        "bk_tenant_id": options.connection.bk_tenant_id,
        "bk_scope_id": str(options.scope),
        "status": sorted(options.statuses),
        "name": filters.name,
        "name_match": None if filters.name is None else ("exact" if filters.exact_name else "contains"),
        "operator": filters.operator,
        "type": filters.type,
        "launch_mode": filters.launch_mode,
    }


def _line(run: KnownRun) -> str:
    return json.dumps([run.job_instance_id, run.created_ms, run.status, run.visits, *run.ends])


def _run(values: list[object]) -> KnownRun:
    """Return a run that C(_line) formatted. Raise TypeError or ValueError for anything else."""
    instance_id, created_ms, status, visits, *ends = values
    numbers = (instance_id, created_ms, status, visits)
    if any(isinstance(value, bool) or not isinstance(value, int) for value in numbers):
        raise TypeError
    if not all(isinstance(end, str) for end in ends):
        raise TypeError
    return KnownRun(instance_id, created_ms, status, visits, tuple(ends))  # type: ignore[arg-type]


def _sync_directory(directory: Path) -> None:
    """Have the new name of a file survive a crash of the machine."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
