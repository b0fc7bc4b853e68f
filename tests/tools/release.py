# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the artifact of a release from its tag, if all version numbers agree.

It writes only the artifact, so it can be repeated.
"""

from __future__ import annotations

import hashlib
import re
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent


def main() -> int:
    """Check and build; the exit code states whether there is an artifact."""
    version = str(yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"])
    faults = list(faults_of(version))
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    if faults:
        print(f"{version} is not released; see CONTRIBUTING.md for the steps", file=sys.stderr)
        return 1
    artifact = build(version)
    print(f"{hashlib.sha256(artifact.read_bytes()).hexdigest()}  {artifact.name}")
    print(f"Publish it with: ansible-galaxy collection publish {artifact.name}")
    return 0


def faults_of(version: str) -> Iterator[str]:
    """Yield what prevents a release of the version in galaxy.yml."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        yield f"galaxy.yml: {version} is no version of three numbers"
    found_version = runpy.run_path(str(ROOT / "plugins" / "module_utils" / "version.py"))["VERSION"]
    if found_version != version:
        yield f"plugins/module_utils/version.py: the User-Agent has {found_version}, galaxy.yml {version}"
    released = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    newest = max(released, key=numbers, default="no release")
    if newest != version:
        yield f"changelogs/changelog.yaml: the newest is {newest}, galaxy.yml has {version}"
    if f'id="v{version.replace(".", "-")}"' not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"):
        yield f"CHANGELOG.md: nothing about {version}"
    for fragment in sorted((ROOT / "changelogs" / "fragments").glob("*.yml")):
        yield f"changelogs/fragments/{fragment.name}: not yet in the changelog"
    if git("status", "--porcelain"):
        yield "git: there are changes that are not committed"
    if version not in git("tag", "--points-at", "HEAD").decode().split():
        yield f"git: the tag {version} is not at the commit that is checked out"


def numbers(version: str) -> list[int]:
    """Convert a version to comparable numbers."""
    return [int(each) for each in version.split(".")]


def build(version: str) -> Path:
    """Build from the commit, without uncommitted files; return the path of the artifact."""
    with tempfile.TemporaryDirectory() as directory:
        git("checkout-index", "--all", f"--prefix={directory}/")
        galaxy = [str(SCRIPTS / "ansible-galaxy"), "collection", "build", directory]
        subprocess.run([*galaxy, "--force", "--output-path", str(ROOT)], check=True)
    return ROOT / f"blueking-job-{version}.tar.gz"


def git(*arguments: str) -> bytes:
    """Return the output of git for the clone."""
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True).stdout


if __name__ == "__main__":
    sys.exit(main())
