# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run what needs a real ansible-rulebook, in a virtual environment of its own, or report why it cannot run.

test   all tests of tests/eda
quick  those of them that are part of "make test"; passes if they cannot run
demo   tests/demo/eda.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".cache" / "rulebook"
REQUIREMENTS = ROOT / "tests" / "requirements-eda.txt"
# "make test" ends with its content if it exists.
NOTE = ROOT / ".cache" / "eda-not-run"
PYTEST = ["-m", "pytest", "-p", "no:xdist", "--basetemp=.cache/pytest-eda", "tests/eda"]
COMMANDS = {
    "test": PYTEST,
    "quick": [*PYTEST, "-m", "not long"],
    "demo": [str(ROOT / "tests" / "demo" / "eda.py")],
}


def main() -> int:
    """Run the command of the command line."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in COMMANDS:
        sys.exit(f"usage: {Path(__file__).name} {'|'.join(COMMANDS)}")
    NOTE.parent.mkdir(exist_ok=True)
    NOTE.unlink(missing_ok=True)
    obstacle = missing_java() or installation_error()
    if obstacle is None:
        return subprocess.run([sys.executable, *COMMANDS[name]], cwd=ROOT, check=False).returncode
    print(f"NOT RUN, as {obstacle}", flush=True)
    if name != "quick":
        return 1
    NOTE.write_text(f"NOT RUN: tests with a real ansible-rulebook, as {obstacle}\n", encoding="utf-8")
    return 0


def missing_java() -> str | None:
    """Return why ansible-rulebook could not start, if there is no Java."""
    if shutil.which("java") is None:
        return "there is no java, which ansible-rulebook needs: install Java 17 or newer, such as default-jre-headless"
    return None


def installation_error() -> str | None:
    """Install ansible-rulebook unless it is there; return why that is not possible."""
    stamp = ENVIRONMENT / ".ready"
    wanted = f"{sys.version}\n{REQUIREMENTS.read_text(encoding='utf-8')}"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print("installing ansible-rulebook (135 MB) ...", flush=True)
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        python = str(ENVIRONMENT / "bin" / "python")
        error = failure(sys.executable, "-m", "venv", str(ENVIRONMENT)) or failure(
            python, "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)
        )
        if error is not None:
            return f"ansible-rulebook cannot be installed: {error}"
        stamp.write_text(wanted, encoding="utf-8")
    error = failure(str(ENVIRONMENT / "bin" / "ansible-rulebook"), "--version")
    return None if error is None else f"ansible-rulebook does not start: {error}"


def failure(*command: str) -> str | None:
    """Run a command; return the last line of its output if it fails."""
    # The versions that the rest is constrained to are not those that ansible-rulebook needs.
    environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    run = subprocess.run(
        command, check=False, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if run.returncode == 0:
        return None
    return ([line for line in run.stdout.splitlines() if line.strip()] or [f"exit code {run.returncode}"])[-1].strip()


if __name__ == "__main__":
    sys.exit(main())
