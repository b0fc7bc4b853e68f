# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of file logs in v3: the files of a host, without those of other hosts and with each file once."""

from __future__ import annotations

from typing import Any

from ansible_collections.blueking.job.plugins.module_utils.api.calls import HostLog
from ansible_collections.blueking.job.plugins.module_utils.api.v3.instances import InstancesV3
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.run import FileResult, HostKey, HostResult

SCOPE = Scope("biz", "2")
HOST = {"bk_host_id": 101, "bk_cloud_id": 0, "ip": "10.0.0.1"}
SENDER = {"bk_host_id": 109, "bk_cloud_id": 0, "bk_cloud_name": "default", "ip": "10.0.0.9", "ipv6": None}


def row(**changes: Any) -> dict[str, Any]:
    return {
        "mode": 1,
        "src_ip": SENDER,
        "src_path": "/data/a",
        "dest_ip": {**HOST, "alive": 1},
        "dest_path": "/srv/a",
        "status": 4,
        "log_content": "[2026-07-24 10:00:00] FileName: /srv/a FileSize: 9.0 Bytes Status: 4 Progress: 100%\n",
        "size": "9.0 Bytes",
        "speed": "1,024 KB/s",
        "process": "100%",
        **changes,
    }


def log_of(*rows: dict[str, Any]) -> HostLog:
    (batch,) = InstancesV3().log_batches(SCOPE, 17, [(21, HostResult(101, 0, "10.0.0.1", 9))])
    ((_step_id, log),) = batch.call.parse(
        {"step_instance_id": 21, "file_task_logs": [{**HOST, "file_logs": list(rows)}]}
    )
    return log


def files_of(*rows: dict[str, Any]) -> list[FileResult] | None:
    return log_of(*rows).files


def test_a_file_that_arrived() -> None:
    log = log_of(row())
    assert log.files == [FileResult("10.0.0.9", "/data/a", "/srv/a", 4, "9.0 Bytes", "1,024 KB/s")]
    assert log.text is not None
    assert log.text.startswith(b"--- download 10.0.0.9:/data/a -> 10.0.0.1:/srv/a (finished)\n[2026-07-24")


def test_a_file_that_failed_has_its_reason_without_the_time() -> None:
    text = "[2026-07-24 10:00:00] started\n[2026-07-24 10:00:01] no such file. Status: 705, StatusDesc: x\n\n"
    failed = row(status=5, log_content=text, size="--", speed="--")
    reason = "no such file. Status: 705, StatusDesc: x"
    assert files_of(failed) == [FileResult("10.0.0.9", "/data/a", "/srv/a", 5, error=reason)]
    assert files_of(row(status=5, log_content=None, size=None, speed="")) == [
        FileResult("10.0.0.9", "/data/a", "/srv/a", 5)
    ]


def test_uploads_of_a_host_that_is_a_source_too_are_text_only() -> None:
    log = log_of(row(mode=0, dest_ip=None, dest_path=None), row())
    assert log.files is not None
    assert len(log.files) == 1
    assert log.text is not None
    assert log.text.count(b"--- ") == 2
    assert files_of(row(mode=0)) is None


def test_a_new_name_adds_a_row_that_waits_for_ever() -> None:
    waiting = row(dest_path="/srv/new", status=1, log_content="", size="--", speed="--")
    one = FileResult("10.0.0.9", "/data/a", "/srv/new", 4, "9.0 Bytes", "1,024 KB/s")
    assert files_of(waiting, row()) == files_of(row(), waiting) == [one]
    other = row(src_path="/data/b", dest_path="/srv/b")
    assert files_of(waiting, other, row()) == [
        one,
        FileResult("10.0.0.9", "/data/b", "/srv/b", 4, "9.0 Bytes", "1,024 KB/s"),
    ]


def test_the_same_path_from_two_hosts_is_two_files() -> None:
    second = row(src_ip={**SENDER, "bk_host_id": 110, "ip": "10.0.0.10"})
    files = files_of(row(), second)
    assert files is not None
    assert [file.source_ip for file in files] == ["10.0.0.9", "10.0.0.10"]
    # Without an address they may be the same or not.
    files = files_of(row(src_ip=None), row(src_ip=None, dest_path="/srv/x"))
    assert files is not None
    assert [file.path for file in files] == ["/srv/a", "/srv/x"]


def test_addresses_in_all_forms() -> None:
    def source_ip(value: object) -> str | None:
        files = files_of(row(src_ip=value))
        assert files is not None
        return files[0].source_ip

    assert source_ip("10.0.0.9") == "10.0.0.9"
    assert source_ip({**SENDER, "ip": None, "ipv6": "fd00::9"}) == "fd00::9"
    assert source_ip({"bk_host_id": 109, "bk_cloud_id": None, "ip": None}) is None
    assert source_ip(None) is None


def test_an_empty_entry_is_not_a_file() -> None:
    (batch,) = InstancesV3().log_batches(SCOPE, 17, [(21, HostResult(101, 0, "10.0.0.1", 9))])
    empty = {"bk_host_id": None, "bk_cloud_id": None, "ip": None, "file_logs": None}
    assert batch.call.parse({"step_instance_id": 21, "file_task_logs": [empty]}) == [
        (21, HostLog(HostKey(None, None, None), None))
    ]


def test_the_single_call_gives_text_and_no_files() -> None:
    """Its rows have neither addresses nor sizes, and include the uploads of all sources."""
    single = InstancesV3().single_log(SCOPE, 17, (21, HostResult(101, 0, "10.0.0.1", 9)))
    nulls = {"size": None, "speed": None, "process": None, "src_ip": {"bk_host_id": 109, "bk_cloud_id": None}}
    ((_step_id, log),) = single.call.parse({"log_type": 2, "file_logs": [row(**nulls), row(mode=0, **nulls)]})
    assert log.files is None
    assert log.text is not None
    assert b"--- upload /data/a" in log.text


def test_the_second_row_of_a_file_counts_if_neither_waits() -> None:
    assert files_of(row(status=5, log_content=None), row(dest_path="/srv/again")) == [
        FileResult("10.0.0.9", "/data/a", "/srv/again", 4, "9.0 Bytes", "1,024 KB/s")
    ]
