# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instructions for contributors and the forge fit the repository."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

MATRIX = runpy.run_path(str(ROOT / "tests" / "tools" / "matrix.py"))
PYTHONS: dict[str, tuple[str, ...]] = MATRIX["PYTHONS"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text_of(".github/workflows/ci.yml"))
    return loaded


def test_contributing_lists_every_target() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", text_of("Makefile"), re.MULTILINE)
    described = re.findall(r"^\| `([a-z-]+)` \|", text_of("CONTRIBUTING.md"), re.MULTILINE)
    missing, gone = sorted({*targets} - {*described, "help"}), sorted({*described} - {*targets})
    assert not missing, f'add a row for {missing} to the table "Targets" in CONTRIBUTING.md'
    assert not gone, f'remove {gone} from the table "Targets" in CONTRIBUTING.md; the Makefile has no such target'


def test_the_forge_tests_every_release_on_its_oldest_and_newest_python(workflow: dict[str, Any]) -> None:
    floor = yaml.safe_load(text_of("meta/runtime.yml"))["requires_ansible"]
    assert floor == f">={min(PYTHONS)}.0"
    tested = [(each["ansible"], each["python"]) for each in workflow["jobs"]["matrix"]["strategy"]["matrix"]["include"]]
    assert sorted(tested) == [(core, python) for core, able in PYTHONS.items() for python in (able[0], able[-1])]


def test_the_oldest_requests_that_is_tested_is_the_oldest_that_is_supported() -> None:
    (floor,) = re.findall(r"^requests>=(.*)$", text_of("tests/requirements-demo.txt"), re.MULTILINE)
    assert MATRIX["OLDEST_REQUESTS"] == f"requests=={floor}.*"


def test_the_forge_runs_the_same_command_with_pinned_actions(workflow: dict[str, Any]) -> None:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert "bash .ci/run" in commands
    assert any(command.startswith("python tests/tools/matrix.py ") for command in commands)
    assert "make docs" in commands
    actions = {step["uses"] for step in steps if "uses" in step}
    assert [action for action in actions if not re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", action)] == []
