# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host and step lists of a result, limited in size; failed hosts come first.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ..common.dates import iso8601
from ..models.run import HostResult, JobInstance, StepResult
from ..models.settings import ReportPlan
from ..models.status import (
    JOB_SUCCESS,
    failure_kind,
    host_word,
    is_host_active,
    is_host_failed,
    job_word,
    step_type_word,
)
from .size_limit import BETWEEN_BYTES, STEPS_BYTES, json_size

# A failed host is listed twice, under "hosts" and under "failed_hosts".
_COPIES = {True: 2, False: 1}
# The name of a log file within its folder.
_FILE_NAME = 80


class Listing:
    """The hosts that the result lists: as many as fit, failed ones first.

    A part of the room is kept free until the logs of failed hosts are there. The other hosts get what is left then.

    Args:
        room: bytes of JSON for hosts and their logs.
    """

    def __init__(self, instance: JobInstance, plan: ReportPlan, room: int) -> None:
        self.room = room
        self.hosts: list[tuple[StepResult, HostResult]] = []
        self.truncated = False
        self._plan = plan
        self._ids: set[int] = set()
        self._free = min(room // 2, _wanted_by_logs(instance, plan))
        self._others = hosts_of(instance, "others") if plan.hosts == "all" else iter(())
        if plan.hosts != "none":
            self._add(hosts_of(instance, "failed"))
        if logs_of(plan) == "all":
            self.add_others()

    def __contains__(self, host: HostResult) -> bool:
        return id(host) in self._ids

    def add_others(self) -> None:
        """List the hosts that did not fail too, unless that was done before."""
        if logs_of(self._plan) != "all":
            self._free = 0
        self._add(self._others)
        self._others = iter(())

    def _add(self, hosts: Iterable[tuple[StepResult, HostResult]]) -> None:
        for step, host in hosts:
            size = _entry_size(step, host, self._plan)
            if self.room - size < self._free:
                self.truncated = True
                return
            self.room -= size
            self.hosts.append((step, host))
            self._ids.add(id(host))


def hosts_of(
    instance: JobInstance, choice: str, first: StepResult | None = None
) -> Iterator[tuple[StepResult, HostResult]]:
    """Hosts by one of the words C(failed), C(others), C(none), in the order of the steps; one step may come first."""
    if choice != "none":
        for step in sorted(instance.steps, key=lambda each: first is not None and each is not first):
            for host in step.hosts or ():
                if is_host_failed(host.status) is (choice == "failed"):
                    yield step, host


def by_importance(instance: JobInstance, choice: str) -> Iterator[tuple[StepResult, HostResult]]:
    """Hosts by one of the words C(all), C(failed), C(none) in the order in which their logs are worth having.

    Failed ones come first. They are followed by the others of the last step with failed ones, whose logs may come with
    the same call.
    """
    last: StepResult | None = None
    for step, host in hosts_of(instance, "none" if choice == "none" else "failed"):
        last = step
        yield step, host
    yield from hosts_of(instance, "others" if choice == "all" else "none", last)


def logs_of(plan: ReportPlan) -> str:
    """Whose logs are fetched: C(all), C(failed) or C(none). Hosts that are not to be listed have no log either."""
    return next(word for word in ("none", "failed", "all") if word in (plan.hosts, plan.logs))


def _wanted_by_logs(instance: JobInstance, plan: ReportPlan) -> int:
    wanted = sum(_COPIES[is_host_failed(host.status)] for _step, host in by_importance(instance, logs_of(plan)))
    return min(_COPIES[True] * plan.bytes_total, wanted * plan.bytes_per_host)


def _entry_size(step: StepResult, host: HostResult, plan: ReportPlan) -> int:
    """What listing a host costs, before its log is known."""
    entry = {**host_entry(step, host), "log": None, "log_path": None}
    path = 0 if plan.log_dir is None else json_size(plan.log_dir) + _FILE_NAME
    return (json_size(entry) + path + BETWEEN_BYTES) * _COPIES[is_host_failed(host.status)]


def log_size(host: HostResult, text: str) -> int:
    """What a log costs in the entries of its host."""
    return json_size(text) * _COPIES[is_host_failed(host.status)]


def listed_steps(instance: JobInstance) -> tuple[list[dict[str, object]], bool]:
    """As many steps as fit, in their order, and whether some are left out; those that succeeded go first."""
    entries = [step_entry(step) for step in instance.steps]
    kept, room = set(), STEPS_BYTES
    for position in sorted(range(len(entries)), key=lambda each: instance.steps[each].status == JOB_SUCCESS):
        room -= json_size(entries[position]) + BETWEEN_BYTES
        if room < 0:
            break
        kept.add(position)
    return [entries[position] for position in sorted(kept)], len(kept) < len(entries)


def counts(hosts: Iterable[HostResult]) -> dict[str, int]:
    """How many hosts there are, and how they ended."""
    found: Counter[str] = Counter()
    for status, number in Counter(host.status for host in hosts).items():
        found["failed" if is_host_failed(status) else "unfinished" if is_host_active(status) else "success"] += number
    return {"total": found.total(), **{word: found[word] for word in ("success", "failed", "unfinished")}}


def step_entry(step: StepResult) -> dict[str, object]:
    """A step as the result shows it."""
    return {
        "step_instance_id": step.step_instance_id,
        "name": step.name,
        "type": step_type_word(step.type),
        "status": job_word(step.status),
        "status_code": step.status,
        "execute_count": step.execute_count,
        "create_time": step.create_time,
        "start_time": step.start_time,
        "end_time": step.end_time,
        "total_time": step.total_time,
        "counts": None if step.hosts is None else counts(step.hosts),
    }


def host_entry(step: StepResult, host: HostResult) -> dict[str, object]:
    """A host in a step as the result shows it."""
    return {
        "bk_host_id": host.bk_host_id,
        "bk_cloud_id": host.bk_cloud_id,
        "ip": host.ip,
        "step_instance_id": step.step_instance_id,
        "status": host_word(host.status),
        "status_code": host.status,
        "failure_kind": failure_kind(host.status),
        "exit_code": host.exit_code,
        "tag": host.tag,
        "start_time": iso8601(host.start_time),
        "end_time": iso8601(host.end_time),
        "total_time": host.total_time,
        "log": host.log,
        "log_truncated": host.log_truncated,
        "log_path": host.log_path,
    }
