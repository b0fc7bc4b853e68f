# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Download the collection awx.awx, with which the tests load extensions/awx, into .cache/awx, once.

It comes with the package "ansible" of the Python package index, so no access to Galaxy is needed. Of the package
(50 MB), only the collection (1 MB) is kept.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "awx"
REQUIREMENTS = ROOT / "tests" / "requirements-awx.txt"
PREFIX = "ansible_collections/awx/awx/"


def collections_path() -> Path:
    """Return a directory of collections that contains awx.awx; download it if it is missing.

    Raises:
        subprocess.CalledProcessError: the package index cannot be reached.
    """
    path = CACHE / REQUIREMENTS.read_text(encoding="utf-8").splitlines()[-1].replace("=", "").replace("*", "")
    if not path.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as directory:
            download(Path(directory))
            # Tests may download at the same time; the first one wins.
            try:
                Path(directory, "collections").rename(path)
            except OSError:
                if not path.is_dir():
                    raise
    return path


def download(directory: Path) -> None:
    """Write the collection into C(collections) in a directory."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    # The collection itself supports more versions of Python than the package does.
    options = ["--ignore-requires-python", "--dest", str(directory), "--requirement", str(REQUIREMENTS)]
    subprocess.run([*command, *options], check=True, stdout=sys.stderr)
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory / "collections", [name for name in archive.namelist() if name.startswith(PREFIX)])
    wheel.unlink()


def copies(directory: Path, action: Path) -> Path:
    """Return a directory of collections with copies of awx.awx, whose modules an action plugin runs.

    They are awx.awx and ansible.controller: the same modules, as Automation Platform has them.
    """
    for collection in ("awx.awx", "ansible.controller"):
        copy = directory.joinpath("ansible_collections", *collection.split("."))
        shutil.copytree(collections_path() / PREFIX, copy)
        actions = copy / "plugins" / "action"
        actions.mkdir()
        for module in (copy / "plugins" / "modules").glob("[a-z]*.py"):
            shutil.copyfile(action, actions / module.name)
    api = copy / "plugins" / "module_utils" / "controller_api.py"
    text = api.read_text(encoding="utf-8")
    api.write_text(text.replace('_COLLECTION_TYPE = "awx"', '_COLLECTION_TYPE = "controller"'), encoding="utf-8")
    return directory


if __name__ == "__main__":
    print(collections_path())
