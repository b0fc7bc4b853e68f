# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The importer of archives: the same modules with the same paths as Python's own, without compiling them twice."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from zipfile import ZipFile
from zipimport import zipimporter

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.archive_importer import (
    ArchiveImporter,
    use_archive_importer,
)
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))


def archive_of(directory: Path, **files: str) -> str:
    """Write an archive with these files below the package C(archived)."""
    path = directory / "archive.zip"
    with ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"archived/{name}.py", text)
    return str(path)


def test_paths_are_those_of_pythons_importer(tmp_path: Path) -> None:
    path = archive_of(tmp_path, **{"__init__": "", "leaf": "", "sub/__init__": "", "sub/leaf": ""})
    for directory, names in (("", ["archived"]), ("/archived", ["leaf", "sub"]), ("/archived/sub", ["leaf"])):
        ours, usual = ArchiveImporter(path + directory), zipimporter(path + directory)
        assert [ours.get_filename(name) for name in names] == [usual.get_filename(name) for name in names]


def test_a_file_is_not_compiled_to_find_it(tmp_path: Path) -> None:
    importer = ArchiveImporter(archive_of(tmp_path, broken="not valid Python") + "/archived")
    spec = importer.find_spec("archived.broken")
    assert spec is not None
    assert spec.origin == f"{tmp_path}/archive.zip/archived/broken.py"
    with pytest.raises(SyntaxError):
        importer.get_code("archived.broken")


def test_archives_are_imported_with_it_even_if_python_began_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Other tests may have imported modules, which use it, perhaps from another copy of its file.
    usual = [hook for hook in sys.path_hooks if getattr(hook, "__name__", "") != ArchiveImporter.__name__]
    monkeypatch.setattr(sys, "path_hooks", usual)
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.syspath_prepend(archive_of(tmp_path, **{"__init__": "", "first": "", "leaf": "value = 1"}))
    assert type(importlib.import_module("archived.first").__loader__) is zipimporter
    use_archive_importer()
    leaf = importlib.import_module("archived.leaf")
    assert leaf.value == 1
    assert isinstance(leaf.__loader__, ArchiveImporter)
    for name in ("archived", "archived.first", "archived.leaf"):
        del sys.modules[name]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_modules_use_it_before_all_other_imports(path: Path) -> None:
    imports = path.read_text(encoding="utf-8").partition("\nfrom ansible_collections.")[2]
    assert imports.startswith("blueking.job.plugins.module_utils.common.archive_importer import use_archive_importer\n")
    before = imports.partition("\nuse_archive_importer()\n")[0]
    assert "\nfrom " not in before
    assert "\nimport " not in before
