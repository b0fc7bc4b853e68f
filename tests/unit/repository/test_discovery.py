# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test is found: by pytest, by integration targets that include each file of tasks, and by pre-commit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

UNIT = ROOT / "tests" / "unit"
TARGETS = sorted(path for path in (ROOT / "tests" / "integration" / "targets").iterdir() if path.is_dir())
# The role of the other targets.
SETUP = "setup_job_simulator"
TASKS = [path for target in TARGETS for path in sorted(target.glob("tasks/*.yml")) if path.stem != "main"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("target", TARGETS, ids=lambda path: path.name)
def test_every_target_runs(target: Path) -> None:
    assert (target / "aliases").is_file() == (target.name != SETUP), (
        f"add {name_of(target)}/aliases, as other targets have it: without it the target does not run"
    )


@pytest.mark.parametrize("tasks", TASKS, ids=name_of)
def test_every_file_of_tasks_is_included(tasks: Path) -> None:
    target = tasks.parents[1]
    users = [path for path in target.parent.rglob("*.yml") if target in path.parents or target.name == SETUP]
    lines = [line for path in users if path != tasks for line in path.read_text(encoding="utf-8").splitlines()]
    use = re.compile(rf"(loop|include_tasks|import_tasks|tasks_from): .*\b{tasks.stem}\b")
    assert any(map(use.search, lines)), (
        f"nothing includes {name_of(tasks)}: add {tasks.stem} to the loop in api.yml beside it, or to main.yml"
    )


def test_every_unit_test_is_collected() -> None:
    names = [name_of(path) for path in UNIT.rglob("*.py") if not path.name.startswith("test_")]
    lost = [name for name in names if re.search(r"^def test_", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)]
    assert lost == [], f"pytest does not collect {lost}: begin the names of these files with test_"


def test_pre_commit_runs_tests_that_exist() -> None:
    settings = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    words = [word for repo in settings["repos"] for hook in repo["hooks"] for word in hook["entry"].split()]
    paths = [word for word in words if word.startswith("tests/")]
    assert paths, "no hook in .pre-commit-config.yaml runs tests"
    assert [path for path in paths if not (ROOT / path).exists()] == [], (
        "correct these paths in .pre-commit-config.yaml"
    )
