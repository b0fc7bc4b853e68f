# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RETURN blocks of modules, and the keys that integration targets expect, are those of tests/tools/returns.yml."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

EXPECTED = "tests/integration/targets/setup_job_simulator/vars/main.yml"
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


def returned(module: str) -> dict[str, Any]:
    block = re.search(
        r'^RETURN = r"""\n(.*?)^"""', FILES[ROOT / f"plugins/modules/{module}.py"], re.MULTILINE | re.DOTALL
    )
    assert block is not None
    keys: dict[str, Any] = yaml.safe_load(block[1])
    return keys


def test_integration_targets_expect_the_described_keys() -> None:
    script = returned("bk_fast_script")
    described = {
        "result": [*(key for key, text in script.items() if text["returned"] == "always"), "changed"],
        "step": script["steps"]["contains"],
        "host": script["hosts"]["contains"],
        "file_host": returned("bk_fast_file")["hosts"]["contains"],
        "error": script["error"]["contains"],
    }
    expected = yaml.safe_load((ROOT / EXPECTED).read_text(encoding="utf-8"))
    for name, keys in described.items():
        variable = f"setup_job_simulator_{name}_keys"
        assert expected[variable] == sorted(keys), f"{EXPECTED}: write under {variable} the keys {sorted(keys)}"
