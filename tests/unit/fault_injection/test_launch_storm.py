# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches in which many things go wrong one after the other, drawn by a seed: what must never happen does not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.fuzzing import count
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import Fault, Lane
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cells import (
    CREATING,
    ON_OLDER_SERVERS,
    START,
    launch_call,
)
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.error_codes import NUMBERS, REJECTIONS
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.gateway_errors import BEHIND, BUSY
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.injected_faults import GARBAGE, LOST, NONSENSE
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import (
    AFTERWARDS,
    REPORT,
    ServerClock,
    connection,
    estate,
    fresh_server,
    perform,
)

RUNS = count(60, 10_000)
FIRST_SEED = 7_000_000
# Starts that older servers reject because the job runs already, while its status cannot be read.
UNSEEN = (7_001_390, 7_001_801, 7_002_977, 7_003_031, 7_004_001, 7_004_517, 7_004_559, 7_005_152)
STRUCK = 8
READS = ("get_job_instance_status", "get_job_instance_list", "get_job_instance_global_var_value")
RETRIED = [fault for fault in (*LOST, *GARBAGE, *NONSENSE, *BEHIND, *BUSY, *NUMBERS) if not fault.options]


def faults_of(chance: random.Random, lane: Lane, task: str) -> Iterator[dict[str, Any]]:
    """Of the first requests of each call, some go wrong, each in its own way."""
    often = chance.choice((0.3, 0.6, 0.9))
    for call in (launch_call(task, lane), START, *READS):
        pool = RETRIED if call in READS or chance.random() < 0.7 else RETRIED + REJECTIONS
        fitting = [fault for fault in pool if lane.gateway in fault.gateways]
        for turn in range(1, STRUCK + 1):
            if chance.random() < often:
                yield words_of(chance, chance.choice(fitting)) | {"call": call, "nth": turn}


def words_of(chance: random.Random, fault: Fault) -> dict[str, Any]:
    return {**(fault.words or {}), "acts": chance.choice(fault.acts)}


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", [*range(FIRST_SEED, FIRST_SEED + RUNS), *UNSEEN])
def test_storm(seed: int) -> None:
    chance = random.Random(seed)
    lane, task = chance.choice(CREATING + ON_OLDER_SERVERS), chance.choice(("plan", "script"))
    settings = estate(
        clock=chance.choice(("manual", "flowing")),
        honors_start_task=lane.honors_start_task,
    )
    with fresh_server(settings) as server:
        for words in faults_of(chance, lane, task):
            server.faults.add(words)
        given = {**connection(server, lane.gateway), **REPORT, "api_version": lane.api_version, **lane.options}
        given["launch_timeout"] = chance.choice((5, 60, 180))
        result, error = perform(task, given, ServerClock(server))
        server.clock.advance(AFTERWARDS)
        check(server, result, error)


def check(server: JobServer, result: dict[str, Any], error: JobError | None) -> None:
    did = [act for entry in server.journal for act in entry["did"]]
    created = {act["job_instance_id"] for act in did if act["act"] == "create"}
    started = {act["job_instance_id"] for act in did if act["act"] == "start"}
    outcome, ours = result["launch_outcome"], result["job_instance_id"]
    assert server.counters["started"] == len(started) <= 1
    assert result["changed"] == (outcome not in ("rejected", "not_sent"))
    if outcome in ("started", "recovered"):
        assert (error, {ours}, result["status"]) == (None, started, "success")
    else:
        assert error is not None
    if outcome in ("rejected", "not_sent"):
        assert created == set()
    if outcome == "created":
        assert ours in created - started
    if outcome == "unknown":
        assert error is not None
        assert error.kind == "unknown_outcome"
    assert set(result["pending_duplicates"]) <= created - started
