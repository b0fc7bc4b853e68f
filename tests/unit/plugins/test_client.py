# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which calls are repeated, and which never."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.launch import launch
from ansible_collections.blueking.job.plugins.module_utils.models import PlanLaunch, Scope
from ansible_collections.blueking.job.plugins.module_utils.wire.esb import Esb
from ansible_collections.blueking.job.plugins.module_utils.wire.v3 import V3
from ansible_collections.blueking.job.tests.unit.kit import (
    CONNECTION,
    FakeClock,
    FakeTransport,
    Prepared,
    http,
    refusal,
    success,
)

SCOPE = Scope("biz", "2")
PLAN = PlanLaunch(SCOPE, 100)
GOOD = success({"finished": True, "job_instance": {"job_instance_id": 17, "status": 3}, "step_instance_list": []})
OTHER = success({"finished": True, "job_instance": {"job_instance_id": 18, "status": 3}, "step_instance_list": []})
RESET = JobError("reset", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
REFUSED = JobError("refused", kind="not_sent", delivery=Delivery.NOT_SENT, transient=True)


def client_of(transport: FakeTransport, clock: FakeClock | None = None) -> JobClient:
    return JobClient(CONNECTION, Esb(), V3(), transport, clock or FakeClock())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trouble",
    [
        RESET,
        REFUSED,
        http(b"<html>", 502),
        http(b""),
        http(b'{"code": 0'),
        refusal(1240002),
        refusal(1306201),
        refusal(1306429),
        success({}),
        OTHER,
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
    transport = FakeTransport(refusal(code))
    with pytest.raises(JobError):
        client_of(transport, clock).status(SCOPE, 17, Deadline(clock, 100))
    assert len(transport.requests) == 1


@pytest.mark.parametrize("patience", [10, 120])
def test_reads_give_up_when_patience_ends(patience: int) -> None:
    clock = FakeClock()
    transport = FakeTransport(RESET)
    with pytest.raises(JobError):
        client_of(transport, clock).status(SCOPE, 17, Deadline(clock, 7500), patience=patience)
    assert sum(clock.slept) == patience
    assert max(clock.slept) <= 5


def test_reads_give_up_at_the_deadline() -> None:
    clock = FakeClock()
    transport = FakeTransport(RESET)
    with pytest.raises(JobError):
        client_of(transport, clock).status(SCOPE, 17, Deadline(clock, 3))
    assert clock.time == 1003
    assert transport.seconds[0] == 3
    assert transport.seconds[-1] == 0


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (RESET, "unknown_outcome"),
        (http(b"<html>", 502), "unknown_outcome"),
        (http(b"{"), "unknown_outcome"),
        (refusal(1240002), "unknown_outcome"),
        (refusal(1306201), "unknown_outcome"),
        (success({}), "unknown_outcome"),
        (refusal(4711), "unknown_outcome"),
        (REFUSED, "not_sent"),
        (refusal(1244012), "not_found"),
        (refusal(1244032), "quota"),
        (http({"code": 1640001, "message": "x"}, 400), "auth"),
    ],
)
def test_a_launch_is_sent_once_whatever_comes_back(trouble: Prepared, kind: str) -> None:
    transport = FakeTransport(trouble)
    with pytest.raises(JobError) as caught:
        launch(client_of(transport), PLAN)
    assert caught.value.kind == kind
    assert len(transport.requests) == 1
    assert transport.fresh == [True]


def test_an_unknown_outcome_keeps_the_servers_words_and_tells_where_to_look() -> None:
    with pytest.raises(JobError) as caught:
        launch(client_of(FakeTransport(refusal(1240002, "internal error"))), PLAN)
    error = caught.value
    assert (error.code, error.message, error.request_id) == (1240002, "internal error", "9f2c")
    assert "history" in (error.hint or "")


def test_a_launch_that_works() -> None:
    transport = FakeTransport(success({"job_instance_id": 17, "job_instance_name": "n"}))
    assert launch(client_of(transport), PLAN).job_instance_id == 17
