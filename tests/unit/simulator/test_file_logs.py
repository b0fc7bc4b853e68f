# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of file steps in the log calls of each generation, and the other calls that show a file step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.file_transfers import (
    Request,
    config,
    send,
    server_files,
    third_party,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client

UNKNOWN = {"bk_cloud_name": None, "ipv6": None, "bk_agent_id": None, "alive": None}


@pytest.fixture
def server(estate: Any) -> Iterator[JobServer]:
    estate["hosts"][0]["files"] = {"/data/a": "x" * 2048, "/data/deep/b": "b"}
    estate["file_sources"] = [{"id": 1, "scope": "2", "code": "store", "alias": "shelf", "files": {"x/k": "kept"}}]
    with JobServer(estate) as running:
        yield running


@pytest.fixture
def client(server: JobServer) -> Client:
    return Client(server)


class Sent:
    """A transfer that has ended, and its logs."""

    def __init__(self, client: Client, *sources: Request, **fields: Any) -> None:
        self.client, job_id = client, send(client, *sources, **fields)
        (step,) = client.finished(job_id)["step_instance_list"]
        self.ids = {"job_instance_id": job_id, "step_instance_id": step["step_instance_id"]}

    def single(self, **host: Any) -> Any:
        return self.client.data("get_job_instance_ip_log", **self.ids, **host)

    def batch(self, *hosts: int) -> Any:
        found = self.client.data("batch_get_job_instance_ip_log", **self.ids, host_id_list=list(hosts))
        assert (found["log_type"], found["script_task_logs"]) == (2, None)
        return {entry["bk_host_id"]: entry["file_logs"] for entry in found["file_task_logs"]}

    def paths(self, *hosts: int) -> Any:
        """Source, target and status of each row."""
        return {
            host: [(row["mode"], row["src_path"], row["dest_path"], row["status"]) for row in rows]
            for host, rows in self.batch(*hosts).items()
        }


def test_a_batch_has_complete_rows(client: Client) -> None:
    (row,) = Sent(client, server_files("/data/a")).batch(102)[102]
    assert re.fullmatch(
        r"\[.{19}\] FileName: /in/a FileSize: 2.0 KB Status: 4 StatusDesc: Finished Speed: 2 KB/s Progress: 100% "
        r"Detail: \n",
        row.pop("log_content"),
    )
    named = {"bk_cloud_id": 0, "bk_cloud_name": "default area", "ipv6": None, "alive": 1}
    assert row == {
        "mode": 1,
        "src_ip": {"bk_host_id": 101, "ip": "10.0.0.1", "bk_agent_id": "0:10.0.0.1", **named},
        "src_path": "/data/a",
        "dest_ip": {"bk_host_id": 102, "ip": "10.0.0.2", "bk_agent_id": "0:10.0.0.2", **named},
        "dest_path": "/in/a",
        "status": 4,
        "size": "2.0 KB",
        "speed": "2 KB/s",
        "process": "100%",
    }


def test_a_batch_has_uploads_only_of_sources_that_were_asked_for(client: Client) -> None:
    sent = Sent(client, server_files("/data/a", "/data/deep/"), hosts=[101, 102])
    downloads = [(1, "/data/a", "/in/a", 4), (1, "/data/deep/", "/in/deep/", 4)]
    uploads = [(0, "/data/a", None, 4), (0, "/data/deep/", None, 4)]
    assert sent.paths(102) == {102: downloads}
    assert sent.paths(101, 102) == {101: [*downloads, *uploads], 102: downloads}
    # The step does not have this host, so the filter disappears.
    assert sent.paths(999) == sent.paths(101, 102)
    assert sent.paths(999, 102) == {102: downloads}


def test_one_host_gets_all_uploads_and_nulls(client: Client) -> None:
    sent = Sent(client, server_files("/data/a", "/none"), hosts=[102, 103])
    found = sent.single(bk_cloud_id=0, ip="10.0.0.2")
    assert (found["log_type"], found["bk_host_id"], found["log_content"]) == (2, 102, None)
    rows = found["file_logs"]
    assert [(row["mode"], row["src_path"], row["status"]) for row in rows] == [
        (1, "/data/a", 4),
        (1, "/none", 5),
        (0, "/data/a", 4),
        (0, "/none", 5),
    ]
    assert {(row["size"], row["speed"], row["process"]) for row in rows} == {(None, None, None)}
    assert rows[0]["src_ip"] == {"bk_host_id": 101, "bk_cloud_id": None, "ip": None, **UNKNOWN}
    assert rows[0]["dest_ip"] == {"bk_host_id": 102, "bk_cloud_id": None, "ip": None, **UNKNOWN}
    assert "the file does not exist on the source. Status: 104, StatusDesc: " in rows[1]["log_content"]
    assert [row["mode"] for row in sent.single(bk_host_id=999)["file_logs"]] == [0, 0]


def test_a_new_name_makes_two_rows_of_which_one_waits_for_ever(client: Client) -> None:
    sent = Sent(client, server_files("/data/a"), file_target_name="z")
    assert sent.paths(102) == {102: [(1, "/data/a", "/in/z", 1), (1, "/data/a", "/in/a", 4)]}


def test_sources_that_are_no_hosts(client: Client) -> None:
    (row,) = Sent(client, third_party("x/k", file_source_code="store")).batch(102)[102]
    assert (row["src_path"], row["src_ip"]["ip"]) == ("shelf/x/k", "10.255.255.1")
    failed = Sent(client, third_party("x/none", file_source_code="store"))
    (upload,) = failed.single(bk_host_id=102)["file_logs"]
    assert (upload["mode"], upload["src_path"], upload["status"]) == (0, "shelf/x/none", 5)
    data = client.data("push_config_file", **config())
    client.finished(data["job_instance_id"])
    (step,) = client.status(data["job_instance_id"])["step_instance_list"]
    ids = {"job_instance_id": data["job_instance_id"], "step_instance_id": step["step_instance_id"]}
    (entry,) = client.data("batch_get_job_instance_ip_log", **ids, host_id_list=[102])["file_task_logs"]
    assert [(row["src_path"], row["dest_path"]) for row in entry["file_logs"]] == [("a.conf", "/in/a.conf")]


def test_v2_joins_the_texts_of_the_downloads(client: Client) -> None:
    sent = Sent(client, server_files("/data/a", "/<none>"))
    (step,) = client.v2("get_job_instance_log", job_instance_id=sent.ids["job_instance_id"])["data"]
    (group,) = step["step_results"]
    (log,) = group["ip_logs"]
    assert (group["ip_status"], group["tag"], log["exit_code"]) == (320, None, None)
    lines = log["log_content"].splitlines()
    assert [("FileName: /in/a " in line, "Status: 104" in line) for line in lines] == [(True, False), (False, True)]


def test_v4_lists_downloads_and_uploads_apart(client: Client) -> None:
    sent = Sent(client, server_files("/data/a"))
    name = "batch_get_job_instance_execute_object_log"
    data = client.v4(name, **sent.ids, host_id_list=[101, 102]).json["data"]
    assert data["log_type"] == 2
    source, target = data["file_step_execute_object_logs"]
    assert set(source) == {"execute_object", "upload_log"}
    assert set(target) == {"execute_object", "download_log"}
    (row,) = target["download_log"]
    assert (row["src_execute_object"]["resource_id"], row["dest_execute_object"]["resource_id"]) == ("101", "102")
    (upload,) = source["upload_log"]
    assert "dest_execute_object" not in upload


def test_a_pending_transfer_has_no_rows(client: Client) -> None:
    job_id = send(client, server_files("/data/a"), start_task=False)
    (step,) = client.status(job_id)["step_instance_list"]
    ids = {"job_instance_id": job_id, "step_instance_id": step["step_instance_id"]}
    assert client.data("batch_get_job_instance_ip_log", **ids, host_id_list=[102])["file_task_logs"] is None


def test_the_step_in_other_calls(client: Client) -> None:
    fields = {"file_target_path": "/in/[FILESRCIP]", "timeout": 60, "upload_speed_limit": 5, "transfer_mode": 2}
    sent = Sent(client, server_files("/data/a"), **fields)
    view = client.data("get_step_instance_status", **sent.ids)
    assert (view["type"], [(group["result_type"], group["tag"]) for group in view["step_result_group_list"]]) == (
        2,
        [(9, None)],
    )
    info = client.data("get_step_instance_detail", **sent.ids)["file_info"]
    (source,) = info["file_source_list"]
    assert (source["file_list"], source["file_type"], source["account"]["id"]) == (["/data/a"], 1, 50)
    assert [host["bk_host_id"] for host in source["server"]["ip_list"]] == [101]
    destination = info["file_destination"]
    assert (destination["path"], destination["account"]["name"]) == ("/in/[FILESRCIP]", "root")
    numbers = ("timeout", "source_speed_limit", "destination_speed_limit", "transfer_mode", "is_ignore_error")
    assert [info[name] for name in numbers] == [60, 5, None, 2, 0]


def test_details_of_files_that_were_not_fetched(client: Client) -> None:
    sent = Sent(client, third_party("x/none", file_source_code="store"))
    assert client.call("get_step_instance_detail", **sent.ids)["code"] == 1240002
