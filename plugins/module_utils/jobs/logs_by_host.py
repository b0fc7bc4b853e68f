# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Logs of one response, by step and by each name of their host."""

from __future__ import annotations

from ..api.calls import HostLog
from ..models.run import HostKey, JobInstance

LogsByHost = dict[tuple[int, object], HostLog]


def index_by_host(logs: list[tuple[int, HostLog]]) -> LogsByHost:
    """Return logs, each with the id of its step, by step and host."""
    found: LogsByHost = {}
    for step_id, log in logs:
        for name in _host_names(log.key):
            found.setdefault((step_id, name), log)
    return found


def find_log(found: LogsByHost, step_id: int, key: HostKey) -> HostLog | None:
    """Return the log of a host in a step; None if there is none."""
    return next((found[step_id, name] for name in _host_names(key) if (step_id, name) in found), None)


def _host_names(key: HostKey) -> list[object]:
    """Return the names of a host: its id, and its address. An ip is unique only within a cloud area."""
    names: list[object] = []
    if key.bk_host_id is not None:
        names.append(key.bk_host_id)
    if key.ip is not None:
        names.append((key.bk_cloud_id, key.ip))
    return names


def fill_details(instance: JobInstance, found: LogsByHost) -> None:
    """Add exit codes, tags and times of the logs to the hosts of an instance (API v2)."""
    for step in instance.steps:
        for host in step.hosts or ():
            log = find_log(found, step.step_instance_id, host.key)
            if log is not None:
                host.exit_code, host.tag = log.exit_code, log.tag
                host.start_time, host.end_time, host.total_time = log.start_time, log.end_time, log.total_time
