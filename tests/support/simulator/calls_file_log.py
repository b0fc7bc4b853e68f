# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of file steps in the log calls of v3 and v4."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .cmdb import Host
from .file_rows import Row, download_rows, upload_rows
from .host_tasks import HostTask
from .instances import StepInstance
from .shapes import address

Wanted = tuple[int | None, int | None, str | None]
"""The id of a host, or its cloud area and address."""


def tasks_for(step: StepInstance, wanted: Wanted) -> list[HostTask]:
    """Return the tasks of a target: one, or one of every batch if the step rolls over its sources."""
    return [task for task in step.tasks if _is(task.host, wanted)]


def single_rows(step: StepInstance, wanted: Wanted) -> list[dict[str, Any]]:
    """JOB API: the downloads of one host, and beside them the uploads of all sources of the step.

    Size, speed and progress are always null, and of a host only the id is there.
    """
    tasks = tasks_for(step, wanted)
    rows = [row for task in tasks for row in download_rows(step, task)]
    execution = tasks[0].execution if tasks else step.execute_count
    return [_bare(row) for row in [*rows, *upload_rows(step, execution)]]


def batch_entries(step: StepInstance, wanted: Iterable[Wanted]) -> list[dict[str, Any]]:
    """JOB API: rows of the latest execution only; if no host that was asked for belongs to the step, of all hosts."""
    return [
        {**_named(host), "file_logs": [_full(row) for row in [*downloads, *uploads]]}
        for host, downloads, uploads in _rows(step, wanted)
    ]


def object_entries(
    step: StepInstance, wanted: Iterable[Wanted], execute_object: Callable[[Host], dict[str, Any]]
) -> list[dict[str, Any]]:
    """JOB API: v4 lists uploads and downloads apart, and omits a list without rows."""

    def shown(row: Row) -> dict[str, Any]:
        dest = None if row.dest is None else execute_object(row.dest)
        ends = {"src_execute_object": execute_object(row.item.host), "dest_execute_object": dest}
        return {name: value for name, value in {**_common(row), **ends}.items() if value is not None}

    found = []
    for host, downloads, uploads in _rows(step, wanted):
        lists = {"download_log": [shown(row) for row in downloads], "upload_log": [shown(row) for row in uploads]}
        found.append({"execute_object": execute_object(host), **{name: rows for name, rows in lists.items() if rows}})
    return found


def _rows(step: StepInstance, wanted: Iterable[Wanted]) -> list[tuple[Host, list[Row], list[Row]]]:
    """Return the hosts that have rows, with their downloads and uploads."""
    hosts: dict[int, Host] = {}
    downloads: dict[int, list[HostTask]] = {}
    uploads: dict[int, list[Row]] = {}
    for task in step.tasks:
        hosts[task.host.id] = task.host
        downloads.setdefault(task.host.id, []).append(task)
    for row in upload_rows(step, step.execute_count):
        hosts[row.item.host.id] = row.item.host
        uploads.setdefault(row.item.host.id, []).append(row)
    by_address = {(host.cloud_id, host.ip): ident for ident, host in hosts.items()}
    asked = [one[0] if one[0] is not None else by_address.get((one[1] or 0, one[2] or "")) for one in wanted]
    chosen = [ident for ident in asked if ident in hosts] or list(hosts)
    found = []
    for ident in dict.fromkeys(chosen):
        tasks = [task for task in downloads.get(ident, ()) if task.execution == step.execute_count]
        rows = [row for task in tasks for row in download_rows(step, task)]
        if rows or ident in uploads:
            found.append((hosts[ident], rows, uploads.get(ident, [])))
    return found


def _is(host: Host, wanted: Wanted) -> bool:
    ident, cloud_id, ip = wanted
    return host.id == ident if ident is not None else (host.cloud_id, host.ip) == (cloud_id, ip)


def _common(row: Row) -> dict[str, Any]:
    return {
        "mode": row.mode,
        "src_path": row.item.shown_path,
        "dest_path": row.dest_path,
        "status": row.status,
        "log_content": row.log,
        "size": row.size,
        "speed": row.speed,
        "process": row.process,
    }


def _bare(row: Row) -> dict[str, Any]:
    dest = None if row.dest is None else address(row.dest.id, None, None)
    unknown = {"size": None, "speed": None, "process": None}
    return {**_common(row), **unknown, "src_ip": address(row.item.host.id, None, None), "dest_ip": dest}


def _full(row: Row) -> dict[str, Any]:
    return {
        **_common(row),
        "src_ip": _address(row.item.host),
        "dest_ip": None if row.dest is None else _address(row.dest),
    }


def _address(host: Host) -> dict[str, Any]:
    return {
        **_named(host),
        "bk_cloud_name": host.cloud_name,
        "ipv6": host.ipv6,
        "bk_agent_id": host.agent_id,
        "alive": int(host.agent_up),
    }


def _named(host: Host) -> dict[str, Any]:
    return {"bk_host_id": host.id, "bk_cloud_id": host.cloud_id, "ip": host.ip or None}
