# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of file steps: each target once, and never attempted if it waits in a run that has ended."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.file_hosts import (
    remove_other_hosts,
    settle_file_hosts,
)
from ansible_collections.blueking.job.plugins.module_utils.models.launch import HostAddress, TargetServer
from ansible_collections.blueking.job.plugins.module_utils.models.run import HostResult, JobInstance, StepResult
from ansible_collections.blueking.job.plugins.module_utils.models.status import (
    HOST_NEVER_ATTEMPTED,
    failure_kind,
    host_status_code,
    host_status_name,
    is_host_failed,
)


def settled(job: int, step: int, *codes: int, kind: int = 2, finished: bool = True) -> list[int]:
    """Return the statuses of hosts that are one host each."""
    hosts = [HostResult(101 + position, 0, None, code) for position, code in enumerate(codes)]
    instance = JobInstance(17, job, finished, steps=[StepResult(21, "s", step, kind, hosts=hosts)])
    settle_file_hosts(instance)
    return [host.status for host in instance.steps[0].hosts or ()]


def united(*codes: int, job: int = 4, finished: bool = True) -> HostResult:
    """Return the one host of several rows."""
    rows = [
        HostResult(101, 0, "10.0.0.1", code, start_time=10 - each, end_time=20 + each)
        for each, code in enumerate(codes)
    ]
    instance = JobInstance(17, job, finished, steps=[StepResult(21, "s", job, 2, hosts=rows)])
    settle_file_hosts(instance)
    (host,) = instance.steps[0].hosts or ()
    return host


@pytest.mark.parametrize("status", [3, 4, 9, 11])
def test_a_host_that_waits_in_an_ended_run_was_never_attempted(status: int) -> None:
    assert settled(status, status, 5, 9, 18) == [HOST_NEVER_ATTEMPTED, 9, 18]


def test_an_active_run_has_waiting_hosts() -> None:
    assert settled(2, 2, 5, 7, finished=False) == [5, 7]
    # 10 is greater than success and not final.
    assert settled(10, 10, 5) == [5]


def test_other_steps_keep_their_hosts() -> None:
    assert settled(4, 4, 5, kind=1) == [5]
    # A step that was not started, or was skipped.
    assert settled(4, 1, 5) == settled(3, 5, 5) == [5]
    assert settled(4, 4, kind=2) == []


def test_the_result_of_a_host_that_was_never_attempted() -> None:
    assert host_status_name(HOST_NEVER_ATTEMPTED) == "never_attempted"
    assert host_status_code(HOST_NEVER_ATTEMPTED) == 5
    assert is_host_failed(HOST_NEVER_ATTEMPTED)
    assert failure_kind(HOST_NEVER_ATTEMPTED) == "file"
    assert host_status_code(9) == 9


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ((9, 9), 9),
        ((9, 320), 320),
        ((320, 9), 320),
        ((9, 5), HOST_NEVER_ATTEMPTED),
        ((5, 320, 9), 320),
        ((5, 5), HOST_NEVER_ATTEMPTED),
    ],
)
def test_a_target_once_per_batch_is_one_host(codes: tuple[int, ...], status: int) -> None:
    assert united(*codes).status == status


def test_a_target_is_done_when_all_its_batches_are() -> None:
    assert united(9, 5, job=2, finished=False).status == 5
    assert united(320, 7, job=2, finished=False).status == 7


def test_times_of_a_target_span_its_batches() -> None:
    host = united(9, 9, 9)
    assert (host.start_time, host.end_time) == (8, 22)


def test_hosts_without_any_name_stay_apart() -> None:
    hosts = [HostResult(None, None, None, 9), HostResult(None, None, None, 320)]
    instance = JobInstance(17, 4, True, steps=[StepResult(21, "s", 4, 2, hosts=hosts)])
    settle_file_hosts(instance)
    assert [host.status for host in instance.steps[0].hosts or ()] == [9, 320]


def kept(target: TargetServer, *hosts: HostResult) -> tuple[list[int | None], list[str]]:
    step = StepResult(21, "s", 3, 2, hosts=list(hosts))
    missing = remove_other_hosts(step, target)
    return [host.bk_host_id for host in step.hosts or ()], missing


def test_only_targets_count() -> None:
    """Old servers list the source, too, and leave it waiting."""
    target, source = HostResult(101, 0, "10.0.0.1", 9), HostResult(109, 0, "10.0.0.9", 5)
    assert kept(TargetServer((101,)), source, target) == ([101], [])
    assert kept(TargetServer((), (HostAddress(0, "10.0.0.1"),)), source, target) == ([101], [])
    # The same address in another cloud area is another host.
    assert kept(TargetServer((), (HostAddress(3, "10.0.0.1"),)), target) == ([], ["10.0.0.1"])
    assert kept(TargetServer((101, 102)), target) == ([101], ["host 102"])


def test_hosts_of_groups_are_not_known() -> None:
    target, source = HostResult(101, 0, "10.0.0.1", 9), HostResult(109, 0, "10.0.0.9", 5)
    assert kept(TargetServer((101,), dynamic_groups=("g",)), source, target) == ([109, 101], [])
    step = StepResult(21, "s", 3, 2, hosts=None)
    assert remove_other_hosts(step, TargetServer((101,))) == []
    assert step.hosts is None
