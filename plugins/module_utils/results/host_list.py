# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Host and step lists of a result, limited in size; failed hosts come first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from ..common.dates import iso8601
from ..models.run import FileResult, HostResult, JobInstance, LogResult, StepResult
from ..models.settings import FAILED_ONCE, ReportSettings
from ..models.status import (
    FILE_STATES,
    JOB_SUCCESS,
    enum_name,
    failure_kind,
    has_exit_code,
    host_status_code,
    host_status_name,
    is_host_active,
    is_host_failed,
    job_status_name,
    step_type_name,
)
from .size_limit import MAX_STEPS_BYTES, SEPARATOR_BYTES, json_size
from .verdict import deciding_step

# Maximum length of the name of a log file, bytes.
_FILE_NAME_BYTES = 80
# Minimum size of the entry of a host (bytes of JSON).
_MIN_ENTRY_BYTES = 256
_NO_LOG = LogResult()


class HostSelection:
    """The hosts that the result lists: as many as fit, failed ones first.

    Some space is reserved until the logs are read. Then more hosts, without logs, get the rest.

    Args:
        instance: its failed hosts come first, those of the step that decided before all others.
        settings: C(hosts) is not C(auto).
        remaining_bytes: bytes of JSON for hosts and their logs.
    """

    def __init__(self, instance: JobInstance, settings: ReportSettings, remaining_bytes: int) -> None:
        self.remaining_bytes = remaining_bytes
        self._settings = settings
        self._failed_copies = 1 if settings.hosts == FAILED_ONCE else 2
        failed = select_hosts(instance, "none" if settings.hosts == "none" else "failed", deciding_step(instance))
        others = select_hosts(instance, "others" if settings.hosts == "all" else "none")
        # One more than may fit shows that the result does not list all hosts.
        maximum = max(0, remaining_bytes) // _MIN_ENTRY_BYTES + 1
        self._candidates = list(islice(failed, maximum))
        failed_count = len(self._candidates)
        self._candidates += islice(others, maximum - failed_count)
        self._positions = {id(host): position for position, (_step, host) in enumerate(self._candidates)}
        # Position of the first candidate that is not listed.
        self._next = 0
        reserved_bytes = min(remaining_bytes // 2, self._reserved_for_logs(instance))
        self._add(len(self._candidates) if log_scope(settings) == "all" else failed_count, reserved_bytes)

    def __contains__(self, host: HostResult) -> bool:
        return self._positions.get(id(host), self._next) < self._next

    @property
    def hosts(self) -> list[tuple[StepResult, HostResult]]:
        """Return the hosts that the result lists so far."""
        return self._candidates[: self._next]

    @property
    def truncated(self) -> bool:
        """Return whether some hosts are not listed so far."""
        return self._next < len(self._candidates)

    def may_list(self, host: HostResult) -> bool:
        """Return whether the result lists the host, or may still do so in the end."""
        return id(host) in self._positions

    def complete(self) -> None:
        """Add more hosts as long as they fit, after all logs were read."""
        self._add(len(self._candidates), 0)

    def log_size(self, host: HostResult, text: str) -> int:
        """Return the size of a log in the entries of its host (bytes of JSON)."""
        return json_size(text) * self._copies(host)

    def files_size(self, host: HostResult, files: list[FileResult]) -> int:
        """Return the size of the files of a host in its entries (bytes of JSON)."""
        return json_size([file_entry(file) for file in files]) * self._copies(host)

    def _copies(self, host: HostResult) -> int:
        """Return how often the host is listed: with hosts: all a failed one is in "hosts" and in "failed_hosts"."""
        return self._failed_copies if is_host_failed(host.status) else 1

    def _add(self, end: int, reserved_bytes: int) -> None:
        """List more candidates, up to the position C(end), as long as C(reserved_bytes) are left."""
        while self._next < end:
            size = self._entry_size(*self._candidates[self._next])
            if self.remaining_bytes - size < reserved_bytes:
                return
            self.remaining_bytes -= size
            self._next += 1

    def _reserved_for_logs(self, instance: JobInstance) -> int:
        settings = self._settings
        scope = "failed" if settings.hosts == FAILED_ONCE and settings.logs != "none" else log_scope(settings)
        log_count = sum(self._copies(host) for _step, host in hosts_by_priority(instance, scope))
        return min(self._failed_copies * settings.bytes_total, log_count * settings.bytes_per_host)

    def _entry_size(self, step: StepResult, host: HostResult) -> int:
        """Return the size of a host's entry without its log (bytes of JSON)."""
        entry = {**host_entry(step, host), "log": None, "log_path": None}
        log_dir = self._settings.log_dir
        path = 0 if log_dir is None else json_size(log_dir) + _FILE_NAME_BYTES
        return (json_size(entry) + path + SEPARATOR_BYTES) * self._copies(host)


def select_hosts(
    instance: JobInstance, selection: str, first: StepResult | None = None
) -> Iterator[tuple[StepResult, HostResult]]:
    """Return hosts by C(failed), C(others) or C(none), in the order of the steps; one step may come first."""
    if selection != "none":
        for step in sorted(instance.steps, key=lambda each: first is not None and each is not first):
            for host in step.hosts or ():
                if is_host_failed(host.status) is (selection == "failed"):
                    yield step, host


def hosts_by_priority(instance: JobInstance, selection: str) -> Iterator[tuple[StepResult, HostResult]]:
    """Return hosts by C(all), C(failed) or C(none), in the order in which their logs are read.

    Failed hosts come first, those of the step that decided before all others. The other hosts of the last step with
    failed ones follow: their logs may come in the same call.
    """
    last: StepResult | None = None
    for step, host in select_hosts(instance, "none" if selection == "none" else "failed", deciding_step(instance)):
        last = step
        yield step, host
    yield from select_hosts(instance, "others" if selection == "all" else "none", last)


def log_scope(settings: ReportSettings) -> str:
    """Return the hosts whose logs are read: C(all), C(failed) or C(none).

    Only listed hosts have a log in the result. Log files have no limit, so with C(FAILED_ONCE) the option C(logs)
    alone selects their hosts.
    """
    once = "failed" if settings.log_dir is None else "all"
    hosts = once if settings.hosts == FAILED_ONCE else settings.hosts
    return next(name for name in ("none", "failed", "all") if name in (hosts, settings.logs))


def list_steps(
    instance: JobInstance, maximum: int = MAX_STEPS_BYTES, *, counts: bool = True
) -> tuple[list[dict[str, object]], bool]:
    """Return as many steps as fit, in order, and whether some are missing; successful steps are dropped first.

    C(maximum) is the limit in bytes of JSON, C(counts) includes the counts of hosts.
    """
    entries = [step_entry(step, counts=counts) for step in instance.steps]
    kept, remaining_bytes = set(), maximum
    for position in sorted(range(len(entries)), key=lambda each: instance.steps[each].status == JOB_SUCCESS):
        remaining_bytes -= json_size(entries[position]) + SEPARATOR_BYTES
        if remaining_bytes < 0:
            break
        kept.add(position)
    return [entries[position] for position in sorted(kept)], len(kept) < len(entries)


def count_hosts(hosts: Iterable[HostResult]) -> dict[str, int]:
    """Count the hosts, in total and by result."""
    found: Counter[str] = Counter()
    for status, number in Counter(host.status for host in hosts).items():
        found["failed" if is_host_failed(status) else "unfinished" if is_host_active(status) else "success"] += number
    return {"total": found.total(), **{name: found[name] for name in ("success", "failed", "unfinished")}}


def step_entry(step: StepResult, *, counts: bool = True) -> dict[str, object]:
    """Return a step as the result lists it, with or without the counts of its hosts."""
    entry: dict[str, object] = {
        "step_instance_id": step.step_instance_id,
        "name": step.name,
        "type": step_type_name(step.type),
        "status": job_status_name(step.status),
        "status_code": step.status,
        "execute_count": step.execute_count,
        "create_time": step.create_time,
        "start_time": step.start_time,
        "end_time": step.end_time,
        "total_time": step.total_time,
    }
    if counts:
        entry["counts"] = None if step.hosts is None else count_hosts(step.hosts)
    return entry


def host_entry(step: StepResult, host: HostResult) -> dict[str, object]:
    """Return a host in a step as the result lists it."""
    log = host.log or _NO_LOG
    return {
        "bk_host_id": host.bk_host_id,
        "bk_cloud_id": host.bk_cloud_id,
        "ip": host.ip,
        "step_instance_id": step.step_instance_id,
        "status": host_status_name(host.status),
        "status_code": host_status_code(host.status),
        "failure_kind": failure_kind(host.status),
        "exit_code": host.exit_code if has_exit_code(host.status) else None,
        "tag": host.tag,
        "files": None if log.files is None else [file_entry(file) for file in log.files],
        "start_time": iso8601(host.start_time),
        "end_time": iso8601(host.end_time),
        "total_time": host.total_time,
        "log": log.text,
        "log_truncated": log.truncated,
        "log_path": log.path,
    }


def file_entry(file: FileResult) -> dict[str, object]:
    """Return a file that was sent to a host as the result lists it."""
    return {
        "source": {"ip": file.source_ip, "path": file.source_path},
        "path": file.path,
        "status": enum_name(FILE_STATES, file.status),
        "size": file.size,
        "speed": file.speed,
        "error": file.error,
    }
