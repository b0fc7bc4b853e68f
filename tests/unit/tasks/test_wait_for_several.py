# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for several runs in one task: few requests, the verdict of each, and the worst one for the task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.errors import Interrupted
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, LinkedClock
from ansible_collections.blueking.job.tests.unit.helpers.instance_states import APIS, Await, Busy, Performed
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import CONFIRM, Bench, Run, bench

STATUS, HISTORY = "get_job_instance_status", "get_job_instance_list"


class AwaitAll(Performed):
    """A wait for several runs, on a clock that moves the server."""

    def __init__(
        self,
        place: Bench,
        ids: Sequence[object] | str | None,
        api: str = "ESB v3",
        *,
        clock: Clock | None = None,
        context: TaskContext | None = None,
        **options: object,
    ) -> None:
        clock = clock or LinkedClock(place.server)
        super().__init__("wait", place, api, clock, context, **{"job_instance_ids": ids, **options})

    @property
    def runs(self) -> list[Any]:
        return self.result["runs"]  # type: ignore[return-value]


def hosts(number: int) -> list[dict[str, Any]]:
    return [{"generate": {"count": number, "scope": "2", "name": "node-{n}"}}]


def lasting(*seconds: float, **more: Any) -> list[dict[str, Any]]:
    """Return outcomes: a script on host 1 takes the first duration, one on host 2 the second, and so on."""
    return [{"hosts": [number], "seconds": each, **more} for number, each in enumerate(seconds, start=1)]


def scripts(place: Bench, number: int) -> list[int]:
    """Start a script on each of the first hosts; return their ids."""
    return [place.script(hosts=[host]).id for host in range(1, number + 1)]


def test_a_hundred_runs_of_a_minute_cost_a_quarter_of_single_waits() -> None:
    seconds = [55 + number / 10 for number in range(100)]
    with bench(lasting(*seconds), hosts=hosts(100)) as place:
        together = AwaitAll(place, scripts(place, 100))
    assert together.error is None
    assert (together.result["status"], together.result["finished"]) == ("success", True)
    assert together.result["counts"] == {"total": 100, "success": 100, "failed": 0, "unfinished": 0}
    with bench(lasting(60)) as place:
        single = Await(place, place.script(hosts=[1]))
    print(Counter(together.calls), Counter(single.calls))
    assert len(together.calls) <= 0.25 * 100 * len(single.calls)
    # The last run ends after 65 s, the one in the middle after 60 s.
    assert together.clock.now() - 65 <= 1.1 * max(single.clock.now() - 60, 5)
