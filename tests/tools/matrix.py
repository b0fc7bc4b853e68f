# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests on every supported ansible-core, with the Pythons of this machine, and report what could not run.

Each combination gets its own clone and virtual environment. For each ansible-core the oldest and the newest
Python are used; the oldest ansible-core on its oldest Python has the oldest supported library requests, all others the
newest.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Pythons that ansible-core supports on controllers.
PYTHONS = {
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.12", "3.13", "3.14"),
}
OLDEST_REQUESTS = "requests==2.28.*"


def main() -> int:
    """Run the targets of the command line; return 1 if any failed or none ran."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", action="append", choices=list(PYTHONS), help="only this ansible-core (repeatable)")
    parser.add_argument("--python", action="append", help="only this Python, such as 3.12 (repeatable)")
    parser.add_argument("--target", action="append", help="make target to run (default: unit and ansible-test)")
    options = parser.parse_args()
    rows, failed, ran = [], 0, 0
    oldest = next((core, versions[0]) for core, versions in PYTHONS.items())
    for core in options.core or PYTHONS:
        for version in options.python or ends(core):
            if version not in PYTHONS[core]:
                rows.append(f"ansible-core {core}, Python {version}: NOT RUN, they do not go together")
                continue
            python = interpreter(version)
            if python is None:
                rows.append(f"ansible-core {core}, Python {version}: NOT RUN, there is no such Python here")
                continue
            requests = OLDEST_REQUESTS if (core, version) == oldest else "requests"
            began = time.monotonic()
            code = run(core, python, requests, options.target or ["unit", "ansible-test"])
            ran, failed = ran + 1, failed + (code != 0)
            word = "passed" if code == 0 else f"FAILED ({code})"
            rows.append(f"ansible-core {core}, Python {version}, {requests}: {word}, {time.monotonic() - began:.0f} s")
            print(rows[-1], flush=True)
    print("\n".join(["", *rows]))
    return 1 if failed or not ran else 0


def ends(core: str) -> list[str]:
    """Return the oldest and the newest Python of an ansible-core, and of those installed here."""
    here = [version for version in PYTHONS[core] if interpreter(version)]
    wanted = {PYTHONS[core][0], PYTHONS[core][-1], *here[:1], *here[-1:]}
    return [version for version in PYTHONS[core] if version in wanted]


def interpreter(version: str) -> str | None:
    """Return a Python of that version that really runs: the one in PATH may be a shim."""
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}"), *map(str, managed.glob(f"{version}.*/bin/python{version}"))]
    for path in filter(None, found):
        if subprocess.run([path, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def run(core: str, python: str, requests: str, targets: list[str]) -> int:
    """Run make in its own clone; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="blueking-job-matrix-") as directory:
        clone, constraints = Path(directory, "job"), Path(directory, "constraints.txt")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        constraints.write_text(f"ansible-core=={core}.*\n", encoding="utf-8")
        environment = {**os.environ, "PIP_CONSTRAINT": str(constraints), "EVERY_API": "1"}
        commands = [
            ["make", f"PYTHON={python}", ".venv/.ready"],
            # Afterwards, because tools that no test needs require newer ones.
            [".venv/bin/python", "-m", "pip", "install", "--quiet", "--upgrade", requests],
            ["make", *targets],
        ]
        for command in commands:
            code = subprocess.run(command, cwd=clone, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
            if code != 0:
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
