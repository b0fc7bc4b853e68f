# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that send files, for the tests of the JOB server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, b64

Request = dict[str, Any]


def server_files(*paths: str, hosts: Sequence[int] = (101,), **fields: Any) -> Request:
    """A source of files on hosts."""
    source = {"file_list": list(paths), "account": {"alias": "root"}, "server": {"host_id_list": list(hosts)}}
    return {**source, **fields}


def transfer(*sources: Request, hosts: Sequence[int] = (102,), **fields: Any) -> Request:
    """The fields of fast_transfer_file."""
    base = {"file_target_path": "/in", "account_alias": "root", "target_server": {"host_id_list": list(hosts)}}
    return {**base, "file_source_list": list(sources), **fields}


def push(*sources: Request, **fields: Any) -> Request:
    """The fields of fast_push_file."""
    base = {"file_target_path": "/in", "account": "root", "ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.2"}]}
    return {**base, "file_source": list(sources), **fields}


def server_files_v2(*paths: str, **fields: Any) -> Request:
    """A source of files on hosts, as v2 names it."""
    return {"files": list(paths), "account": "root", "ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}], **fields}


def config(hosts: Sequence[int] = (102,), **fields: Any) -> Request:
    """The fields of push_config_file in v3."""
    base = {"file_target_path": "/in", "account_alias": "root", "target_server": {"host_id_list": list(hosts)}}
    return {**base, "file_list": [{"file_name": "a.conf", "content": b64("a=1\n")}], **fields}


def config_v2(**fields: Any) -> Request:
    """The fields of push_config_file in v2."""
    base = {"file_target_path": "/in", "account": "root", "ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.2"}]}
    return {**base, "file_list": [{"file_name": "a.conf", "content": b64("a=1\n")}], **fields}


def third_party(*paths: str, **fields: Any) -> Request:
    """A source of files in a third-party file source."""
    return {"file_type": 3, "file_list": list(paths), **fields}


def send(client: Client, *sources: Request, **fields: Any) -> int:
    """Launch a transfer; return the id of the run."""
    return int(client.data("fast_transfer_file", **transfer(*sources, **fields))["job_instance_id"])


def sent(client: Client, *sources: Request, **fields: Any) -> Any:
    """Launch a transfer; return the status response after its end."""
    return client.finished(send(client, *sources, **fields))


def targets_of(status: Any) -> list[tuple[int, int]]:
    """Return id and status of each target, in order."""
    (step,) = status["step_instance_list"]
    return [(host["bk_host_id"], host["status"]) for host in step["step_ip_result_list"]]
