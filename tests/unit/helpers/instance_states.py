# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every state of a run on the JOB simulator, and a way to run an operation in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_operate import JOB_OPERATE
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, LinkedClock, run_task
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import CONFIRM, SCRIPT, Bench, Run, bench

APIS = {
    "ESB v2": {"gateway": "esb", "api_version": "v2"},
    "ESB v3": {"gateway": "esb", "api_version": "v3"},
    "API gateway v3": {"gateway": "apigw", "api_version": "v3"},
}
MODULES: dict[str, tuple[Task, Spec]] = {"operate": (job_operate, JOB_OPERATE), "wait": (job_wait, JOB_WAIT)}
LONG = 80_000
FIRST, SECOND = ({"name": name, **SCRIPT, "timeout": 86_400} for name in ("first", "second"))
ASK = {**CONFIRM, "name": "go live?"}
FAILS = {"step": "first", "execution": 0, "exit_code": 3}
SECOND_LONG = {"step": "second", "seconds": LONG}
States = tuple[int, list[int]]


@dataclass(frozen=True)
class Standing:
    """A state: outcomes of the server, steps of the plan, how to reach the state, and the expected status codes."""

    states: States
    drive: Callable[[Bench], Run]
    outcomes: Sequence[Any] = ()
    steps: Sequence[Any] = (FIRST, SECOND)

    @contextmanager
    def reached(self) -> Iterator[tuple[Bench, Run]]:
        """Yield a server with a run in this state."""
        with bench(self.outcomes, self.steps) as place:
            run = self.drive(place)
            assert run.states == self.states
            yield place, run


def _only_created(place: Bench) -> Run:
    return place.plan(start_task=False)


def _after(seconds: float) -> Callable[[Bench], Run]:
    def drive(place: Bench) -> Run:
        run = place.plan()
        place.clock.advance(seconds)
        return run

    return drive


def _operated(*codes: int, then: float = 1) -> Callable[[Bench], Run]:
    """Return a run whose first step has ended, after operations on it."""

    def drive(place: Bench) -> Run:
        run = _after(1)(place)
        for code in codes:
            assert (run.stop() if code == 1 else run.operate(code)) == 0
            place.clock.advance(then)
        return run

    return drive


def _rolling(mode: int, until: States) -> Callable[[Bench], Run]:
    def drive(place: Bench) -> Run:
        run = place.roll("2", mode=mode)
        while run.states != until:
            assert place.clock.step()
        return run

    return drive


RUNS = [{"seconds": LONG, "stop_seconds": 3}]
FAILS_THEN_RUNS = [FAILS, {"seconds": LONG}]
STANDINGS: dict[str, Standing] = {
    "created": Standing((1, [1, 1]), _only_created),
    "running": Standing((2, [2, 1]), _after(1), RUNS),
    "running again": Standing((2, [2, 1]), _operated(2), FAILS_THEN_RUNS),
    "success": Standing((3, [3, 3]), _after(1)),
    "failed": Standing((4, [4, 1]), _after(1), FAILS_THEN_RUNS),
    "error ignored, running": Standing((2, [6, 2]), _operated(3), FAILS_THEN_RUNS),
    "error ignored, success": Standing((3, [6, 3]), _operated(3), [FAILS]),
    "abnormal": Standing((9, [9, 1]), _after(1), [{**FAILS, "engine": "abnormal"}]),
    "abnormal, left running": Standing((2, [9, 1]), _operated(3), [{**FAILS, "engine": "abnormal"}]),
    "abandoned": Standing((14, [14, 1]), _after(1), [{**FAILS, "engine": "abandoned"}]),
    "terminating": Standing((10, [10, 1]), _operated(1, then=0), [{"seconds": LONG, "stop_seconds": 900}]),
    "terminated": Standing((11, [11, 1]), _operated(1, then=9), [{"seconds": LONG, "execution": 0}, SECOND_LONG]),
    "terminated after success": Standing(
        (11, [3, 1]), _operated(1, then=9), [{"step": "first", "seconds": 5, "stop_seconds": 90}]
    ),
    "left behind, running": Standing(
        (2, [5, 2]), _operated(1, 11, then=9), [{"step": "first", "seconds": LONG}, SECOND_LONG]
    ),
    "left behind, success": Standing((3, [5, 3]), _operated(1, 11, then=9), [{"step": "first", "seconds": LONG}]),
    "asking": Standing((7, [7, 1]), _after(1), steps=(ASK, SECOND)),
    "asking, terminating": Standing((10, [7, 1]), _operated(1), steps=(ASK, SECOND)),
    "confirmed, running": Standing((2, [3, 2]), _operated(6), [SECOND_LONG], (ASK, SECOND)),
    "confirmed, success": Standing((3, [3, 3]), _operated(6), steps=(ASK, SECOND)),
    "refused": Standing((13, [13, 1]), _operated(9), steps=(ASK, SECOND)),
    "between batches": Standing((2, [15]), _rolling(1, (2, [15]))),
    "asking between batches": Standing((7, [7]), _rolling(3, (7, [7]))),
    "batch failed": Standing((4, [4]), _rolling(1, (4, [4])), [{"hosts": [1], "execution": 0, "exit_code": 3}]),
    "rolling on": Standing((2, [6]), _rolling(2, (2, [6])), [{"hosts": [1], "exit_code": 3}]),
}


class Busy(LinkedClock):
    """A clock on which something happens during the first pause."""

    def __init__(self, place: Bench, happens: Callable[[], object]) -> None:
        super().__init__(place.server)
        self._happens: Callable[[], object] | None = happens

    def sleep(self, seconds: float) -> None:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()
        super().sleep(seconds)


class Performed:
    """One task with its result, on success and on failure. Without its own clock nothing happens meanwhile."""

    def __init__(
        self, module: str, place: Bench, api: str, clock: Clock | None, context: TaskContext | None, **options: object
    ) -> None:
        words = APIS[api]
        given = {
            "api_url": place.server.url + ("/api/bk-job/prod" if words["gateway"] == "apigw" else ""),
            **words,
            "bk_app_code": "shop",
            "bk_app_secret": "shop-secret",
            "bk_token": "admin-token",
            "bk_scope_id": "2",
            **options,
        }
        task, spec = MODULES[module]
        self.clock = clock or FakeClock()
        self.context = context or TaskContext()
        self.context.clock = self.clock
        before = len(place.server.journal)
        self.error: JobError | None = None
        try:
            self.result = run_task(task, spec, given, self.context)
        except JobError as error:
            self.error, self.result = error, error.result
        # Other users call through the other gateway.
        mine = [
            each for each in place.server.journal[before:] if ("/api/c/" in each["path"]) is ("esb" in words.values())
        ]
        self.calls = [entry["call"] for entry in mine]
        self.asked = [(each["call"], each["json"]["operation_code"]) for each in mine if "operate" in each["call"]]

    @property
    def kind(self) -> str | None:
        return self.error.kind if self.error else None

    @property
    def msg(self) -> str:
        assert self.error is not None
        return self.error.summary


class Operate(Performed):
    """An operation on a run."""

    def __init__(
        self,
        place: Bench,
        run: Run,
        api: str,
        operation: str | None,
        *,
        clock: Clock | None = None,
        context: TaskContext | None = None,
        **options: object,
    ) -> None:
        super().__init__(
            "operate", place, api, clock, context, **{"job_instance_id": run.id, "operation": operation, **options}
        )


class Await(Performed):
    """A wait for a run, on a clock that moves the server."""

    def __init__(
        self,
        place: Bench,
        run: Run,
        api: str = "ESB v3",
        *,
        clock: Clock | None = None,
        context: TaskContext | None = None,
        **options: object,
    ) -> None:
        clock = clock or LinkedClock(place.server)
        super().__init__("wait", place, api, clock, context, **{"job_instance_id": run.id, **options})


def done(place: Bench) -> list[tuple[int, int | None]]:
    """Return the operations that the server has run: operation and step."""
    return [
        (act["operation"], act.get("step"))
        for entry in place.server.journal
        for act in entry["did"]
        if act["act"] == "operate"
    ]
