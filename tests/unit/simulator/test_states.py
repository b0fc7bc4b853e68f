# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine over time: how steps and runs go from state to state, and what they are in the end."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import run_manager as engine_module
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import CONFIRM, SCRIPT, bench

FIRST, SECOND = {"name": "first", **SCRIPT}, {"name": "second", **SCRIPT}


def test_a_run_moves_from_state_to_state() -> None:
    with bench([{"seconds": 5}], [FIRST, SECOND]) as b:
        run = b.plan()
        assert (run.states, run.hosts()) == ((1, [1, 1]), {})
        assert b.clock.step()
        assert run.states == (2, [1, 1])
        assert b.clock.step()
        assert (run.states, set(run.hosts().values())) == ((2, [2, 1]), {5})
        b.clock.advance(0)
        assert set(run.hosts().values()) == {7}
        b.clock.advance(4.999)
        assert set(run.hosts().values()) == {7}
        assert b.clock.step()
        # Hosts are final a moment before their step is.
        assert (run.states, set(run.hosts().values())) == ((2, [2, 1]), {9})
        b.clock.advance(0)
        assert run.states == (2, [3, 2])
        b.clock.advance(5)
        assert run.states == (3, [3, 3])
        assert not b.clock.step()


SUCCEEDS: dict[str, Any] = {}
ENDS = [
    # rules, ignore_error, states of job and steps, host states
    pytest.param([SUCCEEDS], False, (3, [3, 3]), {9}, id="all hosts succeed"),
    pytest.param([{"every": 4, "exit_code": 1}], False, (4, [4, 1]), {9, 104}, id="a host fails"),
    pytest.param([{"every": 4, "exit_code": 1, "step": "first"}], True, (3, [6, 3]), {9, 104}, id="error ignored"),
    pytest.param([{"step": "second", "status": 101}], True, (3, [3, 6]), {9}, id="error of the last step ignored"),
    pytest.param([{"seconds": 101}], False, (4, [4, 1]), {102}, id="time limit"),
    pytest.param([{"seconds": "never"}], False, (4, [4, 1]), {15}, id="agent does not report the time limit"),
    pytest.param([{"waits": "never"}], False, (4, [4, 1]), {15}, id="no result for a minute"),
    pytest.param([{"status": 12}], False, (4, [4, 1]), {12}, id="agent server refuses"),
    pytest.param([{"engine": "abnormal"}], False, (9, [9, 1]), {5}, id="engine exception"),
    pytest.param([{"engine": "abandoned"}], False, (14, [14, 1]), {5}, id="evicted"),
    pytest.param([{"status": 399}], False, (4, [4, 1]), {399}, id="any other host state"),
]


@pytest.mark.parametrize(("rules", "ignore", "states", "hosts"), ENDS)
def test_ends(rules: list[Any], ignore: bool, states: Any, hosts: set[int]) -> None:
    with bench(rules, [{**FIRST, "ignore_error": ignore}, {**SECOND, "ignore_error": ignore}]) as b:
        run = b.plan()
        assert run.done() == states
        assert set(run.hosts().values()) == hosts
        assert run.status["finished"] is True


@pytest.mark.parametrize(
    ("rule", "seconds", "words"),
    [
        ({"waits": "never"}, 60, "no result"),
        ({"seconds": "never"}, 400, "no result"),
        ({"status": 12, "seconds": 3}, 3, "GSE Job failed:"),
        ({"seconds": 101, "log": "said"}, 100, "said"),
    ],
)
def test_when_a_step_is_given_up(rule: Any, seconds: float, words: str) -> None:
    with bench([rule], [FIRST]) as b:
        run = b.plan()
        b.clock.advance(seconds - 0.001)
        assert run.states == (2, [2])
        b.clock.advance(0.001)
        assert run.states == (4, [4])
        assert words in b.client.logs(run.id)[1]


def test_hosts_end_side_by_side_and_nothing_fails_early() -> None:
    with bench([{"hosts": [1], "exit_code": 3, "seconds": 1}, {"seconds": 9}], [FIRST]) as b:
        run = b.plan()
        b.clock.advance(2)
        assert (run.states, run.hosts()) == ((2, [2]), {1: 104, 2: 7, 3: 7, 4: 7})
        b.clock.advance(7)
        assert run.states == (4, [4])


@pytest.mark.parametrize(
    ("hosts", "found"),
    [([1, 9], {1: 9, 9: 18}), ([1, 10], {1: 9, 10: 310}), ([9], {9: 18}), ([9, 10], {9: 18, 10: 310})],
)
def test_targets_that_cannot_run(hosts: list[int], found: dict[int, int]) -> None:
    with bench() as b:
        run = b.script(hosts)
        assert run.done() == (4, [4])
        assert run.hosts() == found
        for host in run.step()["step_ip_result_list"]:
            if host["status"] != 9:
                assert (host["total_time"], host["start_time"]) == (0, host["end_time"])


@pytest.mark.parametrize(
    ("raw", "code", "status"), [(0, 0, 9), (3, 3, 104), (255, 255, 104), (256, 1, 104), (768, 3, 104)]
)
def test_exit_codes(raw: int, code: int, status: int) -> None:
    with bench([{"exit_code": raw}]) as b:
        run = b.script([1])
        run.done()
        (host,) = run.step()["step_ip_result_list"]
        assert (host["exit_code"], host["status"]) == (code, status)


def test_times() -> None:
    with bench([{"hosts": [1], "seconds": 0.03}, {"seconds": 7}], [FIRST, SECOND]) as b:
        began = b.clock.now_ms()
        b.clock.advance(1)
        run = b.plan()
        b.clock.advance(3)
        for part in (run.status["job_instance"], run.step()):
            assert (part["create_time"], part["start_time"]) == (began + 1000, began + 1000)
            assert (part["end_time"], part["total_time"]) == (None, None)
        run.done()
        first, second = run.step(0), run.step(1)
        assert (first["end_time"], first["total_time"]) == (began + 8000, 7000)
        assert (second["start_time"], second["total_time"]) == (began + 8000, 7000)
        assert run.status["job_instance"]["total_time"] == 14000
        hosts = {host["bk_host_id"]: host for host in first["step_ip_result_list"]}
        assert hosts[1]["end_time"] - hosts[1]["start_time"] == 30
        assert [hosts[host]["total_time"] for host in (1, 2)] == [100, 7000]


def test_confirmations() -> None:
    with bench(steps=[CONFIRM, FIRST]) as b:
        run = b.plan()
        assert (run.done(), run.status["finished"]) == ((7, [7, 1]), False)
        assert run.operate(6) == 0
        assert run.states == (2, [7, 1])
        assert run.done() == (3, [3, 3])


def test_a_refused_confirmation_can_be_requested_again() -> None:
    with bench(steps=[CONFIRM, FIRST]) as b:
        run = b.plan()
        run.done()
        assert run.operate(9) == 0
        assert (run.done(), run.status["finished"]) == ((13, [13, 1]), True)
        assert run.step()["end_time"] is not None
        assert run.operate(10) == 0
        assert (run.done(), run.status["finished"]) == ((7, [7, 1]), False)
        assert run.status["job_instance"]["end_time"] is run.step()["end_time"] is None
        run.operate(6)
        assert run.done() == (3, [3, 3])


def test_an_exception_in_the_engine_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(_self: object, _work: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(engine_module.ScriptedExecutor, "run", breaks)
    with bench(steps=[FIRST]) as b:
        assert b.plan().done() == (9, [9])
        assert "RuntimeError: broken" in capsys.readouterr().err
