# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting on a fake clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from statistics import median
from typing import TypeAlias

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Backoff, Clock, Deadline
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.poller import Poller
from ansible_collections.blueking.job.plugins.module_utils.models.run import JobInstance, StepResult
from ansible_collections.blueking.job.plugins.module_utils.models.settings import WaitSettings
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, wait_settings

PASSING = JobError("x", kind="server_error", message="Connection reset", delivery=Delivery.UNKNOWN, transient=True)
UNREACHABLE = JobError("x", kind="not_sent", message="Connection refused", delivery=Delivery.NOT_SENT, transient=True)
DENIED = JobError(
    "get_job_instance_status: 9900403: no",
    kind="permission",
    message="no",
    code=9900403,
    permission={"actions": []},
    hint="Ask.",
)
Outcome: TypeAlias = "tuple[int, bool] | JobInstance | JobError"


class Reads:
    """Status reads with prepared outcomes; the last one again and again."""

    def __init__(self, clock: FakeClock, *outcomes: Outcome, takes: float = 0.0) -> None:
        self.clock = clock
        self.outcomes: Iterator[Outcome] = iter(outcomes)
        self.last = outcomes[-1]
        self.takes = takes
        self.count = 0

    def __call__(self) -> JobInstance:
        self.count += 1
        self.clock.time += self.takes
        outcome = next(self.outcomes, self.last)
        if isinstance(outcome, JobError):
            raise outcome
        return outcome if isinstance(outcome, JobInstance) else JobInstance(17, *outcome)


def wait(reads: Reads, plan: WaitSettings) -> tuple[JobInstance, list[int]]:
    seen: list[JobInstance] = []
    waiting = Poller(17, plan, Deadline(reads.clock, plan.timeout), reads.clock)
    final = waiting.until_finished(reads, seen.append)
    return final, [instance.status for instance in seen]


def failure(reads: Reads, plan: WaitSettings) -> JobError:
    with pytest.raises(JobError) as caught:
        wait(reads, plan)
    return caught.value


def test_intervals_grow_up_to_the_longest() -> None:
    clock = FakeClock()
    final, seen = wait(Reads(clock, *[(2, False)] * 9, (3, True)), wait_settings(interval=4.5, max_interval=6))
    assert final.status == 3
    assert seen == [2] * 9 + [3]
    # Half at first, the shortest one while the share of the time waited is less, and never more than the longest.
    assert clock.slept == [2.25, 2.25, *[4.5] * 7]
    clock = FakeClock()
    wait(Reads(clock, *[(2, False)] * 17, (3, True)), wait_settings(interval=4.5, max_interval=6))
    # After two half and nine whole ones 45 s have passed, of which the last 36 count.
    assert clock.slept[9:] == pytest.approx([4.5, 4.5, 4.5, 0.12 * 40.5, 0.12 * 45.36, *[6] * 3])


class ByChance(FakeClock):
    """A fake clock with the real chance in its pauses, the same each time."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        random.seed(seed)

    def jitter(self, seconds: float) -> float:
        return Clock.jitter(self, seconds)


class Ends:
    """Status reads of a job that ends so many seconds after the first of them."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self.clock, self.end, self.count = clock, clock.now() + seconds, 0

    def __call__(self) -> JobInstance:
        self.count += 1
        return JobInstance(17, 3, True) if self.clock.now() >= self.end else JobInstance(17, 2, False)


def late(seconds: float, seed: int) -> tuple[float, int]:
    """So late a default wait sees the end of a job, and after so many polls."""
    clock = ByChance(seed)
    reads = Ends(clock, seconds)
    Poller(17, wait_settings(), Deadline(clock, 7500), clock).until_finished(reads, lambda _instance: None)
    return clock.now() - reads.end, reads.count


@pytest.mark.parametrize(("seconds", "most"), [(1, 0.5), (10, 0.5), (60, 3.0), (600, 30.0), (3600, 60.0)])
def test_the_end_is_seen_soon(seconds: int, most: float) -> None:
    """Half a second for short jobs, a twentieth of their time for long ones: medians over lengths around these."""
    assert median(late(seconds * (0.8 + seed / 1000 * 0.4), seed)[0] for seed in range(1000)) <= most


def test_ten_minutes_take_at_most_sixty_polls() -> None:
    polls = sorted(late(600, seed)[1] for seed in range(500))
    assert median(polls) == 58
    # One more reads the hosts.
    assert polls[475] + 1 <= 60
    assert polls[-1] + 1 <= 61


@pytest.mark.parametrize("code", [3, 4, 5, 6, 8, 9, 11, 13, 14])
def test_every_final_status_ends_the_wait_with_one_poll(code: int) -> None:
    clock = FakeClock()
    final, seen = wait(Reads(clock, (code, True)), wait_settings())
    assert (final.status, seen, clock.slept) == (code, [code], [])


@pytest.mark.parametrize("code", [1, 2, 7, 10, 15, 12, 99, -1])
@pytest.mark.parametrize("finished", [False, True])
def test_statuses_that_are_no_end_do_not_end_the_wait(code: int, finished: bool) -> None:
    clock = FakeClock()
    final, seen = wait(Reads(clock, (code, finished), (11, True)), wait_settings(fail_on_confirmation=False))
    assert (final.status, seen) == (11, [code, 11])


def test_the_deadline_is_kept_to_the_second() -> None:
    clock = FakeClock()
    error = failure(Reads(clock, (2, False)), wait_settings(timeout=20, interval=1, max_interval=15))
    assert clock.time == 1020
    assert error.kind == "wait_timeout"
    assert error.summary == "Job instance 17 did not end within 20 s; it was running at the last poll"
    assert sum(clock.slept) == pytest.approx(20)


def test_the_last_poll_is_at_the_deadline() -> None:
    clock = FakeClock()
    final, _seen = wait(
        Reads(clock, (2, False), (2, False), (2, False), (3, True)),
        wait_settings(timeout=1.5, interval=1, max_interval=9),
    )
    assert final.status == 3
    assert clock.slept == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("trouble", [PASSING, UNREACHABLE])
def test_polls_that_fail_do_not_end_the_wait(trouble: JobError) -> None:
    clock = FakeClock()
    final, seen = wait(Reads(clock, (2, False), *[trouble] * 40, (3, True)), wait_settings())
    assert (final.status, seen) == (3, [2, 3])
    assert sum(clock.slept) > 200


def test_failures_up_to_the_deadline_are_reported_as_a_timeout() -> None:
    clock = FakeClock()
    error = failure(Reads(clock, (2, False), UNREACHABLE), wait_settings(timeout=8, interval=2, max_interval=4))
    assert (error.kind, clock.time) == ("wait_timeout", 1008)
    assert error.summary == (
        "Job instance 17 did not end within 8 s; it was running at the last poll; "
        "the last 5 polls failed: Connection refused"
    )
    assert "may still be running" in (error.hint or "")


def test_a_job_that_was_never_seen() -> None:
    clock = FakeClock()
    error = failure(Reads(clock, PASSING), wait_settings(timeout=1, interval=1, max_interval=1))
    assert "it was never read; the last 3 polls failed: Connection reset" in error.summary


def test_a_server_that_wants_to_be_left_alone_is() -> None:
    clock = FakeClock()
    busy = JobError("x", kind="rate_limited", transient=True, retry_after=30)
    down = JobError("x", kind="server_error", transient=True, retry_after=86400)
    wait(Reads(clock, busy, down, (3, True)), wait_settings(interval=1, max_interval=5))
    assert clock.slept == [30, 60]


def test_a_rejection_ends_the_wait_after_ten_seconds() -> None:
    clock = FakeClock()
    final, _seen = wait(
        Reads(clock, DENIED, DENIED, (2, False), DENIED, DENIED, PASSING, DENIED, (3, True)), wait_settings()
    )
    assert final.status == 3
    reads = Reads(clock, (2, False), DENIED)
    error = failure(reads, wait_settings())
    # Refused for the first time after half a second, and at 10 s not for long enough.
    assert clock.slept[-12:] == pytest.approx([0.5, 0.5, *[1] * 10])
    assert (error.kind, error.code, error.permission) == ("permission", 9900403, {"actions": []})
    assert error.summary == "The state of job instance 17 can no longer be read: get_job_instance_status: 9900403: no"
    assert (error.hint or "").endswith("may still be running: check it in JOB. Ask.")


def test_not_sent_is_not_the_kind_of_a_launch_that_was_sent() -> None:
    clock = FakeClock()
    lasting = JobError("x", kind="not_sent", message="certificate", delivery=Delivery.NOT_SENT)
    assert failure(Reads(clock, lasting), wait_settings()).kind == "server_error"


def test_a_job_that_never_stops_is_reported() -> None:
    error = failure(Reads(FakeClock(), (10, False)), wait_settings(timeout=60))
    assert (error.kind, "it was terminating at the last poll" in error.summary) == ("wait_timeout", True)
    assert "was asked to stop and has not stopped" in (error.hint or "")


def waiting(kind: int) -> JobInstance:
    steps = [StepResult(21, "build", 3, 1), StepResult(22, "go live?", 7, kind), StepResult(23, "deploy", 1, 1)]
    return JobInstance(17, 7, False, steps=steps)


@pytest.mark.parametrize(("kind", "words"), [(3, "a confirmation"), (1, "approval of the next batch of hosts")])
def test_a_job_that_waits_for_a_person(kind: int, words: str) -> None:
    clock = FakeClock()
    error = failure(Reads(clock, (2, False), waiting(kind)), wait_settings())
    assert error.kind == "waiting_confirmation"
    assert error.summary == f"Job instance 17 waits for {words} in step 22 (go live?)"
    assert clock.slept == [0.5]
    final, _seen = wait(Reads(clock, waiting(kind), (3, True)), wait_settings(fail_on_confirmation=False))
    assert final.status == 3
    error = failure(Reads(clock, waiting(kind)), wait_settings(timeout=30, fail_on_confirmation=False))
    assert "it was waiting_confirmation at the last poll, in step 22 (go live?)" in error.summary


def test_the_real_clock() -> None:
    clock = Clock()
    before = clock.now()
    clock.sleep(-5)
    clock.sleep(0)
    assert clock.now() >= before
    assert all(0.75 <= clock.jitter(1.0) <= 1 for _try in range(50))
    assert clock.unique_name() != clock.unique_name()
    assert len(clock.unique_name()) < 60
    deadline = Deadline(clock, 0)
    assert (deadline.remaining(), deadline.clip(5)) == (0, 0)


def test_pauses_grow_and_never_reach_beyond_the_deadline() -> None:
    clock = FakeClock()
    backoff = Backoff(clock, Deadline(clock, 20), 1, 5)
    assert [backoff.pause() for _try in range(6)] == [True, True, True, True, True, False]
    assert clock.slept == [1, 2, 4, 5, 5]
    assert not backoff.pause(minimum=4)
    assert Backoff(clock, Deadline(clock, 100), 1, 5).pause(minimum=60)
    assert clock.slept[-1] == 60
