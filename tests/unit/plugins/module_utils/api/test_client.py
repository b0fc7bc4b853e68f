# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which calls are repeated, and which never."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryQuery
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    FakeTransport,
    Prepared,
    error_body,
    http,
    success,
)

SCOPE = Scope("biz", "2")
GOOD = success({"finished": True, "job_instance": {"job_instance_id": 17, "status": 3}, "step_instance_list": []})
OTHER = success({"finished": True, "job_instance": {"job_instance_id": 18, "status": 3}, "step_instance_list": []})
RESET = JobError("reset", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
REFUSED = JobError("refused", kind="not_sent", delivery=Delivery.NOT_SENT, transient=True)


def client_of(transport: FakeTransport, clock: FakeClock | None = None) -> JobClient:
    return JobClient(CONNECTION, EsbGateway(), SchemaV3(), transport, clock or FakeClock())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trouble",
    [
        RESET,
        REFUSED,
        http(b"<html>", 502),
        http(b""),
        http(b'{"code": 0'),
        error_body(1240002),
        error_body(1306201),
        error_body(1306429),
        success({}),
        OTHER,
        # Numbers beyond all bounds.
        success({"finished": True, "job_instance": {"job_instance_id": "9" * 5000, "status": 3}}),
        success({"finished": True, "job_instance": {"job_instance_id": 17, "status": 3, "total_time": 10**400}}),
        {"result": False, "code": "9" * 5000},
    ],
)
def test_reads_survive_what_may_pass(trouble: Prepared) -> None:
    clock = FakeClock()
    transport = FakeTransport(trouble, trouble, GOOD)
    instance = client_of(transport, clock).status(SCOPE, 17, Deadline(clock, 100))
    assert instance.status == 3
    assert clock.slept == [0.5, 1.0]


@pytest.mark.parametrize("code", [1244006, 9900403, 1241007, 1306000])
def test_reads_do_not_repeat_a_clear_no(code: int) -> None:
    clock = FakeClock()
    transport = FakeTransport(error_body(code))
    with pytest.raises(JobError):
        client_of(transport, clock).status(SCOPE, 17, Deadline(clock, 100))
    assert len(transport.requests) == 1


@pytest.mark.parametrize("retry_for", [10, 120])
def test_reads_give_up_after_retry_for(retry_for: int) -> None:
    clock = FakeClock()
    # An address that has responded once is not given up earlier.
    transport = FakeTransport(http(b"", 502), RESET)
    with pytest.raises(JobError):
        client_of(transport, clock).status(SCOPE, 17, Deadline(clock, 7500), retry_for=retry_for)
    assert retry_for / 2 < sum(clock.slept) <= retry_for
    assert max(clock.slept) <= 5


def test_reads_give_up_at_the_deadline() -> None:
    clock = FakeClock()
    transport = FakeTransport(RESET)
    with pytest.raises(JobError):
        client_of(transport, clock).status(SCOPE, 17, Deadline(clock, 3))
    assert clock.slept == [0.5, 1.0]
    assert transport.seconds == [3, 2.5, 1.5]


def test_an_api_without_history_is_an_error_before_anything_is_sent() -> None:
    clock, transport = FakeClock(), FakeTransport(GOOD)
    client = JobClient(CONNECTION, EsbGateway(), SchemaV2(), transport, clock)  # type: ignore[arg-type]
    assert not client.has_history
    assert client_of(transport).has_history
    with pytest.raises(JobError, match=r"^API v2 has no execution history$") as caught:
        client.history_page(HistoryQuery(SCOPE, 1, 2), Deadline(clock, 100))
    assert (caught.value.kind, caught.value.delivery) == ("validation", Delivery.NOT_SENT)
    assert transport.requests == []


def test_the_time_of_the_server_advances_with_the_clock() -> None:
    clock = FakeClock()
    dated = http(GOOD, headers={"date": "Sat, 31 Jan 2026 10:00:00 GMT"})
    client = client_of(FakeTransport(dated), clock)
    assert client.server_epoch() is None
    client.status(SCOPE, 17, Deadline(clock, 100))
    clock.sleep(60)
    assert client.server_epoch() == 1769853660


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 99 Foo 2026"])
def test_an_unreadable_date_is_ignored(date: str) -> None:
    clock = FakeClock()
    client = client_of(FakeTransport(http(GOOD, headers={"date": date})), clock)
    client.status(SCOPE, 17, Deadline(clock, 100))
    assert client.server_epoch() is None


@pytest.mark.parametrize("seconds", [7, 20])
def test_a_server_that_asks_for_a_pause_gets_it(seconds: int) -> None:
    clock = FakeClock()
    busy = http({"code": 1642901, "result": False, "message": "slow"}, 429, {"retry-after": str(seconds)})
    transport = FakeTransport(busy, busy, RESET, GOOD)
    assert client_of(transport, clock).status(SCOPE, 17, Deadline(clock, 100)).status == 3
    assert clock.slept == [seconds, seconds, 0.5]


def test_a_pause_beyond_the_deadline_is_not_made() -> None:
    clock = FakeClock()
    busy = http({"code": 1642901, "result": False, "message": "slow"}, 429, {"retry-after": "60"})
    with pytest.raises(JobError):
        client_of(FakeTransport(busy), clock).status(SCOPE, 17, Deadline(clock, 40))
    assert sum(clock.slept) < 40
