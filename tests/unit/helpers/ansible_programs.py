# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's programs, such as C(ansible-galaxy), in a clean environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(sys.executable).parent


def call(*command: str, home: Path, **environment: str) -> str:
    """Run a program in its home directory, and return its output. It must succeed."""
    clean = {"HOME": str(home), "PATH": f"{SCRIPTS}:/usr/bin:/bin", "LANG": "C.UTF-8", **environment}
    words = [str(SCRIPTS / command[0]), *command[1:]]
    run = subprocess.run(
        words, cwd=home, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def install(origin: Path, home: Path) -> Path:
    """Install the collection into an empty home directory; return its directory."""
    # By force, as the clone itself is known to this environment already.
    call("ansible-galaxy", "collection", "install", str(origin), "-p", str(home), "--no-deps", "--force", home=home)
    return home / "ansible_collections" / "blueking" / "job"
