# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stopping an instance and seeing it stopped."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, Interrupted, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.stopper import (
    STOP_SECONDS_AFTER_SIGNAL,
    Stopper,
    StopResult,
)
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    Prepared,
    error_body,
    http,
    success,
)

SCOPE = Scope("biz", "2")
LOST = JobError("reset", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
DONE = success({"job_instance_id": 17})
WRONG_STATE = error_body(1241003, "not in this state")
CONFIRM, SCRIPT = 3, 1


def state(status: int, *steps: tuple[int, int]) -> dict[str, object]:
    """A status response; steps are (status, type)."""
    shown = [{"step_instance_id": 20 + n, "status": each, "type": kind} for n, (each, kind) in enumerate(steps)]
    job = {"job_instance_id": 17, "status": status}
    return success({"finished": status in (3, 4, 11, 13), "job_instance": job, "step_instance_list": shown})


class Server:
    """States in order, the last one is repeated; and the responses to operations."""

    def __init__(self, states: list[Prepared], operations: list[Prepared]) -> None:
        self.states = states
        self.operations = operations
        self.asked: list[tuple[str, object]] = []

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        assert seconds_left >= 0
        assert not fresh
        call = request.path.rstrip("/").rpartition("/")[2]
        left = self.states
        if call != "get_job_instance_status":
            self.asked.append((call, (request.body or {})["operation_code"]))
            left = self.operations
        response = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(response, JobError):
            raise response
        assert not isinstance(response, HttpResponse)
        return http(response)


def stop(
    states: list[Prepared], operations: list[Prepared], seconds: float = 30
) -> tuple[StopResult, Server, FakeClock]:
    clock, server = FakeClock(), Server(states, operations)
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), server, clock)  # type: ignore[arg-type]
    stopper = Stopper(client, SCOPE, 17, clock, lambda _instance: None)
    return stopper.stop(None, Deadline(clock, seconds)), server, clock


def test_a_running_job_is_stopped_and_seen_to_stop() -> None:
    stopped, server, _clock = stop([state(2), state(10), state(10), state(11)], [DONE])
    assert (stopped.stopped_by_task, stopped.describe()) == (True, "it was terminated")
    assert server.asked == [("operate_job_instance", 1)]


@pytest.mark.parametrize("status", [3, 4])
def test_a_job_that_has_just_ended_is_left_alone(status: int) -> None:
    stopped, server, _clock = stop([state(status)], [DONE])
    assert (stopped.ended, stopped.stopped_by_task, server.asked) == (True, False, [])
    assert stopped.describe().startswith("it ended by itself meanwhile: ")


def test_a_stop_that_is_rejected_because_the_job_just_ended() -> None:
    stopped, server, _clock = stop([state(2), state(3)], [WRONG_STATE])
    assert (stopped.describe(), len(server.asked)) == ("it ended by itself meanwhile: success", 1)


def test_a_stop_without_a_response_is_requested_again() -> None:
    stopped, server, _clock = stop([state(2), state(2), state(10), state(11)], [LOST, DONE])
    assert (stopped.stopped_by_task, len(server.asked)) == (True, 2)


def test_a_lost_stop_that_had_an_effect_is_not_repeated() -> None:
    stopped, server, _clock = stop([state(2), state(10), state(11)], [LOST])
    assert (stopped.stopped_by_task, len(server.asked)) == (True, 1)


def test_a_job_that_is_not_running_yet_is_stopped_as_soon_as_it_is() -> None:
    stopped, server, _clock = stop([state(1), state(1), state(2), state(11)], [WRONG_STATE, WRONG_STATE, DONE])
    assert (stopped.stopped_by_task, len(server.asked)) == (True, 3)


def test_a_job_that_stays_pending_cannot_be_stopped() -> None:
    stopped, _server, clock = stop([state(1)], [WRONG_STATE])
    assert (stopped.ended, stopped.describe()) == (False, "it could not be stopped: not in this state")
    assert sum(clock.slept) < 30


def test_a_stop_that_takes_too_long_reports_its_state() -> None:
    stopped, _server, clock = stop([state(2), state(10)], [DONE])
    assert (stopped.ended, stopped.describe()) == (False, "the stop was accepted, but it is still terminating")
    assert 25 < sum(clock.slept) < 30


def test_a_stop_that_is_forbidden_is_asked_for_once() -> None:
    stopped, server, clock = stop([state(2)], [error_body(9900403, "no permission")])
    assert stopped.describe() == "it could not be stopped: no permission"
    assert (len(server.asked), clock.slept) == (1, [])


@pytest.mark.parametrize("status", [7, 10])
def test_a_waiting_confirmation_is_refused_because_a_stop_would_hang(status: int) -> None:
    stopped, server, _clock = stop([state(status, (3, SCRIPT), (7, CONFIRM), (1, SCRIPT)), state(13)], [DONE])
    assert (stopped.stopped_by_task, server.asked) == (True, [("operate_step_instance", 9)])


def test_a_rolling_run_that_waits_is_stopped_as_a_whole() -> None:
    stopped, server, _clock = stop([state(7, (7, SCRIPT)), state(11)], [DONE])
    assert (stopped.stopped_by_task, server.asked) == (True, [("operate_job_instance", 1)])


def test_a_server_that_stops_responding() -> None:
    stopped, _server, clock = stop([LOST], [LOST])
    assert (stopped.ended, stopped.describe()) == (False, "the stop got no clear response: reset")
    assert sum(clock.slept) < 30


@pytest.mark.parametrize("status", [11, 13])
def test_a_stop_by_another_user_is_not_reported_as_ours(status: int) -> None:
    stopped, server, _clock = stop([state(status)], [DONE])
    assert (stopped.ended, stopped.stopped_by_task, server.asked) == (True, False, [])
    stopped, server, _clock = stop([state(10), state(status)], [DONE])
    assert (stopped.ended, stopped.stopped_by_task, server.asked) == (True, False, [])
    stopped, _server, _clock = stop([state(10)], [DONE])
    assert stopped.describe() == "it was already being stopped and is terminating"


def test_a_poll_that_hangs_leaves_time_for_the_stop() -> None:
    left: list[tuple[str, float]] = []

    class Hanging(Server):
        def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
            left.append((request.path.rstrip("/").rpartition("/")[2], seconds_left))
            if "status" in request.path:
                clock.time += seconds_left
            return super().send(request, seconds_left, fresh=fresh)

    clock, server = FakeClock(), Hanging([LOST], [DONE])
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), server, clock)  # type: ignore[arg-type]
    stopped = Stopper(client, SCOPE, 17, clock, lambda _instance: None).stop(None, Deadline(clock, 5))
    assert stopped.describe() == "the stop was accepted, but it is still in an unknown state"
    assert next(seconds for call, seconds in left if call == "operate_job_instance") > 1
    assert clock.time <= 1000 + 5


def test_a_signal_during_a_stop_takes_nothing_back_and_shortens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_sleep, signals = FakeClock.sleep, [Interrupted("SIGINT")]

    def sleep(clock: FakeClock, seconds: float) -> None:
        fake_sleep(clock, seconds)
        if signals:
            raise signals.pop()

    monkeypatch.setattr(FakeClock, "sleep", sleep)
    stopped, server, clock = stop([state(2), state(10)], [DONE], seconds=300)
    assert (stopped.ended, stopped.describe()) == (False, "the stop was accepted, but it is still terminating")
    assert len(server.asked) == 1
    assert sum(clock.slept) < 2 * STOP_SECONDS_AFTER_SIGNAL


def test_an_accepted_stop_whose_effect_cannot_be_read() -> None:
    stopped, server, clock = stop([state(2), error_body(9900403, "no permission")], [DONE])
    assert stopped.describe() == "the stop was accepted, but its effect cannot be read: no permission"
    assert len(server.asked) == 1
    assert sum(clock.slept) < 15
