# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The architecture holds: which package imports which, who uses which library, and how large files get."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.plugin_utils.action_base import LAZY_MODULES
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, tracked_files

UTILS = ROOT / "plugins" / "module_utils"
COLLECTION = "ansible_collections.blueking.job"
BASE = f"{COLLECTION}.plugins.module_utils"
FILES = sorted(UTILS.rglob("*.py"))
USERS = sorted(
    path
    for folder in (
        "plugins/modules",
        "plugins/action",
        "plugins/callback",
        "plugins/filter",
        "plugins/plugin_utils",
        "extensions/eda",
    )
    for path in (ROOT / folder).rglob("*.py")
)

# What each package may import besides itself.
LAYERS = {
    "errors": set(),
    "common": {"errors"},
    "models": {"errors", "common"},
    "options": {"errors", "common", "models"},
    "api": {"errors", "common", "models", "version"},
    "results": {"errors", "common", "models"},
    "jobs": {"errors", "common", "models", "options", "api", "results"},
    "tasks": {"errors", "common", "models", "options", "api", "results", "jobs"},
}
PACKAGES = {*LAYERS, "archive", "version"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(UTILS).with_suffix("").parts)


def dotted(path: Path) -> list[str]:
    return [*COLLECTION.split("."), *path.relative_to(ROOT).with_suffix("").parts]


def imports_of(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports, in functions too."""
    names = set()
    package = dotted(path)[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            names.add(".".join([*base, *([node.module] if node.module else [])]))
    return names


def utils_of(path: Path) -> set[str]:
    """The modules of module_utils that a file imports, by their short names."""
    return {name[len(BASE) + 1 :] for name in imports_of(path) if name.startswith(BASE)}


def test_every_file_is_in_a_package() -> None:
    stray = [name_of(path) for path in FILES if name_of(path).partition(".")[0] not in PACKAGES]
    assert stray == [], f"move these files into one of the packages {sorted(LAYERS)}"
    assert {path.name for path in UTILS.glob("*.py")} == {"archive.py", "errors.py", "version.py"}, (
        "see docs/architecture.md"
    )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_follow_the_layers(path: Path) -> None:
    package = name_of(path).partition(".")[0]
    allowed = {package} | LAYERS.get(package, set())
    wrong = sorted(name for name in utils_of(path) if name.partition(".")[0] not in allowed)
    assert wrong == [], f"{path} may import {sorted(allowed)} alone: move what both need to a lower package"


def test_no_file_is_part_of_an_import_cycle() -> None:
    """What is imported when a file is imported; imports in functions come later."""
    graph = {name_of(path): at_import(path) for path in FILES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"import cycle: {' -> '.join([*trail, name])}"
        if name not in done:
            for each in sorted(graph[name]):
                visit(each, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def at_import(path: Path) -> set[str]:
    package = dotted(path)[:-1]
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            found.add(".".join([*package[: len(package) - node.level + 1], node.module or ""])[len(BASE) + 1 :])
    return found


@pytest.mark.parametrize("path", USERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_plugins_do_not_import_tests(path: Path) -> None:
    assert not any(".tests" in name for name in imports_of(path))


@pytest.mark.parametrize(
    ("library", "files"),
    [
        ("requests", {"api.proxy", "api.transport", "api.transport_errors"}),
        ("urllib3", {"api.transport", "api.transport_errors"}),
        ("ansible", {"tasks.module", "options.convert"}),
        ("time", {"common.clock"}),
        ("random", {"common.clock"}),
        ("secrets", {"common.clock"}),
    ],
)
def test_who_may_use_a_library(library: str, files: set[str]) -> None:
    outside = {path: {name for name in imports_of(path) if not name.startswith(COLLECTION)} for path in FILES}
    users = {
        name_of(path) for path, names in outside.items() if any(name.partition(".")[0] == library for name in names)
    }
    assert users == files, f"only {sorted(files)} may import {library}"


def imported_late(path: Path) -> set[str]:
    """The modules that functions of a file import."""
    package = dotted(path)[:-1]
    functions = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
    inside = [node for each in functions for node in ast.walk(each) if isinstance(node, ast.ImportFrom) and node.level]
    absolute = {".".join([*package[: len(package) - node.level + 1], node.module or ""]) for node in inside}
    return {name[len(BASE) + 1 :] for name in absolute}


def test_functions_import_only_what_is_preloaded_where_tasks_run_in_process() -> None:
    late = {name for path in FILES for name in imported_late(path)}
    assert late == set(LAZY_MODULES), (
        "functions import only what LAZY_MODULES in plugins/plugin_utils/action_base.py lists: import at the top, "
        "or measure what it costs a module launch and add it there"
    )
    assert all(f"{BASE}.{module}" in sys.modules for module in LAZY_MODULES)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_types_are_imported_like_everything_else(path: Path) -> None:
    assert "TYPE_CHECKING" not in path.read_text("utf-8"), f"{path}: import types at the top"


def test_only_the_api_package_knows_names_of_calls() -> None:
    """Names of JOB's calls stand in string literals (not documentation) of the package api alone."""
    calls = re.compile(r"execute_job|fast_execute_script|get_job_instance|compapi|step_instance_list|ip_log")
    for path in FILES:
        if name_of(path).startswith("api."):
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
        assert [text for text in literals if calls.search(text)] == [], f"{path}: move the call to the package api"


def test_the_simulator_and_the_collection_share_no_code() -> None:
    for path in (ROOT / "tests" / "support").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert not (node.module or "").startswith("ansible"), path
    for path in FILES:
        assert not any(".tests" in name for name in imports_of(path)), path


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_say_that_they_are_private_and_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    private = "# Private to the collection blueking.job: no stable interface for others."
    assert private in text.splitlines()[:3], f"{path}: write as its third line: {private}"
    assert len(text.splitlines()) <= 250, f"split {path}: one concern a file"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 40, f"{path}: split {node.name}"


# Files that cannot hold a comment, or that a tool writes.
WITHOUT_HEADER = re.compile(
    r"(^COPYING|^LICENSES/|\.json$|^changelogs/changelog\.yaml$|^CHANGELOG|/aliases$|\.b64$|\.txt$)"
)


def test_every_file_names_its_license() -> None:
    missing = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if not WITHOUT_HEADER.search(str(path.relative_to(ROOT)))
        and "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text(encoding="utf-8")[:600]
    ]
    assert missing == [], (
        f"begin {missing} with the two lines about copyright and license, as other files of the kind do"
    )
