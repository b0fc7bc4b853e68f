# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the workflow of extensions/awx as AWX would, with ansible-runner, against the JOB simulator."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.support.simulator import JobServer

HERE = Path(__file__).resolve().parent
# Input of an AWX user: the fields of the credential, and the answers to the survey.
CREDENTIAL = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin", "bk_scope_id": "2"}
ANSWERS = {"plan_name": "deploy-web", "plan_settings": "version=2.4.1", "job_hosts": "10.0.0.1\n10.0.0.2"}


def main() -> int:
    """Launch, wait, and print the output of each node."""
    workflow = awx.read("workflow.yml")
    with tempfile.TemporaryDirectory() as folder, JobServer(HERE / "inventory.yml") as server:
        print(f"The JOB simulator listens at {server.url}; the workflow is {workflow['name']!r}.", flush=True)
        controller = awx.Controller(Path(folder), {**CREDENTIAL, "api_url": server.url})
        outcome = controller.run_workflow(workflow, ANSWERS)
        for name, job in outcome.jobs.items():
            print(f"\n--- node {name}: {outcome.statuses[name]}, artifacts {job.artifacts}\n{job.output}", end="")
    print(f"\nThe workflow: {outcome.status}")
    return 0 if outcome.status == "successful" else 1


if __name__ == "__main__":
    sys.exit(main())
