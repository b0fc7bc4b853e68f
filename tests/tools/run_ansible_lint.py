# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-lint, and fail unless it checked the expected files.

ansible-lint passes if it finds nothing to check, so the files that it reports as processed and its syntax checks are
counted.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from fork_playbooks import forking, unchecked_playbooks

ROOT = Path(__file__).resolve().parents[2]
DIRECTORIES = ("tests/demo", "tests/integration", "playbooks")


def main() -> int:
    """Lint; the exit code states whether the files were processed and are clean."""
    python = Path(sys.executable)
    command = [str(python), str(Path(__file__).with_name("ansible_lint_process.py"))]
    command += ["--offline", "--strict", "--nocolor"]
    directories = f"{python.parent}:{os.environ['PATH']}"
    with forking(python, {**os.environ, "PATH": directories}) as (environment, log):
        run = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        unchecked = unchecked_playbooks(log)
    print(run.stdout, end="")
    if run.returncode:
        return run.returncode
    match = re.search(r"(\d+) files processed|in (\d+) files", run.stdout)
    processed = int(match[1] or match[2]) if match else 0
    # Modules and metadata are checked too; at least the task files must be.
    least = sum(1 for directory in DIRECTORIES for path in (ROOT / directory).rglob("*.yml") if "tasks" in path.parts)
    if processed < max(least, 2):
        print(f"FAULT: ansible-lint processed {processed} files, at least {max(least, 2)} were expected")
        return 1
    if unchecked:
        print(f"FAULT: ansible-lint did not check the syntax of {', '.join(unchecked)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
