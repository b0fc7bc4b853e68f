# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending of events with acknowledgments, which may come too late."""

from __future__ import annotations

import asyncio
from typing import Any

from ansible_collections.blueking.job.plugins.module_utils.common.redaction import Secrets
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryEntry
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.event_sender import EventSender
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import read_source_options
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.watch import Change, KnownRun
from ansible_collections.blueking.job.tests.unit.helpers.event_source import SOURCE_OPTIONS

FAILED = 4
NOW = 1_800_000_000_000


def change(number: int) -> Change:
    entry = HistoryEntry(number, 2, "deploy", "admin", FAILED, "2027-01-15T08:00:00Z", created_ms=NOW)
    return Change(entry, None, KnownRun(number, NOW, FAILED, ends=("4@2027-01-15T08:00:00Z",)), is_event=True)


class Rulebook:
    """A queue that acknowledges each event at once, and fails if there is no space for that."""

    def __init__(self, acknowledgments: asyncio.Queue[object]) -> None:
        self.acknowledgments = acknowledgments
        self.sent: list[dict[str, Any]] = []

    async def put(self, item: dict[str, object], /) -> None:
        self.sent.append(item)
        self.acknowledgments.put_nowait(item)


def test_an_acknowledgment_that_came_too_late_is_dropped_before_the_next_event() -> None:
    async def play() -> None:
        rulebook = Rulebook(asyncio.Queue(1))
        options = read_source_options(SOURCE_OPTIONS, {}).options
        sender = EventSender(options, Secrets(), rulebook, rulebook.acknowledgments)
        rulebook.acknowledgments.put_nowait(sender.event(change(1), NOW))
        await sender.send(change(2), NOW)
        assert [event["bk_job"]["job_instance_id"] for event in rulebook.sent] == [2]
        assert rulebook.acknowledgments.empty()

    asyncio.run(play())
