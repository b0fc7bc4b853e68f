# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading answers: one shape whatever the API generation, and incomplete answers are no answers."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.models import (
    HostKey,
    HostLog,
    HostResult,
    JobInstance,
    Launched,
    Scope,
    StepResult,
)
from ansible_collections.blueking.job.plugins.module_utils.wire.v2 import V2
from ansible_collections.blueking.job.plugins.module_utils.wire.v3 import V3

SCOPE = Scope("biz", "2")
TIMES = {"create_time": 1769853600120, "start_time": 1769853600180, "end_time": 1769853602410, "total_time": 2230}
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


def test_v3_status() -> None:
    assert (
        V3().read_status(V3_STATUS)
        == JobInstance(
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
                    hosts=[HostResult(HostKey(101, 0, "10.0.0.1"), 104, 7, None, *list(ISO.values())[1:])],  # type: ignore[arg-type]
                ),
                StepResult(22, "verify", 1, 3),
            ],
        )
    )


def test_v2_status() -> None:
    instance = V2().read_status(V2_STATUS)
    assert (instance.job_instance_id, instance.status, instance.finished, instance.name) == (17, 4, True, "n")
    assert (instance.create_time, instance.end_time, instance.total_time) == ("2026-01-31T18:00:00", None, 2.23)
    assert [(step.step_instance_id, step.status, step.type) for step in instance.steps] == [(21, 4, 1), (22, 1, 3)]
    assert instance.steps[0].hosts == [HostResult(HostKey(None, 0, "10.0.0.1"), 104)]
    assert instance.steps[1].hosts is None


def test_v2_times_with_an_offset_become_utc() -> None:
    status = {**V2_STATUS, "job_instance": {**V2_STATUS["job_instance"], "start_time": "2026-01-31 18:00:00 +0800"}}  # type: ignore[dict-item]
    assert V2().read_status(status).start_time == "2026-01-31T10:00:00Z"
    status["job_instance"]["start_time"] = "no time at all"  # type: ignore[index]
    assert V2().read_status(status).start_time is None


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
    ],
)
def test_incomplete_status_answers_are_unreadable(broken: object) -> None:
    with pytest.raises(JobError) as caught:
        V3().read_status(broken)
    assert (caught.value.kind, caught.value.transient) == ("protocol", True)


def test_launch_answers() -> None:
    data = {"job_instance_id": 17, "job_instance_name": "n", "step_instance_id": None}
    assert V3().read_launched(data) == Launched(17, "n", None)
    assert V2().read_launched({"job_instance_id": 17, "job_instance_name": "n"}) == Launched(17, "n", None)
    for broken in (None, {}, {"job_instance_id": None}, {"job_instance_id": "x"}, {"job_instance_id": 0}):
        with pytest.raises(JobError) as caught:
            V3().read_launched(broken)
        assert caught.value.delivery is Delivery.UNKNOWN


def test_v3_logs_of_scripts_and_files() -> None:
    logs = V3().read_logs(
        {
            "step_instance_id": 21,
            "log_type": 1,
            "script_task_logs": [{"bk_host_id": 101, "bk_cloud_id": 0, "ip": "10.0.0.1", "log_content": "<a>\n"}],
        }
    )
    assert logs == [HostLog(21, HostKey(101, 0, "10.0.0.1"), "<a>\n")]
    logs = V3().read_logs(
        {
            "step_instance_id": 21,
            "log_type": 2,
            "script_task_logs": None,
            "file_task_logs": [
                {
                    "bk_host_id": 101,
                    "file_logs": [{"log_content": "one\n"}, {"log_content": None}, {"log_content": "two"}],
                }
            ],
        }
    )
    assert logs == [HostLog(21, HostKey(101, None, None), "one\ntwo")]


def test_v2_logs_are_unescaped_exactly() -> None:
    logs = V2().read_logs(
        [
            {
                "step_instance_id": 21,
                "step_results": [
                    {
                        "ip_status": 104,
                        "tag": "slow",
                        "ip_logs": [
                            {
                                "ip": "10.0.0.1",
                                "bk_cloud_id": 0,
                                "exit_code": 7,
                                "total_time": 0.5,
                                "log_content": '&lt;a&gt; &amp;lt; &amp;amp; "q" &copy;',
                            }
                        ],
                    }
                ],
            }
        ]
    )
    text = '<a> &lt; &amp; "q" &copy;'
    assert logs == [HostLog(21, HostKey(None, 0, "10.0.0.1"), text, 7, "slow", total_time=0.5)]


def step_hosts(step_id: int, count: int, first: int = 1) -> list[tuple[int, HostResult]]:
    return [(step_id, HostResult(HostKey(number, 0, None), 9)) for number in range(first, first + count)]


def test_v3_log_calls_are_made_for_500_hosts_of_one_step() -> None:
    batches = list(V3().log_batches(SCOPE, 17, step_hosts(21, 1001) + step_hosts(22, 1)))
    assert [len(batch.hosts) for batch in batches] == [500, 500, 1, 1]
    assert [batch.call.params["step_instance_id"] for batch in batches] == [21, 21, 21, 22]
    assert batches[1].call.params["host_id_list"] == list(range(501, 1001))


def test_v3_log_calls_name_hosts_without_id_by_address() -> None:
    hosts = [(21, HostResult(HostKey(None, 3, "10.0.0.1"), 9)), (21, HostResult(HostKey(7, 0, "10.0.0.2"), 9))]
    (batch,) = V3().log_batches(SCOPE, 17, hosts)
    assert batch.call.params["ip_list"] == [{"bk_cloud_id": 3, "ip": "10.0.0.1"}, {"bk_host_id": 7}]
    assert "host_id_list" not in batch.call.params


def test_v2_has_one_log_call_for_everything() -> None:
    (batch,) = V2().log_batches(SCOPE, 17, step_hosts(21, 1001))
    assert batch.call.params == {"bk_biz_id": 2, "job_instance_id": 17}
