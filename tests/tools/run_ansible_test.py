# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test on a copy of the working tree, and fail unless everything really ran.

ansible-test finds nothing to test, and says so with exit code 0, where its idea of the collection's place is wrong.
So it runs on a copy outside every git checkout, and what it says it ran is counted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bootstrap_cache import fill

ROOT = Path(__file__).resolve().parents[2]
# So many sanity tests apply to a collection of modules on one Python version with the oldest supported ansible-core.
LEAST_SANITY_TESTS = 22


def main() -> int:
    """Copy, then sanity, then integration; the exit code says whether all of it ran and passed."""
    fill()
    with tempfile.TemporaryDirectory(prefix="blueking-job-") as folder:
        tree = Path(folder, "ansible_collections", "blueking", "job")
        copy_tree(tree)
        sanity = run_counted(tree, "sanity", r"^Running sanity test [\"']([\w-]+)")
        wanted = {path.parent.name for path in tree.glob("tests/integration/targets/*/aliases")} - {"setup_job_server"}
        integration = run_counted(tree, "integration", r"^Running (\S+) integration test")
    faults = []
    if len(sanity) < LEAST_SANITY_TESTS:
        faults.append(f"only {len(sanity)} sanity tests ran, at least {LEAST_SANITY_TESTS} should have")
    if not wanted or integration != wanted:
        faults.append(f"integration targets that did not run: {', '.join(sorted(wanted - integration)) or 'all'}")
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    print(f"ansible-test: {len(sanity)} sanity tests and {len(integration)} integration targets ran")
    return 1 if faults else 0


def copy_tree(target: Path) -> None:
    """Copy what git tracks or would track to a place outside every checkout."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        source, copy = ROOT / name, target / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)


def run_counted(tree: Path, command: str, pattern: str) -> set[str]:
    """Run one ansible-test command, show its output as it comes, and return the names that the pattern finds in it."""
    scripts = Path(sys.executable).parent
    # Real interpreters come first: ansible-test looks at every python3.x in PATH.
    environment = {**os.environ, "PATH": f"{scripts}:{real_interpreter_folder()}:/usr/bin:/bin"}
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    arguments = [str(scripts / "ansible-test"), command, "--python", version, "--color", "no"]
    found = set()
    with subprocess.Popen(
        arguments,
        cwd=tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            match = re.search(pattern, line)
            if match:
                found.add(match[1])
    if process.returncode:
        sys.exit(f"ansible-test {command} failed with exit code {process.returncode}")
    return found


def real_interpreter_folder() -> str:
    """Where the interpreter behind the virtual environment lives."""
    return str(Path(sys.executable).resolve().parent)


if __name__ == "__main__":
    sys.exit(main())
