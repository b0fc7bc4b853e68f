# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch of file tasks: the checks of each call in their order, and the codes of their errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.support.simulator.file_paths import legal, resolved
from ansible_collections.blueking.job.tests.support.simulator.source_batches import one_batch, source_batches
from ansible_collections.blueking.job.tests.support.simulator.step_work import JOB_HOST, Source
from ansible_collections.blueking.job.tests.unit.helpers.file_transfers import (
    config,
    config_v2,
    push,
    server_files,
    server_files_v2,
    third_party,
    transfer,
)
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import bench
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import ESB_V3, SCOPE, Client, b64

ACCEPTED = [
    *("/", "//a", "/../", "/a/..", "/.hidden", "/a b'\"?*", "/中文/\t\n", "/a/REGEX:.*", "C:\\d\\REGEX:a|b"),
    *("C:\\a*.log", "C:\\", "C:/", "c:/a\\b", "C:\\..\\x", "C:\\a\\\\b", "C:\\a\\[DATE:HH:mm:ss]\\", "rel/${x}"),
    "/x/[FILESRCIP]",
]
REFUSED = [
    *("/.", "/..", "/..data", "/.../x", "C:\\REGEX:x", "C:\\a?", "C:\\a:b", 'C:\\a"', "C:\\<", "C:\\a|b", "C:", "C:a"),
    *("C:\\\\a", "\\\\server\\share", "a", "~/x", "[FILESRCIP]", "C:\\a\\[DATEFMT:%Y]\\", "C:\\a\\[DATE:yyyy MM]\\"),
    *("", " "),
]
UNKNOWN, FAR = {"host_id_list": [9]}, {"host_id_list": [301]}
SOURCE, SOURCE_V2 = server_files("/a"), server_files_v2("/a")
OVER_SOURCES = {"type": 2, "file_source": {}}
WAITS = {f"batch_start_wait_{name}_ms": 0 for name in ("fixed", "random_min", "random_max")}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    hosts = [
        {"id": 101, "ip": "10.0.0.1", "scope": "2"},
        {"id": 102, "ip": "10.0.0.2", "scope": "2"},
        {"id": 301, "ip": "10.0.9.1", "scope": "3"},
        {"generate": {"count": 500, "scope": "2", "first_id": 1001, "first_ip": "10.7.0.1", "nodes": ["module:7"]}},
    ]
    with bench(
        hosts=hosts,
        clock="flowing",
        scopes=[{"type": "biz", "id": "2", "name": "demo"}, {"type": "biz", "id": "3", "name": "far"}],
        accounts=[{"id": 50, "alias": "root", "scope": "2"}, {"id": 51, "alias": "app", "scope": "2"}],
        dynamic_groups=[{"id": "none", "scope": "2"}],
        file_sources=[
            {"id": 1, "scope": "2", "code": "store"},
            {"id": 2, "scope": "3", "code": "shared", "public": True},
            {"id": 3, "scope": "3", "code": "private"},
        ],
        denied=[
            {"user": "carol", "action": "use_account", "account": 51},
            {"user": "dave", "action": "quick_transfer_file"},
        ],
        users=[{"name": name, "tokens": [f"{name}-token"]} for name in ("admin", "carol", "dave")],
        refusals=[{"task_name": "evicted", "error": 1244025}],
    ) as b:
        yield b.server


@pytest.mark.parametrize(
    ("hosts", "files", "expected"),
    [
        (None, None, ["1a 1b 2a 2b 3c 4d 4e 4f"]),
        (2, None, ["1a 1b 2a 2b", "3c 4d 4e 4f"]),
        (1, None, ["1a 1b", "2a 2b", "3c", "4d 4e 4f"]),
        (None, 3, ["1a 1b 2a 2b 3c", "4d 4e 4f"]),
        (None, 2, ["1a 1b 2a 2b", "3c", "4d 4e", "4f"]),
        (1, 1, ["1a", "1b", "2a", "2b", "3c", "4d", "4e", "4f"]),
    ],
)
def test_batches_of_sources(hosts: int | None, files: int | None, expected: list[str]) -> None:
    sources = [
        Source(1, tuple(paths), tuple(replace(JOB_HOST, id=ident) for ident in ids))
        for ids, paths in (((1, 2), "ab"), ((3,), "c"), ((4,), "def"))
    ]
    limits = {"max_execute_object_num_in_batch": hosts, "max_file_num_of_single_execute_object": files}
    found = [" ".join(f"{item.host.id}{item.path}" for item in batch) for batch in source_batches(sources, limits)]
    assert found == expected


def test_a_path_that_is_named_twice_is_one_file() -> None:
    twice = Source(1, ("/a", "/a"))
    assert [len(batch) for batch in one_batch([twice, twice])] == [1]


@pytest.mark.parametrize(("paths", "expected"), [(ACCEPTED, True), (REFUSED, False)])
def test_paths(paths: list[str], expected: bool) -> None:
    assert [path for path in paths if legal(path) is not expected] == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[DATE:yyyyMMdd-HHmmss]", r"\d{8}-\d{6}"),
        ("[DATE:yy.M.d 'at' H'%']", r"\d\d\.\d{1,2}\.\d{1,2} at \d{1,2}%"),
        ("[DATE:SSS]", r"\d{3}"),
        ("[DATE:b]", r"\[DATE:b\]"),
        ("[DATE:']", r"\[DATE:'\]"),
        ("[DATEFMT:%Y%%]", r"\d{4}%"),
        ("[FILESRCIP]", "0_10.255.255.1"),
    ],
)
def test_placeholders(pattern: str, expected: str) -> None:
    assert re.fullmatch(expected, resolved(pattern, JOB_HOST, 1_700_000_000_007))


def test_responses(client: Client) -> None:
    data = client.data("fast_transfer_file", **transfer(SOURCE))
    assert set(data) == {"job_instance_id", "job_instance_name", "step_instance_id"}
    assert data["step_instance_id"] > 0
    assert re.fullmatch(r"File Transfer_\d{17}", data["job_instance_name"])
    through_esb = client.esb(f"{ESB_V3}push_config_file/", {**SCOPE, **config(task_name="named")}).json
    assert through_esb["data"]["job_instance_name"] == "named"


@pytest.mark.parametrize(
    ("change", "code", "name"),
    [
        ({"file_target_path": "a", "account_alias": None}, 1241007, "[file_target_path]"),
        ({"file_target_path": None}, 1241007, "[file_target_path]"),
        ({"file_target_path": " /in "}, 0, ""),
        ({"account_alias": None, "target_server": None}, 1241004, "[account_id|account_alias]"),
        ({"account_alias": None, "account_id": 0}, 1241004, "[account_id|account_alias]"),
        ({"account_alias": None, "account_id": 50}, 0, ""),
        ({"target_server": None, "file_source_list": None}, 1241004, "[target_server]"),
        ({"target_server": {}}, 1241004, "[target_server]"),
        ({"target_server": {"ip_list": [{"bk_cloud_id": 0, "ip": "x"}]}}, 1240003, ""),
        ({"file_source_list": []}, 1241004, "[file_source_list]"),
        ({"file_source_list": None}, 1241004, "[file_source_list]"),
        ({"timeout": 0}, 1240003, ""),
        ({"timeout": 259_201}, 1240003, ""),
        ({"timeout": 259_200, "upload_speed_limit": -1, "download_speed_limit": 0}, 0, ""),
        ({"callback_url": "nowhere"}, 1240003, ""),
        ({"account_alias": "nosuch", "target_server": UNKNOWN}, 1244003, "nosuch"),
        ({"task_name": "evicted"}, 1244025, ""),
        ({"task_name": "n" * 513}, 1240002, ""),
        ({"file_target_path": "/" + "p" * 512}, 1240002, ""),
        ({"target_server": UNKNOWN}, 1244030, "host_id:9"),
        ({"target_server": FAR}, 1244002, "10.0.9.1"),
        ({"target_server": {"dynamic_group_list": [{"id": "none"}]}}, 1244028, ""),
        ({"rolling_config": {"expression": "x"}}, 1244026, "x"),
        ({"rolling_config": {"type": 2}}, 1240003, ""),
        ({"rolling_config": {"type": 2, "file_source": {"max_execute_object_num_in_batch": 0}}}, 1240003, ""),
        ({"rolling_config": {**OVER_SOURCES, "execution_mode": 2, **WAITS}}, 1241012, ""),
        ({"rolling_config": OVER_SOURCES}, 0, ""),
    ],
)
def test_transfers(client: Client, change: Any, code: int, name: str) -> None:
    found = client.call("fast_transfer_file", **transfer(SOURCE, **change))
    assert (found["code"], name in found.get("message", "")) == (code, True)


@pytest.mark.parametrize(
    ("source", "code", "name"),
    [
        (server_files("/a", file_type=9), 1241005, "[file_source.file_type]"),
        (server_files(), 1241004, "[file_source.file_list]"),
        (server_files("a"), 1241005, "[file_source.file_list]"),
        (server_files(" /a "), 0, ""),
        (server_files("/a", account=None), 1241004, "[file_source.account]"),
        (
            server_files("/a", account={}),
            1241004,
            "[file_source.account.account_id|file_source.account.account_alias]",
        ),
        (server_files("/a", account={"alias": "nosuch"}), 1244003, "nosuch"),
        # The id of the target's account is looked up in place of the source's.
        (server_files("/a", account={"id": 50}), 1244003, "ID=null"),
        (server_files("/a", server=None), 1241004, "[file_source.server]"),
        (server_files("/a", server={}), 1241004, "[file_source.server]"),
        (server_files("/a", server=UNKNOWN), 1244030, "host_id:9"),
        (server_files("/a", server=FAR), 1244002, "10.0.9.1"),
        (server_files("/a", server={"dynamic_group_list": [{"id": "none"}]}), 1244029, ""),
        ({"file_type": 2, "file_list": ["a/b"]}, 1244023, ""),
        (third_party("not absolute", file_source_code="store"), 0, ""),
        (third_party("a", file_source_code="shared"), 0, ""),
        (third_party("a", file_source_code="private"), 1240002, ""),
        (third_party("a", file_source_code="nosuch"), 1240002, ""),
        (third_party("a", file_source_id=404), 0, ""),
        (third_party("a", file_source_id=404, file_source_code="store"), 0, ""),
        (third_party("a"), 1241004, "[file_source.file_source_id/file_source.file_source_code]"),
        (third_party(file_source_id=1), 1241004, "[file_source.file_list]"),
    ],
)
def test_sources(client: Client, source: Any, code: int, name: str) -> None:
    found = client.call("fast_transfer_file", **transfer(source))
    assert (found["code"], name in found.get("message", "")) == (code, True)


def test_accounts_by_id(client: Client) -> None:
    sources = [server_files("/a", account={"id": ident}) for ident in (51, 50)]
    data = client.data("fast_transfer_file", **transfer(*sources, account_alias=None, account_id=50))
    ids = {name: data[name] for name in ("job_instance_id", "step_instance_id")}
    info = client.data("get_step_instance_detail", **ids)["file_info"]
    assert [source["account"]["id"] for source in info["file_source_list"]] == [51, 51]


def test_rolling_over_sources_takes_server_files_only(client: Client) -> None:
    found = client.call("fast_transfer_file", **transfer(third_party("a"), rolling_config=OVER_SOURCES))
    assert found["code"] == 1244035


def test_the_number_of_file_tasks_is_limited(client: Client) -> None:
    module = {"topo_node_list": [{"id": 7, "node_type": "module"}]}
    source = server_files(*(f"/{number}" for number in range(100)), hosts=[101, 102])
    assert client.call("fast_transfer_file", **transfer(source, target_server=module))["code"] == 0
    one_more = third_party("k", file_source_id=1)
    assert client.call("fast_transfer_file", **transfer(source, one_more, target_server=module))["code"] == 1244021


@pytest.mark.parametrize(
    ("change", "code", "name"),
    [
        ({"file_target_path": " /in", "account": None}, 1241007, "[file_target_path]"),
        ({"account": None, "file_source": None}, 1241004, "[account]"),
        ({"file_source": [], "ip_list": None}, 1241004, "[file_source]"),
        ({"ip_list": []}, 1241004, "[ip_list|custom_query_id|target_servers]"),
        ({"ip_list": None, "target_server": {}}, 1244028, ""),
        ({"account": "nosuch"}, 1244003, "nosuch"),
        ({"timeout": 259_201}, 1240003, ""),
        ({"bk_callback_url": "nowhere"}, 1240003, ""),
        ({"file_source": [{**SOURCE_V2, "files": []}]}, 1241004, "[file_source.files]"),
        ({"file_source": [{**SOURCE_V2, "files": [" /a"]}]}, 1241005, "[file_source.files]"),
        ({"file_source": [{**SOURCE_V2, "account": ""}]}, 1241004, "[file_source.account]"),
        ({"file_source": [{**SOURCE_V2, "account": "nosuch"}]}, 1244003, "nosuch"),
        ({"file_source": [{**SOURCE_V2, "ip_list": []}]}, 1241004, "[file_source.ip_list|"),
        ({"file_source": [{**SOURCE_V2, "target_server": {}}]}, 1244029, ""),
        # v2 sends server files for every type.
        ({"file_source": [{**SOURCE_V2, "file_type": 3, "file_source_id": 1}]}, 0, ""),
    ],
)
def test_pushes_of_v2(client: Client, change: Any, code: int, name: str) -> None:
    found = client.v2("fast_push_file", **push(SOURCE_V2, **change))
    assert (found["code"], name in found["message"]) == (code, True)


NO_NAME, NO_CONTENT = [{"file_name": " ", "content": b64("x")}], [{"file_name": "a", "content": ""}]
CUT_OFF, DECODED = [{"file_name": "a/", "content": b64("x")}], [{"file_name": "a", "content": "=="}]


@pytest.mark.parametrize(
    ("change", "code", "code_v2", "name"),
    [
        ({"file_target_path": " "}, 1241002, 1241007, "[file_target_path]"),
        ({"file_target_path": "relative"}, 0, 0, ""),
        ({"file_list": []}, 1241002, 1241007, "[file_list]"),
        ({"file_list": NO_NAME}, 1241002, 1241005, "[file_list.file_name]"),
        ({"file_list": NO_CONTENT}, 1241002, 1241005, "[file_list.content]"),
        ({"file_list": CUT_OFF}, 1244024, 1244024, ""),
        ({"file_list": DECODED}, 1244024, 1244024, ""),
    ],
)
def test_contents(client: Client, change: Any, code: int, code_v2: int, name: str) -> None:
    found = client.call("push_config_file", **config(**change))
    assert (found["code"], "[" in found.get("message", "")) == (code, False)
    found = client.v2("push_config_file", **config_v2(**change))
    assert (found["code"], name in found["message"]) == (code_v2, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"account_alias": None}, 1241002),
        ({"account_alias": None, "account_id": 50}, 0),
        ({"account_alias": "nosuch"}, 1244003),
        ({"target_server": None}, 1241002),
        ({"target_server": {}}, 1241002),
        ({"target_server": {"ip_list": [{"bk_cloud_id": 0}]}}, 1240002),
        ({"target_server": UNKNOWN}, 1244030),
        ({"callback_url": "nowhere"}, 1240003),
    ],
)
def test_contents_of_v3(client: Client, change: Any, code: int) -> None:
    assert client.call("push_config_file", **config(**change))["code"] == code


def test_contents_of_v2(client: Client) -> None:
    found = client.v2("push_config_file", **config_v2(account=""))
    assert (found["code"], "[account]" in found["message"]) == (1241007, True)
    # A target_server is accepted, and ignored.
    found = client.v2("push_config_file", **config_v2(ip_list=None, target_server={"ip_list": [{"ip": "10.0.0.2"}]}))
    assert (found["code"], "[ip_list]" in found["message"]) == (1241007, True)


def test_permissions(client: Client) -> None:
    def code(user: str, **change: Any) -> int:
        auth = {"bk_app_code": "shop", "bk_app_secret": "shop-secret", "bk_token": f"{user}-token"}
        return int(client.gateway("fast_transfer_file", {**SCOPE, **transfer(SOURCE, **change)}, auth).json["code"])

    other = {"file_source_list": [server_files("/a", account={"alias": "app"})]}
    assert [code("dave"), code("carol"), code("carol", account_alias="app"), code("carol", **other)] == [
        9900403,
        0,
        9900403,
        9900403,
    ]
