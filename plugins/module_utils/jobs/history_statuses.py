# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Statuses of many instances with few calls: the execution history lists them page by page, newest first.

Runs of one play were created one after another, so one page usually has all of them. An instance that would need a page
of its own is left out: reading its status costs the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..api.client import JobClient
from ..common.clock import Deadline
from ..common.dates import parse_moment
from ..errors import Delivery, JobError
from ..models.connection import Scope
from ..models.history import MAX_SPAN_MS, PAGE_SIZE, HistoryQuery
from ..models.run import JobInstance

# Time limit (seconds) of one page.
_PAGE_SECONDS = 15.0
# Stop using the history after this many failed calls in a row.
_MAX_FAILURES = 3


class HistoryStatuses:
    """Reader of the statuses of several instances of one scope.

    Args:
        client: JOB.
        scope: scope of the instances.
    """

    def __init__(self, client: JobClient, scope: Scope) -> None:
        self._client = client
        self._scope = scope
        self._is_usable = client.has_history
        self._failures = 0
        # Ids of instances that no page lists together with another one.
        self._alone: set[int] = set()

    def read(self, instances: Iterable[JobInstance], deadline: Deadline) -> dict[int, int]:
        """Return the status codes of those instances that can be read together, by id.

        Raises:
            JobError: an error that concerns every call, see M(is_server_wide).
        """
        created = {each.job_instance_id: _created_ms(each) for each in instances}
        remaining = {
            instance_id: ms for instance_id, ms in created.items() if ms is not None and instance_id not in self._alone
        }
        found: dict[int, int] = {}
        while self._is_usable and len(remaining) > 1:
            page = self._page(remaining, deadline)
            if page is None:
                break
            listed = [instance_id for instance_id in remaining if instance_id in page]
            found.update({instance_id: page[instance_id] for instance_id in listed})
            if len(listed) < 2:
                # The page begins with the newest instance, or lacks it.
                self._alone.add(max(remaining, key=lambda instance_id: remaining[instance_id]))
            for instance_id in {*listed, *self._alone}:
                remaining.pop(instance_id, None)
        return found

    def _page(self, created: dict[int, int], deadline: Deadline) -> dict[int, int] | None:
        """Return the statuses of a page that begins with the newest of the instances; None if it cannot be read."""
        newest = max(created.values())
        # JOB rejects a span of equal ends.
        oldest = max(min(created.values()), newest - MAX_SPAN_MS + 1)
        query = HistoryQuery(self._scope, oldest, newest + 1, length=PAGE_SIZE)
        try:
            entries, _total = self._client.history_page(query, deadline.within(_PAGE_SECONDS))
        except JobError as error:
            if is_server_wide(error):
                raise
            self._failures += 1
            if not error.transient or self._failures >= _MAX_FAILURES:
                self._is_usable = False
            return None
        self._failures = 0
        return {entry.job_instance_id: entry.status for entry in entries}


def is_server_wide(error: JobError) -> bool:
    """Return whether an error concerns every call: the server cannot be reached, or asks for a pause."""
    if not error.transient:
        return False
    return error.delivery is Delivery.NOT_SENT or error.kind in ("rate_limited", "quota") or bool(error.retry_after)


def _created_ms(instance: JobInstance) -> int | None:
    moment = None if instance.create_time is None else parse_moment(instance.create_time)
    return None if moment is None else moment.ms
