# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stopping runs, and starting those that wait for it."""

from __future__ import annotations

from typing import Any

from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, eventually, hosts_of, steps_of

TERMINATE, START = 1, 2


def operate(client: Client, job_id: int, code: int) -> Any:
    return client.call("operate_job_instance", job_instance_id=job_id, operation_code=code)


def test_a_run_waits_for_its_start(client: Client) -> None:
    job_id = client.plan(12, start_task=False)
    assert client.status(job_id)["job_instance"]["status"] == 1
    assert operate(client, job_id, TERMINATE)["code"] == 1241003
    assert operate(client, job_id, START)["data"] == {
        "job_instance_id": job_id,
        "job_instance_name": None,
        "step_instance_id": None,
    }
    assert client.finished(job_id)["job_instance"]["status"] == 3
    assert operate(client, job_id, START)["code"] == 1241015


def test_a_running_job_is_stopped(client: Client) -> None:
    job_id = client.script("echo begun; sleep 60", [101, 102, 104])
    eventually(lambda: {101, 102} <= client.logs(job_id).keys())
    response = client.v2("operate_job_instance", job_instance_id=job_id, operation_code=TERMINATE)
    assert response["data"] == {"job_instance_id": job_id}
    status = client.finished(job_id)
    assert (status["job_instance"]["status"], steps_of(status)) == (11, [11])
    assert {host: found[0] for host, found in hosts_of(status).items()} == {101: 403, 102: 403, 104: 310}
    assert operate(client, job_id, TERMINATE)["code"] == 1241003


def test_hosts_that_have_not_begun_are_stopped_too(estate: Any) -> None:
    with JobServer(estate, workers=1) as server:
        client = Client(server)
        job_id = client.script("sleep 60", [101, 102])
        eventually(lambda: hosts_of(client.status(job_id))[101][0] == 7)
        assert hosts_of(client.status(job_id))[102] == (5, None)
        operate(client, job_id, TERMINATE)
        status = client.finished(job_id)
        assert {host: found[0] for host, found in hosts_of(status).items()} == {101: 403, 102: 403}


def test_later_steps_of_a_stopped_job_stay_pending(client: Client) -> None:
    job_id = client.plan(14)
    # A host to which nothing was sent yet keeps its state.
    eventually(lambda: hosts_of(client.status(job_id))[101][0] != 5)
    operate(client, job_id, TERMINATE)
    status = client.finished(job_id)
    assert (status["job_instance"]["status"], steps_of(status)) == (11, [11, 1])
    assert hosts_of(status)[101][0] == 403


def test_a_stopped_confirmation_never_ends(client: Client) -> None:
    job_id = client.plan(13)
    client.until(job_id, 7)
    assert operate(client, job_id, TERMINATE)["result"] is True
    status = client.status(job_id)
    assert (status["job_instance"]["status"], status["finished"], steps_of(status)) == (10, False, [7, 1])
    assert operate(client, job_id, TERMINATE)["code"] == 1241003


def test_a_finished_job_cannot_be_operated(client: Client) -> None:
    job_id = client.script("true")
    client.finished(job_id)
    assert operate(client, job_id, TERMINATE)["code"] == 1241003
    assert operate(client, 404, TERMINATE)["code"] == 1244006
