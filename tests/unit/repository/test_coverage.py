# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every line that no test runs has a reason, and no reason outlives its line; tried on a copy of the tool."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
import yaml
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

TOOLS = ROOT / "tests" / "tools"
# Of 42 lines one is not run.
FILE = "if not __name__:\n    print('never')\n" + "print('always')\n" * 40
NEVER = {"file": "plugins/one.py", "lines": "print('never')", "why": "Every module has a name."}
ALWAYS = {"file": "plugins/one.py", "lines": "print('always')", "why": "We thought so."}


def copy_tools(folder: Path) -> None:
    tools = folder / "tests" / "tools"
    tools.mkdir(parents=True)
    for path in TOOLS.glob("*.py"):
        shutil.copy2(path, tools)


def judged(folder: Path, text: str, *reasons: dict[str, object]) -> tuple[int, str]:
    """Exit code and errors of the tool, if a file was run once and these reasons are known."""
    copy_tools(folder)
    (folder / "tests" / "tools" / "uncovered.yml").write_text(json.dumps(reasons), encoding="utf-8")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "one.py").write_text(text, encoding="utf-8")
    (folder / ".cache" / "coverage").mkdir(parents=True)
    data = folder / ".cache" / "coverage" / "data"
    once = ["-m", "coverage", "run", f"--data-file={data}", f"--include={folder}/plugins/*", "plugins/one.py"]
    subprocess.run([sys.executable, *once], cwd=folder, capture_output=True, check=True)
    command = [sys.executable, "tests/tools/measure_coverage.py", "report"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.returncode, run.stderr


def test_a_line_that_is_not_run_needs_a_reason(tmp_path: Path) -> None:
    code, errors = judged(tmp_path, FILE)
    assert code == 1
    assert errors == """ERROR: plugins/one.py: "print('never')" is not run, and without a reason in uncovered.yml\n"""


def test_with_a_reason_it_is_fine(tmp_path: Path) -> None:
    assert judged(tmp_path, FILE, NEVER) == (0, "")


def test_a_reason_for_a_line_that_is_run_is_stale(tmp_path: Path) -> None:
    code, errors = judged(tmp_path, FILE, NEVER, ALWAYS)
    assert code == 1
    assert errors == """ERROR: plugins/one.py: "print('always')" stands in uncovered.yml, but is run or gone\n"""


def test_a_line_that_only_some_machines_run_may_be_run_here(tmp_path: Path) -> None:
    assert judged(tmp_path, FILE, NEVER, {**ALWAYS, "sometimes": True}) == (0, "")


def test_reasons_do_not_make_up_for_too_little(tmp_path: Path) -> None:
    code, errors = judged(tmp_path, FILE.replace("print('always')\n" * 25, ""), NEVER)
    assert code == 1
    assert errors == "ERROR: 94.1 % of the lines of plugins/ were run, at least 95 % should be\n"


@pytest.mark.parametrize("reason", yaml.safe_load((TOOLS / "uncovered.yml").read_text(encoding="utf-8")))
def test_reasons_are_for_lines_that_are_there(reason: dict[str, str]) -> None:
    assert {"file", "lines", "why"} <= set(reason) <= {"file", "lines", "why", "sometimes"}
    there = {line.strip() for line in (ROOT / reason["file"]).read_text(encoding="utf-8").splitlines()}
    assert set(reason["lines"].splitlines()) <= there


def test_nothing_measures_on_after_it_was_ended(tmp_path: Path) -> None:
    copy_tools(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --capture=no\n", encoding="utf-8")
    test = "import sys\n\ndef test_at_length():\n    print('\\nhas begun', flush=True)\n    sys.stdin.read()\n"
    (tmp_path / "test_at_length.py").write_text(test, encoding="utf-8")
    venv.create(tmp_path / "venv")
    packages = next((tmp_path / "venv" / "lib").glob("*/site-packages"))
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    command = [str(tmp_path / "venv" / "bin" / "python"), "tests/tools/measure_coverage.py"]
    # The test that it runs continues as long as there may be something to read, so that it cannot outlive this one.
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    # One process for the tests: those that pytest starts do not share its standard input.
    environment = {**os.environ, "PYTEST_XDIST_AUTO_NUM_WORKERS": "0"}
    with subprocess.Popen(command, cwd=tmp_path, text=True, env=environment, **pipes) as run:
        assert run.stdout is not None
        begun = "has begun\n" in iter(run.stdout.readline, "")
        meanwhile = {each.name for each in packages.iterdir()}
        run.terminate()
        code = run.wait()
    assert begun
    assert meanwhile == {"borrowed.pth", "measure_blueking_job.pth"}
    assert code == 1
    assert [each.name for each in packages.iterdir()] == ["borrowed.pth"]
