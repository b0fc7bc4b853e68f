# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting on a clock that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.blueking.job.plugins.module_utils.clock import Clock, Deadline
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.models import JobInstance, WaitPlan
from ansible_collections.blueking.job.plugins.module_utils.wait import until_final
from ansible_collections.blueking.job.tests.unit.kit import FakeClock


class Reads:
    """Status reads with prepared outcomes; the last one again and again."""

    def __init__(self, clock: FakeClock, *outcomes: tuple[int, bool] | JobError, takes: float = 0.0) -> None:
        self.clock = clock
        self.outcomes: Iterator[tuple[int, bool] | JobError] = iter(outcomes)
        self.last: tuple[int, bool] | JobError = outcomes[-1]
        self.takes = takes
        self.count = 0

    def __call__(self, deadline: Deadline) -> JobInstance:
        self.count += 1
        self.clock.time += self.takes
        outcome = next(self.outcomes, self.last)
        if isinstance(outcome, JobError):
            raise outcome
        return JobInstance(17, *outcome)


def wait(reads: Reads, plan: WaitPlan) -> tuple[JobInstance, list[int]]:
    seen: list[JobInstance] = []
    final = until_final(reads, seen.append, 17, plan, reads.clock)
    return final, [instance.status for instance in seen]


def test_intervals_grow_up_to_the_longest() -> None:
    clock = FakeClock()
    final, seen = wait(Reads(clock, *[(2, False)] * 9, (3, True)), WaitPlan(interval=1, max_interval=5))
    assert final.status == 3
    assert seen == [2] * 9 + [3]
    assert clock.slept == [1, 1.5, 2.25, 3.375, 5, 5, 5, 5, 5]


def test_an_ended_job_costs_one_look_and_no_sleep() -> None:
    clock = FakeClock()
    wait(Reads(clock, (4, True)), WaitPlan())
    assert clock.slept == []


@pytest.mark.parametrize("code", [7, 10, 15, 12, 99])
def test_statuses_that_are_no_end_do_not_end_the_wait(code: int) -> None:
    clock = FakeClock()
    final, seen = wait(Reads(clock, (code, True), (11, True)), WaitPlan())
    assert (final.status, seen) == (11, [code, 11])


def test_the_deadline_is_kept_to_the_second() -> None:
    clock = FakeClock()
    reads = Reads(clock, (2, False))
    with pytest.raises(JobError) as caught:
        wait(reads, WaitPlan(timeout=20, interval=1, max_interval=15))
    assert clock.time == 1020
    assert caught.value.kind == "wait_timeout"
    assert caught.value.summary == "Job instance 17 did not end within 20 s, it was running when last seen"
    assert sum(clock.slept) == 20


def test_the_last_look_is_at_the_deadline() -> None:
    clock = FakeClock()
    final, _seen = wait(
        Reads(clock, (2, False), (2, False), (3, True)), WaitPlan(timeout=2, interval=1, max_interval=9)
    )
    assert final.status == 3
    assert clock.slept == [1, 1]


def test_a_read_that_fails_at_the_deadline_is_a_timeout_that_says_so() -> None:
    clock = FakeClock()
    refused = JobError("x", kind="not_sent", message="Connection refused", delivery=Delivery.NOT_SENT)
    with pytest.raises(JobError) as caught:
        wait(Reads(clock, (2, False), refused, takes=5), WaitPlan(timeout=8, interval=1))
    assert caught.value.kind == "wait_timeout"
    assert "Connection refused" in caught.value.summary
    assert "may still be running" in (caught.value.hint or "")


def test_a_read_that_fails_for_good_ends_the_wait_before_the_deadline() -> None:
    clock = FakeClock()
    refused = JobError("x", kind="not_sent", message="Connection refused", delivery=Delivery.NOT_SENT)
    with pytest.raises(JobError) as caught:
        wait(Reads(clock, (2, False), refused), WaitPlan())
    assert caught.value.kind == "server_error"
    assert caught.value.summary == "The state of job instance 17 cannot be read any more: Connection refused"


def test_a_permission_that_is_lost_keeps_its_kind() -> None:
    clock = FakeClock()
    denied = JobError("x", kind="permission", message="no", code=9900403, permission={"actions": []})
    with pytest.raises(JobError) as caught:
        wait(Reads(clock, denied), WaitPlan())
    assert (caught.value.kind, caught.value.code, caught.value.permission) == ("permission", 9900403, {"actions": []})


def test_the_real_clock() -> None:
    clock = Clock()
    before = clock.now()
    clock.sleep(-5)
    clock.sleep(0)
    assert clock.now() >= before
    assert all(0.85 <= clock.jitter(1.0) <= 1.15 for _try in range(50))
    assert clock.unique_name() != clock.unique_name()
    assert len(clock.unique_name()) < 60
    deadline = Deadline(clock, 0)
    assert (deadline.left(), deadline.clip(5)) == (0, 0)
