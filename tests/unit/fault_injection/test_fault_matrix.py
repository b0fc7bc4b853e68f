# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault at every call of a launch, on every way to launch: nothing starts twice, and results are true.

Here each response meets each gateway and each generation of the API, and each meaning of a fault each way to launch
with each task; C(make fault-matrix) tries all combinations, on sockets.
"""

from __future__ import annotations

from operator import attrgetter

import pytest
from ansible_collections.blueking.job.tests.support.simulator.fault_schema import KINDS
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import Cell
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cells import CELLS, PAIRWISE, RESPONSES, TASKS
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import (
    ServerClock,
    connection,
    estate,
    fresh_server,
    perform,
    problems,
    run_cell,
)


@pytest.mark.parametrize("cell", PAIRWISE, ids=lambda cell: cell.name)
def test_cell(cell: Cell) -> None:
    assert problems(cell, run_cell(cell)) == []


@pytest.mark.parametrize("task", TASKS)
def test_two_steps_are_nothing_for_v2(task: str) -> None:
    with fresh_server(estate()) as server:
        given = {**connection(server, "esb"), "api_version": "v2", "launch_mode": "two_step"}
        result, error = perform(task, given, ServerClock(server))
        assert server.journal == []
    assert error is not None
    assert (error.kind, result["launch_outcome"], result["changed"]) == ("validation", "not_sent", False)


def test_every_kind_of_fault_is_in_the_matrix() -> None:
    assert {cell.fault.words["do"] for cell in PAIRWISE if cell.fault.words is not None} == set(KINDS)


@pytest.mark.parametrize("values", [("lane.name",), ("lane.way", "task")])
def test_each_meaning_of_a_fault_meets_each_lane_and_each_way_with_each_task(values: tuple[str, ...]) -> None:
    def pairs(cells: list[Cell]) -> set[object]:
        get = attrgetter("section", "fault.means", "acts", "often", *values)
        return {get(cell) for cell in cells}

    assert pairs(PAIRWISE) == pairs(CELLS)


def test_each_meaning_of_a_fault_has_each_verdict() -> None:
    def pairs(cells: list[Cell]) -> set[tuple[object, ...]]:
        return {
            (cell.section, cell.fault.means, cell.acts, cell.often, verdict)
            for cell in cells
            for verdict in cell.expected
        }

    assert pairs(PAIRWISE) == pairs(CELLS)


@pytest.mark.parametrize("value", ["lane.gateway", "lane.api_version"])
def test_each_response_meets_each_value(value: str) -> None:
    """A code is looked up in one table for all of them."""

    def pairs(cells: list[Cell]) -> set[tuple[object, ...]]:
        get = attrgetter(value)
        found = [cell for cell in cells if cell.section == RESPONSES and "code" not in (cell.fault.words or {})]
        return {(cell.fault.sees, get(cell)) for cell in found}

    assert pairs(PAIRWISE) == pairs(CELLS)


@pytest.mark.parametrize("value", ["row", "lane.name", "task"])
def test_each_section_has_each_value(value: str) -> None:
    def pairs(cells: list[Cell]) -> set[tuple[object, ...]]:
        return {(cell.section, attrgetter(value)(cell)) for cell in cells}

    assert pairs(PAIRWISE) == pairs(CELLS)


def test_every_cell_is_there_once() -> None:
    names = [cell.name for cell in CELLS]
    assert len(names) == len(set(names))
