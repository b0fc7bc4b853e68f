# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an event source reads of the history, and when the server's time is not known."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import context as context_module
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.history import RunHistory
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import read_source_options
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.watch import PollQuery
from ansible_collections.blueking.job.tests.unit.helpers.event_source import SOURCE_OPTIONS
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, http, success

DATE, NOW = "Sat, 31 Jan 2026 10:00:00 GMT", 1_769_853_600_000


class Past:
    """A server with one run for each time of creation."""

    def __init__(self, *created_ms: int) -> None:
        self.runs: list[dict[str, Any]] = [
            {"job_instance_id": number, "create_time": created, "name": "nightly", "status": 3}
            for number, created in enumerate(created_ms, 1)
        ]
        self.headers: dict[str, str] = {"date": DATE}
        self.spans: list[tuple[int, int]] = []

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        asked: dict[str, Any] = dict(request.body or {})
        first, last = asked["create_time_start"], asked["create_time_end"]
        self.spans.append((first, last))
        found = [run for run in self.runs if first <= run["create_time"] <= last]
        page = found[asked["start"] : asked["start"] + asked["length"]]
        return http(success({"total": len(found), "data": page or None}), headers=self.headers)


def history(past: Past, monkeypatch: pytest.MonkeyPatch) -> RunHistory:
    monkeypatch.setattr(context_module, "Transport", lambda _connection: past)
    return RunHistory(read_source_options(SOURCE_OPTIONS, {}).options, TaskContext(clock=FakeClock()))


def test_the_time_is_that_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert history(Past(), monkeypatch).now_ms() == NOW


def test_without_a_date_the_error_names_what_has_to_send_it(monkeypatch: pytest.MonkeyPatch) -> None:
    past = Past()
    past.headers = {}
    with pytest.raises(JobError, match="^Responses have no Date header, so the server's time is not known") as raised:
        history(past, monkeypatch).now_ms()
    assert raised.value.hint == "Have the gateway or proxy in front of JOB send the header Date."


def test_single_runs_are_read_by_the_millisecond_of_their_creation(monkeypatch: pytest.MonkeyPatch) -> None:
    old, older = NOW - 7_200_000, NOW - 10_800_000
    past = Past(NOW, old, old + 2, older)
    entries = history(past, monkeypatch).read(PollQuery(NOW - 600_000, NOW, single_ms=(old, older)))
    assert [entry.job_instance_id for entry in entries] == [1, 2, 4]
    assert past.spans == [(NOW - 600_000, NOW), (old, old + 1), (older, older + 1)]
