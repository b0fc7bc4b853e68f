# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wait in which every second read fails always ends, with the right verdict, counts and logs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.tests.unit.fuzzing import count
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import (
    ServerClock,
    connection,
    fresh_server,
    perform,
)
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.storm import ENDINGS, READS, Insider, draw

RUNS = count(24, 1000)
FIRST_SEED = 20_260_101
SUCCESS, ACTIVE, BAD_EXIT = (9, 3), (5, 7), 104


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + RUNS))
def test_storm(seed: int) -> None:
    storm = draw(seed)
    with fresh_server(storm.inventory) as server:
        for fault in storm.faults:
            server.faults.add(fault)
        insider = Insider(server)

        def other_user_acts() -> None:
            for job in {act["job_instance_id"] for entry in server.journal for act in entry["did"]}:
                insider.end(job, storm.ending.status)

        given = {**connection(server, storm.gateway), "api_version": storm.api_version, "hosts": "all", **storm.options}
        result, error = perform(storm.task, given, ServerClock(server, other_user_acts))
        said = (result["launch_outcome"], result["status"], result["finished"], error.kind if error else None)
        outcome = "recovered" if storm.response_is_lost else "started"
        assert said == (outcome, storm.ending.status, True, storm.ending.kind), error
        assert server.counters["started"] == server.counters["created"] == 1
        hosts = hosts_of(insider.status(result["job_instance_id"]))
        assert result["counts"] == counts_of(hosts)
        assert {host["ip"]: host["status_code"] for host in result["hosts"]} == hosts
        assert {host["ip"] for host in result["failed_hosts"]} == failed(hosts)
        check_logs(result, hosts)
        reads = [entry for entry in server.journal if entry["gateway"] == storm.gateway and entry["call"] in READS]
        assert sum(entry["fault"] is not None for entry in reads) >= len(reads) // 2 - len(READS)


def hosts_of(status: Any) -> dict[str, int]:
    return {host["ip"]: host["status"] for step in status["step_instance_list"] for host in step["step_ip_result_list"]}


def failed(hosts: dict[str, int]) -> set[str]:
    return {ip for ip, status in hosts.items() if status not in SUCCESS + ACTIVE}


def counts_of(hosts: dict[str, int]) -> dict[str, int]:
    success = sum(status in SUCCESS for status in hosts.values())
    unfinished = sum(status in ACTIVE for status in hosts.values())
    return {
        "total": len(hosts),
        "success": success,
        "failed": len(failed(hosts)),
        "unfinished": unfinished,
    }


def check_logs(result: dict[str, Any], hosts: dict[str, int]) -> None:
    """Whoever has come to its end has a log, all of it."""
    assert result["logs_complete"] or not all(status in (*SUCCESS, BAD_EXIT) for status in hosts.values())
    for host in result["hosts"]:
        if host["status_code"] in SUCCESS:
            assert host["log"] == f"this is node-{host['ip'].rpartition('.')[2]}\n"


def test_the_storm_is_wide() -> None:
    storms = [draw(seed) for seed in range(FIRST_SEED, FIRST_SEED + RUNS)]
    assert {storm.ending.status for storm in storms} == {ending.status for ending in ENDINGS}
    assert len({(storm.task, storm.gateway, storm.api_version) for storm in storms}) == 6
    assert len({storm.response_is_lost for storm in storms}) == 2
    assert len({fault["do"] for storm in storms for fault in storm.faults}) >= 14
