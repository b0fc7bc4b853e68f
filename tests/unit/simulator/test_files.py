# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transfers that really copy: patterns, directories, placeholders, modes, contents, and sources that lack a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.file_transfers import (
    config,
    config_v2,
    push,
    send,
    sent,
    server_files,
    server_files_v2,
    targets_of,
    third_party,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, b64

SOURCE = {
    "/data/a.log": "first\n",
    "/data/b.log": "second\n",
    "/data/c.txt": "third\n",
    "/data/deep/d.log": "fourth\n",
    "C:\\data\\e.log": "fifth\n",
}


@pytest.fixture
def server(estate: Any) -> Iterator[JobServer]:
    estate["hosts"][0]["files"] = SOURCE
    estate["hosts"][2]["files"] = {"/data/a.log": "of db-1\n"}
    estate["hosts"].append({"id": 105, "ip": "10.0.0.5", "scope": "2", "agent": "none"})
    estate["file_sources"] = [
        {"id": 1, "scope": "2", "code": "store", "alias": "shelf", "files": {"bucket/x/k.bin": "kept\n"}},
        {"id": 2, "scope": "3", "code": "shared", "public": True, "files": {"bucket/s.bin": "shared\n"}},
        {"id": 3, "scope": "2", "code": "off", "enable": False, "files": {"bucket/k.bin": "off\n"}},
    ]
    with JobServer(estate) as running:
        yield running


@pytest.fixture
def client(server: JobServer) -> Client:
    return Client(server)


def files_of(server: JobServer, host: int) -> dict[str, str]:
    """The text of each file on a host, by its path."""
    root = server.host_directory(host)
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return {f"/{path.relative_to(root)}": path.read_text(encoding="utf-8") for path in found}


@pytest.mark.parametrize(
    ("paths", "target", "expected"),
    [
        (["/data/a.log", "/data/c.txt"], "/in", {"/in/a.log": "first\n", "/in/c.txt": "third\n"}),
        (["/data/*.log"], "/in/", {"/in/a.log": "first\n", "/in/b.log": "second\n"}),
        (["/data/REGEX:[bc]\\..*"], "/in", {"/in/b.log": "second\n", "/in/c.txt": "third\n"}),
        (["/data/deep/"], "/in", {"/in/deep/d.log": "fourth\n"}),
        (["C:\\data\\e.log"], "C:\\in", {"/C:/in/e.log": "fifth\n"}),
        (["/data/deep/../a.log"], "/in/../../out", {"/out/a.log": "first\n"}),
        (["/data/a.log"], "/in/a.log", {"/in/a.log/a.log": "first\n"}),
        (["/data/a.log"], "/in/[FILESRCIP]", {"/in/0_10.0.0.1/a.log": "first\n"}),
    ],
)
def test_what_arrives(server: JobServer, client: Client, paths: list[str], target: str, expected: Any) -> None:
    found = sent(client, server_files(*paths), file_target_path=target)
    assert found["job_instance"]["status"] == 3
    assert targets_of(found) == [(102, 9)]
    assert files_of(server, 102) == expected


def test_a_second_transfer_overwrites(server: JobServer, client: Client) -> None:
    sent(client, server_files("/data/a.log"))
    sent(client, server_files("/data/a.log", hosts=[103]), hosts=[102, 101])
    assert files_of(server, 102) == {"/in/a.log": "of db-1\n"}
    assert files_of(server, 101)["/in/a.log"] == "of db-1\n"


def test_several_sources_keep_apart_by_their_address(server: JobServer, client: Client) -> None:
    sent(client, server_files("/data/a.log", hosts=[101, 103]), file_target_path="/in/[FILESRCIP]")
    assert files_of(server, 102) == {"/in/0_10.0.0.1/a.log": "first\n", "/in/0_10.0.0.3/a.log": "of db-1\n"}


def test_dates_in_the_target(server: JobServer, client: Client) -> None:
    before = datetime.now()
    sent(client, server_files("/data/a.log"), file_target_path="/in/[DATE:yyyy-MM]/[DATEFMT:%Y]/[DATE:QQ]")
    (path,) = files_of(server, 102)
    match = re.fullmatch(r"/in/(\d{4}-\d\d)/(\d{4})/\[DATE:QQ\]/a.log", path)
    assert match is not None
    # The year may end meanwhile.
    assert f"{before:%Y-%m}" <= match[1] <= f"{datetime.now():%Y-%m}"
    assert match[2] == match[1][:4]


def test_a_new_name(server: JobServer, client: Client) -> None:
    sent(client, server_files("/data/a.log", "/data/deep/"), file_target_name="z.log")
    assert files_of(server, 102) == {"/in/deep/d.log": "fourth\n", "/in/z.log": "first\n"}


@pytest.mark.parametrize(("mode", "status"), [(1, 399), (2, 9), (3, 9), (77, 9), (None, 9)])
def test_only_mode_1_needs_the_directory(server: JobServer, client: Client, mode: int | None, status: int) -> None:
    found = sent(client, server_files("/data/a.log"), transfer_mode=mode)
    assert targets_of(found) == [(102, status)]
    assert len(files_of(server, 102)) == (1 if status == 9 else 0)


def test_mode_1_with_the_directory(server: JobServer, client: Client) -> None:
    server.host_directory(102).joinpath("in").mkdir()
    assert targets_of(sent(client, server_files("/data/a.log"), transfer_mode=1)) == [(102, 9)]


def test_a_missing_file_fails_every_target_and_the_others_arrive(server: JobServer, client: Client) -> None:
    found = sent(client, server_files("/data/a.log", "/data/none", "/data/*.none"), hosts=[102, 103])
    (step,) = found["step_instance_list"]
    assert (found["job_instance"]["status"], step["status"]) == (4, 4)
    hosts = step["step_ip_result_list"]
    assert [(host["status"], host["error_code"], host["exit_code"], host["tag"]) for host in hosts] == [
        (320, 104, None, None)
    ] * 2
    assert files_of(server, 102) == {"/in/a.log": "first\n"}


def test_agents(server: JobServer, client: Client) -> None:
    # A target whose agent is down, and one without any agent.
    assert targets_of(sent(client, server_files("/data/a.log"), hosts=[102, 104, 105])) == [
        (102, 9),
        (104, 310),
        (105, 18),
    ]
    # The same as sources: the first fails every target with its own error, the second leaves them incomplete.
    assert targets_of(sent(client, server_files("/data/a.log", hosts=[101, 104]))) == [(102, 310)]
    found = sent(client, server_files("/data/b.log", hosts=[101, 105]))
    assert (found["job_instance"]["status"], targets_of(found)) == (4, [(102, 11)])
    assert "/in/b.log" in files_of(server, 102)
    # No source, and no target, that can do anything.
    found = sent(client, server_files("/data/a.log", hosts=[105]), hosts=[102, 105])
    assert (found["job_instance"]["status"], targets_of(found)) == (4, [(102, 5), (105, 18)])
    assert targets_of(sent(client, server_files("/data/a.log"), hosts=[105])) == [(105, 18)]


def test_third_party_files(server: JobServer, client: Client) -> None:
    by_id, by_code = (
        third_party("bucket/x/k.bin", file_source_id=1),
        third_party("bucket/s.bin", file_source_code="shared"),
    )
    assert targets_of(sent(client, by_id, by_code)) == [(102, 9)]
    assert files_of(server, 102) == {"/in/k.bin": "kept\n", "/in/s.bin": "shared\n"}


@pytest.mark.parametrize(
    ("source", "job"),
    [
        (third_party("bucket/none", file_source_code="store"), 4),
        (third_party("bucket/k.bin", file_source_id=404), 9),
        (third_party("bucket/k.bin", file_source_code="off"), 9),
        # A file source beside hosts: its id decides where the files are looked up.
        (server_files("/data/a.log", file_source_id=1), 4),
        (server_files("/data/a.log", file_source_id=404), 9),
        ({"file_type": 4, "file_list": ["a.conf"]}, 4),
    ],
)
def test_files_that_cannot_be_fetched_leave_hosts_waiting(client: Client, source: Any, job: int) -> None:
    found = sent(client, source)
    (step,) = found["step_instance_list"]
    assert (found["job_instance"]["status"], step["status"], targets_of(found)) == (job, job, [(102, 5)])
    assert (step["end_time"], step["total_time"]) == (None, None)
    assert found["job_instance"]["end_time"]


def test_third_party_files_need_an_account_named_root(estate: Any) -> None:
    estate["accounts"] = [{"id": 51, "alias": "root", "account": "app", "scope": "2"}]
    estate["file_sources"] = [{"id": 1, "scope": "2", "code": "store", "files": {"k": "kept"}}]
    with JobServer(estate) as server:
        found = sent(Client(server), third_party("k", file_source_code="store"))
        assert (found["job_instance"]["status"], targets_of(found)) == (4, [(102, 5)])


def test_contents(server: JobServer, client: Client) -> None:
    files = [
        {"file_name": "ignored/a.conf", "content": b64("old\n")},
        {"file_name": "a.conf", "content": b64("new\n")},
        {"file_name": "b", "content": b64("b")},
    ]
    data = client.data("push_config_file", **config(file_list=files, file_target_path="/etc/[FILESRCIP]"))
    assert data["step_instance_id"] is None
    assert re.fullmatch(r"API_PUSH_CONFIG_FILE_\d+", data["job_instance_name"])
    assert client.finished(data["job_instance_id"])["job_instance"]["status"] == 3
    assert files_of(server, 102) == {"/etc/0_10.255.255.1/a.conf": "new\n", "/etc/0_10.255.255.1/b": "b"}


def test_v2(server: JobServer, client: Client) -> None:
    for name, fields in (("fast_push_file", push(server_files_v2("/data/a.log"))), ("push_config_file", config_v2())):
        data = client.v2(name, **fields)["data"]
        assert set(data) == {"job_instance_id", "job_instance_name"}
        assert client.finished(data["job_instance_id"])["job_instance"]["status"] == 3
    assert files_of(server, 102) == {"/in/a.conf": "a=1\n", "/in/a.log": "first\n"}


def test_scripts_see_the_files_of_their_host(client: Client) -> None:
    client.finished(client.script('mkdir -p "$HOST_ROOT/srv"; echo made > "$HOST_ROOT/srv/made.txt"'))
    sent(client, server_files("/srv/made.txt"))
    job_id = client.script('cat "$HOST_ROOT/in/made.txt"', [102])
    client.finished(job_id)
    assert client.logs(job_id) == {102: "made\n"}


def test_a_transfer_in_two_steps(server: JobServer, client: Client) -> None:
    job_id = send(client, server_files("/data/a.log"), start_task=False, task_name="later")
    assert client.status(job_id)["job_instance"]["status"] == 1
    assert files_of(server, 102) == {}
    client.data("operate_job_instance", job_instance_id=job_id, operation_code=2)
    assert client.finished(job_id)["job_instance"]["status"] == 3
    window = {"create_time_start": 1, "create_time_end": 2}
    by_id = {"job_instance_id": job_id}
    (item,) = client.data("get_job_instance_list", **window, **by_id)["data"]
    assert (item["type"], item["name"], item["job_plan_id"]) == (2, "later", -1)
    assert client.data("get_job_instance_list", **window, **by_id, ip="10.0.0.1")["total"] == 1
    assert client.data("get_job_instance_list", **window, **by_id, ip="10.0.0.3")["total"] == 0
    now = client.status(job_id)["job_instance"]["create_time"]
    window = {"create_time_start": now - 1000, "create_time_end": now + 1000}
    assert [client.data("get_job_instance_list", **window, type=kind)["total"] for kind in (0, 1, 2)] == [0, 0, 1]


def test_a_retry_sends_only_to_those_that_failed(server: JobServer, client: Client) -> None:
    server.host_directory(102).joinpath("in").mkdir()
    job_id = send(client, server_files("/data/a.log"), hosts=[102, 103], transfer_mode=1)
    found = client.finished(job_id)
    assert targets_of(found) == [(102, 9), (103, 399)]
    files_of(server, 102)
    server.host_directory(102).joinpath("in/a.log").unlink()
    server.host_directory(103).joinpath("in").mkdir()
    step = found["step_instance_list"][0]["step_instance_id"]
    client.data("operate_step_instance", job_instance_id=job_id, step_instance_id=step, operation_code=2)
    assert targets_of(client.until(job_id, 3)) == [(102, 9), (103, 9)]
    assert (files_of(server, 102), list(files_of(server, 103))) == ({}, ["/data/a.log", "/in/a.log"])
    logs = client.data(
        "batch_get_job_instance_ip_log", job_instance_id=job_id, step_instance_id=step, host_id_list=[102, 103]
    )
    # Only the latest execution has rows.
    assert [entry["bk_host_id"] for entry in logs["file_task_logs"]] == [103]


def test_rolling_over_sources_sends_every_batch_to_all_targets(server: JobServer, client: Client) -> None:
    limits = {"max_execute_object_num_in_batch": 1, "max_file_num_of_single_execute_object": 2}
    sources = [server_files("/data/a.log", "/data/b.log", "/data/c.txt"), server_files("/data/a.log", hosts=[103])]
    job_id = send(client, *sources, hosts=[102, 103], rolling_config={"type": 2, "mode": 3, "file_source": limits})
    found = client.until(job_id, 7)
    assert targets_of(found) == [(102, 9), (103, 9), (102, 5), (103, 5), (102, 5), (103, 5)]
    assert sorted(files_of(server, 102)) == ["/in/a.log", "/in/b.log"]
    step = found["step_instance_list"][0]["step_instance_id"]
    for status in (7, 3):
        client.data("operate_step_instance", job_instance_id=job_id, step_instance_id=step, operation_code=13)
        found = client.until(job_id, status)
        if status == 7:
            assert sorted(files_of(server, 102)) == ["/in/a.log", "/in/b.log", "/in/c.txt"]
    assert targets_of(found) == [(102, 9), (103, 9)] * 3
    assert files_of(server, 102)["/in/a.log"] == "of db-1\n"


def test_unwritable_targets_fail(server: JobServer, client: Client) -> None:
    Path(server.host_directory(102), "in").write_text("a file", encoding="utf-8")
    assert targets_of(sent(client, server_files("/data/a.log"))) == [(102, 329)]
