# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page "Try it without a platform": its inventory loads, its playbook runs, its table names every key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.support.simulator.inventory_schema import INVENTORY_KEYS
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import eventually

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "try_without_a_platform.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: (\S+) -->\n```yaml\n(.*?)```\n", PAGE, re.DOTALL))


def test_the_examples_run(tmp_path: Path) -> None:
    for name in ("my_estate.yml", "deploy.yml"):
        (tmp_path / name).write_text(EXAMPLES[name], encoding="utf-8")
    with JobServer(tmp_path / "my_estate.yml", journal=tmp_path / "journal.jsonl") as server:
        playbook = Path(sys.executable).with_name("ansible-playbook")
        command = [str(playbook), "deploy.yml", "--extra-vars", f"job_url={server.url}"]
        environment = {**os.environ, "HOME": str(tmp_path), "ANSIBLE_LOCALHOST_WARNING": "false"}
        run = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        assert eventually(lambda: (tmp_path / "journal.jsonl").read_text(encoding="utf-8"))
        acts = [act["act"] for entry in server.journal for act in entry["did"]]
    assert acts.count("create") == 2


def test_every_key_is_in_the_table() -> None:
    described = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert described == set(INVENTORY_KEYS)


def test_the_readme_links_to_it() -> None:
    assert "docs/try_without_a_platform.md" in (ROOT / "README.md").read_text(encoding="utf-8")
