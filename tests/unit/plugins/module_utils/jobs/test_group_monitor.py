# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs in one wait: which calls are made, and that a run that cannot be read does not harm the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, Interrupted, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.group_monitor import GroupMonitor
from ansible_collections.blueking.job.plugins.module_utils.jobs.monitor import JobMonitor
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.results.run_result import RunResult
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    error_body,
    http,
    report_settings,
    success,
    wait_settings,
)

HOUR = 3_600_000
TIMEOUT = JobError("no response", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)


@dataclass
class Server:
    """JOB with runs that end at a time (seconds), created at a time (milliseconds). Other runs fill its history."""

    ends: dict[int, float]
    created: Callable[[int], int] = lambda number: HOUR * 1000 + number
    # Number of runs of other users between any two of these runs.
    others: int = 0
    status: Callable[[int], HttpResponse | None] = lambda _number: None
    history: Callable[[], HttpResponse | None] = lambda: None
    clock: FakeClock = field(default_factory=FakeClock)
    polls: list[int] = field(default_factory=list)
    pages: int = 0

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        body = request.body or {}
        if "create_time_start" in body:
            self.pages += 1
            return self.history() or http(success({"data": self._page(body), "total": 0}))
        number = body["job_instance_id"]
        assert isinstance(number, int)
        if not body["return_ip_result"]:
            self.polls.append(number)
        response = self.status(number)
        if response is not None:
            return response
        state = self._state(number)
        run = {"job_instance_id": number, "status": state, "create_time": self.created(number)}
        return http(success({"finished": state == 3, "job_instance": run, "step_instance_list": []}))

    def _state(self, number: int) -> int:
        return 3 if self.clock.now() - 1000 >= self.ends[number] else 2

    def _page(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        assert 0 < body["create_time_end"] - body["create_time_start"] <= 30 * 24 * HOUR
        rows = []
        for number in sorted(self.ends, key=self.created, reverse=True):
            created = self.created(number)
            if body["create_time_start"] <= created <= body["create_time_end"]:
                rows.append({"job_instance_id": number, "status": self._state(number), "create_time": created})
            if body["create_time_start"] < created <= body["create_time_end"]:
                rows += [{"job_instance_id": 10**6 + number, "status": 3, "create_time": created - 1}] * self.others
        return rows[: body["length"]]


def wait(server: Server, **settings: Any) -> GroupMonitor:
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), server, server.clock)  # type: ignore[arg-type]
    context = TaskContext(clock=server.clock)
    monitors = [
        JobMonitor(
            client, Scope("biz", "2"), number, RunResult(report_settings(logs="none")), context, launched_by_task=False
        )
        for number in server.ends
    ]
    group = GroupMonitor(monitors, context, wait_settings(**settings))
    group.follow()
    return group


def test_the_history_serves_all_runs_of_a_page() -> None:
    server = Server(dict.fromkeys(range(1, 101), 60))
    assert wait(server).failures() == {}
    assert len(server.polls) == 200  # at first, and at the end
    assert server.pages < 35


def test_a_run_that_needs_a_page_of_its_own_is_polled_instead() -> None:
    month = 40 * 24 * HOUR
    server = Server({1: 600, 2: 600, 3: 600}, created=lambda number: HOUR * 1000 + (month if number == 3 else number))
    assert wait(server).failures() == {}
    assert server.polls.count(3) == 50
    assert server.polls.count(1) == server.polls.count(2) == 2


def test_a_history_full_of_other_runs_is_not_read_again_and_again() -> None:
    server = Server(dict.fromkeys(range(1, 5), 600), others=600)
    assert wait(server).failures() == {}
    assert server.pages <= 4


def test_a_lasting_rejection_of_one_run_does_not_end_the_wait_for_the_others() -> None:
    server = Server({1: 100, 2: 100, 3: 100})
    server.history = lambda: http(error_body(9900403))
    server.status = lambda number: http(error_body(1244006)) if number == 2 and server.clock.now() > 1020 else None
    group = wait(server)
    assert [(position, error.kind) for position, error in group.failures().items()] == [(1, "not_found")]
    assert 1100 <= server.clock.now() < 1115
    assert server.pages == 1


def test_a_run_without_responses_does_not_keep_the_others_waiting() -> None:
    server = Server({1: 100, 2: 100, 3: 100})
    server.history = lambda: http(error_body(9900403))

    def hang(number: int) -> None:
        if number == 1:
            server.clock.time += 15
            raise TIMEOUT

    server.status = hang
    group = wait(server, timeout=300)
    assert {position: error.kind for position, error in group.failures().items()} == {0: "wait_timeout"}
    assert [run.monitor.run_result.instance is not None for run in group.runs] == [False, True, True]
    # Each round of polls waits for the first run once; the others are polled in between.
    assert server.polls.count(2) >= 4


def test_a_server_that_asks_for_a_pause_gets_no_other_call() -> None:
    server = Server({1: 100, 2: 100, 3: 100})
    server.history = lambda: http({}, 429, {"retry-after": "20"}) if server.clock.now() < 1080 else None
    assert wait(server).failures() == {}
    # One call in 20 seconds, and after that one in each round.
    assert server.pages < 5 + 10
    assert len(server.polls) == 6


def interrupt_first_report(server: Server, seconds: float = 0) -> None:
    """Let a signal arrive some seconds after the first call that asks for hosts."""
    calls: list[int] = []
    signals = [Interrupted("SIGTERM")]

    def status(number: int) -> None:
        calls.append(number)
        if signals and len(calls) > len(server.polls):
            server.clock.time += seconds
            raise signals.pop()

    server.status = status


def test_a_signal_while_the_hosts_of_an_ended_run_are_read_ends_the_wait_for_the_others() -> None:
    server = Server({1: 10, 2: 100})
    interrupt_first_report(server)
    group = wait(server)
    assert {position: (error.kind, error.summary) for position, error in group.failures().items()} == {
        1: ("interrupted", "Interrupted by SIGTERM while waiting for job instance 2")
    }
    assert group.context.problems.warnings == [
        "Interrupted by SIGTERM while reading hosts and logs of job instance 1; they are incomplete"
    ]
    assert server.clock.now() < 1030


def test_a_signal_while_hosts_are_read_leaves_a_moment_for_those_of_the_next_run() -> None:
    server = Server({1: 10, 2: 10})
    interrupt_first_report(server, seconds=60)
    group = wait(server)
    assert group.failures() == {}
    assert [run.monitor.run_result.logs_complete for run in group.runs] == [False, True]
