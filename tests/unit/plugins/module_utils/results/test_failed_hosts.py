# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines about failed hosts in the message of a failed task."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.run import (
    HostResult,
    JobInstance,
    LogResult,
    StepResult,
)
from ansible_collections.blueking.job.plugins.module_utils.results.failed_hosts import failed_host_lines, last_line

IGNORED, FAILED, SUCCESS = 6, 4, 3


def host(number: int, line: str | None = None, status: int = 104, exit_code: int | None = 3) -> HostResult:
    return HostResult(number, 0, f"10.0.0.{number}", status, exit_code, log=LogResult(last_line=line))


def lines_of(*hosts: HostResult, option: str = "auto", listed: int | None = None) -> list[str]:
    instance = JobInstance(17, FAILED, True, steps=[StepResult(21, "s", FAILED, hosts=list(hosts))])
    return list(failed_host_lines(instance, option, len(hosts) if listed is None else listed))


def test_each_host_has_its_reason_and_its_last_line() -> None:
    lines = lines_of(
        host(1, "no space left"),
        host(2, status=9, exit_code=0),
        host(3, "started", status=102, exit_code=0),
        host(4, status=310, exit_code=0),
        HostResult(5, 0, None, 104, 7, log=LogResult(last_line="")),
    )
    assert lines == [
        "- 10.0.0.1: exit code 3: no space left",
        "- 10.0.0.3: script_timeout: started",
        "- 10.0.0.4: agent_abnormal",
        "- host 5: exit code 7",
    ]


def test_hosts_that_failed_in_the_same_way_share_a_line() -> None:
    assert lines_of(host(1, "no space left"), host(2, "no space left")) == [
        "- 10.0.0.1, 10.0.0.2: exit code 3: no space left"
    ]
    many = [host(number, status=310) for number in range(1, 8)]
    assert lines_of(*many) == ["- 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5 and 2 more: agent_abnormal"]


def test_nothing_is_claimed_of_logs_that_were_not_read() -> None:
    assert lines_of(host(1, "no space left"), host(2, "no space left"), host(3), host(4)) == [
        "- 10.0.0.1, 10.0.0.2: exit code 3: no space left",
        "- 2 more failed hosts, see failed_hosts",
    ]
    assert lines_of(host(1), host(2)) == ["- 10.0.0.1, 10.0.0.2: exit code 3"]


@pytest.mark.parametrize(
    ("option", "listed", "rest"),
    [
        ("auto", 7, "- 2 more failed hosts, see failed_hosts"),
        ("auto", 6, "- 2 more failed hosts; hosts: all lists more hosts, log_dir writes complete logs to files"),
        ("all", 6, "- 2 more failed hosts; log_dir writes complete logs to files"),
        ("none", 0, "- 2 more failed hosts; hosts is none"),
    ],
)
def test_at_most_five_hosts_and_the_way_to_the_others(option: str, listed: int, rest: str) -> None:
    lines = lines_of(*[host(number, f"line {number}") for number in range(1, 8)], option=option, listed=listed)
    assert lines == [*(f"- 10.0.0.{number}: exit code 3: line {number}" for number in range(1, 6)), rest]


def test_the_step_that_decided_counts() -> None:
    ignored = StepResult(21, "a", IGNORED, hosts=[host(1, "ignored")])
    decided = StepResult(22, "b", FAILED, hosts=[host(2, "decided")])
    instance = JobInstance(17, FAILED, True, steps=[ignored, decided])
    assert failed_host_lines(instance, "auto", 2) == ("- 10.0.0.2: exit code 3: decided",)
    success = JobInstance(17, SUCCESS, True, steps=[ignored, StepResult(22, "b", SUCCESS, hosts=[host(2, status=9)])])
    assert failed_host_lines(success, "auto", 1) == ("- 10.0.0.1: exit code 3: ignored",)
    assert failed_host_lines(JobInstance(17, FAILED, True), "auto", 0) == ()


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (b"", ""),
        (b" \n\n", ""),
        (b"first\nlast", "last"),
        (b"first\r\n  the  last\t one \r\n \n\n", "the last one"),
        ("磁盘已满\n".encode(), "磁盘已满"),
        (b"\xff\xfe broken\n", "broken"),
        (b"ok\n\x1b[1;31merror: \x1b[0mno\x07 space\x1b[K\n\x1b[0m\n", "error: no space"),
        (b"ok\n\x1b]0;deploy\x07error: \x1b]8;;http://x\x1b\\no space\n\x1b]0;title\x07\n", "error: no space"),
        (b"progress 1%\rprogress 100%", "progress 100%"),
        (b"x" * 100_000, "x" * 107 + "..."),
    ],
)
def test_the_last_line_that_is_not_blank(log: bytes, line: str) -> None:
    assert last_line(log) == line
