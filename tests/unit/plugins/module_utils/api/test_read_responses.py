# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading responses: one shape for all API generations, and incomplete responses are errors."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any, cast

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HostLog
from ansible_collections.blueking.job.plugins.module_utils.api.protocols import Schema
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import LaunchedJob, ScriptLaunch, TargetServer
from ansible_collections.blueking.job.plugins.module_utils.models.run import (
    HostKey,
    HostResult,
    JobInstance,
    StepResult,
)

SCOPE = Scope("biz", "2")
LAUNCH = ScriptLaunch(SCOPE, TargetServer())
TIMES = {"create_time": 1769853600120, "start_time": 1769853600180, "end_time": 1769853602410, "total_time": 2230}
STEP = {"step_instance_id": 21, "name": "deploy", "status": 4}
ISO = {
    "create_time": "2026-01-31T10:00:00.120Z",
    "start_time": "2026-01-31T10:00:00.180Z",
    "end_time": "2026-01-31T10:00:02.410Z",
    "total_time": 2.23,
}
V3_STATUS = {
    "finished": True,
    "job_instance": {"job_instance_id": 17, "bk_scope_id": "2", "name": "n", "status": 4, **TIMES},
    "step_instance_list": [
        {
            "step_instance_id": 21,
            "name": "deploy",
            "status": 4,
            "type": 1,
            "execute_count": 0,
            **TIMES,
            "step_ip_result_list": [
                {
                    "bk_host_id": 101,
                    "bk_cloud_id": 0,
                    "ip": "10.0.0.1",
                    "status": 104,
                    "tag": "",
                    "exit_code": 7,
                    "error_code": 0,
                    **TIMES,
                }
            ],
        },
        {"step_instance_id": 22, "name": "verify", "status": 1, "type": 3, "step_ip_result_list": None},
    ],
}
V2_TIMES = {"create_time": "2026-01-31 18:00:00", "start_time": "2026-01-31 18:00:00", "end_time": None}
V2_STATUS = {
    "is_finished": True,
    "job_instance": {"job_instance_id": 17, "name": "n", "status": 4, **V2_TIMES, "total_time": 2.23},
    "blocks": [
        {
            "step_instances": [
                {
                    "step_instance_id": 21,
                    "step_id": 1,
                    "name": "deploy",
                    "type": 1,
                    "status": 4,
                    "execute_count": 0,
                    **V2_TIMES,
                    "total_time": 2.0,
                    "step_ip_status": [{"ip": "10.0.0.1", "bk_cloud_id": 0, "status": 104}],
                }
            ]
        },
        {"step_instances": [{"step_instance_id": 22, "name": "verify", "type": 3, "status": 1}]},
    ],
}


# Times of hosts stay numbers, as there may be so many.
HOST = HostResult(101, 0, "10.0.0.1", 104, 7, None, 1769853600180, 1769853602410, 2.23)


@pytest.mark.parametrize("row", [False, True])
def test_v3_hosts_may_be_models_already(row: bool) -> None:
    call = SchemaV3().instances.status(SCOPE, 17, with_hosts=True)
    assert call.object_hook is not None
    data = deepcopy(V3_STATUS)
    step: Any = data["step_instance_list"][0]  # type: ignore[index]
    assert call.object_hook(step) is step
    if row:
        step["step_ip_result_list"] = [call.object_hook(host) for host in step["step_ip_result_list"]]
    assert SchemaV3().instances.status(SCOPE, 17, True).parse(data).steps[0].hosts == [HOST]


def test_v3_hosts_share_equal_times() -> None:
    row = SchemaV3().instances.status(SCOPE, 17, with_hosts=True).object_hook
    assert row is not None
    texts = [f'{{"bk_cloud_id": 0, "status": 9, "start_time": 1769853600180, "end_time": {n}}}' for n in range(3000)]
    hosts = cast(list[HostResult], [row(json.loads(text)) for text in texts])
    assert {id(host.start_time) for host in hosts} == {id(hosts[0].start_time)}
    assert [host.end_time for host in hosts] == list(range(3000))


def test_v3_status() -> None:
    assert SchemaV3().instances.status(SCOPE, 17, True).parse(V3_STATUS) == JobInstance(
        17,
        4,
        True,
        "n",
        **ISO,  # type: ignore[arg-type]
        steps=[
            StepResult(
                21,
                "deploy",
                4,
                1,
                0,
                **ISO,  # type: ignore[arg-type]
                hosts=[HOST],
            ),
            StepResult(22, "verify", 1, 3),
        ],
    )


def test_v2_status() -> None:
    instance = SchemaV2().instances.status(SCOPE, 17, True).parse(V2_STATUS)
    assert (instance.job_instance_id, instance.status, instance.finished, instance.name) == (17, 4, True, "n")
    assert (instance.create_time, instance.end_time, instance.total_time) == ("2026-01-31T18:00:00", None, 2.23)
    assert [(step.step_instance_id, step.status, step.type) for step in instance.steps] == [(21, 4, 1), (22, 1, 3)]
    assert instance.steps[0].hosts == [HostResult(None, 0, "10.0.0.1", 104)]
    row = SchemaV2().instances.status(SCOPE, 17, with_hosts=True).object_hook
    assert row is not None
    assert row({"ip": "10.0.0.1", "bk_cloud_id": 0, "status": 104}) == instance.steps[0].hosts[0]
    assert instance.steps[1].hosts is None


def test_v2_times_with_an_offset_become_utc() -> None:
    status = {**V2_STATUS, "job_instance": {**V2_STATUS["job_instance"], "start_time": "2026-01-31 18:00:00 +0800"}}  # type: ignore[dict-item]
    assert SchemaV2().instances.status(SCOPE, 17, True).parse(status).start_time == "2026-01-31T10:00:00Z"
    status["job_instance"]["start_time"] = "no time at all"  # type: ignore[index]
    assert SchemaV2().instances.status(SCOPE, 17, True).parse(status).start_time is None


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {**V3_STATUS, "finished": None},
        {**V3_STATUS, "finished": "true"},
        {**V3_STATUS, "job_instance": None},
        {**V3_STATUS, "job_instance": {"job_instance_id": 17}},
        {**V3_STATUS, "job_instance": {"status": 3}},
        {**V3_STATUS, "job_instance": {"job_instance_id": 17, "status": True}},
        {**V3_STATUS, "step_instance_list": {}},
        {**V3_STATUS, "step_instance_list": [None]},
        {**V3_STATUS, "step_instance_list": [{"name": "x"}]},
        {**V3_STATUS, "step_instance_list": [{**STEP, "step_ip_result_list": [5]}]},
        {**V3_STATUS, "step_instance_list": [{**STEP, "step_ip_result_list": [{"bk_cloud_id": 0}]}]},
    ],
)
def test_incomplete_status_responses_are_unreadable(broken: object) -> None:
    with pytest.raises(JobError) as caught:
        SchemaV3().instances.status(SCOPE, 17, True).parse(broken)
    assert (caught.value.kind, caught.value.transient) == ("protocol", True)


def test_launch_responses() -> None:
    data = {"job_instance_id": 17, "job_instance_name": "n", "step_instance_id": None}
    assert SchemaV3().launch(LAUNCH).parse(data) == LaunchedJob(17, "n", None)
    assert SchemaV2().launch(LAUNCH).parse({"job_instance_id": 17, "job_instance_name": "n"}) == LaunchedJob(
        17, "n", None
    )
    for broken in (None, {}, {"job_instance_id": None}, {"job_instance_id": "x"}, {"job_instance_id": 0}):
        with pytest.raises(JobError) as caught:
            SchemaV3().launch(LAUNCH).parse(broken)
        assert caught.value.delivery is Delivery.UNKNOWN


def logs_in(schema: Schema, data: object) -> list[tuple[int, HostLog]]:
    """The logs in the response to a call for many hosts."""
    (batch,) = schema.instances.log_batches(SCOPE, 17, step_hosts(21, 1))
    return batch.call.parse(data)


@pytest.mark.parametrize("row", [False, True])
def test_v3_logs_of_scripts(row: bool) -> None:
    """The same, whether a log became a model while the response was decoded or does so now."""
    log = {"bk_host_id": 101, "bk_cloud_id": 0, "ip": "10.0.0.1", "log_content": "<a>\ud800\n"}
    (batch,) = SchemaV3().instances.log_batches(SCOPE, 17, step_hosts(21, 1))
    assert batch.call.object_hook is not None
    logs = logs_in(
        SchemaV3(),
        {"step_instance_id": 21, "log_type": 1, "script_task_logs": [batch.call.object_hook(log) if row else log]},
    )
    assert logs == [(21, HostLog(HostKey(101, 0, "10.0.0.1"), b"<a>?\n"))]


FILE_LOGS = [
    {
        "mode": 1,
        "src_ip": "10.0.0.9",
        "src_path": "/data/a.tgz",
        "dest_ip": "10.0.0.1",
        "dest_path": "/tmp/a.tgz",
        "status": 4,
        "log_content": "100%\n",
    },
    {"mode": 0, "src_ip": "10.0.0.1", "src_path": "/data/b", "status": 5, "log_content": "no such file"},
    {"mode": 7, "status": 8, "dest_path": "/c", "log_content": None},
    {},
]
FILE_TEXT = (
    b"--- download 10.0.0.9:/data/a.tgz -> 10.0.0.1:/tmp/a.tgz (finished)\n100%\n"
    b"--- upload 10.0.0.1:/data/b (failed)\nno such file\n"
    b"--- mode 7 /c (state 8)\n"
    b"--- file\n"
)


def test_v3_logs_of_files_name_sources_and_targets() -> None:
    host = {"bk_host_id": 101, "bk_cloud_id": 0, "ip": "10.0.0.1", "file_logs": FILE_LOGS}
    data = {"step_instance_id": 21, "log_type": 2, "script_task_logs": None, "file_task_logs": [host]}
    ((_step_id, log),) = logs_in(SchemaV3(), data)
    assert (log.key, log.text) == (HostKey(101, 0, "10.0.0.1"), FILE_TEXT)
    host["file_logs"] = None
    assert logs_in(SchemaV3(), data) == [(21, HostLog(HostKey(101, 0, "10.0.0.1"), None))]


def test_v3_logs_of_one_host() -> None:
    by_id, by_address = (21, HostResult(101, 0, "10.0.0.1", 9)), (21, HostResult(None, 3, "10.0.0.1", 9))
    single = SchemaV3().instances.single_log(SCOPE, 17, by_id)
    assert (single.call.name, single.call.get) == ("get_job_instance_ip_log", True)
    ids = {"bk_scope_type": "biz", "bk_scope_id": "2", "job_instance_id": 17, "step_instance_id": 21}
    assert single.call.params == {**ids, "bk_host_id": 101}
    assert SchemaV3().instances.single_log(SCOPE, 17, by_address).call.params == {
        **ids,
        "bk_cloud_id": 3,
        "ip": "10.0.0.1",
    }
    key = HostKey(101, 0, "10.0.0.1")
    assert single.call.parse({"log_content": "x", "file_logs": None}) == [(21, HostLog(key, b"x"))]
    assert single.call.parse({"log_content": None}) == [(21, HostLog(key, None))]
    assert single.call.parse({"log_type": 2, "log_content": None, "file_logs": FILE_LOGS}) == [
        (21, HostLog(key, FILE_TEXT))
    ]
    assert SchemaV2().instances.single_log(SCOPE, 17, by_id) is None


@pytest.mark.parametrize("row", [False, True])
def test_v2_logs_are_unescaped_exactly(row: bool) -> None:
    (batch,) = SchemaV2().instances.log_batches(SCOPE, 17, [])
    assert batch.call.object_hook is not None
    log = {
        "ip": "10.0.0.1",
        "bk_cloud_id": 0,
        "exit_code": 7,
        "total_time": 0.5,
        "log_content": '&lt;a&gt; &amp;lt; &amp;amp; "q" &copy;',
    }
    group = {"ip_status": 104, "tag": "slow", "ip_logs": [batch.call.object_hook(log) if row else log]}
    logs = logs_in(SchemaV2(), [{"step_instance_id": 21, "step_results": [group]}])
    text = b'<a> &lt; &amp; "q" &copy;'
    assert logs == [(21, HostLog(HostKey(None, 0, "10.0.0.1"), text, 7, "slow", total_time=0.5))]


def step_hosts(step_id: int, count: int, first: int = 1) -> list[tuple[int, HostResult]]:
    return [(step_id, HostResult(number, 0, None, 9)) for number in range(first, first + count)]


def test_v3_log_calls_are_made_for_500_hosts_of_one_step() -> None:
    batches = list(SchemaV3().instances.log_batches(SCOPE, 17, step_hosts(21, 1001) + step_hosts(22, 1)))
    assert [len(batch.hosts) for batch in batches] == [500, 500, 1, 1]
    assert [batch.call.params["step_instance_id"] for batch in batches] == [21, 21, 21, 22]
    assert batches[1].call.params["host_id_list"] == list(range(501, 1001))


def test_v3_log_calls_name_hosts_without_id_by_address() -> None:
    hosts = [(21, HostResult(None, 3, "10.0.0.1", 9)), (21, HostResult(7, 0, "10.0.0.2", 9))]
    by_id, by_address = sorted(
        (batch.call.params for batch in SchemaV3().instances.log_batches(SCOPE, 17, hosts)),
        key=lambda call: "ip_list" in call,
    )
    assert (by_id["host_id_list"], "ip_list" in by_id) == ([7], False)
    assert (by_address["ip_list"], "host_id_list" in by_address) == ([{"bk_cloud_id": 3, "ip": "10.0.0.1"}], False)


def test_v2_has_one_log_call_for_everything() -> None:
    (batch,) = SchemaV2().instances.log_batches(SCOPE, 17, step_hosts(21, 1001))
    assert batch.call.params == {"bk_biz_id": 2, "job_instance_id": 17}
