# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page "React to runs": its steps lead to a healed run, its rulebooks load, and it promises what is true."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.eda.conftest import (
    ROOT,
    SCRIPTS,
    Reports,
    launch,
    link_into,
    looks,
)
from ansible_collections.blueking.job.tests.support.rulebook import INVENTORY, Rulebook
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.doc_pages import blocks

PAGE = ROOT / "docs" / "react_to_runs.md"
FILES = {
    block.mark.removeprefix("rulebook: "): block.text for block in blocks(PAGE) if block.mark.startswith("rulebook: ")
}
COMMANDS = [
    shlex.split(line)
    for block in blocks(PAGE)
    if block.language == "console"
    for line in re.sub(r"\\\n\s*", "", block.text).splitlines()
]
BROKEN, NIGHTLY_BACKUP = 1002, 1006


def command(*words: str) -> list[str]:
    """Return the only command of the page that has all of the words."""
    (found,) = (each for each in COMMANDS if set(words) <= set(each))
    return found


def rulesets(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load(FILES[name])
    return loaded


@pytest.mark.long
def test_the_steps_of_the_page_lead_to_a_healed_run(
    tmp_path: Path, server: JobServer, environment: dict[str, str]
) -> None:
    assert FILES["inventory.ini"] == INVENTORY
    environment.update(link_into(tmp_path))
    name, variables = "blueking.job.retry_failed_hosts", yaml.safe_load(FILES["vars.yml"])
    words = command("ansible-rulebook", name)
    assert words[1:] == ["--rulebook", name, "--inventory", "inventory.ini", "--vars", "vars.yml"]
    with Rulebook(SCRIPTS, tmp_path, name, environment, variables) as rulebook:
        rulebook.wait_until(lambda: looks(server) > 0, "the first look")
        subprocess.run(
            [str(SCRIPTS / "ansible-playbook"), *command("ansible-playbook", "blueking.job.launch_plan")[1:]],
            check=True,
            cwd=tmp_path,
            env={**environment, "HOME": str(tmp_path), "PATH": f"{SCRIPTS}:{os.defpath}", "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        output = rulebook.wait_for(r"Job instance \d+ \(nightly-backup\) succeeded after a retry")
    for line in ("PLAY [Retry failed hosts]", "TASK [Retry the failed hosts of the step that failed]", "[debug] ***"):
        assert line in output


@pytest.mark.long
def test_the_first_rulebook_of_the_page_retries_and_shows_the_end(
    tmp_path: Path, server: JobServer, environment: dict[str, str]
) -> None:
    environment.update(link_into(tmp_path))
    with Rulebook(SCRIPTS, tmp_path, rulesets("my_rules.yml"), environment, {}) as rulebook:
        rulebook.wait_until(lambda: looks(server) > 0, "the first look")
        launch(server, NIGHTLY_BACKUP, [101, 103])
        output = rulebook.wait_for(r"(?m)^nightly-backup: success$")
    assert "PLAY [Retry failed hosts]" in output


@pytest.mark.long
def test_after_sigkill_and_sigterm_every_failure_was_reported_at_least_once(
    tmp_path: Path, server: JobServer, reports: Reports, environment: dict[str, str]
) -> None:
    environment.update(link_into(tmp_path))
    kept = tmp_path / "kept"
    kept.mkdir()
    variables = yaml.safe_load(FILES["persistent.yml"].replace("/var/lib/job_runs", str(kept)))
    variables["job_interval"] = 1
    arguments = command("never_miss.yml")[7:]
    assert arguments == ["--id", "1", "--persistence-id", "job-runs"]
    failed: list[int] = []

    def fail(count: int) -> None:
        failed.extend(launch(server, BROKEN, [101, 103]) for _each in range(count))

    def reported() -> set[int]:
        return {int(text.split()[2]) for text in reports.texts}

    def start() -> Rulebook:
        return Rulebook(SCRIPTS, tmp_path, rulesets("never_miss.yml"), environment, variables, arguments)

    with start() as rulebook:
        rulebook.wait_until(lambda: looks(server) > 0, "the first look")
        fail(6)
        rulebook.wait_until(lambda: len(reported()) >= 2, "two reports")
        rulebook.kill()
    fail(2)
    with start() as rulebook:
        rulebook.wait_until(lambda: len(reported()) >= 5, "five reports")
        rulebook.terminate()
    fail(1)
    with start() as rulebook:
        rulebook.wait_until(lambda: reported() == set(failed), "a report of every failure")
    # An action that was cut short runs again; those that have ended do not.
    assert len(reports.texts) < 2 * len(failed)


def test_every_other_rulebook_of_the_page_is_valid() -> None:
    program = "import sys, yaml, json, pathlib\nfrom ansible_rulebook.validators import Validate\n"
    program += "Validate.rulebook(yaml.safe_load(sys.stdin.read()))"
    for name in ("for_activations.yml", "my_rules.yml", "never_miss.yml"):
        subprocess.run([str(SCRIPTS / "python"), "-c", program], input=FILES[name], check=True, text=True)
