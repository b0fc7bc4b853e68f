# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill the cache from which ansible-test bootstraps pip, using nothing but the package index.

ansible-test creates its environments without pip and then downloads a script from its own file host. If only a package
index is reachable, that fails; an equivalent script, made from pip's own package, is put into the cache instead.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

SCRIPT = """\
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pip-{version}"))
from pip._internal.cli.main import main

arguments = [each for each in sys.argv[1:] if each not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--upgrade", "--force-reinstall", *arguments]))
"""


def fill() -> Path:
    """Create the script if it does not exist yet; return its path."""
    version = pip_version()
    cache = Path("~/.ansible/test/cache").expanduser()
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return script
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as directory:
        unpack_pip(version, Path(directory))
        # Several lanes may do this at the same time: the first one wins, and nothing is ever half there.
        library = cache / f"pip-{version}"
        try:
            Path(directory, "pip").rename(library)
        except OSError:
            if not library.is_dir():
                raise
        part = Path(directory, "script")
        part.write_text(SCRIPT.format(version=version), encoding="utf-8")
        part.replace(script)
    return script


def unpack_pip(version: str, directory: Path) -> None:
    """Download pip into C(pip) in a directory."""
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*download, "--dest", str(directory), f"pip=={version}"], check=True)
    with zipfile.ZipFile(next(directory.glob("pip-*.whl"))) as wheel:
        wheel.extractall(directory / "pip")
    # With its metadata pip would consider itself installed already.
    shutil.rmtree(next((directory / "pip").glob("pip-*.dist-info")))


def pip_version() -> str:
    """Return the version of pip that the installed ansible-test requires."""
    spec = find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("ansible-test is not installed")
    source = Path(spec.submodule_search_locations[0], "_internal", "python_requirements.py").read_text(encoding="utf-8")
    match = re.search(r"pip=['\"]([0-9.]+)['\"]", source)
    if match is None:
        raise SystemExit("ansible-test does not define its version of pip")
    return match[1]


if __name__ == "__main__":
    print(fill())
