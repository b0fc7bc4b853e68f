# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source as ansible-rulebook runs it, main(queue, args), against the JOB simulator."""

from __future__ import annotations

import asyncio
import json
import logging
import runpy
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import history_search
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_operate import JOB_OPERATE
from ansible_collections.blueking.job.plugins.module_utils.options.problems import NUMBER_AS_TEXT
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.plugin_utils.event_source import options, poller, source
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.checkpoint import Checkpoint
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.support.simulator.callback import deliver
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, FakeClock, run_task
from ansible_collections.blueking.job.tests.unit.helpers.read_only_tasks import (
    WITH_HISTORY,
    connection,
    estate,
    launched,
    run,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS

HISTORY_CALL = "get_job_instance_list"
SCRIPT = {"account_alias": "root", "ip_list": ["10.0.0.1"], "script_content": "x"}
SOURCE = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "job_runs.py"
USER = {"bk_app_code": "shop", "bk_app_secret": "shop-secret", "bk_username": "admin", "bk_scope_id": "2"}
# Fast enough for tests; users may have a second.
INTERVAL = 0.01
Event = dict[str, Any]
Session = Callable[["Rulebook"], Awaitable[None]]


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(estate()) as running:
        yield running


@pytest.fixture
def api(server: JobServer) -> dict[str, object]:
    return connection(server, "ESB v3")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeClock:
    """Make pauses short, also those while JOB cannot be read. Work in a directory without state files."""
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")
    clock = FakeClock()
    monkeypatch.setattr(options, "_MIN_INTERVAL", INTERVAL)
    monkeypatch.setattr(poller, "_MAX_BACKOFF_SECONDS", INTERVAL)
    monkeypatch.setattr(source, "TaskContext", lambda **given: TaskContext(clock=clock, **given))
    return clock


class Rulebook:
    """What ansible-rulebook is for a source: a queue of one event, and the end of its task."""

    def __init__(self, server: JobServer, args: dict[str, object]) -> None:
        self.server = server
        self.queue: asyncio.Queue[Event] = asyncio.Queue(1)
        self.task = asyncio.create_task(runpy.run_path(str(SOURCE))["main"](self.queue, args))

    async def event(self) -> Event:
        """Return the next event; fail if the source ends instead."""
        getter = asyncio.create_task(self.queue.get())
        await asyncio.wait({getter, self.task}, timeout=LIMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not getter.done():
            getter.cancel()
            self.task.result()
            raise AssertionError("the source ended")
        return getter.result()

    async def runs(self, count: int) -> list[tuple[int, str]]:
        """Return id and status of the next events."""
        events = [await self.event() for _event in range(count)]
        return [(event["bk_job"]["job_instance_id"], event["bk_job"]["status"]) for event in events]

    async def polls(self, count: int = 1) -> None:
        """Return after that many more complete requests of the history, and no event."""
        before = self.requests()
        while self.requests() < before + count:
            await asyncio.sleep(0.002)
            assert not self.task.done()
        assert self.queue.empty()

    def requests(self) -> int:
        return sum(entry["call"] == HISTORY_CALL for entry in self.server.journal)

    async def cancel(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


def react(server: JobServer, args: dict[str, object], session: Session) -> None:
    """Run a session with a source that is cancelled at its end."""

    async def play() -> None:
        rulebook = Rulebook(server, {**USER, "interval": INTERVAL, **args})
        try:
            await session(rulebook)
        finally:
            await rulebook.cancel()

    asyncio.run(asyncio.wait_for(play(), LIMIT_SECONDS))


def fails(server: JobServer, args: dict[str, object]) -> JobError:
    """Return the error with which a source ends by itself."""

    async def session(rulebook: Rulebook) -> None:
        await rulebook.task

    with pytest.raises(JobError) as raised:
        react(server, args, session)
    return raised.value


@pytest.mark.parametrize("gateway", WITH_HISTORY)
def test_a_run_that_ends_is_an_event_with_the_keys_of_the_info_module(server: JobServer, gateway: str) -> None:
    api = connection(server, gateway)
    before = launched(server, api, job_plan, job_plan_id=2)

    async def session(rulebook: Rulebook) -> None:
        await rulebook.polls(2)
        number = launched(server, api, job_plan, seconds=1, job_plan_id=2)
        await rulebook.polls(2)
        server.clock.advance(60)
        event = await rulebook.event()
        await rulebook.polls(2)
        entries = run(instance_info, api, web_url="https://job.example.com")["instances"]
        assert [entry["job_instance_id"] for entry in entries] == [number, before]
        added = {"bk_scope_type": "biz", "bk_scope_id": "2", "previous_status": "running", "times_ended": 1}
        job = dict(event["bk_job"])
        assert job.pop("seen_time") >= job["end_time"]
        assert job == {**entries[0], **added}
        assert set(event["meta"]) == {"uuid", "produced_at"}

    react(server, {**api, "web_url": "https://job.example.com/"}, session)
    # It only reads, and reads nothing but the history.
    assert {entry["call"] for entry in server.journal if not entry["did"]} == {HISTORY_CALL}


def test_filters_and_states_that_are_not_final(server: JobServer, api: dict[str, object]) -> None:
    async def session(rulebook: Rulebook) -> None:
        await rulebook.polls(2)
        deploy = launched(server, api, job_plan, job_plan_id=2)
        launched(server, api, fast_script, **SCRIPT)
        web = launched(server, api, job_plan, seconds=60, job_plan_id=1)
        assert await rulebook.runs(2) == [(deploy, "failed"), (web, "waiting_confirmation")]
        await rulebook.polls(2)

    react(server, {**api, "type": "plan", "status": ["failed", "waiting_confirmation"]}, session)


def test_start_gives_earlier_ends(server: JobServer, api: dict[str, object]) -> None:
    launched(server, api, job_plan, seconds=2 * 3600, job_plan_id=2)
    numbers = [launched(server, api, job_plan, seconds=60, job_plan_id=2) for _run in range(3)]

    async def session(rulebook: Rulebook) -> None:
        assert await rulebook.runs(3) == [(number, "failed") for number in numbers]
        await rulebook.polls(2)

    react(server, {**api, "start": "1h"}, session)


FAULTS: list[dict[str, object]] = [
    {"do": "reset_connection"},
    {"do": "close"},
    {"do": "truncate"},
    {"do": "cut", "bytes": 20},
    {"do": "garbage"},
    {"do": "html"},
    {"do": "bad_gateway"},
    {"do": "gateway_timeout"},
    {"do": "esb_unreachable"},
    {"do": "error", "code": 1240002},
    {"do": "error", "code": 9900403},
    {"do": "rate_limit", "seconds": 0.01},
    {"do": "answer", "http": 429, "body": {}, "headers": {"Retry-After": "0"}},
    {"do": "answer", "http": 503, "body": "<html>maintenance</html>"},
    {"do": "drip", "seconds": 0.0001, "bytes": 40},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(str(value) for value in fault.values())[:40])
def test_no_event_is_lost_or_repeated_by_a_fault(
    server: JobServer, api: dict[str, object], fault: dict[str, object]
) -> None:
    """Of every third request, and of the first one."""
    numbers = [launched(server, api, job_plan, seconds=60, job_plan_id=2) for _run in range(3)]
    call = {} if fault["do"] == "reset_connection" else {"call": HISTORY_CALL}
    server.faults.add({**fault, **call, "nth": 1})
    server.faults.add({**fault, **call, "every": 3})

    async def session(rulebook: Rulebook) -> None:
        assert await rulebook.runs(3) == [(number, "failed") for number in numbers]
        await rulebook.polls(4)

    react(server, {**api, "start": "1h"}, session)


def test_a_source_that_starts_while_job_is_down(
    server: JobServer, api: dict[str, object], clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    known = launched(server, api, job_plan, job_plan_id=2)
    number = launched(server, api, job_plan, seconds=1, job_plan_id=2)
    server.faults.add(do="refuse", seconds=3600)

    async def session(rulebook: Rulebook) -> None:
        while not caplog.records:
            await asyncio.sleep(0.002)
        # What ends while the source waits for JOB is an event.
        server.clock.advance(60)
        clock.time += 120
        server.faults.clear()
        assert await rulebook.runs(1) == [(number, "failed")]
        await rulebook.polls(2)

    react(server, api, session)
    assert known != number
    (text,) = {record.getMessage() for record in caplog.records if record.levelno == logging.WARNING}
    assert text.startswith("The history of biz 2 cannot be read: http://127.0.0.1:")


@pytest.mark.parametrize(
    "fault",
    [{"do": "bad_gateway"}, {"do": "rate_limit", "seconds": 0}, {"do": "error", "code": 9900403}],
    ids=lambda fault: str(fault["do"]),
)
def test_an_outage_loses_nothing(
    server: JobServer, api: dict[str, object], clock: FakeClock, fault: dict[str, object]
) -> None:
    async def session(rulebook: Rulebook) -> None:
        await rulebook.polls(2)
        server.faults.add({**fault, "call": HISTORY_CALL, "every": 1})
        # Longer than the overlap, and than a rejection may last at the first poll.
        numbers = [launched(server, api, job_plan, seconds=1800, job_plan_id=2) for _run in range(4)]
        for _poll in range(5):
            await rulebook.polls(1)
            clock.time += 20
        server.faults.clear()
        assert await rulebook.runs(4) == [(number, "failed") for number in numbers]
        await rulebook.polls(3)

    react(server, api, session)


def test_a_slow_server_does_not_delay_the_end(server: JobServer, api: dict[str, object]) -> None:
    """The response takes hours, the end of the source does not wait for it, and neither does that of the loop."""

    async def session(rulebook: Rulebook) -> None:
        await rulebook.polls(2)
        server.faults.add(do="drip", seconds=30, bytes=1, call=HISTORY_CALL, every=1)
        await rulebook.polls(1)
        await rulebook.cancel()
        assert rulebook.task.cancelled()

    react(server, api, session)


def test_pages_that_move_while_they_are_read(
    server: JobServer, api: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs are launched, and end, between one page and the next."""
    monkeypatch.setattr(history_search, "PAGE_SIZE", 2)
    numbers = [launched(server, api, job_plan, seconds=1, job_plan_id=2) for _run in range(7)]
    read_page = JobClient.history_page

    def read_and_move(self: JobClient, *given: Any, **more: Any) -> Any:
        page = read_page(self, *given, **more)
        if len(numbers) < 20:
            numbers.append(launched(server, api, job_plan, seconds=3, job_plan_id=2))
        return page

    monkeypatch.setattr(JobClient, "history_page", read_and_move)

    async def session(rulebook: Rulebook) -> None:
        found = [await rulebook.event() for _run in range(20 - 7)]
        server.clock.advance(60)
        found += [await rulebook.event() for _run in range(7)]
        assert sorted(event["bk_job"]["job_instance_id"] for event in found) == numbers
        await rulebook.polls(3)

    react(server, {**api, "start": "1h"}, session)


def test_a_retry_after_hours_is_found_by_the_sweep(server: JobServer, api: dict[str, object], clock: FakeClock) -> None:
    async def session(rulebook: Rulebook) -> None:
        await rulebook.polls(2)
        number = launched(server, api, job_plan, seconds=60, job_plan_id=2)
        assert await rulebook.runs(1) == [(number, "failed")]
        server.clock.advance(3 * 3600)
        await rulebook.polls(2)
        retry = {**USER, **api, "job_instance_id": number, "operation": "retry_failed_hosts", "wait": False}
        run_task(job_operate, JOB_OPERATE, retry, TaskContext())
        server.clock.advance(60)
        await rulebook.polls(3)
        clock.time += 901
        event = (await rulebook.event())["bk_job"]
        assert (event["job_instance_id"], event["times_ended"], event["previous_status"]) == (number, 2, "failed")

    react(server, api, session)


def test_a_restart_continues_and_repeats_nothing(server: JobServer, api: dict[str, object], tmp_path: Path) -> None:
    args = {**api, "state_file": str(tmp_path / "runs"), "start": "1h"}
    numbers = [launched(server, api, job_plan, seconds=60, job_plan_id=2) for _run in range(2)]
    open_run = launched(server, api, job_plan, seconds=1, job_plan_id=2)

    async def first(rulebook: Rulebook) -> None:
        assert await rulebook.runs(2) == [(number, "failed") for number in numbers]
        await rulebook.polls(2)

    async def second(rulebook: Rulebook) -> None:
        # It ended, and two more runs came and ended, while the source was away for hours.
        assert await rulebook.runs(2) == [(open_run, "failed"), (numbers[-1], "failed")]
        await rulebook.polls(2)

    react(server, args, first)
    server.clock.advance(4 * 3600)
    numbers.append(launched(server, api, job_plan, seconds=3600, job_plan_id=2))
    react(server, args, second)
    react(server, args, lambda rulebook: rulebook.polls(3))


def acknowledging(args: dict[str, object]) -> tuple[dict[str, object], asyncio.Queue[object]]:
    queue: asyncio.Queue[object] = asyncio.Queue(1)
    return {**args, "feedback": True, "eda_feedback_queue": queue}, queue


def test_the_checkpoint_waits_for_the_acknowledgment(server: JobServer, api: dict[str, object], tmp_path: Path) -> None:
    args: dict[str, object] = {**api, "state_file": str(tmp_path / "runs"), "start": "1h"}
    numbers = [launched(server, api, job_plan, seconds=60, job_plan_id=2) for _run in range(3)]
    seen: list[Event] = []

    async def first(rulebook: Rulebook) -> None:
        seen.append(await rulebook.event())
        await acknowledgments.put(seen[0])
        seen.append(await rulebook.event())
        # Taken, but not acknowledged, as by a process that is killed.
        await asyncio.sleep(0.05)
        assert rulebook.queue.empty()

    async def second(rulebook: Rulebook) -> None:
        for _event in range(2):
            seen.append(await rulebook.event())
            await acknowledgments.put({"meta": {"uuid": "another one"}})
            await acknowledgments.put(seen[-1])
        await rulebook.polls(2)

    args, acknowledgments = acknowledging(args)
    react(server, args, first)
    args, acknowledgments = acknowledging(args)
    react(server, args, second)
    found = [event["bk_job"]["job_instance_id"] for event in seen]
    assert found == [numbers[0], numbers[1], numbers[1], numbers[2]]
    ids = [event["meta"]["uuid"] for event in seen]
    assert ids[1] == ids[2]
    assert len(set(ids)) == 3


def test_an_event_that_is_never_acknowledged_does_not_keep_the_next_one(
    server: JobServer, api: dict[str, object], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    args: dict[str, object] = {**api, "state_file": str(tmp_path / "runs"), "start": "1h", "feedback_timeout": 0.01}
    numbers = [launched(server, api, job_plan, seconds=60, job_plan_id=2) for _run in range(2)]

    async def session(rulebook: Rulebook) -> None:
        seen = [await rulebook.event() for _event in range(6)]
        assert [event["bk_job"]["job_instance_id"] for event in seen] == [numbers[0]] * 3 + [numbers[1]] * 3
        assert len({event["meta"]["uuid"] for event in seen}) == 2
        await rulebook.polls(2)

    args, _acknowledgments = acknowledging(args)
    react(server, args, session)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [f"The event of job instance {each} is given up: it was never acknowledged" for each in numbers]


def test_options_that_are_wrong_do_not_start(server: JobServer, api: dict[str, object], tmp_path: Path) -> None:
    error = fails(server, {**api, "status": "broken", "interval": 0, "bk_scope_id": None})
    assert isinstance(error, InvalidTask)
    assert [each.partition(":")[0] for each in error.errors] == ["bk_scope_id", "status[0]", "interval"]
    error = fails(server, {**api, "state_file": str(tmp_path / "runs"), "feedback": True})
    assert "passed no queue for acknowledgments" in error.summary
    assert server.journal == []
    assert fails(server, {**api, "start": "2999-01-01"}).summary.endswith("- start: is after now")


@pytest.mark.parametrize("wrong", [{"bk_app_secret": "planted-secret"}, {"bk_scope_id": "99"}])
def test_a_lasting_rejection_at_the_start_ends_the_source_with_the_reason(
    server: JobServer, api: dict[str, object], clock: FakeClock, wrong: dict[str, object]
) -> None:
    async def session(rulebook: Rulebook) -> None:
        while not rulebook.task.done():
            await asyncio.sleep(0.002)
            clock.time += 1
        await rulebook.task

    with pytest.raises(JobError) as raised:
        react(server, {**api, **wrong}, session)
    assert raised.value.summary.startswith(f"The history of biz {wrong.get('bk_scope_id', 2)} cannot be read: ")
    assert "planted-secret" not in str(raised.value)
    # Not at the first one: it may be a hiccup of a gateway.
    assert sum(entry["call"] == HISTORY_CALL for entry in server.journal) >= 3


def test_secrets_are_redacted_in_events_and_log_messages(
    server: JobServer, api: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.add(do="echo", call=HISTORY_CALL, nth=1)

    async def session(rulebook: Rulebook) -> None:
        await rulebook.polls(3)
        launched(server, api, fast_script, **SCRIPT, task_name="deploy with shop-secret")
        assert "deploy with ********" in (await rulebook.event())["bk_job"]["name"]

    react(server, api, session)
    assert "cannot be read" in caplog.text
    assert "shop-secret" not in caplog.text


def test_a_state_file_that_can_no_longer_be_written_loses_no_event(
    server: JobServer,
    api: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def session(rulebook: Rulebook) -> None:
        await rulebook.polls(2)
        monkeypatch.setattr(Checkpoint, "save", full)
        number = launched(server, api, job_plan, seconds=60, job_plan_id=2)
        assert await rulebook.runs(1) == [(number, "failed")]
        await rulebook.polls(2)

    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    react(server, {**api, "state_file": str(tmp_path / "runs")}, session)
    assert "state_file cannot be written" in caplog.text


def test_a_callback_makes_the_source_poll_long_before_the_interval_is_over(
    server: JobServer, api: dict[str, object], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(poller, "_MIN_GAP_SECONDS", 0.0)
    caplog.set_level(logging.INFO, "blueking.job.job_runs")
    secret = "a-secret-of-30-characters-or-so"
    ports: list[int] = []

    async def session(rulebook: Rulebook) -> None:
        # The first poll: one request for the server's time, and one for the runs.
        await rulebook.polls(2)
        number = launched(server, api, job_plan, seconds=60, job_plan_id=2)
        (text,) = [record.getMessage() for record in caplog.records if "Listening" in record.getMessage()]
        assert text.startswith("Listening for callbacks on 127.0.0.1, port ")
        ports.append(int(text.rpartition(" ")[2]))
        body = json.dumps({"job_instance_id": number, "status": 4}).encode()
        await asyncio.to_thread(deliver, f"http://127.0.0.1:{ports[0]}/{secret}", body)
        assert await rulebook.runs(1) == [(number, "failed")]
        await rulebook.cancel()
        # The receiver ends with the source.
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", ports[0])

    react(server, {**api, "interval": 3600, "callback": {"port": 0, "secret": secret}}, session)
    assert secret not in caplog.text


def test_warnings_about_options_are_logged_once_at_the_start(
    server: JobServer, api: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    react(server, {**api, "name": 1.1}, lambda rulebook: rulebook.polls(3))
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        NUMBER_AS_TEXT.format("name", 1.1)
    ]
