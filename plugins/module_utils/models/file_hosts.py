# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Hosts of file steps: each target once, with its outcome in a run that has ended.

JOB lists a target once for each batch of sources (JOB API: rolling_config type 2). It leaves targets waiting forever
if the files could not be prepared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .launch import TargetServer
from .run import HostKey, HostResult, JobInstance, StepResult
from .status import (
    FILE_STEP,
    HOST_NEVER_ATTEMPTED,
    HOST_WAITING,
    JOB_PENDING,
    JOB_SKIPPED,
    is_host_active,
    is_host_failed,
)


def settle_file_hosts(instance: JobInstance) -> None:
    """Replace the hosts of file steps: each one once, and never attempted if it still waits in an ended run."""
    for step in instance.steps:
        if step.type == FILE_STEP and step.hosts is not None:
            if instance.ended and step.status not in (JOB_PENDING, JOB_SKIPPED):
                for host in step.hosts:
                    host.status = HOST_NEVER_ATTEMPTED if host.status == HOST_WAITING else host.status
            step.hosts = _each_once(step.hosts)


def remove_other_hosts(step: StepResult, target: TargetServer) -> list[str]:
    """Remove hosts that are not targets, and return the names of targets that are missing.

    Some servers list the sources, too. Does nothing if the target contains groups or nodes, whose hosts are not known.
    """
    if step.hosts is None or target.dynamic_groups or target.topo_nodes:
        return []
    missing: dict[object, str] = {host_id: f"host {host_id}" for host_id in target.host_ids}
    missing.update({(each.bk_cloud_id, each.ip): each.ip for each in target.addresses})
    wanted, kept = set(missing), []
    for host in step.hosts:
        names = {host.bk_host_id, (host.bk_cloud_id, host.ip)} & wanted
        if names:
            kept.append(host)
            for name in names:
                missing.pop(name, None)
    step.hosts = kept
    return list(missing.values())


def _each_once(hosts: Iterable[HostResult]) -> list[HostResult]:
    found: dict[HostKey | int, list[HostResult]] = {}
    for position, host in enumerate(hosts):
        is_known = host.bk_host_id is not None or host.ip is not None
        found.setdefault(host.key if is_known else position, []).append(host)
    return [rows[0] if len(rows) == 1 else _united(rows) for rows in found.values()]


def _united(rows: list[HostResult]) -> HostResult:
    """Return one host for the rows of its batches: it is done when all are, and failed if one is."""
    decisive = max(rows, key=_rank)
    ends = [row.end_time for row in rows]
    return replace(
        decisive,
        start_time=min(_known(row.start_time for row in rows), default=None),
        end_time=None if None in ends else max(_known(ends), default=None),
        total_time=sum(row.total_time or 0.0 for row in rows) if any(row.total_time for row in rows) else None,
    )


def _rank(host: HostResult) -> int:
    if is_host_active(host.status):
        return 3
    if host.status == HOST_NEVER_ATTEMPTED:
        return 1
    return 2 if is_host_failed(host.status) else 0


def _known(times: Iterable[int | str | None]) -> Iterator[int]:
    """Yield the times that are known; one response has one kind of them."""
    return (time for time in times if isinstance(time, int))
