# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release is built from its tag, and only where everything that names a version names the same; tried on a copy."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.version import VERSION
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, tracked_files

SCRIPTS = Path(sys.executable).parent
# Later than any release, so that it does not matter which was the last.
NEXT = "99.0.0"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a copy of the tree in which the changelog was written; the tag is missing."""
    folder = tmp_path_factory.mktemp("release")
    for path in tracked_files():
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    replace(folder / "galaxy.yml", f"version: {VERSION}", f"version: {NEXT}")
    replace(folder / "plugins" / "module_utils" / "version.py", f'"{VERSION}"', f'"{NEXT}"')
    write(folder / "changelogs" / "fragments" / "news.yml", "minor_changes: [some news]\n")
    runner(folder)("git", "init", "--quiet")
    commit(folder)
    runner(folder)(str(SCRIPTS / "antsibull-changelog"), "release")
    # Without it the tool runs ansible-doc for all plugins again.
    (folder / "changelogs" / ".plugin-cache.yaml").rename(folder.parent / "plugin-cache.yaml")
    commit(folder)
    return folder


@pytest.fixture
def tree(released: Path, tmp_path: Path) -> Path:
    """That repository, for one test."""
    return Path(shutil.copytree(released, tmp_path / "tree", symlinks=True))


def runner(folder: Path) -> Run:
    """Runs programs in a folder that is their home as well."""
    clean = {"HOME": str(folder.parent), "PATH": f"{SCRIPTS}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    who = {f"GIT_{role}_{what}": "nobody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env={**clean, **who},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=check,
        )

    return run


def commit(folder: Path) -> None:
    runner(folder)("git", "add", "--all")
    runner(folder)("git", "commit", "--quiet", "--message", "A change")


def release(folder: Path) -> subprocess.CompletedProcess[str]:
    return runner(folder)(sys.executable, "tests/tools/release.py", check=False)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_release_without_tag_is_rejected(tree: Path) -> None:
    runner(tree)("git", "tag", "0.0.1")
    done = release(tree)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"FAULT: git: the tag {NEXT} is not at the commit that is checked out"
    assert list(tree.glob("*.tar.gz")) == []


def test_news_join_the_changelog_until_the_tag_is_set_and_the_artefact_is_built_from_that(
    tree: Path, released: Path
) -> None:
    write(tree / "changelogs" / "fragments" / "late.yml", "bugfixes: [late]\n")
    shutil.copy2(released.parent / "plugin-cache.yaml", tree / "changelogs" / ".plugin-cache.yaml")
    runner(tree)(str(SCRIPTS / "antsibull-changelog"), "release")
    (tree / "changelogs" / ".plugin-cache.yaml").unlink()
    commit(tree)
    runner(tree)("git", "tag", NEXT)
    write(tree / "docs" / "notes.tmp.md", "not for others")
    write(tree / ".git" / "info" / "exclude", "*.tmp.md\n")
    done = release(tree)
    assert done.returncode == 0, done.stderr
    assert f"  blueking-job-{NEXT}.tar.gz\n" in done.stdout
    with tarfile.open(tree / f"blueking-job-{NEXT}.tar.gz") as archive:
        names = archive.getnames()
        changelog = archive.extractfile("CHANGELOG.md")
        assert changelog is not None
        text = changelog.read().decode()
    assert "* some news\n" in text
    assert "* late\n" in text
    assert text.count(f'id="v{NEXT.replace(".", "-")}"') == 1
    assert "docs/notes.tmp.md" not in names
    assert "plugins/modules/bk_job_plan.py" in names


def test_everything_that_disagrees_is_named_at_once(tree: Path) -> None:
    runner(tree)("git", "tag", NEXT)
    replace(tree / "galaxy.yml", f"version: {NEXT}", "version: 100.0.0")
    write(tree / "changelogs" / "fragments" / "late.yml", "bugfixes: [late]\n")
    done = release(tree)
    assert done.returncode == 1
    faults = [line.removeprefix("FAULT: ") for line in done.stderr.splitlines() if line.startswith("FAULT: ")]
    assert faults == [
        f"plugins/module_utils/version.py: the User-Agent has {NEXT}, galaxy.yml 100.0.0",
        f"changelogs/changelog.yaml: the newest is {NEXT}, galaxy.yml has 100.0.0",
        "CHANGELOG.md: nothing about 100.0.0",
        "changelogs/fragments/late.yml: not yet in the changelog",
        "git: there are changes that are not committed",
        "git: the tag 100.0.0 is not at the commit that is checked out",
    ]
    assert list(tree.glob("*.tar.gz")) == []
