# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Send events to ansible-rulebook, and wait for its acknowledgments if they are enabled."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Protocol

from ...module_utils.common.dates import iso8601_utc
from ...module_utils.common.redaction import Secrets
from ...module_utils.common.text import valid_utf8
from ...module_utils.models.status import job_status_name
from ...module_utils.results.history_entry import history_entry
from ...module_utils.results.run_result import UNREDACTED_KEYS
from .options import SourceOptions
from .watch import Change

LOG = logging.getLogger("blueking.job.job_runs")
# Times that an event is sent without being acknowledged before the source continues with the next one.
_MAX_SENT = 3
_UNREDACTED = UNREDACTED_KEYS | {"previous_status", "seen_time", "bk_scope_type"}


class EventQueue(Protocol):
    """The queue that ansible-rulebook passes to a source."""

    async def put(self, item: dict[str, object], /) -> object:
        """Add an event, as soon as there is space for it."""


class EventSender:
    """Sends the events of one source.

    Args:
        options: options of the source.
        secrets: secrets to mask in events.
        queue: receives the events.
        acknowledgments: queue of the events that ansible-rulebook has taken; None if they are not enabled.
    """

    def __init__(
        self,
        options: SourceOptions,
        secrets: Secrets,
        queue: EventQueue,
        acknowledgments: asyncio.Queue[object] | None = None,
    ) -> None:
        self._options = options
        self._secrets = secrets
        self._queue = queue
        self._acknowledgments = acknowledgments

    async def send(self, change: Change, seen_ms: int) -> None:
        """Send the event of a change. Return after it was taken: acknowledged, if that is enabled.

        An event that is never acknowledged, because an event filter drops it or its rules cannot be evaluated, must not
        keep all later events. So it is sent some times, always with the same id, and then given up.

        Args:
            change: the change.
            seen_ms: the server's time when it was noticed, milliseconds since the epoch.
        """
        event = self.event(change, seen_ms)
        identity = _identity(event)
        if self._acknowledgments is None:
            await self._queue.put(event)
            return
        for attempt in range(1, _MAX_SENT + 1):
            _drain(self._acknowledgments)
            await self._queue.put(event)
            try:
                await asyncio.wait_for(_acknowledged(self._acknowledgments, identity), self._options.feedback_timeout)
                return
            except asyncio.TimeoutError:
                LOG.warning(
                    "The event of job instance %d was not acknowledged within %g s (%d of %d times)",
                    change.run.job_instance_id,
                    self._options.feedback_timeout,
                    attempt,
                    _MAX_SENT,
                )
        LOG.error("The event of job instance %d is given up: it was never acknowledged", change.run.job_instance_id)

    def event(self, change: Change, seen_ms: int) -> dict[str, object]:
        """Return the event of a change, redacted."""
        options, previous = self._options, change.previous_status
        run: dict[str, object] = {
            **history_entry(change.entry, options.connection.web_url),
            "bk_scope_type": options.scope.type,
            "bk_scope_id": options.scope.id,
            "previous_status": None if previous is None else job_status_name(previous),
            "times_ended": len(change.run.ends),
            "seen_time": iso8601_utc(seen_ms),
        }
        return {
            "bk_job": self._secrets.redact(valid_utf8(run), _UNREDACTED),
            "meta": {"uuid": _uuid(options, change), "produced_at": iso8601_utc(int(time.time() * 1000))},
        }


def _uuid(options: SourceOptions, change: Change) -> str:
    """Return the id of an event: the same one if the change is found again after a restart."""
    scope = options.scope
    name = json.dumps([options.connection.api_url, scope.type, scope.id, *change.key])
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def _identity(event: object) -> object:
    """Return the id of an event as ansible-rulebook passes it on; None if it has none."""
    meta = event.get("meta") if isinstance(event, Mapping) else None
    return meta.get("uuid") if isinstance(meta, Mapping) else None


def _drain(queue: asyncio.Queue[object]) -> None:
    """Drop acknowledgments that came too late. ansible-rulebook waits until they are read."""
    while not queue.empty():
        queue.get_nowait()


async def _acknowledged(queue: asyncio.Queue[object], identity: object) -> None:
    """Return when the event with an id is acknowledged. An event filter may have made several of it."""
    while _identity(await queue.get()) != identity:
        pass
