# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented result."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.text import one_line
from ansible_collections.blueking.job.plugins.module_utils.models.launch import SCRIPT_RUN, LaunchedJob
from ansible_collections.blueking.job.plugins.module_utils.models.launch_record import LaunchRecord
from ansible_collections.blueking.job.plugins.module_utils.models.run import HostResult, JobInstance, StepResult
from ansible_collections.blueking.job.plugins.module_utils.results.run_result import RunResult
from ansible_collections.blueking.job.plugins.module_utils.results.verdict import host_failure, job_failure
from ansible_collections.blueking.job.tests.unit.helpers.fakes import report_settings


def host(number: int, status: int, exit_code: int | None = 0) -> HostResult:
    return HostResult(number, 0, f"10.0.0.{number}", status, exit_code)


def instance_of(status: int, *steps: StepResult) -> JobInstance:
    return JobInstance(17, status, True, "nightly", steps=list(steps))


FAILED = instance_of(
    4,
    StepResult(21, "prepare", 3, 1, hosts=[host(1, 9), host(2, 9)]),
    StepResult(22, "deploy", 4, 1, hosts=[host(1, 9), host(2, 104, 7), host(3, 7)]),
    StepResult(23, "verify", 1, 1, hosts=[]),
)


def outcome_of(instance: JobInstance | None, hosts: str = "all", **more: object) -> RunResult:
    launched = LaunchedJob(17, "nightly", None)
    record = LaunchRecord("started", launched)
    return RunResult(report_settings(hosts=hosts), None, record, instance=instance, **more)  # type: ignore[arg-type]


def test_nothing_is_claimed_of_what_was_never_launched() -> None:
    result = RunResult(report_settings(), "https://job.example").result()
    assert set(result) == set(outcome_of(FAILED).result())
    assert {key: value for key, value in result.items() if value not in (None, [], False)} == {
        "launch_outcome": "not_sent"
    }


def test_what_was_never_seen_is_null() -> None:
    result = outcome_of(None).result()
    assert (result["job_instance_id"], result["changed"], result["finished"]) == (17, True, False)
    assert [result[key] for key in ("status", "status_code", "counts")] == [None] * 3
    assert [result[key] for key in ("hosts", "failed_hosts", "steps")] == [[]] * 3
    assert set(result) == set(outcome_of(FAILED).result())


def test_hosts_failed_ones_first_and_exact_counts() -> None:
    result = outcome_of(FAILED).result()
    hosts = result["hosts"]
    assert isinstance(hosts, list)
    assert [(each["step_instance_id"], each["ip"], each["status"]) for each in hosts] == [
        (22, "10.0.0.2", "script_exit_code"),
        (21, "10.0.0.1", "success"),
        (21, "10.0.0.2", "success"),
        (22, "10.0.0.1", "success"),
        (22, "10.0.0.3", "running"),
    ]
    assert result["failed_hosts"] == hosts[:1]
    assert result["counts"] == {"total": 5, "success": 3, "failed": 1, "unfinished": 1}
    steps = result["steps"]
    assert isinstance(steps, list)
    assert [step["counts"]["total"] for step in steps] == [2, 3, 0]
    assert [step["status"] for step in steps] == ["success", "failed", "pending"]


@pytest.mark.parametrize(("hosts", "listed", "failed"), [("all", 5, 1), ("failed", 1, 1), ("none", 0, 0)])
def test_which_hosts_are_listed(hosts: str, listed: int, failed: int) -> None:
    result = outcome_of(FAILED, hosts).result()
    assert isinstance(result["hosts"], list)
    assert isinstance(result["failed_hosts"], list)
    assert (len(result["hosts"]), len(result["failed_hosts"])) == (listed, failed)
    assert isinstance(result["counts"], dict)
    assert result["counts"]["total"] == 5


SUCCESS = instance_of(3, StepResult(21, "prepare", 6, 1, hosts=[host(1, 9), host(2, 104, 7)]))
UNFINISHED = JobInstance(17, 2, False, steps=[StepResult(21, "prepare", 2, 1, hosts=[host(1, 104, 7), host(2, 7)])])


@pytest.mark.parametrize(
    ("instance", "failed", "listed", "failed_hosts"),
    [
        (FAILED, True, 0, 1),
        (FAILED, False, 0, 1),  # read by a task that does not fail because of it
        (SUCCESS, False, 2, 1),
        (SUCCESS, True, 0, 1),  # fail_on: any_host
        (UNFINISHED, True, 2, 1),
        (UNFINISHED, False, 2, 1),
    ],
)
def test_hosts_of_a_failed_run_are_listed_once(
    instance: JobInstance, failed: bool, listed: int, failed_hosts: int
) -> None:
    result: Any = outcome_of(instance, "auto", failed=failed).result()
    assert (len(result["hosts"]), len(result["failed_hosts"])) == (listed, failed_hosts)
    assert result["failed_hosts"][0]["exit_code"] == 7


def test_logs_of_a_run_that_has_not_ended_are_not_read_unless_asked_for() -> None:
    def logs(instance: JobInstance | None, option: str) -> str:
        return RunResult(report_settings(logs=option), instance=instance).report().logs

    assert [logs(each, "auto") for each in (FAILED, SUCCESS, UNFINISHED, None)] == ["failed", "failed", "none", "none"]
    assert [logs(each, "all") for each in (FAILED, UNFINISHED)] == ["all", "all"]


def test_hosts_of_the_step_that_decided_come_first() -> None:
    ignored = StepResult(21, "prepare", 6, 1, hosts=[host(1, 104, 7)])
    result: Any = outcome_of(instance_of(4, ignored, StepResult(22, "deploy", 4, 1, hosts=[host(2, 104, 7)]))).result()
    assert [each["ip"] for each in result["failed_hosts"]] == ["10.0.0.2", "10.0.0.1"]


@pytest.mark.parametrize("status", [1, 2, 5, 7, 12, 13, 18, 102, 103, 310, 311, 403, 500])
def test_there_is_no_exit_code_where_no_script_ended(status: int) -> None:
    result: Any = outcome_of(instance_of(4, StepResult(21, "s", 4, 1, hosts=[host(1, status, 0)]))).result()
    assert result["hosts"][0]["exit_code"] is None


def test_the_address_of_the_web_page() -> None:
    outcome = outcome_of(FAILED)
    outcome.web_url = "https://job.example"
    assert outcome.result()["job_instance_url"] == "https://job.example/api_execute/17"
    assert "job_instance_url" not in outcome_of(FAILED).result()


def test_only_status_3_is_success() -> None:
    assert job_failure(instance_of(3)) is None
    kinds = {code: error.kind for code in (4, 5, 6, 8, 9, 11, 13, 14) if (error := job_failure(instance_of(code)))}
    assert kinds == {**dict.fromkeys((4, 5, 6, 8, 9, 13, 14), "job_failed"), 11: "terminated"}


def test_the_failure_names_instance_step_and_hosts() -> None:
    error = job_failure(FAILED)
    assert error is not None
    assert error.summary == ("Job instance 17: failed in step 22 (deploy), 1 of 3 hosts failed")
    assert "failed_hosts" in (error.hint or "")


def test_a_failure_without_hosts() -> None:
    error = job_failure(instance_of(9, StepResult(21, None, 9, 3)))
    assert error is not None
    assert error.summary == "Job instance 17: abnormal in step 21 (without name)"


def test_agents_that_do_not_respond_are_reported() -> None:
    error = job_failure(instance_of(4, StepResult(21, "s", 4, 1, hosts=[host(1, 310)])))
    assert error is not None
    assert "agents do not respond" in (error.hint or "")


def test_the_failure_is_one_line_under_200_characters() -> None:
    long = HostResult(10**12, 10**9, "255.255.255.255", 4711, None)
    error = job_failure(
        JobInstance(10**17, 13, True, steps=[StepResult(10**17, "x\n\x1b" * 512, 13, hosts=[long] * 50_000)])
    )
    assert error is not None
    line = one_line(error.summary)
    assert len(line) < 200
    assert line.isprintable()
    assert "50000 of 50000 hosts failed" in line


def test_hosts_behind_a_success() -> None:
    good = instance_of(3, StepResult(21, "prepare", 3, 1, hosts=[host(1, 9)]))
    assert host_failure(good) is None
    bad = instance_of(
        3,
        StepResult(21, "prepare", 3, 1, hosts=[host(1, 9)]),
        StepResult(22, "deploy", 6, 1, hosts=[host(1, 9), host(2, 310)]),
    )
    error = host_failure(bad)
    assert error is not None
    assert error.kind == "job_failed"
    assert error.summary == ("Job instance 17: success, but 1 of 3 hosts failed, the first one in step 22 (deploy)")


def test_hosts_that_could_not_be_read_are_not_a_success() -> None:
    error = host_failure(instance_of(3, StepResult(21, "prepare", 3, 1), StepResult(22, "ask", 3, 3)))
    assert error is not None
    assert (error.kind, "it is unknown whether one failed" in error.summary) == ("server_error", True)
    assert host_failure(instance_of(3, StepResult(22, "ask", 3, 3))) is None


def test_a_script_that_was_found_again_has_the_id_of_its_step() -> None:
    instance = instance_of(3, StepResult(21, "run", 3, 1))
    assert outcome_of(instance, run_type=SCRIPT_RUN).result()["step_instance_id"] == 21
    assert outcome_of(instance).result()["step_instance_id"] is None


def test_a_target_that_the_response_does_not_list_may_have_failed() -> None:
    ended = instance_of(3, StepResult(21, "send", 3, 2, hosts=[host(1, 9)]))
    failure = host_failure(ended, ["10.0.0.2", "10.0.0.3"])
    assert failure is not None
    assert failure.summary == "Job instance 17: success, but JOB returned no status of 2 targets, first 10.0.0.2"
    assert (failure.kind, failure.hint) == (
        "job_failed",
        "It is unknown whether they have the files. Check the job in JOB.",
    )
