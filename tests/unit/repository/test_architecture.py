# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the architecture: which package imports which, who uses which library, and how large files get."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

UTILS = ROOT / "plugins" / "module_utils"
ACTION_BASE = ROOT / "plugins" / "plugin_utils" / "action_base.py"
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
PACKAGES = {*LAYERS, "version"}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(UTILS).with_suffix("").parts)


def dotted(path: Path) -> list[str]:
    return [*COLLECTION.split("."), *path.relative_to(ROOT).with_suffix("").parts]


@cache
def imports_of(path: Path) -> set[str]:
    """Absolute names of all modules that a file imports, in functions too."""
    names = set()
    package = dotted(path)[:-1]
    for node in ast.walk(parsed(path)):
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
    assert {path.name for path in UTILS.glob("*.py")} == {"errors.py", "version.py"}, "see docs/architecture.md"


def test_imports_follow_the_layers() -> None:
    for path in FILES:
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
    for node in parsed(path).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            found.add(".".join([*package[: len(package) - node.level + 1], node.module or ""])[len(BASE) + 1 :])
    return found


def test_plugins_do_not_import_tests() -> None:
    for path in USERS:
        assert not any(".tests" in name for name in imports_of(path)), f"{path} must not import tests"


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
    functions = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef)]
    inside = [node for each in functions for node in ast.walk(each) if isinstance(node, ast.ImportFrom) and node.level]
    absolute = {".".join([*package[: len(package) - node.level + 1], node.module or ""]) for node in inside}
    return {name[len(BASE) + 1 :] for name in absolute}


def test_functions_import_only_what_is_preloaded_where_tasks_run_in_process() -> None:
    late = {name for path in FILES for name in imported_late(path)}
    preloaded = re.search(r"^LAZY_MODULES = (\(.*?\n\))$", ACTION_BASE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert preloaded is not None
    assert late == set(ast.literal_eval(preloaded[1])), (
        "functions import only what LAZY_MODULES in plugins/plugin_utils/action_base.py lists: import at the top, "
        "or measure what it costs a module launch and add it there"
    )


def test_no_name_has_two_meanings() -> None:
    """Generations of the API have the same names for the same things."""
    files = defaultdict(set)
    for path in (ROOT / "plugins" / folder for folder in ("module_utils", "plugin_utils")):
        for file in path.rglob("*.py"):
            for node in parsed(file).body:
                if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
                    files[node.name].add(re.sub(r"/v\d/", "/v*/", file.relative_to(ROOT).as_posix()))
    twice = {name: sorted(found) for name, found in files.items() if len(found) > 1}
    assert not twice, f"rename one of each: {twice}"


def test_types_are_imported_like_everything_else() -> None:
    for path in FILES:
        assert "TYPE_CHECKING" not in path.read_text("utf-8"), f"{path}: import types at the top"


def test_only_the_api_package_knows_names_of_calls() -> None:
    """Names of JOB's calls are in string literals (not documentation) of the package api alone."""
    calls = re.compile(r"execute_job|fast_execute_script|get_job_instance|step_instance_list|ip_log")
    for path in FILES:
        if name_of(path).startswith("api."):
            continue
        tree = parsed(path)
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
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert not (node.module or "").startswith("ansible"), path
    for path in FILES:
        assert not any(".tests" in name for name in imports_of(path)), path


def test_files_say_that_they_are_private_and_stay_small() -> None:
    private = "# Private to the collection blueking.job: no stable interface for others."
    for path in FILES:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert private in lines[:3], f"{path}: write as its third line: {private}"
        assert len(lines) <= 250, f"split {path}: one concern a file"
        for node in ast.walk(parsed(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert (node.end_lineno or 0) - node.lineno < 40, f"{path}: split {node.name}"
