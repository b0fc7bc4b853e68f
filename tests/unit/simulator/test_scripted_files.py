# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted transfers: rules about targets, missing files, JOB's own fetching, stops and rolling."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.file_transfers import send, server_files, third_party
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import Bench, Run, bench

SOURCE = server_files("/data/a", "/data/b", hosts=[1])
STORE = [{"id": 1, "scope": "2", "code": "store"}]


def launch(b: Bench, *sources: Any, hosts: Any = (2, 3), **fields: Any) -> Run:
    return Run(b.client, send(b.client, *(sources or [SOURCE]), hosts=hosts, **fields))


def rows(run: Run, *hosts: int) -> list[tuple[int, str, int]]:
    """Host, path and status of each download."""
    ids = {"job_instance_id": run.id, "step_instance_id": run.step()["step_instance_id"]}
    found = run.client.data("batch_get_job_instance_ip_log", **ids, host_id_list=list(hosts))["file_task_logs"]
    return [
        (entry["bk_host_id"], row["src_path"], row["status"])
        for entry in found or ()
        for row in entry["file_logs"]
        if row["mode"] == 1
    ]


@pytest.mark.parametrize(
    ("rule", "job", "host", "error_code"),
    [
        ({}, 3, 9, 0),
        ({"exit_code": 7}, 4, 399, 101),
        ({"status": 320}, 4, 320, 104),
        ({"status": 310}, 4, 310, 117),
        ({"status": 11}, 4, 11, 0),
        ({"status": 321, "error_code": 119}, 4, 321, 119),
        ({"seconds": 7201}, 4, 303, 120),
        ({"seconds": "never"}, 4, 15, 0),
        ({"missing": True}, 4, 320, 104),
        ({"missing": True, "file": "/data/b"}, 4, 320, 104),
        ({"missing": True, "hosts": [2]}, 3, 9, 0),
        ({"missing": True, "file": "/data/c"}, 3, 9, 0),
        ({"script": "data", "status": 320}, 3, 9, 0),
        ({"file": "/data/c", "status": 320}, 3, 9, 0),
        ({"engine": "refused"}, 4, 5, 0),
        ({"engine": "abnormal"}, 9, 5, 0),
        ({"prepare": "failed"}, 3, 9, 0),
    ],
)
def test_targets(rule: Any, job: int, host: int, error_code: int) -> None:
    with bench([rule]) as b:
        run = launch(b)
        assert run.done() == (job, [job])
        assert run.hosts() == {2: host, 3: host}
        assert {entry["error_code"] for entry in run.step()["step_ip_result_list"]} == {error_code}


def test_a_rule_for_one_file_on_one_host() -> None:
    with bench([{"file": "b", "hosts": [3], "status": 329}]) as b:
        run = launch(b)
        assert run.done() == (4, [4])
        assert run.hosts() == {2: 9, 3: 329}
        assert rows(run, 2, 3) == [(2, "/data/a", 4), (2, "/data/b", 4), (3, "/data/a", 4), (3, "/data/b", 5)]


def test_agents_and_sources() -> None:
    with bench() as b:
        run = launch(b, hosts=[2, 9, 10])
        assert run.done() == (4, [4])
        assert run.hosts() == {2: 9, 9: 18, 10: 310}
        run = launch(b, server_files("/data/a", hosts=[1, 9]))
        run.done()
        assert run.hosts() == {2: 11, 3: 11}


def test_rows_follow_the_targets() -> None:
    with bench([{"hosts": [2], "seconds": 5, "log": "{name} {file}\n"}, {"waits": 9, "seconds": 5}]) as b:
        run = launch(b, server_files("/data/a", hosts=[1]))
        b.clock.advance(1)
        assert rows(run, 2, 3) == [(2, "/data/a", 3), (3, "/data/a", 1)]
        b.clock.advance(6)
        assert rows(run, 2, 3) == [(2, "/data/a", 4), (3, "/data/a", 1)]
        log = b.client.v2("get_job_instance_log", job_instance_id=run.id)["data"][0]["step_results"]
        (text,) = [entry["ip_logs"][0]["log_content"] for entry in log if entry["ip_status"] == 9]
        assert text.startswith("node-2 /data/a\n[")


@pytest.mark.parametrize(("prepare", "job", "host"), [("failed", 4, 5), ("done", 3, 9)])
def test_files_are_fetched_first(prepare: str, job: int, host: int) -> None:
    with bench([{"prepare": prepare, "seconds": 60}], file_sources=STORE) as b:
        run = launch(b, third_party("k", file_source_code="store"))
        b.clock.advance(59)
        assert (run.states, run.hosts()) == ((2, [2]), {2: 5, 3: 5})
        ids = {"job_instance_id": run.id, "step_instance_id": run.step()["step_instance_id"]}
        (upload,) = b.client.data("get_job_instance_ip_log", **ids, bk_host_id=2)["file_logs"]
        assert (upload["mode"], upload["status"]) == (0, 0)
        assert run.done() == (job, [job])
        assert run.hosts() == {2: host, 3: host}
        assert (run.step()["end_time"] is None) is (job == 4)


@pytest.mark.parametrize("seconds", [1801, "never"])
def test_fetching_ends_after_half_an_hour(seconds: Any) -> None:
    with bench([{"prepare": "done", "seconds": seconds}], file_sources=STORE) as b:
        run = launch(b, third_party("k", file_source_code="store"), timeout=60)
        b.clock.advance(1799)
        assert run.states == (2, [2])
        b.clock.advance(1)
        assert (run.states, run.hosts()) == ((4, [4]), {2: 5, 3: 5})


def test_a_stop_waits_for_the_fetching() -> None:
    with bench([{"prepare": "done", "seconds": 60}], file_sources=STORE) as b:
        run = launch(b, third_party("k", file_source_code="store"))
        b.clock.advance(1)
        assert run.stop() == 0
        b.clock.advance(50)
        assert run.states == (10, [10])
        assert run.done() == (11, [11])
        assert run.hosts() == {2: 5, 3: 5}


def test_a_stop_ends_the_targets_that_run() -> None:
    with bench([{"seconds": 60, "stop_seconds": 5}]) as b:
        run = launch(b)
        b.clock.advance(1)
        run.stop()
        b.clock.advance(4)
        assert run.states == (10, [10])
        assert run.done() == (11, [11])
        assert run.hosts() == {2: 403, 3: 403}


def test_rolling_over_sources_stops_at_a_failure() -> None:
    sources = [server_files(f"/data/{name}", hosts=[1]) for name in "abc"]
    limits = {"max_file_num_of_single_execute_object": 1}
    with bench([{"file": "/data/b", "missing": True}]) as b:
        run = launch(b, *sources, rolling_config={"type": 2, "file_source": limits})
        assert run.done() == (4, [4])
        hosts = [(host["bk_host_id"], host["status"]) for host in run.step()["step_ip_result_list"]]
        assert hosts == [(2, 9), (3, 9), (2, 320), (3, 320), (2, 5), (3, 5)]
        assert rows(run, 2) == [(2, "/data/a", 4), (2, "/data/b", 5)]
        # A retry repeats the batch.
        assert run.operate(2) == 0
        assert run.done() == (4, [4])
        assert rows(run, 2) == [(2, "/data/b", 5)]


def test_rolling_over_targets() -> None:
    with bench([{"seconds": 10}]) as b:
        run = launch(b, hosts=[2, 3, 4], rolling_config={"type": 1, "expression": "2"})
        b.clock.advance(5)
        assert run.hosts() == {2: 7, 3: 7, 4: 5}
        assert run.done() == (3, [3])
        assert len(rows(run, 2, 3, 4)) == 6


def test_scripts_that_the_agent_server_refuses() -> None:
    with bench([{"engine": "refused"}, {"file": "x", "exit_code": 1}]) as b:
        run = b.script([1, 2])
        assert run.done() == (4, [4])
        assert run.hosts() == {1: 12, 2: 12}


def test_many_targets() -> None:
    hosts = {"generate": {"count": 5000, "scope": "2", "nodes": ["module:7"]}}
    with bench([{"every": 100, "status": 320}], hosts=hosts) as b:
        module = {"topo_node_list": [{"id": 7, "node_type": "module"}]}
        run = launch(b, server_files("/a", "/b", "/c", hosts=[1]), target_server=module)
        assert run.done() == (4, [4])
        found = list(run.hosts().values())
        assert (found.count(9), found.count(320)) == (4950, 50)
        assert len(rows(run, *range(1, 501))) == 1500
