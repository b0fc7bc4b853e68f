# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The size of the printed result: 600 000 bytes, for all hosts, steps, logs, scripts and texts of the server."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.launch import LaunchedJob
from ansible_collections.blueking.job.plugins.module_utils.models.launch_record import LaunchRecord
from ansible_collections.blueking.job.plugins.module_utils.models.run import (
    HostResult,
    JobInstance,
    LogResult,
    StepResult,
)
from ansible_collections.blueking.job.plugins.module_utils.results.run_result import RunResult
from ansible_collections.blueking.job.plugins.module_utils.results.size_limit import (
    MAX_RESULT_BYTES,
    json_size,
    limit_result,
    truncate_json,
)
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from ansible_collections.blueking.job.tests.unit.helpers.fakes import report_settings
from hypothesis import given
from hypothesis import strategies as st

GOOD, BAD, RUNNING = 9, 104, 7
REQUEST = {
    "method": "POST",
    "path": "/x",
    "body": {"script_content": "A" * 3_000_000, "target_server": {"host_id_list": list(range(50_000))}},
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=200) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=300,
)


@fuzz(30)
@given(json_values, st.integers(100, 5000))
def test_anything_is_cut_to_any_size(value: object, most: int) -> None:
    cut = truncate_json(value, most)
    assert json_size(cut) <= most
    if json_size(value) <= most:
        assert cut == value


def test_what_is_cut_is_marked() -> None:
    cut: Any = truncate_json(REQUEST, 100_000)
    assert cut["method"] == "POST"
    assert cut["body"]["script_content"] == "A" * 65536 + "... [3000000 characters in all]"
    hosts = cut["body"]["target_server"]["host_id_list"]
    assert hosts == [*range(1024), "... [50000 elements in all]"]
    small = {"script_content": "A" * 90_000, "host_id_list": list(range(1500))}
    assert truncate_json(small, 100_000) is small


def instance_of(steps: int, hosts: int, status: int, log: str | None = None) -> JobInstance:
    results = [
        [
            HostResult(
                number, 0, f"10.0.{number >> 8}.{number & 255}", status, 1, "tag", 10**12, 10**12, 1.0, LogResult(log)
            )
            for number in range(hosts)
        ]
        for _step in range(steps)
    ]
    return JobInstance(
        17, 4, True, steps=[StepResult(21 + n, "作" * 512, 4, 1, hosts=step) for n, step in enumerate(results)]
    )


def outcome_of(instance: JobInstance, **plan: Any) -> RunResult:
    return RunResult(
        report_settings(**{"hosts": "all", **plan}), None, LaunchRecord("started", LaunchedJob(17)), instance=instance
    )


# Each pair of number of steps, status, and request or none.
@pytest.mark.parametrize(
    ("steps", "status", "request_"),
    [
        *((1, GOOD, None), (1, BAD, REQUEST), (1, RUNNING, REQUEST)),
        *((40, GOOD, REQUEST), (40, BAD, None), (40, RUNNING, None)),
        *((2000, GOOD, None), (2000, BAD, REQUEST), (2000, RUNNING, None)),
    ],
)
def test_the_whole_result_stays_within_its_size(steps: int, status: int, request_: Any) -> None:
    hosts = 20_000 // steps
    outcome = outcome_of(instance_of(steps, hosts, status), logs="all")
    outcome.request = request_
    error = {"kind": "job_failed", "message": "x" * 1_000_000, "invalid_hosts": [{"ip": "10.0.0.1"}] * 50_000}
    selection = outcome.host_selection()
    logs, selection.remaining_bytes = "x" * (selection.remaining_bytes - 20), 0
    shown: dict[str, Any] = {**outcome.result(), "logs": logs, "msg": "x" * 1_000_000, "error": error}
    shown["invocation"] = {"module_args": "x" * 700_000}
    result: Any = limit_result({**shown, "diff": {"before": "", "after": request_}} if request_ else shown)
    assert len(result.pop("invocation")["module_args"]) == 700_000
    assert json_size(result) <= MAX_RESULT_BYTES
    assert result["hosts_truncated"] is True
    assert result["counts"]["total"] == hosts * steps
    assert len(result["hosts"]) > 50
    assert result["steps_truncated"] is (steps > 15)


def test_as_many_hosts_as_fit_are_listed_failed_ones_first() -> None:
    instance = instance_of(1, 3000, GOOD)
    hosts = instance.steps[0].hosts or []
    for host in hosts[1000:1100]:
        host.status = BAD
    result: Any = outcome_of(instance, logs="none").result()
    assert [host["bk_host_id"] for host in result["failed_hosts"]] == list(range(1000, 1100))
    assert [host["bk_host_id"] for host in result["hosts"]][:102] == [*range(1000, 1100), 0, 1]
    assert MAX_RESULT_BYTES * 0.9 < json_size(result) < MAX_RESULT_BYTES
    assert result["counts"] == {"total": 3000, "success": 2900, "failed": 100, "unfinished": 0}


@pytest.mark.parametrize(("failed", "hosts"), [(200, 2000), (10_000, 10_000), (1, 1)])
@pytest.mark.parametrize("character", ["x", "作"])
def test_the_result_of_a_failed_task_stays_small_unless_hosts_is_set(failed: int, hosts: int, character: str) -> None:
    instance = instance_of(1, hosts, GOOD)
    for host in (instance.steps[0].hosts or [])[:failed]:
        host.status = BAD
    outcome = outcome_of(instance, hosts="auto")
    outcome.failed = True
    log = character * 1000
    selection = outcome.host_selection()
    for _step, host in selection.hosts:
        text = log if selection.log_size(host, log) <= selection.remaining_bytes else ""
        host.log = LogResult(text)
        selection.remaining_bytes -= selection.log_size(host, text)
    result: Any = outcome.result()
    assert json_size({**result, "msg": character * 1000}) < 40_000
    assert result["hosts"] == []
    assert [host["bk_host_id"] for host in result["failed_hosts"]] == list(range(len(result["failed_hosts"])))
    assert min(failed, 30) <= len(result["failed_hosts"])
    assert result["failed_hosts"][0]["log"] == log
    assert result["hosts_truncated"] is (failed > 1)
    assert result["counts"] == {"total": hosts, "success": hosts - failed, "failed": failed, "unfinished": 0}
    every = RunResult(
        report_settings(hosts="all"), None, outcome.launch_record, instance=instance, failed=True
    ).result()
    assert (json_size(every) > 500_000) is (failed > 1)


def test_hosts_fill_the_space_that_logs_left() -> None:
    """Space is reserved for 32 logs of 8 KiB. If the scripts print nothing, more hosts are listed instead."""
    outcome = outcome_of(instance_of(1, 1000, GOOD))
    before = len(outcome.host_selection().hosts)
    result: Any = outcome.result()
    assert before < 1000
    assert len(result["hosts"]) == 1000
    assert outcome.truncation() is None
    many = outcome_of(instance_of(1, 3000, GOOD))
    listed = len(cast(list[object], many.result()["hosts"]))
    assert many.truncation() == f"hosts lists {listed} of 3000 hosts of job instance 17"


def test_few_hosts_leave_their_space_to_logs() -> None:
    """The defaults promise space for about 30 logs of 8 KiB, each in two lists."""
    listing = outcome_of(instance_of(1, 40, BAD)).host_selection()
    assert len(listing.hosts) == 40
    assert not listing.truncated
    assert listing.remaining_bytes > 2 * 30 * 8192


def test_paths_of_log_files_count() -> None:
    instance = instance_of(1, 50_000, BAD)
    folder = "/" + "x" * 3000
    listing = outcome_of(instance, log_dir=folder).host_selection()
    for _step, host in listing.hosts:
        host.log = LogResult(path=f"{folder}/30000000021-0-{host.ip}.log")
    assert json_size(outcome_of(instance, log_dir=folder).result()) + listing.remaining_bytes <= MAX_RESULT_BYTES


def test_failed_steps_are_kept() -> None:
    instance = instance_of(1000, 1, GOOD)
    for step in instance.steps:
        step.status = 3
    instance.steps[700].status = 4
    result: Any = outcome_of(instance).result()
    assert result["steps_truncated"] is True
    kept = [step["step_instance_id"] for step in result["steps"]]
    assert kept == sorted(kept)
    assert 721 in kept


def test_a_result_of_one_host_is_whole() -> None:
    result = outcome_of(instance_of(1, 1, GOOD)).result()
    assert (result["hosts_truncated"], result["steps_truncated"]) == (False, False)
    assert json.loads(json.dumps(result)) == result
