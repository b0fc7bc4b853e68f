# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped rulebooks in a real ansible-rulebook, wherever the collection is installed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.version import VERSION
from ansible_collections.blueking.job.tests.eda.conftest import (
    APP_SECRET,
    CALLBACK_SECRET,
    ROOT,
    SCRIPTS,
    Reports,
    callers,
    calls,
    launch,
    link_into,
    looks,
)
from ansible_collections.blueking.job.tests.support.rulebook import Rulebook
from ansible_collections.blueking.job.tests.support.simulator import JobServer

FOLDER = ROOT / "extensions" / "eda" / "rulebooks"
VARIABLES = {"job_interval": 1}
LISTENING = r"Listening for callbacks on 127\.0\.0\.1, port (\d+)"
AGENT = "ansible-collection-blueking.job"


def test_failed_hosts_are_retried_once_after_callbacks_and_no_secret_is_printed(
    tmp_path: Path, server: JobServer, reports: Reports, environment: dict[str, str]
) -> None:
    environment.update(link_into(tmp_path))
    # Without callbacks, nothing would happen for an hour.
    variables = {"job_interval": 3600, "job_callback": {"port": 0}}
    name = "blueking.job.retry_failed_hosts"
    with Rulebook(SCRIPTS, tmp_path, name, environment, variables, ["-vv"]) as rulebook:
        rulebook.wait_until(lambda: looks(server) > 0, "the first read of the history")
        listening = re.search(LISTENING, rulebook.wait_for(LISTENING))
        assert listening is not None
        url = f"http://127.0.0.1:{listening[1]}/{CALLBACK_SECRET}"
        healed, broken = (launch(server, plan, [101, 103], callback_url=url) for plan in (1006, 1002))
        rulebook.wait_for(rf"Job instance {healed} \(nightly-backup\) succeeded after a retry")
        rulebook.wait_until(lambda: len(reports.texts) > 0, "a report")
        output = rulebook.output()
    assert reports.texts == [
        f"Job instance {broken} (broken): failed, 1 of 2 hosts failed\n"
        "- 10.0.0.3: script_exit_code, exit code 3: [db-1] data folder is read-only, giving up"
    ]
    assert calls(server, "operate_step_instance") == 2
    assert callers(server) == {f"{AGENT}/{VERSION}"}
    for secret in (APP_SECRET, CALLBACK_SECRET, "planted-webhook-secret"):
        assert secret not in output


def test_a_copy_in_the_home_directory_alerts_confirms_and_launches_the_next_plan(
    installed: Path, server: JobServer, reports: Reports, environment: dict[str, str]
) -> None:
    variables = {
        **VARIABLES,
        "job_operator": "admin",
        "step_name": "approve",
        "next_plan": "deploy-web",
        "next_plan_settings": {"version": "2.4.1"},
    }
    # Each of them watches the runs of its own name.
    books = {"alert_on_failure": "broken", "confirm_step": "with-approval", "start_next_plan": "nightly-backup"}
    rulesets = [ruleset for book, name in books.items() for ruleset in named(book, name)]
    with Rulebook(SCRIPTS, installed, rulesets, environment, variables) as rulebook:
        rulebook.wait_until(lambda: all(looks(server, name=name) for name in books.values()), "the first looks")
        broken, waiting = launch(server, 1002, [101, 103]), launch(server, 1003, [101])
        launch(server, 1006, [101])
        rulebook.wait_until(lambda: len(reports.texts) > 0, "a report")
        rulebook.wait_until(lambda: calls(server, "execute_job_plan") == 4, "the launch of the next plan")
        rulebook.wait_until(lambda: calls(server, "operate_step_instance") > 0, "the confirmation")
    assert [text.splitlines()[0] for text in reports.texts] == [
        f"Job instance {broken} (broken): failed, 1 of 2 hosts failed"
    ]
    operated = [entry for entry in server.journal if entry["call"] == "operate_step_instance"]
    assert [str(waiting) in entry["body"] for entry in operated] == [True]
    (launched,) = (
        entry["body"]
        for entry in server.journal
        if entry["call"] == "execute_job_plan" and entry["headers"]["user-agent"] != "the-test"
    )
    assert "2.4.1" in launched
    assert callers(server) == {f"{AGENT}/installed-copy"}


@pytest.mark.long
def test_with_two_copies_source_and_core_are_of_the_same_one(
    tmp_path: Path, installed: Path, server: JobServer, environment: dict[str, str]
) -> None:
    environment.update(link_into(tmp_path))
    with Rulebook(SCRIPTS, installed, named("alert_on_failure", "broken"), environment, VARIABLES) as rulebook:
        rulebook.wait_until(lambda: looks(server) > 0, "the first read of the history")
    assert callers(server) == {f"{AGENT}/installed-copy"}


def named(rulebook: str, job_name: str) -> list[dict[str, Any]]:
    """Return the rulesets of a shipped rulebook, which watch the runs of one name."""
    rulesets: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{rulebook}.yml").read_text(encoding="utf-8"))
    for ruleset in rulesets:
        for source in ruleset["sources"]:
            source["blueking.job.job_runs"]["name"] = job_name
    return rulesets
