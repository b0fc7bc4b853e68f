# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling: expressions, what happens between batches and when one fails, in each mode."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator.errors import JobError
from ansible_collections.blueking.job.tests.support.simulator.rolling_batches import batch_sizes
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import Run, bench
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import SCOPE, b64

TEN = [{"seconds": 10}]
SECOND_FAILS = [{"hosts": [3], "exit_code": 1, "seconds": 10}, {"seconds": 10}]
FIRST_FAILS = [{"hosts": [1], "exit_code": 1, "seconds": 10}, {"seconds": 10}]


@pytest.mark.parametrize(
    ("expression", "hosts", "sizes"),
    [
        ("5", 12, [5, 5, 2]),
        ("10%", 25, [3, 3, 3, 3, 3, 3, 3, 3, 1]),
        ("1 +2", 12, [1, 3, 5, 3]),
        ("1 *2", 20, [1, 2, 4, 8, 5]),
        ("1 10% 50%", 10, [1, 1, 5, 3]),
        ("2 100%", 10, [2, 8]),
        ("99", 3, [3]),
        ("+5", 20, [5, 10, 5]),
        ("*2", 20, [2, 4, 8, 6]),
        ("01 +05", 12, [1, 6, 5]),
    ],
)
def test_expressions(expression: str, hosts: int, sizes: list[int]) -> None:
    assert batch_sizes(expression, hosts) == sizes


@pytest.mark.parametrize(
    "expression", ["x", "1  2", "0", "00", "+0", "1 -1", " 1", "1 ", "5 %", "1,2", "101%", "1.5%", "2147483648"]
)
def test_bad_expressions(expression: str) -> None:
    with pytest.raises(JobError) as caught:
        batch_sizes(expression, 10)
    assert caught.value.code == 1244026


def _launch(bench_: Any, config: Any) -> int:
    order = {"script_content": b64("run"), "script_language": 1, "account_alias": "root", **SCOPE}
    target = {"topo_node_list": [{"id": 2, "node_type": "biz"}]}
    return int(bench_.client.call("fast_execute_script", **order, target_server=target, rolling_config=config)["code"])


WAITS = {f"batch_start_wait_{part}_ms": 0 for part in ("fixed", "random_min", "random_max")}


@pytest.mark.parametrize(
    ("config", "code", "left_behind"),
    [
        ({"expression": "?"}, 1244026, True),
        ({"expression": "1"}, 1244027, True),
        ({"expression": "1", "execution_mode": 2, **WAITS}, 1241012, False),
        ({"expression": "?", "execution_mode": 2, **WAITS}, 1244026, False),
    ],
)
def test_a_serial_expression_is_read_too_late(config: Any, code: int, left_behind: bool) -> None:
    with bench(hosts={"generate": {"count": 502, "scope": "2"}}) as b:
        assert _launch(b, config) == code
        orphans = b.client.call("get_job_instance_status", job_instance_id=20_000_000_001)
        assert orphans["result"] is left_behind
        if left_behind:
            assert orphans["data"]["job_instance"]["status"] == 1
        assert b.server.counters["started"] == 0
        assert [each["act"] for each in b.server.journal[0]["did"]] == (["create"] if left_behind else [])


def test_most_batches() -> None:
    with bench(hosts={"generate": {"count": 501, "scope": "2"}}) as b:
        assert _launch(b, {"expression": "1", "mode": 2}) == 0
        run = Run(b.client, 20_000_000_001)
        assert run.done() == (3, [3])


@pytest.mark.parametrize("mode", [1, 2])
def test_good_batches_follow_each_other(mode: int) -> None:
    with bench(TEN) as b:
        run = b.roll("1 +1", mode)
        seen: list[Any] = []
        for _turn in range(100):
            state = (*run.states, tuple(run.hosts().values()))
            if not seen or seen[-1] != state:
                seen.append(state)
            if not b.clock.step():
                break
        first, second = [state for state in seen if state[1] == [15]][:2]
        assert first == (2, [15], (5, 5, 5, 5))
        assert second == (2, [15], (9, 5, 5, 5))
        assert (2, [2], (9, 7, 7, 5)) in seen
        assert run.states == (3, [3])
        assert run.step()["total_time"] == 30_000


def test_between_batches_a_step_has_its_times() -> None:
    with bench(TEN) as b:
        run = b.roll("2")
        b.clock.advance(9)
        b.clock.step()
        b.clock.step()
        step = run.step()
        assert (step["status"], step["total_time"]) == (15, 10_000)
        b.clock.step()
        step = run.step()
        assert (step["status"], step["end_time"], step["total_time"]) == (2, None, None)


def test_mode_3_asks_between_batches() -> None:
    with bench(TEN) as b:
        run = b.roll("2", mode=3)
        assert run.done() == (7, [7])
        assert (run.status["finished"], run.step()["total_time"]) == (False, 10_000)
        assert run.operate(6) == 1241003
        assert run.operate(13) == 0
        assert run.states == (2, [7])
        assert run.done() == (3, [3])
        assert run.operate(13) == 1241003


@pytest.mark.parametrize("mode", [1, 3])
def test_a_failed_batch_stops_the_job(mode: int) -> None:
    with bench(FIRST_FAILS) as b:
        run = b.roll("2", mode)
        assert run.done() == (4, [4])
        assert run.hosts() == {1: 104, 2: 9, 3: 5, 4: 5}


@pytest.mark.parametrize(
    ("code", "again", "states", "hosts"),
    [
        (2, {1}, (3, [3]), {1: 9, 2: 9, 3: 9, 4: 9}),
        (8, {1, 2}, (3, [3]), {1: 9, 2: 9, 3: 9, 4: 9}),
        (3, set(), (3, [3]), {1: 104, 2: 9, 3: 9, 4: 9}),
    ],
)
def test_after_a_failed_batch(code: int, again: set[int], states: Any, hosts: dict[int, int]) -> None:
    with bench([{"hosts": [1], "exit_code": 1, "execution": 0}, {"log": "run {execution}"}]) as b:
        run = b.roll("2")
        assert run.done() == (4, [4])
        assert run.operate(code) == 0
        assert (run.done(), run.hosts()) == (states, hosts)
        ran_again = {host for host, text in b.client.logs(run.id).items() if text == "run 1"}
        assert ran_again - {3, 4} == again


@pytest.mark.parametrize(
    ("rules", "states"), [(SECOND_FAILS, (3, [6])), (FIRST_FAILS, (3, [3])), ([{"exit_code": 1}], (3, [6]))]
)
def test_mode_2_continues(rules: Any, states: Any) -> None:
    with bench(rules) as b:
        run = b.roll("2", mode=2)
        assert run.done() == states
        assert 104 in run.hosts().values()


def test_in_mode_2_an_ignored_batch_is_not_the_end() -> None:
    with bench(FIRST_FAILS) as b:
        run = b.roll("2", mode=2)
        b.clock.advance(9)
        b.clock.step()
        b.clock.step()
        b.clock.step()
        assert (run.states, run.status["finished"]) == ((2, [6]), False)


PARALLEL = {"execution_mode": 2, "batch_start_wait_fixed_ms": 1000}
STEADY = {**PARALLEL, "batch_start_wait_random_min_ms": 500, "batch_start_wait_random_max_ms": 500}


def test_parallel_batches_begin_one_after_the_other() -> None:
    with bench(TEN) as b:
        run = b.roll("1", **STEADY)
        found = []
        for _turn in range(4):
            b.clock.advance(1.5)
            found.append(tuple(run.hosts().values()))
        assert found == [(7, 7, 5, 5), (7, 7, 7, 5), (7, 7, 7, 7), (7, 7, 7, 7)]
        assert run.states == (2, [2])
        assert run.done() == (3, [3])


@pytest.mark.parametrize("rules", [FIRST_FAILS, SECOND_FAILS])
def test_one_failed_parallel_batch_fails_the_step(rules: Any) -> None:
    with bench(rules) as b:
        run = b.roll("2", mode=2, **STEADY)
        assert run.done() == (4, [4])
        assert sorted(run.hosts().values()) == [9, 9, 9, 104]
        run.operate(2)
        assert run.done() == (4, [4])


def test_parallel_batches_are_stopped_together() -> None:
    with bench(TEN) as b:
        run = b.roll("2", **STEADY)
        b.clock.advance(1)
        run.stop()
        assert run.done() == (11, [11])
        assert run.hosts() == {1: 403, 2: 403, 3: 5, 4: 5}
