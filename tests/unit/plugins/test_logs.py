# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collecting logs: whose, how much, in which order, and what is missing."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.logs import LogCollector, tail
from ansible_collections.blueking.job.plugins.module_utils.models import (
    HostKey,
    HostResult,
    JobInstance,
    ReportPlan,
    Scope,
    StepResult,
)
from ansible_collections.blueking.job.plugins.module_utils.wire.base import Schema
from ansible_collections.blueking.job.plugins.module_utils.wire.esb import Esb
from ansible_collections.blueking.job.plugins.module_utils.wire.v2 import V2
from ansible_collections.blueking.job.plugins.module_utils.wire.v3 import V3
from ansible_collections.blueking.job.tests.unit.kit import CONNECTION, FakeClock, FakeTransport, refusal, success

GOOD, BAD = 9, 104


def instance_of(*statuses: int) -> JobInstance:
    hosts = [HostResult(HostKey(n, 0, f"10.0.0.{n}"), status) for n, status in enumerate(statuses, 1)]
    return JobInstance(17, 4, True, steps=[StepResult(21, "s", 4, hosts=hosts)])


def answer(texts: dict[int, str | None], by_address: bool = False) -> dict[str, object]:
    logs = [
        {"bk_cloud_id": 0, "ip": f"10.0.0.{n}", "log_content": text}
        if by_address
        else {"bk_host_id": n, "log_content": text}
        for n, text in texts.items()
    ]
    return success({"step_instance_id": 21, "log_type": 1, "script_task_logs": logs})


def collect(
    instance: JobInstance, plan: ReportPlan, *answers: dict[str, object], schema: Schema | None = None
) -> tuple[bool, LogCollector, FakeTransport]:
    clock, transport = FakeClock(), FakeTransport(*answers)
    client = JobClient(CONNECTION, Esb(), schema or V3(), transport, clock)  # type: ignore[arg-type]
    collector = LogCollector(client, Scope("biz", "2"), plan)
    return collector.collect(instance, Deadline(clock, 60)), collector, transport


def logs_of(instance: JobInstance) -> list[str | None]:
    return [host.log for host in instance.steps[0].hosts or ()]


def asked(transport: FakeTransport) -> list[object]:
    return [(request.body or {})["host_id_list"] for request in transport.requests]


def test_only_failed_hosts_are_asked_for_by_default() -> None:
    instance = instance_of(GOOD, BAD, GOOD)
    complete, _collector, transport = collect(instance, ReportPlan(), answer({2: "oh\n"}))
    assert complete
    assert asked(transport) == [[2]]
    assert logs_of(instance) == [None, "oh\n", None]


def test_nothing_is_asked_where_nothing_is_wanted() -> None:
    for instance, plan in ((instance_of(GOOD), ReportPlan()), (instance_of(BAD), ReportPlan(logs="none"))):
        complete, _collector, transport = collect(instance, plan, refusal(1))
        assert complete
        assert transport.requests == []


def test_failed_hosts_come_first() -> None:
    instance = instance_of(GOOD, BAD, GOOD)
    _complete, _collector, transport = collect(instance, ReportPlan(logs="all"), answer({1: "a", 2: "b", 3: "c"}))
    assert asked(transport) == [[2, 1, 3]]
    assert logs_of(instance) == ["a", "b", "c"]


def test_the_total_budget_goes_to_failed_hosts_first() -> None:
    instance = instance_of(GOOD, BAD)
    plan = ReportPlan(logs="all", bytes_total=5)
    complete, _collector, _transport = collect(instance, plan, answer({1: "goodgood", 2: "bad!"}))
    assert not complete
    assert logs_of(instance) == ["d", "bad!"]
    assert [host.log_truncated for host in instance.steps[0].hosts or ()] == [True, False]


def test_no_call_is_made_once_the_budget_is_spent() -> None:
    instance = instance_of(*[BAD] * 501)
    complete, _collector, transport = collect(
        instance, ReportPlan(bytes_total=3), answer({1: "abc"}), answer({501: "never"})
    )
    assert not complete
    assert len(transport.requests) == 1


@pytest.mark.parametrize("texts", [{1: "a"}, {1: "a", 2: None}])
def test_a_host_without_a_log_is_no_error_but_not_complete(texts: dict[int, str | None]) -> None:
    instance = instance_of(BAD, BAD)
    complete, collector, _transport = collect(instance, ReportPlan(), answer(texts))
    assert not complete
    assert collector.error is None
    assert logs_of(instance) == ["a", None]


@pytest.mark.parametrize(
    ("hosts", "logs", "wanted"),
    [("all", "all", [2, 1]), ("failed", "all", [2]), ("all", "failed", [2]), ("none", "all", []), ("all", "none", [])],
)
def test_logs_are_read_of_listed_hosts_only(hosts: str, logs: str, wanted: list[int]) -> None:
    instance = instance_of(GOOD, BAD)
    complete, _collector, transport = collect(instance, ReportPlan(hosts=hosts, logs=logs), answer({1: "a", 2: "b"}))
    assert complete
    assert asked(transport) == ([wanted] if wanted else [])


def test_hosts_are_recognised_by_address_where_the_answer_has_no_id() -> None:
    instance = instance_of(BAD)
    collect(instance, ReportPlan(), answer({1: "a"}, by_address=True))
    assert logs_of(instance) == ["a"]


def test_an_error_is_kept_and_the_other_batches_are_read() -> None:
    instance = instance_of(*[BAD] * 501)
    complete, collector, transport = collect(instance, ReportPlan(), refusal(1244006), answer({501: "last"}))
    assert not complete
    assert collector.error is not None
    assert collector.error.code == 1244006
    assert logs_of(instance)[500] == "last"
    assert len(transport.requests) == 2


def test_v2_reads_exit_codes_even_if_no_log_is_wanted() -> None:
    instance = instance_of(GOOD, BAD)
    data = [
        {
            "step_instance_id": 21,
            "step_results": [
                {
                    "tag": "",
                    "ip_logs": [
                        {"ip": "10.0.0.1", "bk_cloud_id": 0, "exit_code": 0, "log_content": "a"},
                        {"ip": "10.0.0.2", "bk_cloud_id": 0, "exit_code": 7, "log_content": "b"},
                    ],
                }
            ],
        }
    ]
    complete, _collector, transport = collect(instance, ReportPlan(logs="none"), success(data), schema=V2())
    assert complete
    assert len(transport.requests) == 1
    assert [host.exit_code for host in instance.steps[0].hosts or ()] == [0, 7]
    assert logs_of(instance) == [None, None]


@pytest.mark.parametrize(
    ("text", "limit", "kept", "cut"),
    [
        ("abc", 3, "abc", False),
        ("abcd", 3, "bcd", True),
        ("", 0, "", False),
        ("a", 0, "", True),
        ("aéé", 3, "é", True),
        ("日本", 4, "本", True),
        ("x\ud800y", 9, "x?y", False),
        ("\x00\x1b[31m", 99, "\x00\x1b[31m", False),
    ],
)
def test_tails_are_cut_at_characters(text: str, limit: int, kept: str, cut: bool) -> None:
    assert tail(text, limit) == (kept, cut)


def test_no_batch_is_asked_for_when_the_time_is_over() -> None:
    clock = FakeClock()

    def hang() -> None:
        clock.time += 20

    transport = FakeTransport(answer({1: "first"}), on_send=hang)
    client = JobClient(CONNECTION, Esb(), V3(), transport, clock)  # type: ignore[arg-type]
    collector = LogCollector(client, Scope("biz", "2"), ReportPlan())
    assert not collector.collect(instance_of(*[BAD] * 2500), Deadline(clock, 30))
    assert len(transport.requests) == 2
    assert collector.error is not None
    assert "no time was left" in collector.error.summary
