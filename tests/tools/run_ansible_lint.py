# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-lint, and fail unless it checked the expected files.

ansible-lint passes if it finds nothing to check, so the number of files that it reports as processed is checked.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIRECTORIES = ("tests/demo", "tests/integration", "playbooks")


def main() -> int:
    """Lint; the exit code states whether the files were processed and are clean."""
    command = [str(Path(sys.executable).parent / "ansible-lint"), "--offline", "--strict", "--nocolor"]
    run = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
