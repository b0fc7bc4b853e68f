# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault at every call of a launch, on every way to launch: nothing starts twice, and results tell the truth."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.tests.support.job_server.fault_words import KINDS
from ansible_collections.blueking.job.tests.unit.matrix.cells import CELLS
from ansible_collections.blueking.job.tests.unit.matrix.run import problems, run_cell
from ansible_collections.blueking.job.tests.unit.matrix.words import Cell


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_cell(cell: Cell) -> None:
    assert problems(cell, run_cell(cell)) == []


def test_every_kind_of_fault_is_in_the_matrix() -> None:
    assert {cell.fault.words["do"] for cell in CELLS if cell.fault.words is not None} == set(KINDS)


def test_every_cell_is_there_once() -> None:
    names = [cell.name for cell in CELLS]
    assert len(names) == len(set(names))
