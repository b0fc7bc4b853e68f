# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All files name the same requirements, and ansible-builder finds them."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from ansible_collections.blueking.job.tests.unit.helpers.ansible_programs import call
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

NEEDED = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()[2:]
VERDICT = runpy.run_path(str(ROOT / "tests" / "tools" / "audit.py"))["verdict"]
EXAMPLE = ROOT / "extensions" / "awx" / "execution-environment.yml"


def floors(path: str, name: str) -> set[str]:
    """All versions of something that a file names as the least one: C(x >= 1.2), or C(x 1.2 or newer)."""
    text = (ROOT / path).read_text(encoding="utf-8")
    found = re.findall(rf"\b{name}`?(?:\s*>=\s*([0-9]+\.[0-9]+)|\s+([0-9]+\.[0-9]+)\s+or\s+newer)", text)
    return {version for pair in found for version in pair if version}


def test_one_library_is_needed_from_some_version_on() -> None:
    # No pin and no ceiling: an execution environment contains other collections, too.
    assert len(NEEDED) == 1 and re.fullmatch(r"requests>=[0-9]+\.[0-9]+", NEEDED[0])


def test_nothing_is_imported_that_is_not_declared() -> None:
    """Python's own modules, Ansible, and one library with the one that it needs."""
    found = set()
    # It runs in ansible-rulebook alone, which needs aiohttp itself.
    receiver = ROOT / "plugins" / "plugin_utils" / "event_source" / "callback_receiver.py"
    for path in {*(ROOT / "plugins").rglob("*.py")} - {receiver}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").partition(".")[0])
    others = found - sys.stdlib_module_names
    # Filters run in the controller; ansible-core needs PyYAML itself.
    assert others == {"ansible", "ansible_collections", "requests", "urllib3", "yaml"}
    assert any(re.match("PyYAML\\b", each, re.IGNORECASE) for each in metadata.requires("ansible-core") or ())
    assert any(re.match("urllib3\\b", each) for each in metadata.requires("requests") or ())


def test_the_audit_passes_only_if_everything_was_looked_up() -> None:
    clean = {"name": "requests", "version": "2.99", "vulns": []}
    skipped = {"name": "idna", "skip_reason": "Dependency not found"}
    bad = {"name": "urllib3", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2", "3"]}, {"id": "CVE-2"}]}
    assert VERDICT([clean]) == (
        ["requests 2.99: nothing known", "make audit: 1 libraries, no known vulnerability"],
        0,
    )
    assert VERDICT([clean, skipped])[1] == VERDICT([])[1] == 2
    assert VERDICT([clean, skipped])[0][1:] == [
        "idna: NOT AUDITED: Dependency not found",
        "make audit: NOT AUDITED. The database of vulnerabilities could not be reached.",
    ]
    lines, code = VERDICT([skipped, bad])
    assert (code, lines[-1]) == (1, "make audit: 2 known vulnerabilities")
    assert lines[1] == "urllib3 1: CVE-1 (mended in 2, 3); CVE-2 (mended in none)"


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "docs/awx.md",
        "tests/requirements-demo.txt",
        "tests/integration/requirements.txt",
        *(f"plugins/modules/{path.name}" for path in sorted((ROOT / "plugins" / "modules").glob("bk_*.py"))),
    ],
)
def test_the_least_version_of_requests_is_the_same_everywhere(path: str) -> None:
    assert floors(path, "requests") == {NEEDED[0].partition(">=")[2]}


def test_the_least_versions_of_ansible_and_python_are_the_same_everywhere() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    core = runtime["requires_ansible"].removeprefix(">=").removesuffix(".0")
    for path in ("README.md", "docs/awx.md", "tests/requirements-demo.txt", "extensions/awx/execution-environment.yml"):
        assert floors(path, "ansible-core") == {core}, path
    python = yaml.safe_load((ROOT / "tests" / "config.yml").read_text(encoding="utf-8"))["modules"]["python_requires"]
    for path in ("README.md", "docs/awx.md", "extensions/awx/execution-environment.yml"):
        assert floors(path, "Python") == {python.removeprefix(">=")}, path


def test_ansible_builder_finds_what_is_needed(home: Path) -> None:
    found = yaml.safe_load(call("ansible-builder", "introspect", str(home), home=home))
    assert found == {"python": [f"{NEEDED[0]}  # from collection blueking.job"], "system": []}


def test_ansible_builder_takes_the_example(artefact: Path, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path)
    shutil.copy(artefact, tmp_path / "blueking-job.tar.gz")
    call("ansible-builder", "create", "--file", EXAMPLE.name, "--output-filename", "Containerfile", home=tmp_path)
    context = tmp_path / "context"
    recipe = (context / "Containerfile").read_text(encoding="utf-8")
    example = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    for wanted in (
        # The comment of the example shows how to replace the first of these.
        f'ARG EE_BASE_IMAGE="{example["images"]["base_image"]["name"]}"',
        f'ARG PKGMGR="{example["options"]["package_manager_path"]}"',
        f'ARG PYPKG="{example["dependencies"]["python_interpreter"]["package_system"]}"',
        "ansible-core>=",
        "ansible-runner>=",
        "introspect.py introspect",
    ):
        assert wanted in recipe
    # What the image does when it is built, without the image: install the collection from the folder of the recipe.
    install = ("ansible-galaxy", "collection", "install", "-r", "requirements.yml", "--collections-path", str(tmp_path))
    call(*install, "--force", home=context / "_build")
    assert (tmp_path / "ansible_collections" / "blueking" / "job" / "meta" / "ee-requirements.txt").is_file()
