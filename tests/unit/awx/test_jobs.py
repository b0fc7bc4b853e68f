# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates and workflow of the kit, run with ansible-runner against the server, as AWX would run them.

What the playbooks make of their variables is in test_playbooks, because each job here costs seconds, and a workflow
that succeeds is in test_load.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.awx_estate import (
    acts,
    assert_no_secret,
    calls,
    credential,
    inventory,
    results,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import eventually

# Without a limit, their result would be larger than ansible-runner keeps it.
HOSTS = 2500
WORKFLOW = awx.read("workflow.yml")
RUN = "JOB - run a script"


class Controllers:
    """Makes controllers with a credential."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[awx.Controller] = []

    def __call__(self, server: JobServer) -> awx.Controller:
        self.made.append(awx.Controller(self._folder, credential(server)))
        return self.made[-1]


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controllers]:
    controllers = Controllers(tmp_path)
    yield controllers
    for each in controllers.made:
        each.close()


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(inventory()) as running:
        yield running


def test_answers_of_a_survey_are_text(server: JobServer, controller: Controllers) -> None:
    given = {
        "script_content": 'echo "$(hostname): $1; $2"',
        "script_param": "'{{ 7 * 7 }}' 2.10",
        "job_hosts": "10.0.0.1\n 0:10.0.0.2,\n",
        "script_timeout": "60",
        "wait_timeout": "100",
        "script_logs": "all",
        # It may read like a number.
        "unique_key": "4711",
    }
    job = controller(server).launch(RUN, given)
    assert job.wait() == "successful", job.output
    assert results(job)[-1]["job_instance_name"] == "bk_fast_script [4711]"
    logs = {host["ip"]: host["log"] for host in results(job)[-1]["hosts"]}
    # AWX does not take an answer for a template.
    assert logs == {f"10.0.0.{n}": f"node-{n}: {{{{ 7 * 7 }}}}; 2.10\n" for n in (1, 2)}
    assert "success, 2 of 2 (hosts in all steps)" in job.output
    assert "(item=10.0.0.2: success, exit code 0) => {" in job.output
    assert '"node-2: {{ 7 * 7 }}; 2.10"' in job.output
    assert_no_secret(job)


def test_an_answer_that_reads_like_a_number_never_arrives_as_another_one(
    server: JobServer, controller: Controllers
) -> None:
    """Ansible from 2.19 on makes a number of it before a playbook can see it; the versions before do not."""
    given = {"script_content": "echo got $1", "script_param": "2.10", "job_hosts": "1", "script_logs": "all"}
    job = controller(server).launch(RUN, given)
    if job.wait() == "successful":
        assert results(job)[-1]["hosts"][0]["log"] == "got 2.10\n"
    else:
        assert "came as a number" in job.output
        assert calls(server) == []


def test_a_wait_that_is_canceled_stops_the_run(server: JobServer, controller: Controllers) -> None:
    def cancel(node: str, job: awx.Job) -> None:
        if node == "wait":
            before = calls(server).count("get_job_instance_status")
            job.until(lambda: calls(server).count("get_job_instance_status") > before)
            job.cancel()

    workflow = controller(server).run_workflow(WORKFLOW, {"plan_name": "long"}, cancel)
    assert workflow.statuses == {"launch": "successful", "wait": "canceled", "stop": "failed"}
    # The job of AWX is killed, and nothing of ours can act; the node that follows does.
    assert acts(server) == ["create", "start", "terminate"]
    assert results(workflow.jobs["stop"])[-1]["status"] == "terminated"
    # A failure path that succeeds would make the workflow a success.
    assert workflow.status == "failed"


def test_who_is_asked_to_end_stops_the_run(server: JobServer, controller: Controllers) -> None:
    job = controller(server).launch(RUN, {"script_content": "sleep 3600", "job_hosts": "1"})
    job.until(lambda: "get_job_instance_status" in calls(server))
    job.interrupt()
    assert job.wait() == "failed"
    eventually(lambda: not job.processes)
    assert acts(server) == ["create", "start", "terminate"]


def test_who_survives_a_cancel_stops_the_run(server: JobServer, controller: Controllers) -> None:
    """Without a container, and where ansible-playbook has its workers in process groups of their own."""
    job = controller(server).launch(RUN, {"script_content": "sleep 3600", "job_hosts": "1"})
    job.until(lambda: "get_job_instance_status" in calls(server))
    job.cancel(container=False)
    assert job.wait() == "canceled"
    eventually(lambda: not job.processes)
    # From then on workers have a session of their own, and are not killed along. Ansible is not imported here, as it
    # would take the whole process for a controller, and modules in other tests for a part of that.
    apart = tuple(map(int, version("ansible-core").split(".")[:2])) >= (2, 19)
    stops = ["terminate"] if apart else []
    assert acts(server) == ["create", "start", *stops]


def test_no_event_is_too_large_however_many_hosts_there_are(controller: Controllers) -> None:
    many = inventory(
        hosts=[{"generate": {"count": HOSTS, "scope": "2", "name": "node-{n}"}}],
        dynamic_groups=[{"id": "all", "scope": "2", "hosts": list(range(1, HOSTS + 1))}],
        executor="scripted",
        outcomes=[{"exit_code": 1, "log": "{name} gives up\n", "log_bytes": 4096}],
    )
    with JobServer(many) as server:
        job = controller(server).launch(RUN, {"script_content": "run", "job_dynamic_groups": "all"})
        assert job.wait() == "failed"
    # ansible-runner empties results of more than 700 000 characters. The text of the event repeats the result.
    kept = results(job)[-1]
    assert 100_000 < len(str(kept)) < 700_000
    assert kept["counts"]["failed"] == HOSTS
    assert len(job.output) < 700_000
