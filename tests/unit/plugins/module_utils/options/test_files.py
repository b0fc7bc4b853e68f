# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files to send: sources, targets, limits, and everything that is missing or contradictory."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    FileLaunch,
    FileSource,
    HostAddress,
    TargetServer,
)
from ansible_collections.blueking.job.plugins.module_utils.models.rolling import RollingConfig, RollingFileSource
from ansible_collections.blueking.job.plugins.module_utils.options.files import read_file_launch
from ansible_collections.blueking.job.tests.unit.helpers.fakes import file_fields

SCOPE = Scope("biz", "2")
SERVER = {"ip_list": ["10.0.0.9"]}
SOURCE: dict[str, object] = {"file_list": ["/data/a"], "server": SERVER, "account_alias": "root"}
GOOD: dict[str, object] = {
    "file_source_list": [SOURCE],
    "file_target_path": "/srv",
    "account_alias": "app",
    "target_server": {"host_id_list": [101]},
}
FROM_HOST = FileSource(("/data/a",), TargetServer((), (HostAddress(0, "10.0.0.9"),)), "root")


def read(**changes: object) -> tuple[FileLaunch, list[str], list[str]]:
    reader = file_fields({key: value for key, value in {**GOOD, **changes}.items() if value is not None})
    launch = read_file_launch(reader, SCOPE, "unique")
    return launch, reader.problems.errors, reader.problems.warnings


def good(**changes: object) -> FileLaunch:
    launch, errors, _warnings = read(**changes)
    assert errors == []
    return launch


def source(**changes: object) -> list[dict[str, object]]:
    return [{key: value for key, value in {**SOURCE, **changes}.items() if value is not None}]


def options_with_errors(**changes: object) -> list[str]:
    return sorted(error.split(": ")[0] for error in read(**changes)[1])


def test_the_least_task() -> None:
    assert good() == FileLaunch(
        scope=SCOPE,
        target=TargetServer((101,)),
        file_target_path="/srv",
        sources=(FROM_HOST,),
        account_alias="app",
        task_name="unique",
        unique_name=True,
    )


def test_every_option_arrives() -> None:
    rolling = {"type": 2, "file_source": {"max_execute_object_num_in_batch": 1}}
    launch = good(
        file_target_name="new",
        transfer_mode="strict",
        timeout="60",
        upload_speed_limit=1,
        download_speed_limit=2,
        account_alias=None,
        account_id=9,
        task_name="t",
        callback_url="https://a.example",
        rolling_config=rolling,
    )
    assert launch == FileLaunch(
        scope=SCOPE,
        target=TargetServer((101,)),
        file_target_path="/srv",
        sources=(FROM_HOST,),
        file_target_name="new",
        transfer_mode=1,
        timeout=60,
        upload_speed_limit=1,
        download_speed_limit=2,
        account_id=9,
        task_name="t",
        callback_url="https://a.example",
        rolling_config=RollingConfig(type=2, file_source=RollingFileSource(max_execute_object_num_in_batch=1)),
    )
    assert good(transfer_mode="force").transfer_mode == 2


def test_the_vocabulary_of_v2() -> None:
    legacy = {
        "file_source": [{"files": ["/data/a"], "account": "root", "ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.9"}]}],
        "file_target_path": "/srv",
        "account": "app",
        "ip_list": ["10.0.0.1"],
        "custom_query_id": ["g"],
        "bk_callback_url": "https://a.example",
    }
    reader = file_fields(legacy)
    launch = read_file_launch(reader, SCOPE, "unique")
    assert reader.problems.errors == []
    assert launch.sources == (FROM_HOST,)
    assert launch.target == TargetServer((), (HostAddress(0, "10.0.0.1"),), ("g",))
    assert (launch.account_alias, launch.callback_url) == ("app", "https://a.example")


def test_every_missing_option_is_reported() -> None:
    reader = file_fields({})
    read_file_launch(reader, SCOPE, "unique")
    assert sorted(error.split(":")[0] for error in reader.problems.errors) == [
        "account_alias",
        "file_source_list",
        "file_target_path",
        "target_server",
    ]
    assert options_with_errors(file_source_list=[{}]) == [
        "file_source_list[0].account_alias",
        "file_source_list[0].file_list",
        "file_source_list[0].server",
    ]


def test_one_kind_of_source_only() -> None:
    contents = [{"file_name": "a", "content": "x"}]
    assert options_with_errors(content_list=contents) == ["content_list"]
    assert options_with_errors(file_source_list=[]) == ["file_source_list"]
    assert options_with_errors(file_source_list=None, content_list=[]) == ["content_list"]
    launch = good(file_source_list=None, content_list=contents)
    assert (launch.sources, len(launch.contents)) == ((), 1)


def test_paths_are_trimmed_and_each_is_sent_once() -> None:
    """v3 trims paths, v2 does not; the same path twice made JOB run for ever."""
    launch = good(file_source_list=source(file_list=[" /data/a ", "/data/b", "/data/a"]), file_target_path=" /srv ")
    assert launch.sources[0].files == ("/data/a", "/data/b")
    assert launch.file_target_path == "/srv"
    assert options_with_errors(file_source_list=source(file_list=[" ", "/a"])) == ["file_source_list[0].file_list[0]"]
    assert options_with_errors(file_source_list=source(file_list=[])) == ["file_source_list[0].file_list"]


def test_file_sources_of_third_parties() -> None:
    def third_party(**options: object) -> list[dict[str, object]]:
        return [{"file_list": ["bucket/a"], **options}]

    assert good(file_source_list=third_party(file_source_id=3)).sources == (
        FileSource(("bucket/a",), file_source_id=3),
    )
    assert good(file_source_list=third_party(file_source_code="cos")).sources == (
        FileSource(("bucket/a",), file_source_code="cos"),
    )
    launch, errors, warnings = read(file_source_list=third_party(file_source_id=3, file_source_code="cos"))
    assert errors == []
    assert launch.sources == (FileSource(("bucket/a",), file_source_id=3),)
    assert warnings == ["file_source_list[0].file_source_id: using file_source_id; ignoring file_source_code"]


def test_hosts_beside_a_file_source_are_an_error() -> None:
    """JOB would mix them with the host that fetches the files."""
    assert options_with_errors(file_source_list=source(file_source_id=3)) == [
        "file_source_list[0].account_alias",
        "file_source_list[0].server",
    ]


def test_an_account_of_a_source_is_an_alias() -> None:
    """JOB looks up the target's id in place of a source's."""
    assert options_with_errors(file_source_list=source(account_alias=None)) == ["file_source_list[0].account_alias"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("timeout", 0),
        ("upload_speed_limit", 0),
        ("download_speed_limit", -1),
        ("transfer_mode", "3"),
        ("file_target_path", "  "),
        ("file_target_path", "/" + "x" * 512),
        ("file_target_name", "x" * 513),
        ("task_name", "x" * 513),
        ("callback_url", "ftp://x"),
        ("account_id", "root"),
    ],
)
def test_values_out_of_range(option: str, value: object) -> None:
    assert option in options_with_errors(**{option: value})


def test_the_maximum_of_the_timeout_is_fixed_on_v2_only() -> None:
    assert options_with_errors(timeout=259_201, api_version="v2") == ["timeout"]
    assert good(timeout=259_201).timeout == 259_201


def test_rolling_over_sources() -> None:
    limits = {"max_execute_object_num_in_batch": 1, "max_file_num_of_single_execute_object": 2}
    assert good(rolling_config={"type": 2, "file_source": limits}).rolling_config == RollingConfig(
        type=2, file_source=RollingFileSource(1, 2)
    )
    assert options_with_errors(rolling_config={"type": 2}) == ["rolling_config.file_source"]
    assert options_with_errors(rolling_config={"type": 2, "file_source": {"max_execute_object_num_in_batch": 0}}) == [
        "rolling_config.file_source.max_execute_object_num_in_batch"
    ]
    assert options_with_errors(rolling_config={"expression": "1", "file_source": limits}) == [
        "rolling_config.file_source"
    ]
    assert options_with_errors(rolling_config={"type": 3, "expression": "1"}) == ["rolling_config.type"]
    waits = {f"batch_start_wait_{each}_ms": 0 for each in ("random_min", "random_max", "fixed")}
    parallel = {"type": "sources", "file_source": limits, "execution_mode": "parallel", **waits}
    assert options_with_errors(rolling_config=parallel) == ["rolling_config.execution_mode"]
    third_party = [{"file_list": ["b/a"], "file_source_id": 3}]
    assert options_with_errors(file_source_list=third_party, rolling_config={"type": 2, "file_source": limits}) == [
        "rolling_config.type"
    ]


def test_rolling_over_targets_is_that_of_scripts() -> None:
    assert good(rolling_config={"expression": "10%"}).rolling_config == RollingConfig(expression="10%")
    assert options_with_errors(rolling_config={}) == ["rolling_config.expression"]


def test_one_new_name_is_for_one_file() -> None:
    assert options_with_errors(file_source_list=source(file_list=["/a", "/b"]), file_target_name="n") == [
        "file_target_name"
    ]
    assert options_with_errors(file_source_list=[*source(), *source(file_list=["/b"])], file_target_name="n") == [
        "file_target_name"
    ]
