# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""One run of the history, as results and events describe it."""

from __future__ import annotations

from ..models.history import HistoryEntry
from ..models.status import JOB_ENDS, LAUNCH_MODES, RUN_TYPES, enum_name, job_status_name


def history_entry(entry: HistoryEntry, web_url: str | None) -> dict[str, object]:
    """Return an entry of C(instances). C(web_url) is the address of JOB's web pages, without a slash at its end."""
    return {
        "job_instance_id": entry.job_instance_id,
        "name": entry.name,
        "type": enum_name(RUN_TYPES, entry.type),
        "job_plan_id": _positive(entry.job_plan_id),
        "job_template_id": _positive(entry.job_template_id),
        "launch_mode": enum_name(LAUNCH_MODES, entry.launch_mode),
        "operator": entry.operator,
        "status": job_status_name(entry.status),
        "status_code": entry.status,
        "finished": entry.status in JOB_ENDS,
        "create_time": entry.create_time,
        "start_time": entry.start_time,
        "end_time": entry.end_time,
        "total_time": entry.total_time,
        "job_instance_url": f"{web_url}/api_execute/{entry.job_instance_id}" if web_url else None,
    }


def _positive(number: int | None) -> int | None:
    """Return the id of a plan or template; None for runs of scripts, which have an invalid one."""
    return number if number is not None and number > 0 else None
