# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All cells of the fault matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import (
    ALWAYS,
    ON_CONNECTIONS,
    REFUSED,
    UNKNOWN,
    Cell,
    Fault,
    Lane,
)
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.error_codes import NUMBERS, REJECTIONS
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.expectations import (
    at_launch,
    at_start,
    on_older_server,
)
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.gateway_errors import BEHIND, BUSY
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.history_faults import LOOKED_UP
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.injected_faults import (
    ALREADY_STARTED,
    GARBAGE,
    LOST,
    NEVER_SENT,
    NONE,
    NONSENSE,
    OTHER_INSTANCE,
    RESET_AT_ONCE,
    WRONG_SUCCESSES,
)

TASKS = ("plan", "script", "file")
# Its call cannot create without starting.
ONE_STEP_ONLY = "contents"
# The section in which each response meets each gateway and each generation of the API.
RESPONSES = "the launch"
START = "operate_job_instance"
TWO_STEP: dict[str, Any] = {"launch_mode": "two_step"}
NEW = {"server_version": "3.12.1"}


_LAUNCH_CALLS = {
    "plan": "execute_job_plan",
    "script": "fast_execute_script",
    "file": "fast_transfer_file",
    "contents": "push_config_file",
}
_LAUNCH_CALLS_V2 = {"plan": "execute_job", "file": "fast_push_file"}


def launch_call(task: str, lane: Lane) -> str:
    """Return the call that launches."""
    if lane.api_version == "v2":
        return _LAUNCH_CALLS_V2.get(task, _LAUNCH_CALLS[task])
    return _LAUNCH_CALLS[task]


_SINGLE = [
    Lane("ESB v2", "esb", "v2", options={"launch_mode": "single"}),
    Lane("ESB v3", "esb", options={"launch_mode": "single"}),
    Lane("gateway v3", "apigw", options={"launch_mode": "single"}),
]
_TWO = [
    Lane("ESB, 2 steps", "esb", mode="two_step", options=TWO_STEP),
    Lane("gw, 2 steps", "apigw", mode="two_step", options=TWO_STEP),
    Lane("ESB, 2, 3.12.1", "esb", mode="repeatable", options={**TWO_STEP, **NEW}),
    Lane("gw, 2, 3.12.1", "apigw", mode="repeatable", options={**TWO_STEP, **NEW}),
]
CREATING = _SINGLE + _TWO
_SLOW = [replace(lane, slow=True) for lane in CREATING]
ON_OLDER_SERVERS = [
    Lane("ESB, 2 steps", "esb", mode="two_step", options=TWO_STEP, honors_start_task=False),
    Lane("gw, 2 steps", "apigw", mode="two_step", options=TWO_STEP, honors_start_task=False),
    Lane("ESB, slow", "esb", mode="two_step", options=TWO_STEP, honors_start_task=False, slow=True),
    Lane("gw, slow", "apigw", mode="two_step", options=TWO_STEP, honors_start_task=False, slow=True),
]
_CHOSEN = [
    Lane("auto, v2", "esb", "v2", "v2"),
    Lane("auto, v2, 3.12.1", "esb", "v2", "v2", NEW),
    Lane("auto", "esb"),
    Lane("auto, 3.11.9", "esb", options={"server_version": "3.11.9"}),
    Lane("auto, 3.12.1", "esb", mode="repeatable", options=NEW),
    Lane("2 steps, 3.11.9", "esb", mode="two_step", options={**TWO_STEP, "server_version": "3.11.9"}),
    Lane("single, 3.12.1", "apigw", options={"launch_mode": "single", **NEW}),
]

_MOST = [NONE, *LOST, *GARBAGE, *BEHIND, *BUSY, *NEVER_SENT, RESET_AT_ONCE]
_REST = [*NONSENSE, *WRONG_SUCCESSES, *NUMBERS, *REJECTIONS]
_CORE = [fault for fault in _MOST + _REST if fault.core]
_MOST_AND_CORE = [fault for fault in _MOST + _REST if fault.core or fault in _MOST]
_FEW = [NONE, *LOST[:1], *BUSY[:1]]


def _forms(faults: Iterable[Fault], lane: Lane) -> Iterator[tuple[Fault, bool, str]]:
    """Yield each fault that a gateway can have, in all its forms."""
    for fault in faults:
        if lane.gateway in fault.gateways:
            yield from ((fault, acts, often) for acts in fault.acts for often in fault.often)


def _launches(
    section: str, lanes: Iterable[Lane], faults: Iterable[Fault], tasks: Sequence[str] = TASKS
) -> Iterator[Cell]:
    for task in tasks:
        for lane in lanes:
            for fault, acts, often in _forms(faults, lane):
                call = launch_call(task, lane)
                verdict = at_launch(fault, acts, often, _way(task, lane))
                yield Cell(section, task, lane, fault, acts, often, call, verdict)


def _way(task: str, lane: Lane) -> str:
    """Name the way to launch for the table of verdicts: only a plan has no name of its own."""
    return "named" if task != "plan" and lane.way == "repeatable" else lane.way


def _lost_every_time(section: str, lanes: Iterable[Lane]) -> Iterator[Cell]:
    """Yield repeatable creates without any response."""
    yield from _launches(section, lanes, [_always(fault) for fault in _CORE if fault.means == UNKNOWN])


def _starts(section: str, lanes: Iterable[Lane], faults: Iterable[Fault]) -> Iterator[Cell]:
    for task in TASKS:
        for lane in lanes:
            for fault, acts, often in _forms(_at_start(faults), lane):
                yield Cell(section, task, lane, fault, acts, often, START, at_start(fault, acts, often))


def _at_start(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the faults of the start call alone, as often as it matters: a start is retried."""
    for fault in faults:
        if fault.words is None or fault.words["do"] in ON_CONNECTIONS:
            continue
        if fault.means != REFUSED:
            yield fault
        if fault.means == REFUSED or (fault.means == UNKNOWN and fault.core):
            yield _always(fault)


def _always(fault: Fault) -> Fault:
    return replace(fault, often=(ALWAYS,))


def _older(section: str, faults: Iterable[Fault]) -> Iterator[Cell]:
    for task in TASKS:
        for lane in ON_OLDER_SERVERS:
            for fault, acts, often in _forms(faults, lane):
                verdict = on_older_server(fault, acts, often)
                yield Cell(section, task, lane, fault, acts, often, launch_call(task, lane), verdict)


_WITHOUT_KEY: list[Cell] = [
    *_launches(RESPONSES, _SINGLE, _MOST + _REST, (*TASKS, ONE_STEP_ONLY)),
    *_launches("the create", _TWO, _MOST_AND_CORE),
    *_lost_every_time("the create", _TWO[2:]),
    *_launches("the search in the history", _SINGLE[1:] + _TWO[:2], LOOKED_UP),
    *_starts("the start", _TWO, [*_MOST_AND_CORE, ALREADY_STARTED, OTHER_INSTANCE]),
    *_launches("a slow server", _SLOW, _CORE),
    *_starts("the start on a slow server", _SLOW[3:], [*_CORE, ALREADY_STARTED]),
    *_older("a server that does not know start_task", _CORE),
    *_launches("launch_mode and server_version", _CHOSEN, _FEW),
]


def pairwise(cells: Iterable[Cell]) -> list[Cell]:
    """Choose cells so that every pair of values is there, and not every combination.

    How a response is read depends on the gateway and on the generation of the API, but not on the way to launch and on
    the task. What follows from its meaning depends on these, but not on the response. So in each section each form of a
    fault is there, and each meaning of a fault meets each lane, and each way to launch with each task. Where responses
    are tested, each response meets each gateway and each generation; but codes are in one table for all of them.
    """
    responses: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        responses.setdefault((cell.section, cell.fault.sees), []).append(cell)
    covered: set[tuple[object, ...]] = set()
    chosen = []
    for number, same in enumerate(responses.values()):
        wanted = {cell.name: set(_pairs(cell)) for cell in same}
        while missing := set().union(*wanted.values()) - covered:
            # Among equals each response begins at another lane or task, so that none of them is preferred.
            turn = number % len(same)
            best = max(same[turn:] + same[:turn], key=lambda cell: len(wanted[cell.name] & missing))
            covered |= wanted[best.name]
            chosen.append(best)
    return chosen


def _pairs(cell: Cell) -> Iterator[tuple[object, ...]]:
    pairs = ((cell.fault.sees, cell.acts, cell.often), (cell.lane.name, cell.task), *readings(cell), *meetings(cell))
    yield from ((cell.section, *pair) for pair in pairs)


def readings(cell: Cell) -> Iterator[tuple[object, ...]]:
    """Yield the pairs of a response and each value on which its meaning can depend, if the cell tests responses.

    Whether the request is carried out cannot be seen in the response.
    """
    fault, lane = cell.fault, cell.lane
    only_code = fault.words is not None and fault.words["do"] == "error" and not fault.core
    if cell.section == RESPONSES and not only_code:
        yield from ((fault.sees, value) for value in (lane.gateway, lane.api_version))


def meetings(cell: Cell) -> Iterator[tuple[object, ...]]:
    """Yield what a fault's meaning meets: the lane, and the task launched in this way."""
    meaning = (cell.fault.means, cell.acts, cell.often)
    yield cell.lane.name, *meaning
    yield cell.lane.way, cell.task, *meaning


def _with_key(cells: Iterable[Cell]) -> list[Cell]:
    """Return one cell for each meaning of a fault on each way to launch: a key changes nothing else.

    The first request of a launch with a key is a search, so faults of connections mean something else there.
    """
    forms: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        lane, fault = cell.lane, cell.fault
        if lane.api_version == "v2" or not fault.core or (fault.words and fault.words["do"] in ON_CONNECTIONS):
            continue
        # The key is a variable of a plan, and part of the name of all else.
        way = (_way(cell.task, lane), lane.slow, lane.honors_start_task, cell.call == START, cell.task == "plan")
        keyed = replace(cell, section=f"{cell.section}, with a unique key", keyed=True)
        forms.setdefault((*way, fault.means, cell.acts, cell.often), []).append(keyed)
    # No gateway and no task is preferred.
    return [same[number % len(same)] for number, same in enumerate(forms.values())]


_KEYED = _with_key(_WITHOUT_KEY)
CELLS = _WITHOUT_KEY + _KEYED
PAIRWISE = pairwise(_WITHOUT_KEY) + _KEYED
