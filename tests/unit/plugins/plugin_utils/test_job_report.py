# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of runs: order, limits, statuses, and what must not reach a terminal."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.plugin_utils.job_report import (
    Line,
    has_run,
    headline,
    is_job_result,
    message_lines,
    report,
)


def host(number: int, **more: Any) -> dict[str, Any]:
    usual = {"bk_host_id": number, "bk_cloud_id": 0, "ip": f"10.0.0.{number}", "step_instance_id": 1, "log": None}
    return {**usual, "status": "success", "failure_kind": None, "exit_code": 0, "log_truncated": False, **more}


def failed(number: int, **more: Any) -> dict[str, Any]:
    return host(number, **{"status": "script_exit_code", "failure_kind": "script", "exit_code": 7, **more})


def run(*hosts: dict[str, Any], **more: Any) -> dict[str, Any]:
    bad = [each for each in hosts if each["failure_kind"]]
    counts = {"total": len(hosts), "success": len(hosts) - len(bad), "failed": len(bad), "unfinished": 0}
    step = {"step_instance_id": 1, "name": "one", "status": "failed" if bad else "success", "counts": counts}
    known = {"job_instance_id": 20, "job_instance_name": "deploy", "status": step["status"], "finished": True}
    return {**known, "steps": [step], "hosts": list(hosts), "failed_hosts": bad, "total_time": 1.5, **more}


def lines(data: dict[str, Any], max_hosts: int = 20, max_log_lines: int = 20) -> list[str]:
    return [line.indented for line in report(data, max_hosts, max_log_lines)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"launch_outcome": "started"}, Line("job instance 20 (deploy): success in 1.5 s", "ok")),
        (
            {"status": "failed", "launch_outcome": "recovered"},
            Line("job instance 20 (deploy): failed in 1.5 s, launch recovered", "failed"),
        ),
        (
            {"status": "running", "finished": False, "job_instance_name": None},
            Line("job instance 20: running", None),
        ),
        (
            {"status": None, "finished": False, "launch_outcome": "started"},
            Line("job instance 20 (deploy): started", None),
        ),
    ],
)
def test_the_headline(changes: dict[str, Any], expected: Line) -> None:
    assert headline(run(host(1), **changes)) == expected


def test_only_results_of_one_run_are_reported() -> None:
    assert is_job_result(run())
    assert not is_job_result({"job_instance_id": 1, "censored": "the output has been hidden"})
    assert not is_job_result({"plans": [], "steps": []})


def test_several_runs_have_a_line_each_and_failed_ones_come_first() -> None:
    unknown = {
        **run(),
        "job_instance_id": 30,
        "job_instance_name": None,
        "steps": [],
        "status": None,
        "finished": False,
    }
    runs = [
        {**run(host(1)), "failed": False},
        {**unknown, "failed": True, "msg": "The state of job instance 30 cannot be read: gone\n- more"},
        {**run(failed(2), host(3)), "failed": True, "msg": "no", "job_instance_id": 40},
    ]
    group = {"job_instance_id": None, "steps": [], "runs": runs}
    assert (is_job_result(group), has_run(group), has_run({**group, "runs": []})) == (True, True, False)
    assert headline(group) == Line("3 runs: 2 did not succeed", "failed")
    assert headline({**group, "runs": runs[:1]}) == Line("1 runs: all succeeded", "ok")
    assert lines(group, max_hosts=2) == [
        "  job instance 30: status unknown",
        "    The state of job instance 30 cannot be read: gone",
        "  job instance 40 (deploy): failed in 1.5 s",
        "    FAIL 10.0.0.2  exit code 7",
        "    ok   10.0.0.3  exit code 0",
        "  job instance 20 (deploy): success in 1.5 s",
        "  step one: success, 1 of 1 hosts ok",
        "    ... 1 more host",
    ]


def test_failed_hosts_come_first_and_no_host_comes_twice() -> None:
    assert lines(run(host(1, log="fine"), failed(2, log="a\nb"), host(3))) == [
        "    FAIL 10.0.0.2  exit code 7",
        "         | a",
        "         | b",
        "    ok   10.0.0.1  exit code 0",
        "         | fine",
        "    ok   10.0.0.3  exit code 0",
    ]


def test_hosts_that_the_result_does_not_list_are_counted() -> None:
    assert lines({**run(host(1), failed(2)), "hosts": []}) == [
        "  step one: failed, 1 of 2 hosts ok, 1 failed",
        "    FAIL 10.0.0.2  exit code 7",
    ]


def test_a_failed_host_is_never_omitted_for_one_that_succeeded() -> None:
    assert lines(run(*map(host, range(1, 200)), failed(200), failed(201)), max_hosts=1) == [
        "  step one: failed, 199 of 201 hosts ok, 2 failed",
        "    FAIL 10.0.0.200  exit code 7",
        "    ... 200 more hosts, 1 of them failed",
    ]


def test_each_step_has_its_hosts() -> None:
    step = {"name": "two", "step_instance_id": 2, "status": "running"}
    data = run(host(1), host(1, step_instance_id=2, status="running", exit_code=None))
    data["steps"] = [{**data["steps"][0], "counts": None}, {**step, "counts": {**COUNTS, "unfinished": 1}}]
    assert lines(data) == [
        "  step one: success",
        "    ok   10.0.0.1  exit code 0",
        "  step two: running, 0 of 1 hosts ok, 1 unfinished",
        "    run  10.0.0.1  running",
    ]


COUNTS = {"total": 1, "success": 0, "failed": 0, "unfinished": 0}


def test_hosts_of_a_step_that_did_not_fit_are_shown() -> None:
    assert lines({**run(host(1)), "steps": []}) == ["    ok   10.0.0.1  exit code 0"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "agent_abnormal", "failure_kind": "agent"}, "    FAIL 10.0.0.1  agent abnormal"),
        ({"status": "success", "exit_code": None}, "    ok   10.0.0.1  success"),
        ({"status": "waiting"}, "    run  10.0.0.1  waiting"),
        ({"bk_cloud_id": 3}, "    ok   3:10.0.0.1  exit code 0"),
        ({"ip": None}, "    ok   host 1  exit code 0"),
    ],
)
def test_the_line_of_a_host(changes: dict[str, Any], expected: str) -> None:
    assert lines(run(host(1, **changes))) == [expected]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("\x1b[1;31mred\x1b[0m\x1b]0;title\x07 \x1b]8;;http://x\x1b\\link", ["red link"]),
        ("\x1b(0\x9b31m\x08\x7f\u202e", [" (0 31m"]),
        ("10%\r50%\r\nb\x85c\u2028d", ["10%", "50%", "b", "c", "d"]),
        ("a\tb", ["a       b"]),
        ("x" * 2000, ["x" * 997 + "..."]),
    ],
)
def test_logs_do_not_control_the_terminal(log: str, expected: list[str]) -> None:
    assert lines(run(host(1, log=log)))[1:] == [f"         | {line}" for line in expected]


def test_names_do_not_control_the_terminal_either() -> None:
    data = run(host(1, ip="10.0.0.1\n\x1b[2Jx"), job_instance_name="a\nb", job_instance_url="http://x\x07")
    data["steps"] *= 2
    data["steps"][0]["name"] = "c\rd"
    texts = [headline(data).text, *lines(data)]
    assert all(text.isprintable() for text in texts)
    assert texts[:2] == ["job instance 20 (a b): success in 1.5 s", "  http://x "]
    assert message_lines({"msg": "one\n\x1b[31mtwo\x1b[0m\x07"}) == ["one", "two "]


def test_the_end_of_a_long_log_is_shown() -> None:
    log = "\n".join(map(str, range(100)))
    cut = host(1, log=log, log_truncated=True)
    assert lines(run(cut), max_log_lines=2)[1:] == [
        "         | ... (98 earlier lines)",
        "         | 98",
        "         | 99",
    ]
    assert lines(run(cut), max_log_lines=100)[1] == "         | ... (earlier output was cut)"
    assert lines(run(cut), max_log_lines=0)[1:] == ["         | ... (100 earlier lines)"]
