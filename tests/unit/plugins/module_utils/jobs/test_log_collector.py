# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collecting logs: whose, how much, in which order, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.protocols import Schema
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import Secrets
from ansible_collections.blueking.job.plugins.module_utils.jobs.log_collector import LogCollector, tail
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.run import (
    HostResult,
    JobInstance,
    LogResult,
    StepResult,
)
from ansible_collections.blueking.job.plugins.module_utils.models.settings import FAILED_ONCE, ReportSettings
from ansible_collections.blueking.job.plugins.module_utils.results.host_list import HostSelection
from ansible_collections.blueking.job.plugins.module_utils.results.size_limit import MAX_RESULT_BYTES
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    FakeTransport,
    Prepared,
    error_body,
    report_settings,
    success,
)

GOOD, BAD = 9, 104


def instance_of(*statuses: int, finished: bool = True) -> JobInstance:
    hosts = [HostResult(n, 0, f"10.0.0.{n}", status) for n, status in enumerate(statuses, 1)]
    return JobInstance(17, 4, finished, steps=[StepResult(21, "s", 4, hosts=hosts)])


def response(texts: dict[int, str | None], by_address: bool = False) -> dict[str, object]:
    logs = [
        {"bk_cloud_id": 0, "ip": f"10.0.0.{n}", "log_content": text}
        if by_address
        else {"bk_host_id": n, "log_content": text}
        for n, text in texts.items()
    ]
    return success({"step_instance_id": 21, "log_type": 1, "script_task_logs": logs or None})


def single(text: str | None) -> dict[str, object]:
    return success({"log_type": 1, "bk_host_id": None, "log_content": text, "file_logs": None})


def collect(
    instance: JobInstance,
    plan: ReportSettings,
    *responses: Prepared,
    schema: Schema | None = None,
    limit: int = MAX_RESULT_BYTES,
) -> tuple[bool, LogCollector, FakeTransport]:
    clock, transport = FakeClock(), FakeTransport(*responses)
    client = JobClient(CONNECTION, EsbGateway(), schema or SchemaV3(), transport, clock)  # type: ignore[arg-type]
    plan = plan._replace(hosts="all") if plan.hosts == "auto" else plan
    listing = HostSelection(instance, plan, limit)
    collector = LogCollector(client, Scope("biz", "2"), plan, lambda: listing)
    return collector.collect(instance, Deadline(clock, 60)), collector, transport


def logs_of(instance: JobInstance) -> list[str | None]:
    return [log.text for log in kept(instance)]


def kept(instance: JobInstance) -> list[LogResult]:
    return [host.log or LogResult() for host in instance.steps[0].hosts or ()]


def asked(transport: FakeTransport) -> list[object]:
    """The hosts of each call: a list from a call for many, a number from a call for one."""
    bodies = [request.body or {} for request in transport.requests]
    return [body.get("host_id_list", body.get("bk_host_id")) for body in bodies]


@pytest.mark.parametrize("options", [{"logs": "failed"}, {"hosts": "failed"}, {"hosts": FAILED_ONCE}])
def test_only_failed_hosts_are_asked_for_if_only_they_are_listed(options: dict[str, str]) -> None:
    instance = instance_of(GOOD, BAD, GOOD)
    complete, _collector, transport = collect(instance, report_settings(**options), response({2: "oh\n"}))
    assert complete
    assert asked(transport) == [[2]]
    assert logs_of(instance) == [None, "oh\n", None]


def test_nothing_is_asked_where_nothing_is_wanted() -> None:
    nothing_failed = (instance_of(GOOD), report_settings(logs="failed"))
    for instance, plan in (nothing_failed, (instance_of(BAD), report_settings(logs="none"))):
        complete, _collector, transport = collect(instance, plan, error_body(1))
        assert complete
        assert transport.requests == []


def test_files_get_the_logs_of_all_hosts_although_only_failed_ones_are_listed(tmp_path: Path) -> None:
    instance = instance_of(GOOD, BAD)
    plan = report_settings(hosts=FAILED_ONCE, log_dir=str(tmp_path))
    complete, _collector, transport = collect(instance, plan, response({1: "a", 2: "b"}))
    assert complete
    assert asked(transport) == [[2, 1]]
    assert logs_of(instance) == [None, "b"]
    assert sorted(path.read_text(encoding="utf-8") for path in tmp_path.iterdir()) == ["a", "b"]


def test_the_last_line_of_a_failed_host_is_kept_for_the_message() -> None:
    instance = instance_of(GOOD, BAD, BAD, BAD)
    plan = report_settings(bytes_per_host=2)
    collect(instance, plan, response({1: "fine\n", 2: "working\nno space left\n\n", 3: ""}), single(None))
    assert [log.last_line for log in kept(instance)] == [None, "no space left", "", ""]


def test_failed_hosts_come_first() -> None:
    instance = instance_of(GOOD, BAD, GOOD)
    _complete, _collector, transport = collect(
        instance, report_settings(logs="all"), response({1: "a", 2: "b", 3: "c"})
    )
    assert asked(transport) == [[2, 1, 3]]
    assert logs_of(instance) == ["a", "b", "c"]


def test_failed_hosts_get_the_total_limit_first() -> None:
    instance = instance_of(GOOD, BAD)
    plan = report_settings(logs="all", bytes_total=5)
    complete, _collector, _transport = collect(instance, plan, response({1: "goodgood", 2: "bad!"}))
    assert not complete
    assert logs_of(instance) == ["d", "bad!"]
    assert [log.truncated for log in kept(instance)] == [True, False]


def test_no_call_is_made_once_the_budget_is_spent() -> None:
    instance = instance_of(*[BAD] * 501)
    complete, _collector, transport = collect(
        instance, report_settings(bytes_total=3), response({1: "abc"}), response({501: "never"})
    )
    assert not complete
    assert len(transport.requests) == 1


@pytest.mark.parametrize("texts", [{1: "a"}, {1: "a", 2: None}])
def test_a_host_missing_in_the_response_is_read_alone(texts: dict[int, str | None]) -> None:
    instance = instance_of(BAD, BAD)
    complete, collector, transport = collect(instance, report_settings(), response(texts), single("found"))
    assert complete
    assert collector.problems == []
    assert asked(transport) == [[1, 2], 2]
    assert logs_of(instance) == ["a", "found"]


def test_a_host_that_has_no_log_when_asked_alone_has_none() -> None:
    instance = instance_of(BAD, BAD)
    complete, _collector, transport = collect(instance, report_settings(), response({1: "a"}), single(None))
    assert complete
    assert asked(transport) == [[1, 2], 2]
    assert logs_of(instance) == ["a", None]


@pytest.mark.parametrize("status", [1, 2, 18, 310])
def test_where_nothing_ran_no_log_is_missed(status: int) -> None:
    instance = instance_of(BAD, status)
    complete, _collector, transport = collect(instance, report_settings(), response({1: "a"}))
    assert complete
    assert asked(transport) == [[1, 2]]
    platform_wrote = instance_of(BAD, status)
    collect(platform_wrote, report_settings(), response({1: "a", 2: "no agent"}))
    assert logs_of(platform_wrote) == ["a", "no agent"]


def test_only_so_many_hosts_are_asked_for_alone() -> None:
    instance = instance_of(*[BAD] * 120)
    complete, collector, transport = collect(instance, report_settings(), response({}), single("x"))
    assert not complete
    assert collector.problems == []
    assert len(transport.requests) == 51
    assert logs_of(instance) == ["x"] * 50 + [None] * 70


def test_a_failed_batch_is_made_good_by_single_calls() -> None:
    instance = instance_of(BAD, BAD)
    complete, collector, transport = collect(instance, report_settings(), error_body(1244006, "gone"), single("x"))
    assert complete
    assert asked(transport) == [[1, 2], 1, 2]
    assert collector.problems == []


def test_a_server_that_gives_no_logs_is_left_alone() -> None:
    instance = instance_of(*[BAD] * 600)
    complete, collector, transport = collect(instance, report_settings(), error_body(1244006))
    assert not complete
    assert len(transport.requests) == 3
    assert len(collector.problems) == 1


def test_logs_of_an_active_run_are_not_complete() -> None:
    instance = instance_of(BAD, finished=False)
    complete, _collector, _transport = collect(instance, report_settings(), response({1: "a"}))
    assert not complete
    assert logs_of(instance) == ["a"]


def test_no_time_is_shown() -> None:
    instance = instance_of(*[BAD] * 2)
    clock, transport = FakeClock(), FakeTransport(response({1: "a"}))
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), transport, clock)  # type: ignore[arg-type]
    plan = report_settings()
    listing = HostSelection(instance, plan, MAX_RESULT_BYTES)
    collector = LogCollector(client, Scope("biz", "2"), plan, lambda: listing)
    assert not collector.collect(instance, Deadline(clock, 0))
    assert transport.requests == []
    assert ["timed out" in trouble for trouble in collector.problems] == [True]


def test_logs_are_not_read_for_hosts_that_do_not_fit_into_the_result() -> None:
    instance = instance_of(*[BAD] * 3000)
    texts: dict[int, str | None] = dict.fromkeys(range(1, 501), "x")
    complete, _collector, transport = collect(
        instance, report_settings(bytes_per_host=10), response(texts), response({})
    )
    assert not complete
    listed = len(HostSelection(instance, report_settings(bytes_per_host=10), MAX_RESULT_BYTES).hosts)
    assert 500 < listed < 1000
    batches = [each for each in asked(transport) if isinstance(each, list)]
    assert [len(batch) for batch in batches] == [500, listed - 500]


def test_a_log_that_does_not_fit_into_the_result_is_cut_further() -> None:
    instance = instance_of(BAD, BAD)
    escapes = "\x1b" * 1000
    complete, _collector, _transport = collect(instance, report_settings(), response({1: escapes, 2: "b"}), limit=6000)
    assert not complete
    first, second = logs_of(instance)
    assert first is not None
    # Six bytes for each character, in two lists.
    assert 0 < len(first) * 12 < 6000
    assert kept(instance)[0].truncated
    assert second is not None
    assert len(json.dumps([first, second])) * 2 < 6000


def test_the_failed_steps_other_hosts_come_with_the_same_call() -> None:
    steps = [
        StepResult(step_id, "s", 3, hosts=[HostResult(step_id * 10 + n, 0, None, status) for n, status in hosts])
        for step_id, hosts in ((21, [(1, GOOD)]), (22, [(1, BAD), (2, GOOD)]))
    ]
    instance = JobInstance(17, 4, True, steps=steps)
    _complete, _collector, transport = collect(instance, report_settings(logs="all"), response({}))
    assert [each for each in asked(transport) if isinstance(each, list)] == [[221, 222], [211]]


def test_secrets_are_masked_before_anything_is_cut() -> None:
    secrets = Secrets()
    secrets.add("planted-secret")
    instance = instance_of(BAD)
    clock, transport = FakeClock(), FakeTransport(response({1: "planted-secret"}))
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), transport, clock, secrets.redact)  # type: ignore[arg-type]
    plan = report_settings(bytes_per_host=6)
    listing = HostSelection(instance, plan, MAX_RESULT_BYTES)
    LogCollector(client, Scope("biz", "2"), plan, lambda: listing).collect(instance, Deadline(clock, 60))
    assert logs_of(instance) == ["******"]


def test_many_logs_are_redacted_each_by_itself() -> None:
    secrets = Secrets()
    secrets.add("planted-secret")
    filler = "x" * 1000
    texts = {number: f"planted-{filler}{'planted-secret' * (number % 7 == 0)}\0" for number in range(1, 401)}
    texts |= {13: "\0", 14: "plan\0ted-secret", 15: "secret", 16: ""}
    instance = instance_of(*[BAD] * 400)
    clock, transport = FakeClock(), FakeTransport(response(texts))
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), transport, clock, secrets.redact)  # type: ignore[arg-type]
    (batch,) = client.log_batches(Scope("biz", "2"), 17, [(21, host) for host in instance.steps[0].hosts or ()])
    found = {log.key.bk_host_id: log.text for _step_id, log in client.logs(batch, Deadline(clock, 60))}
    expected = {number: f"planted-{filler}{'********' * (number % 7 == 0)}".encode() for number in texts}
    assert found == {**expected, 13: b"", 14: b"********", 15: b"secret", 16: b""}


@pytest.mark.parametrize(
    ("hosts", "logs", "wanted"),
    [("all", "all", [2, 1]), ("failed", "all", [2]), ("all", "failed", [2]), ("none", "all", []), ("all", "none", [])],
)
def test_logs_are_read_of_listed_hosts_only(hosts: str, logs: str, wanted: list[int]) -> None:
    instance = instance_of(GOOD, BAD)
    complete, _collector, transport = collect(
        instance, report_settings(hosts=hosts, logs=logs), response({1: "a", 2: "b"})
    )
    assert complete
    assert asked(transport) == ([wanted] if wanted else [])


def test_hosts_are_recognized_by_address_if_the_response_has_no_id() -> None:
    instance = instance_of(BAD)
    collect(instance, report_settings(), response({1: "a"}, by_address=True))
    assert logs_of(instance) == ["a"]


def test_hosts_with_one_ip_in_two_cloud_areas_keep_their_own_logs(tmp_path: Path) -> None:
    hosts = [HostResult(None, cloud, "10.0.0.1", BAD) for cloud in (0, 3)]
    instance = JobInstance(17, 4, True, steps=[StepResult(21, "s", 4, hosts=hosts)])
    logs = [{"bk_cloud_id": cloud, "ip": "10.0.0.1", "log_content": f"area {cloud}"} for cloud in (3, 0)]
    found = success({"step_instance_id": 21, "log_type": 1, "script_task_logs": logs})
    complete, _collector, _transport = collect(instance, report_settings(log_dir=str(tmp_path)), found)
    assert complete
    assert logs_of(instance) == ["area 0", "area 3"]
    assert [log.path for log in kept(instance)] == [str(tmp_path / f"21-{cloud}-10.0.0.1.log") for cloud in (0, 3)]


def test_paths_are_kept_of_hosts_that_the_result_lists(tmp_path: Path) -> None:
    """More hosts are listed in the end, as the logs were short."""
    instance = instance_of(*[GOOD] * 40)
    plan = report_settings(logs="all", log_dir=str(tmp_path))
    found = response(dict.fromkeys(range(1, 41), "a"))
    _complete, collector, _transport = collect(instance, plan, found, limit=3000)
    listing = collector._host_selection()
    at_first = len(listing.hosts)
    listing.complete()
    assert 0 < at_first < len(listing.hosts) < 20
    paths = [log.path for log in kept(instance)]
    assert None not in paths[: len(listing.hosts)]
    assert set(paths[20:]) == {None}
    assert len(list(tmp_path.iterdir())) == 40


def test_after_an_error_the_other_batches_are_read() -> None:
    instance = instance_of(*[BAD] * 501)
    responses = [error_body(1244006), *[single(None)] * 50, response({501: "last"})]
    complete, collector, transport = collect(instance, report_settings(bytes_per_host=10), *responses)
    assert not complete
    assert len(collector.problems) == 1
    assert logs_of(instance)[500] == "last"
    assert len(transport.requests) == 52


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
    complete, _collector, transport = collect(instance, report_settings(logs="none"), success(data), schema=SchemaV2())
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
        ("a\0b\x1b[31m", 99, "ab\x1b[31m", False),
    ],
)
def test_tails_are_cut_at_characters(text: str, limit: int, kept: str, cut: bool) -> None:
    assert tail(text.encode(), limit) == (kept, cut)


def test_no_batch_is_asked_for_when_the_time_is_over() -> None:
    clock = FakeClock()

    def hang() -> None:
        clock.time += 20

    transport = FakeTransport(response({1: "first"}), on_send=hang)
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), transport, clock)  # type: ignore[arg-type]
    instance, plan = instance_of(*[BAD] * 2500), report_settings()
    listing = HostSelection(instance, plan, MAX_RESULT_BYTES)
    collector = LogCollector(client, Scope("biz", "2"), plan, lambda: listing)
    assert not collector.collect(instance, Deadline(clock, 30))
    assert len(transport.requests) == 2
    assert ["timed out" in trouble for trouble in collector.problems] == [True]


@pytest.mark.parametrize("seconds", [16, 20, 29])
def test_a_log_store_that_hangs_keeps_no_task(seconds: int) -> None:
    clock = FakeClock()

    def hang() -> None:
        clock.time += seconds

    transport = FakeTransport(response({}), on_send=hang)
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), transport, clock)  # type: ignore[arg-type]
    instance, plan = instance_of(*[BAD] * 2500), report_settings()
    listing = HostSelection(instance, plan, MAX_RESULT_BYTES)
    collector = LogCollector(client, Scope("biz", "2"), plan, lambda: listing)
    assert not collector.collect(instance, Deadline(clock, 300))
    assert len(transport.requests) == 2
    assert transport.seconds[0] == 20
    assert clock.now() - 1000 < 60


def test_one_log_call_never_mixes_kinds_of_host_keys() -> None:
    instance = instance_of(*[BAD] * 4)
    hosts = instance.steps[0].hosts or []
    for host in hosts[1::2]:
        host.bk_host_id = None
    _complete, _collector, transport = collect(instance, report_settings(), response({}))
    batches = [request.body or {} for request in transport.requests if "batch" in request.path]
    assert len(batches) == 2
    assert len(batches[0]["host_id_list"]) == 2  # type: ignore[arg-type]
    assert [sorted(entry) for entry in batches[1]["ip_list"]] == [["bk_cloud_id", "ip"]] * 2  # type: ignore[attr-defined]


def file_response(*numbers: int) -> dict[str, object]:
    """The rows of these hosts."""
    row = {
        "mode": 1,
        "src_ip": {"ip": "10.0.0.9"},
        "src_path": "/a",
        "dest_path": "/b",
        "status": 4,
        "log_content": "x",
    }
    hosts = [{"bk_host_id": n, "bk_cloud_id": 0, "ip": f"10.0.0.{n}", "file_logs": [row]} for n in numbers]
    return success({"step_instance_id": 21, "log_type": 2, "file_task_logs": hosts})


def test_rows_of_hosts_that_were_not_asked_for_are_ignored() -> None:
    """JOB returns the rows of all hosts if none of those asked for belongs to the step."""
    instance = instance_of(GOOD, GOOD)
    complete, _collector, _transport = collect(
        instance, report_settings(logs="all"), file_response(1, 7, 8), success({"log_type": 2, "file_logs": None})
    )
    first, second = kept(instance)
    assert [file.path for file in first.files or ()] == ["/b"]
    # A host that succeeded before a retry has no rows.
    assert second == LogResult()
    assert complete


def test_files_that_do_not_fit_into_the_result_are_left_out() -> None:
    instance = instance_of(GOOD)
    plan = report_settings(logs="all", bytes_per_host=10)
    complete, collector, transport = collect(instance, plan, file_response(1), limit=400)
    (log,) = kept(instance)
    assert asked(transport) == [[1]]
    assert log.files is None
    assert not complete
    assert collector.problems == []
