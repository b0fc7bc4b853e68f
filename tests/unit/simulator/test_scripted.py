# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripted executor: rules, generated hosts, logs on demand, its clock, and words that make no sense."""

from __future__ import annotations

from collections import Counter
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import InventoryError, JobServer
from ansible_collections.blueking.job.tests.support.simulator.scheduler import Timeline
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import SCRIPT, bench, estate
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import hosts_of


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({}, {1, 2, 3, 4}),
        ({"hosts": [2, 4]}, {2, 4}),
        ({"every": 3}, {3}),
        ({"script": "ru"}, {1, 2, 3, 4}),
        ({"script": "rum"}, set()),
        ({"step": "first"}, {1, 2, 3, 4}),
        ({"step": "second"}, set()),
        ({"execution": 0}, {1, 2, 3, 4}),
        ({"execution": 1}, set()),
        ({"hosts": [1, 2], "every": 2, "script": "r", "step": "first", "execution": 0}, {2}),
    ],
)
def test_whom_a_rule_fits(rule: Any, fits: set[int]) -> None:
    with bench([{**rule, "status": 311}], [{"name": "first", **SCRIPT}]) as b:
        run = b.plan()
        run.done()
        assert {host for host, status in run.hosts().items() if status == 311} == fits


def test_the_first_rule_that_fits_counts() -> None:
    with bench([{"hosts": [1], "exit_code": 5}, {"exit_code": 6}]) as b:
        run = b.script([1, 2])
        run.done()
        assert hosts_of(run.status) == {1: (104, 5), 2: (104, 6)}


def test_what_a_host_reports() -> None:
    rule = {"status": 399, "exit_code": 8, "error_code": 21, "tag": "t" * 300, "waits": 2, "seconds": 3}
    with bench([rule]) as b:
        run = b.script([1])
        began = b.clock.now_ms()
        run.done()
        (host,) = run.step()["step_ip_result_list"]
        found = {name: host[name] for name in ("status", "exit_code", "error_code", "tag")}
        assert found == {"status": 399, "exit_code": 8, "error_code": 21, "tag": "t" * 256}
        assert (host["start_time"], host["end_time"], host["total_time"]) == (began + 2000, began + 5000, 3000)


def test_logs_grow_and_are_made_from_the_rule() -> None:
    log = "1 {name}\n2 {ip} {host_id}\n3 {step} {execution}\n4 {other} {}\n"
    with bench([{"log": log, "seconds": 4}], [{"name": "first", **SCRIPT}]) as b:
        run = b.plan()
        b.clock.advance(0)
        assert b.client.logs(run.id) == {}
        b.clock.advance(2)
        assert b.client.logs(run.id)[2] == "1 node-2\n2 10.0.0.2 2\n"
        b.clock.advance(2)
        assert b.client.logs(run.id)[2] == "1 node-2\n2 10.0.0.2 2\n3 first 0\n4 {other} {}\n"


@pytest.mark.parametrize("size", [1, 2, 79, 80, 81, 2048, 5000])
def test_logs_of_a_size(size: int) -> None:
    with bench([{"hosts": [1], "log": "x", "log_bytes": size}, {"log_bytes": size}]) as b:
        run = b.script([1, 2])
        run.done()
        assert {len(text.encode()) for text in b.client.logs(run.id).values()} == {size}


def test_many_hosts_from_a_rule() -> None:
    rules = [{"every": 100, "exit_code": 1, "seconds": [5, 60]}, {"seconds": [5, 60], "log_bytes": 2048}]
    hosts = {"generate": {"count": 2000, "scope": "2", "first_id": 1001, "first_ip": "10.1.0.1", "down_every": 500}}
    with bench(rules, hosts=hosts) as b:
        target = {"topo_node_list": [{"id": 2, "node_type": "biz"}]}
        run = b.script(target_server=target)
        b.clock.advance(30)
        halfway = Counter(run.hosts().values())
        assert set(halfway) == {7, 9, 104, 310}
        assert 500 < halfway[9] < 1500
        assert run.done() == (4, [4])
        found = run.hosts()
        assert Counter(found.values()) == {9: 1980, 104: 16, 310: 4}
        assert (min(found), max(found)) == (1001, 3000)
        ids = {"job_instance_id": run.id, "step_instance_id": run.step()["step_instance_id"]}
        addresses = [{"bk_cloud_id": 0, "ip": "10.1.0.1"}, {"bk_cloud_id": 0, "ip": "10.1.7.208"}]
        logs = b.client.data("batch_get_job_instance_ip_log", **ids, ip_list=addresses)["script_task_logs"]
        assert [(log["bk_host_id"], len(log["log_content"] or "")) for log in logs][0] == (1001, 2048)


def test_generated_hosts_are_listed_among_others() -> None:
    hosts = [
        {"id": 5, "ip": "10.7.0.1", "scope": "2"},
        {"generate": {"count": 2, "scope": ["2"], "first_id": 10, "nodes": ["module:7"], "name": "n{n}"}},
    ]
    with bench(hosts=hosts) as b:
        run = b.script(target_server={"host_id_list": [5], "topo_node_list": [{"id": 7, "node_type": "module"}]})
        run.done()
        assert sorted(run.hosts()) == [5, 10, 11]


def test_without_rules_everything_succeeds_and_nothing_runs(tmp_path: Any) -> None:
    with bench(clock="flowing") as b:
        mark = tmp_path / "mark"
        job_id = b.client.script(f"touch {mark}", [1])
        assert b.client.finished(job_id)["job_instance"]["status"] == 3
        assert not mark.exists()
        assert b.client.logs(job_id) == {}


BAD: list[tuple[dict[str, Any], str]] = [
    ({"executor": "magic"}, "executor: expected one of process, scripted, found 'magic'"),
    ({"executor": "process"}, "clock: expected flowing, for a manual clock needs the executor scripted"),
    (
        {"executor": "process", "clock": "flowing", "outcomes": [{}]},
        "outcomes: expected no such key, for outcomes need the executor scripted",
    ),
    ({"outcomes": [{"hostz": []}]}, "outcomes[0].hostz: expected no such key here, only hosts, every"),
    ({"outcomes": [{"status": 7}]}, "outcomes[0].status: expected a final host status"),
    ({"outcomes": [{"seconds": "long"}]}, "outcomes[0].seconds: expected a number of seconds, found 'long'"),
    ({"outcomes": [{"seconds": [3, 1]}]}, 'outcomes[0].seconds: expected seconds, "never", or a list'),
    ({"outcomes": [{"seconds": [1, 2, 3]}]}, 'outcomes[0].seconds: expected seconds, "never", or a list'),
    ({"outcomes": [{"engine": "tired"}]}, "outcomes[0].engine: expected one of abnormal, abandoned"),
    ({"hosts": {"generate": {"count": 0, "scope": "2"}}}, "hosts.generate.count: expected a whole number"),
    ({"hosts": {"generate": {"count": 5}}}, "hosts.generate.scope: expected a value, for the key is required"),
    ({"hosts": [{"generate": {"count": 5, "scope": "2", "x": 1}}]}, "hosts[0].generate.x: expected no such key"),
    ({"hosts": {"count": 5}}, "hosts.count: expected no such key here, only generate"),
    (
        {"hosts": {"generate": {"count": 5, "scope": "2", "first_ip": "255.255.255.254"}}},
        "hosts.generate.count: expected at most",
    ),
    ({"hosts": {"generate": {"count": 5, "scope": "9"}}}, "hosts[0].scope: expected a scope of this file"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_words(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InventoryError) as caught:
        JobServer({**estate(), **change})
    assert str(caught.value).startswith(f"inventory: {message}")


def test_a_manual_clock_advances_from_event_to_event() -> None:
    clock, seen = Timeline(manual=True), []
    began = clock.now_ms()
    clock.after(2, lambda: seen.append(("two", clock.now_ms() - began)))
    clock.after(1, lambda: clock.after(0.5, lambda: seen.append(("later", clock.now_ms() - began))))
    assert clock.advance(10) == 3
    assert seen == [("later", 1500), ("two", 2000)]
    assert clock.now_ms() - began == 10_000
    clock.after(60, lambda: seen.append(("minute", clock.now_ms() - began)))
    assert (clock.waiting, clock.step(), clock.step()) == (1, True, False)
    assert seen[-1] == ("minute", 70_000)
    clock.close()
    clock.after(0, seen.clear)
    assert clock.waiting == 0


def test_counters_need_a_running_server() -> None:
    server = JobServer(estate())
    for name in ("clock", "counters"):
        with pytest.raises(RuntimeError):
            getattr(server, name)


def test_responses_have_the_time_of_the_clock() -> None:
    with bench() as b:
        for _day in range(3):
            b.clock.advance(24 * 3600)
            date = parsedate_to_datetime(b.client.send("GET", "/").headers["Date"])
            assert date.timestamp() == b.clock.now_ms() // 1000
