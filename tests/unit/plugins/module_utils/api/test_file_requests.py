# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that send files, on each API, and the options that an API cannot express."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.protocols import Schema
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    FileContent,
    FileLaunch,
    FileSource,
    HostAddress,
    TargetServer,
    TopoNode,
)
from ansible_collections.blueking.job.plugins.module_utils.models.rolling import RollingConfig, RollingFileSource

SCOPE = Scope("biz", "2")
ADDRESSES = TargetServer((), (HostAddress(0, "10.0.0.1"),))
SOURCE = FileSource(("/data/a.tgz", "/data/b/"), ADDRESSES, "root")
TRANSFER = FileLaunch(
    SCOPE,
    ADDRESSES,
    "/srv",
    sources=(SOURCE,),
    timeout=60,
    upload_speed_limit=5,
    download_speed_limit=7,
    account_alias="app",
    task_name="t",
    callback_url="https://a.example",
)
PUSH = FileLaunch(SCOPE, ADDRESSES, "/etc/app", contents=(FileContent("a.conf", "eD0x"),), account_alias="app")
ONE_ADDRESS = {"ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}]}


def options_not_in(schema: Schema, launch: FileLaunch) -> list[str]:
    return [option for option, _advice in schema.unsupported(launch)]


def test_files_on_hosts_with_v3() -> None:
    launch = replace(TRANSFER, file_target_name="new", transfer_mode=1, account_alias=None, account_id=9)
    call = SchemaV3().launch(launch)
    assert call.name == "fast_transfer_file"
    assert call.params == {
        "bk_scope_type": "biz",
        "bk_scope_id": "2",
        "task_name": "t",
        "file_source_list": [
            {
                "file_list": ["/data/a.tgz", "/data/b/"],
                "file_type": 1,
                "account": {"alias": "root"},
                "server": ONE_ADDRESS,
            }
        ],
        "file_target_path": "/srv",
        "file_target_name": "new",
        "transfer_mode": 1,
        "account_id": 9,
        "target_server": ONE_ADDRESS,
        "timeout": 60,
        "upload_speed_limit": 5,
        "download_speed_limit": 7,
        "callback_url": "https://a.example",
    }
    assert SchemaV3().unsupported(launch) == []


def test_files_in_a_file_source_have_neither_hosts_nor_account() -> None:
    sources = (FileSource(("bucket/a",), file_source_id=3), FileSource(("bucket/b",), file_source_code="cos"))
    assert SchemaV3().launch(replace(TRANSFER, sources=sources)).params["file_source_list"] == [
        {"file_list": ["bucket/a"], "file_type": 3, "file_source_id": 3},
        {"file_list": ["bucket/b"], "file_type": 3, "file_source_code": "cos"},
    ]


def test_rolling_over_sources() -> None:
    rolling = RollingConfig(type=2, file_source=RollingFileSource(max_execute_object_num_in_batch=2))
    assert SchemaV3().launch(replace(TRANSFER, rolling_config=rolling)).params["rolling_config"] == {
        "type": 2,
        "file_source": {"max_execute_object_num_in_batch": 2},
    }


def test_only_a_transfer_can_be_created_without_a_start() -> None:
    assert SchemaV3().launch(TRANSFER, start=False).params["start_task"] is False
    assert "start_task" not in SchemaV3().launch(TRANSFER).params
    assert "start_task" not in SchemaV3().launch(PUSH, start=False).params
    assert (TRANSFER.has_start_task, PUSH.has_start_task) == (True, False)


def test_contents_with_v3() -> None:
    target = TargetServer((101,), (), ("g",), (TopoNode(5, "module"),))
    call = SchemaV3().launch(replace(PUSH, target=target, account_alias=None, account_id=9, callback_url="https://a"))
    assert call.name == "push_config_file"
    assert call.params == {
        "bk_scope_type": "biz",
        "bk_scope_id": "2",
        "file_list": [{"file_name": "a.conf", "content": "eD0x"}],
        "file_target_path": "/etc/app",
        "account_id": 9,
        "target_server": {
            "dynamic_group_list": [{"id": "g"}],
            "host_id_list": [101],
            "topo_node_list": [{"id": 5, "node_type": "module"}],
        },
        "callback_url": "https://a",
    }


def test_files_on_hosts_with_v2() -> None:
    target = ADDRESSES._replace(dynamic_groups=("g",), topo_nodes=(TopoNode(5, "set"),))
    call = SchemaV2().launch(replace(TRANSFER, target=target))
    assert call.name == "fast_push_file"
    assert call.params == {
        "bk_biz_id": 2,
        "task_name": "t",
        "file_target_path": "/srv",
        "file_source": [{"files": ["/data/a.tgz", "/data/b/"], "account": "root", "target_server": ONE_ADDRESS}],
        "account": "app",
        "target_server": {
            **ONE_ADDRESS,
            "dynamic_group_id_list": ["g"],
            "topo_node_list": [{"id": 5, "node_type": "set"}],
        },
        "timeout": 60,
        "upload_speed_limit": 5,
        "download_speed_limit": 7,
        "bk_callback_url": "https://a.example",
    }
    assert SchemaV2().unsupported(TRANSFER) == []


def test_contents_with_v2_name_their_hosts_in_ip_list() -> None:
    """v2 accepts and ignores target_server there."""
    call = SchemaV2().launch(PUSH)
    assert call.name == "push_config_file"
    assert call.params == {
        "bk_biz_id": 2,
        "file_target_path": "/etc/app",
        "file_list": [{"file_name": "a.conf", "content": "eD0x"}],
        "account": "app",
        **ONE_ADDRESS,
    }
    assert SchemaV2().unsupported(PUSH) == []


def test_what_a_transfer_on_v2_cannot_carry_is_named() -> None:
    launch = replace(
        TRANSFER,
        target=TargetServer((1,)),
        sources=(
            SOURCE._replace(server=TargetServer((2,))),
            FileSource(("a",), file_source_id=3),
            FileSource(("a",), file_source_code="x"),
        ),
        account_id=9,
        file_target_name="n",
        transfer_mode=1,
        rolling_config=RollingConfig(expression="5"),
    )
    assert options_not_in(SchemaV2(), launch) == [
        "account_id",
        "target_server.host_id_list",
        "file_target_name",
        "rolling_config",
        "transfer_mode",
        "file_source_list[0].server.host_id_list",
        "file_source_list[1].file_source_id",
        "file_source_list[2].file_source_code",
    ]
    # force is what v2 does anyway.
    assert SchemaV2().unsupported(replace(TRANSFER, transfer_mode=2)) == []


def test_v2_reads_all_sources_with_one_account() -> None:
    launch = replace(TRANSFER, sources=(SOURCE, SOURCE, SOURCE._replace(account_alias="other")))
    assert options_not_in(SchemaV2(), launch) == ["file_source_list[2].account_alias"]
    assert SchemaV3().unsupported(launch) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("file_target_name", "n"),
        ("transfer_mode", 1),
        ("timeout", 5),
        ("upload_speed_limit", 5),
        ("download_speed_limit", 5),
        ("rolling_config", RollingConfig(expression="5")),
    ],
)
@pytest.mark.parametrize("schema", [SchemaV2(), SchemaV3()], ids=["v2", "v3"])
def test_what_a_push_cannot_carry_is_named(schema: Schema, name: str, value: object) -> None:
    assert options_not_in(schema, replace(PUSH, **{name: value})) == [name]  # type: ignore[arg-type]
    assert options_not_in(schema, replace(PUSH, transfer_mode=2)) == []


def test_a_push_on_v2_has_addresses_only() -> None:
    target = TargetServer((1,), (), ("g",), (TopoNode(5, "set"),))
    assert options_not_in(SchemaV2(), replace(PUSH, target=target, callback_url="https://a", account_id=1)) == [
        "account_id",
        "target_server.host_id_list",
        "target_server.dynamic_group_list",
        "target_server.topo_node_list",
        "callback_url",
    ]
