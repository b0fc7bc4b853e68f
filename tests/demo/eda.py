# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show a run that fails on one host, and a rulebook that retries it, with a real ansible-rulebook."""

from __future__ import annotations

import ast
import json
import re
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.blueking.job.tests.support.rulebook import Rulebook
from ansible_collections.blueking.job.tests.support.simulator import JobServer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCRIPTS = ROOT / ".cache" / "rulebook" / "bin"
RULEBOOK = "blueking.job.retry_failed_hosts"
LOGIN = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin"}
SCOPE = {"bk_scope_type": "biz", "bk_scope_id": "2"}
PLAN = 1006
EVENT = re.compile(r"^Event:\n(\{.*?\}\})$", re.MULTILINE | re.DOTALL)
HEALED = r"Job instance .* succeeded after a retry"


def main() -> int:
    """Start server and rulebook, launch a plan, and print what happens."""
    with tempfile.TemporaryDirectory() as name, JobServer(HERE / "inventory.yml") as server:
        folder = Path(name)
        namespace = folder / "packages" / "ansible_collections" / "blueking"
        namespace.mkdir(parents=True)
        (namespace / "job").symlink_to(ROOT)
        environment = {
            "BK_JOB_API_URL": server.url,
            "BK_SCOPE_ID": SCOPE["bk_scope_id"],
            "PYTHONPATH": str(namespace.parents[1]),
            **{key.upper(): value for key, value in LOGIN.items()},
        }
        print(f"The JOB simulator listens at {server.url}; the scripts below really run.", flush=True)
        variables = {"job_interval": 1, "job_name": "nightly-backup"}
        began = time.monotonic()
        with Rulebook(SCRIPTS, folder, RULEBOOK, environment, variables, ["--print-events"]) as rulebook:
            # The first call reads the server's time, the second one is the first poll of the history.
            rulebook.wait_until(lambda: calls(server, "get_job_instance_list") > 1, "the first poll")
            say("rulebook", f"{RULEBOOK} is running after {time.monotonic() - began:.1f} s")
            show(server, rulebook)
    return 0


def show(server: JobServer, rulebook: Rulebook) -> None:
    """Launch the plan as another program would, and print each step on the way to its success."""
    began = time.monotonic()
    run = request(server, "execute_job_plan", {"job_plan_id": PLAN})["job_instance_id"]
    say("launch", f"job instance {run} (nightly-backup), by a program without Ansible")
    say("event", describe(event(rulebook, 1)))
    query = {"job_instance_id": run, "return_ip_result": True}
    for step in request(server, "get_job_instance_status", query)["step_instance_list"]:
        for host in step["step_ip_result_list"]:
            say("", f"{host['ip']}: exit code {host['exit_code']}")
    rulebook.wait_until(lambda: calls(server, "operate_step_instance") > 0, "the retry")
    say("playbook", "retry_failed_hosts reads the run, and retries the step on the host that failed")
    say("event", describe(event(rulebook, 2)))
    (message,) = re.findall(HEALED, rulebook.wait_for(HEALED))
    say("rule", message)
    print(f"\nFrom the launch to a healed run: {time.monotonic() - began:.1f} s", flush=True)


def say(source: str, text: str) -> None:
    """Print a line with the time of day."""
    print(f"{datetime.now():%H:%M:%S}  {source:<9} {text}", flush=True)


def event(rulebook: Rulebook, number: int) -> dict[str, Any]:
    """Wait for an event, and return what it contains about the run."""
    rulebook.wait_until(lambda: len(EVENT.findall(rulebook.output())) >= number, f"event {number}")
    found: dict[str, Any] = ast.literal_eval(EVENT.findall(rulebook.output())[number - 1])
    run: dict[str, Any] = found["bk_job"]
    return run


def describe(run: dict[str, Any]) -> str:
    """Return what rules can compare."""
    keys = ("name", "status", "previous_status", "times_ended")
    return ", ".join(f"{key}: {run[key]}" for key in keys)


def request(server: JobServer, call: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Send a call to JOB; return its data."""
    url = f"{server.url}/api/c/compapi/v2/jobv3/{call}/"
    body = json.dumps({**LOGIN, **SCOPE, **fields}).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, body, {"Content-Type": "application/json"})) as response:
        data: dict[str, Any] = json.load(response)["data"]
    return data


def calls(server: JobServer, name: str) -> int:
    """Return how often a call of JOB was made."""
    return sum(1 for entry in server.journal if entry["call"] == name)


if __name__ == "__main__":
    sys.exit(main())
