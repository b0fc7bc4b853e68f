# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log calls of both generations."""

from __future__ import annotations

from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, eventually


def step_of(client: Client, job_id: int) -> int:
    return int(client.status(job_id)["step_instance_list"][0]["step_instance_id"])


def one(client: Client, job_id: int, **host: Any) -> Any:
    fields = {"job_instance_id": job_id, "step_instance_id": step_of(client, job_id), **host}
    return client.data("get_job_instance_ip_log", **fields)


def batch(client: Client, job_id: int, **hosts: Any) -> Any:
    fields = {"job_instance_id": job_id, "step_instance_id": step_of(client, job_id), **hosts}
    return client.data("batch_get_job_instance_ip_log", **fields)


def test_logs_grow_while_the_script_runs(client: Client) -> None:
    job_id = client.script("echo first; sleep 60; echo second")
    eventually(lambda: one(client, job_id, bk_host_id=101)["log_content"] == "first\n")
    assert client.status(job_id)["finished"] is False
    client.data("operate_job_instance", job_instance_id=job_id, operation_code=1)
    client.finished(job_id)
    assert one(client, job_id, bk_host_id=101)["log_content"] == "first\n"


def test_one_host(client: Client) -> None:
    job_id = client.script("echo '<a> & \"b\"'", [101, 102])
    client.finished(job_id)
    by_id = one(client, job_id, bk_host_id=101)
    assert by_id == {
        "log_type": 1,
        "bk_host_id": 101,
        "bk_cloud_id": None,
        "ip": None,
        "log_content": '<a> & "b"\n',
        "file_logs": None,
    }
    by_address = one(client, job_id, bk_cloud_id=0, ip="10.0.0.2")
    assert (by_address["bk_host_id"], by_address["ip"]) == (102, "10.0.0.2")
    assert by_address["log_content"] == by_id["log_content"]
    assert one(client, job_id, bk_host_id=103)["log_content"] is None
    unknown = {"job_instance_id": job_id, "step_instance_id": 404, "bk_host_id": 101}
    assert client.call("get_job_instance_ip_log", **unknown)["code"] == 1244006


def test_a_batch(client: Client) -> None:
    job_id = client.script('[ "$(hostname)" = web-2 ] || echo here', [101, 102, 103])
    client.finished(job_id)
    found = batch(client, job_id, host_id_list=[101, 102, 999])
    assert found["script_task_logs"] == [
        {"host_id": 101, "bk_host_id": 101, "bk_cloud_id": 0, "ip": "10.0.0.1", "ipv6": None, "log_content": "here\n"}
    ]
    assert batch(client, job_id, host_id_list=[102])["script_task_logs"] is None
    addresses = [{"bk_cloud_id": 0, "ip": "10.0.0.1"}, {"bk_host_id": 103}]
    # The first entry decides how all are read.
    for items, ids in ((addresses, [101]), (addresses[::-1], [103]), (addresses[1:], [103])):
        found = batch(client, job_id, ip_list=items)
        assert [entry["bk_host_id"] for entry in found["script_task_logs"]] == ids
    found = batch(client, job_id, host_id_list=[103], ip_list=addresses)
    assert [entry["bk_host_id"] for entry in found["script_task_logs"]] == [103]


def test_logs_of_v2_are_grouped_and_escaped(client: Client) -> None:
    job_id = client.script("echo '<a> & \"b\"'; [ $(hostname) = web-1 ] || exit 2", [101, 102, 103])
    client.finished(job_id)
    (step,) = client.v2("get_job_instance_log", job_instance_id=job_id)["data"]
    assert (step["is_finished"], step["status"], step["step_instance_id"]) == (True, 4, step_of(client, job_id))
    groups = {group["ip_status"]: group["ip_logs"] for group in step["step_results"]}
    assert {status: len(logs) for status, logs in groups.items()} == {9: 1, 104: 2}
    log = groups[104][0]
    assert (log["ip"], log["exit_code"], log["execute_count"]) == ("10.0.0.2", 2, 0)
    assert log["log_content"] == '&lt;a&gt; &amp; "b"\n'
    assert isinstance(log["start_time"], str)
    assert log["total_time"] >= 0.1


def test_logs_of_a_job_that_has_not_begun(client: Client) -> None:
    job_id = client.plan(11, start_task=False)
    assert one(client, job_id, bk_host_id=101)["log_content"] is None
    steps = client.v2("get_job_instance_log", job_instance_id=job_id)["data"]
    assert [(step["is_finished"], step["step_results"]) for step in steps] == [(False, []), (False, [])]


def test_a_confirmation_has_no_log(client: Client) -> None:
    job_id = client.plan(13)
    found = batch(client, job_id, host_id_list=[101])
    assert (found["log_type"], found["script_task_logs"]) == (None, None)
