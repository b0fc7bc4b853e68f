# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of executions, which came with generation v3 (JOB API: get_job_instance_list and its neighbour).

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from ..models import Scope
from ..record import HistoryEntry, HistoryQuery
from .answers import Answer
from .base import Call, without_none
from .shared import scope_pair


class History:
    """The words for what ran before."""

    def history(self, query: HistoryQuery) -> Call:
        """C(get_job_instance_list): instances of a window, one page of them. The name is searched inside of names."""
        filters = {
            "create_time_start": query.created_from_ms,
            "create_time_end": query.created_to_ms,
            "name": query.name_part,
            "operator": query.operator,
            "launch_mode": query.launch_mode,
            "type": query.type,
            "start": query.start,
            "length": query.length,
        }
        return Call("get_job_instance_list", {**scope_pair(query.scope), **without_none(filters)}, get=True)

    def read_history(self, data: object) -> tuple[list[HistoryEntry], int]:
        """The entries of a page (null where there are none), newest first, and how many there are in all."""
        page = Answer(data, "data")
        return [_entry(item) for item in page.children("data")], page.number("total")

    def string_values(self, scope: Scope, job_instance_id: int) -> Call:
        """C(get_job_instance_global_var_value)."""
        params = {**scope_pair(scope), "job_instance_id": job_instance_id}
        return Call("get_job_instance_global_var_value", params, get=True)

    def read_string_values(self, data: object) -> dict[str, str]:
        """What the first step that ran left in the string variables; empty if none did. A step's list may be null."""
        for step in Answer(data, "data").children("step_instance_var_list"):
            pairs = [(each.maybe_text("name"), each.maybe_text("value")) for each in step.children("global_var_list")]
            if pairs:
                return {name: value or "" for name, value in pairs if name is not None}
        return {}


PAST = History()


def _entry(item: Answer) -> HistoryEntry:
    return HistoryEntry(
        job_instance_id=item.number("job_instance_id"),
        job_plan_id=item.maybe_number("job_plan_id"),
        name=item.maybe_text("name"),
        operator=item.maybe_text("operator"),
        status=item.number("status"),
        create_time=item.epoch_ms("create_time"),
        created_ms=item.maybe_number("create_time"),
    )
