# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house keeps its order: who imports whom, who knows what, how large rooms get, what each file says of itself."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils import early
from ansible_collections.blueking.job.tests.unit.kit import ROOT, tracked_files

UTILS = ROOT / "plugins" / "module_utils"
BASE = "ansible_collections.blueking.job.plugins.module_utils"
ROOMS = sorted(UTILS.rglob("*.py"))

# Lower rooms never import higher ones.
ORDER = [
    {"version", "early", "status", "models", "text", "forms", "window", "size", "wire.decode"},
    {"errors", "clock", "fields", "record", "plans", "logfiles"},
    {"codes", "redact", "interrupts", "operations"},
    {"choice", "normalize.certificates", "normalize.operating", "normalize.looking"},
    {"normalize.connection", "normalize.targets", "normalize.launching"},
    {"normalize.plan", "normalize.script", "normalize.waiting"},
    {"wire.base", "wire.answers", "wire.refusals"},
    {"wire.failure", "unanswered"},
    {"wire.schema", "wire.shared", "wire.envelope", "wire.esb", "wire.apigw", "wire.plans"},
    {"wire.targets_v2"},
    {"wire.history", "wire.values", "wire.catalog_v2", "wire.catalog_v3", "wire.instances_v2", "wire.instances_v3"},
    {"wire.v2", "wire.v3", "transport", "variables", "listing"},
    {"wire.choose", "client", "arguments"},
    {"arguments_info", "arguments_operate", "given", "reconcile", "history", "stop", "logs", "face"},
    {"launch", "wait", "results", "preflight", "diff", "options"},
    {"progress", "operated"},
    {"follow"},
    {"operate"},
    {"tasks", "task_wait", "task_operate", "looking"},
    {"instance_info", "plan_info"},
    {"answer"},
    {"module"},
]
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(UTILS).with_suffix("").parts)


def folder_of(room: str) -> str:
    return room.partition(".")[0]


def imports_of(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports; rooms of the house by their short name with a leading dot."""
    names = set()
    package = name_of(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            names.add("." + ".".join([*base, *([node.module] if node.module else [])]))
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_every_room_has_its_place() -> None:
    assert {name_of(path) for path in ROOMS} == set(LEVEL)


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_no_room_reaches_up(path: Path) -> None:
    mine = LEVEL[name_of(path)]
    used = [name[1:] for name in imports_of(path) if name.startswith(".")]
    # Rooms of one folder may use each other where the table puts them side by side.
    limit = {room: mine + (folder_of(room) == folder_of(name_of(path)) and "." in room) for room in used}
    assert [room for room in used if LEVEL[room] >= limit[room]] == []


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("requests", {"transport", "unanswered"}),
        ("urllib3", {"transport", "unanswered"}),
        ("ansible", {"module", "options"}),
        ("time", {"clock"}),
        ("random", {"clock"}),
        ("secrets", {"clock"}),
    ],
)
def test_who_may_know_what(library: str, rooms: set[str]) -> None:
    users = {name_of(path) for path in ROOMS if any(name.split(".")[0] == library for name in imports_of(path))}
    assert users == rooms


def imported_late(path: Path) -> set[str]:
    """The rooms that functions of a file import."""
    package = name_of(path).split(".")[:-1]
    functions = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
    inside = [node for each in functions for node in ast.walk(each) if isinstance(node, ast.ImportFrom) and node.level]
    return {".".join([*package[: len(package) - node.level + 1], node.module or ""]) for node in inside}


def test_a_process_that_stays_can_import_early_what_others_import_late() -> None:
    assert set(early.ROOMS) == {room for path in ROOMS for room in imported_late(path)}
    early.import_all()
    assert all(f"{BASE}.{room}" in sys.modules for room in early.ROOMS)


def test_only_the_wire_knows_wire_names() -> None:
    """Names of JOB's calls stand in string literals (not documentation) of the wire alone."""
    calls = re.compile(r"execute_job|fast_execute_script|get_job_instance|compapi|step_instance_list|ip_log")
    for path in ROOMS:
        if name_of(path).startswith("wire."):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        literals = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
        ]
        assert [text for text in literals if calls.search(text)] == [], name_of(path)


def test_the_server_and_the_collection_share_nothing() -> None:
    for path in (ROOT / "tests" / "support").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert not (node.module or "").startswith("ansible"), path
    for path in ROOMS:
        assert not any(".tests" in name for name in imports_of(path)), path


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_rooms_say_that_they_are_private_and_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "Private to the collection blueking.job" in text[:1200]
    assert len(text.splitlines()) <= 260
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 45, node.name


# Files that cannot hold a comment, or that a tool writes.
WITHOUT_HEADER = re.compile(
    r"(^COPYING|^LICENSES/|\.json$|^changelogs/changelog\.yaml$|^CHANGELOG|/aliases$|\.b64$|\.txt$)"
)


def test_every_file_names_its_licence() -> None:
    missing = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if not WITHOUT_HEADER.search(str(path.relative_to(ROOT)))
        and "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text(encoding="utf-8")[:600]
    ]
    assert missing == []
