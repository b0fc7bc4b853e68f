# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RETURN blocks of the modules are those of tests/tools/returns.yml."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

FILES: dict[Path, str] = runpy.run_path(str(ROOT / "tests" / "tools" / "write_returns.py"))["module_files"]()


def test_every_module_is_written() -> None:
    assert set(FILES) == set((ROOT / "plugins" / "modules").glob("bk_*.py")), (
        "name the module in tests/tools/returns.yml"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_return_blocks_are_up_to_date(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == FILES[file], (
        f"the RETURN block of {file.name} is not that of tests/tools/returns.yml: change it there, then run make format"
    )
