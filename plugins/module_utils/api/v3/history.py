# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Execution history of API v3 (JOB API: get_job_instance_list)."""

from __future__ import annotations

from ...models.history import HistoryEntry, HistoryQuery
from ..calls import Call, without_none
from ..json_reader import JsonObject
from ..shared_requests import scope_pair


class HistoryV3:
    """Calls of the execution history."""

    def list_instances(self, query: HistoryQuery) -> Call[tuple[list[HistoryEntry], int]]:
        """Return C(get_job_instance_list): one page of the instances of a window. JOB matches parts of names."""
        filters = {
            "create_time_start": query.created_from_ms,
            "create_time_end": query.created_to_ms,
            "name": query.name_part,
            "operator": query.operator,
            "launch_mode": query.launch_mode,
            "type": query.type,
            "status": query.status,
            "ip": query.ip,
            "start": query.start,
            "length": query.length,
        }
        return Call("get_job_instance_list", without_none({**scope_pair(query.scope), **filters}), _page, get=True)


def _page(data: object) -> tuple[list[HistoryEntry], int]:
    """Parse the entries of a page (null if there are none), newest first, and the total."""
    page = JsonObject(data, "data")
    return [_entry(item) for item in page.children("data")], page.number("total")


def _entry(item: JsonObject) -> HistoryEntry:
    return HistoryEntry(
        job_instance_id=item.number("job_instance_id"),
        job_plan_id=item.maybe_number("job_plan_id"),
        name=item.maybe_text("name"),
        operator=item.maybe_text("operator"),
        status=item.number("status"),
        create_time=item.epoch_ms("create_time"),
        created_ms=item.maybe_number("create_time"),
        job_template_id=item.maybe_number("job_template_id"),
        type=item.maybe_number("type"),
        launch_mode=item.maybe_number("launch_mode"),
        start_time=item.epoch_ms("start_time"),
        end_time=item.epoch_ms("end_time"),
        total_time=item.seconds("total_time", 1000),
    )
