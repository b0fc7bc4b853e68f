# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the whole fault matrix and prints it as a table; fails on a double start or a wrong report.

python -m ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.table
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor

from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import Cell
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cells import CELLS
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import Seen, problems, run_cell

LEGEND = """\
Each entry is launch_outcome, and how often the job was started at the server: of the task that launches a plan and, if
they are others, of the tasks that run a script or send files. "!!" is a wrong one; what was expected stands at the
end."""
_ROW = 68
_COLUMN = 16

Result = tuple[Cell, Seen, list[str]]
"""A cell, its outcome, and the problems."""


def main() -> int:
    """Run all cells; return the exit code."""
    began = time.monotonic()
    results: list[Result] = []
    print(LEGEND)
    # One process per processor: nothing is shared but the table.
    with ProcessPoolExecutor() as processes:
        for section in dict.fromkeys(cell.section for cell in CELLS):
            cells = [cell for cell in CELLS if cell.section == section]
            found = list(processes.map(_result, cells, chunksize=8))
            _print_section(section, found)
            results += found
    wrong = [(cell, faults) for cell, _seen, faults in results if faults]
    for cell, faults in wrong:
        print(f"\n!! {cell.name}", *faults, sep="\n   ")
    doubles = sum(seen.verdict.started > 1 for _cell, seen, _faults in results)
    seconds = time.monotonic() - began
    print(f"\n{len(results)} cells, {doubles} double starts, {len(wrong)} wrong verdicts, {seconds:.0f} s")
    return 1 if doubles or wrong or not results else 0


def _result(cell: Cell) -> Result:
    seen = run_cell(cell)
    return cell, seen, problems(cell, seen)


def _print_section(section: str, results: list[Result]) -> None:
    lanes = list(dict.fromkeys(cell.lane.name for cell, _seen, _faults in results))
    print(f"\n{section}\n{'':{_ROW}}" + "".join(f"{lane:{_COLUMN}}" for lane in lanes))
    for row in dict.fromkeys(cell.row for cell, _seen, _faults in results):
        entries = []
        for lane in lanes:
            found = [_entry(*rest) for cell, *rest in results if (cell.row, cell.lane.name) == (row, lane)]
            entries.append(" | ".join(dict.fromkeys(found)) or "-")
        print(f"{row:{_ROW}}" + "".join(f"{entry:{_COLUMN}}" for entry in entries).rstrip(), flush=True)


def _entry(seen: Seen, found: list[str]) -> str:
    return f"{'!! ' if found else ''}{seen.verdict.outcome} {seen.verdict.started}"


if __name__ == "__main__":
    sys.exit(main())
