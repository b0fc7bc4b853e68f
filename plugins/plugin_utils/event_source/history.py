# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Read the history for an event source: one complete poll at a time, with the client and the search of the modules."""

from __future__ import annotations

from ...module_utils.api.client import JobClient
from ...module_utils.api.session import READ_RETRY_SECONDS
from ...module_utils.common.clock import Deadline
from ...module_utils.common.dates import Moment
from ...module_utils.errors import JobError
from ...module_utils.jobs.context import TaskContext
from ...module_utils.jobs.history_search import HistoryMatches, HistorySearch
from ...module_utils.models.history import HistoryEntry
from .options import SourceOptions
from .watch import PollQuery

# More runs than a scope has in 30 days.
_NO_LIMIT = 10**9
# Maximum time (seconds) of a poll of the whole window, which may have thousands of pages.
_SWEEP_SECONDS = 900.0


class RunHistory:
    """The history of one scope. All methods block, and are not called at the same time.

    Args:
        options: connection (API v3, which has an execution history), scope and filters.
        context: clock and secrets.
    """

    def __init__(self, options: SourceOptions, context: TaskContext) -> None:
        self._options = options
        self._context = context
        self._client: JobClient | None = None

    def now_ms(self) -> int:
        """Return the server's time, in milliseconds since the epoch; its seconds are complete ones.

        Raises:
            JobError: JOB cannot be read.
        """
        epoch = self._connected().learn_epoch(self._options.scope, self._deadline(), retry_for=READ_RETRY_SECONDS)
        if epoch is None:
            raise JobError(
                "Responses have no Date header, so the server's time is not known",
                kind="protocol",
                hint="Have the gateway or proxy in front of JOB send the header Date.",
            )
        return int(epoch * 1000)

    def read(self, poll: PollQuery) -> list[HistoryEntry]:
        """Return the runs of a poll, in any order and perhaps repeated.

        Raises:
            JobError: JOB cannot be read; what was read so far is dropped.
        """
        entries = self._search(poll.since_ms, poll.until_ms, self._deadline(_SWEEP_SECONDS if poll.is_sweep else 0.0))
        for created_ms in poll.single_ms:
            # The server rejects a span whose ends are equal.
            entries += self._search(created_ms, created_ms + 1, self._deadline())
        return entries

    def _search(self, since_ms: int, until_ms: int, deadline: Deadline) -> list[HistoryEntry]:
        matches = HistoryMatches()
        # All statuses in one query: JOB takes only one, and a run that is not final is read until it is.
        filters = self._options.filters._replace(
            since=Moment(max(1, since_ms)),
            until=Moment(until_ms),
            limit=_NO_LIMIT,
            statuses=(),
        )
        HistorySearch(self._connected(), self._options.scope, filters, deadline).fill(matches)
        return matches.entries

    def _deadline(self, at_least: float = 0.0) -> Deadline:
        connection = self._options.connection
        return Deadline(self._context.clock, max(at_least, connection.connect_timeout + connection.read_timeout))

    def _connected(self) -> JobClient:
        if self._client is None:
            self._client = self._context.client(self._options.connection)
        return self._client
