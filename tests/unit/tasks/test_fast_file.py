# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files sent by whole tasks: really copied between hosts, and with the outcomes that mislead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import estate

APIS = [("esb", "v2"), ("esb", "v3"), ("apigw", "v3")]
V3 = ("esb", "v3")
STORE = [{"id": 1, "scope": "2", "code": "store", "alias": "Store"}]


class Hurry(Clock):
    """Whoever waits moves the server's clock instead."""

    def __init__(self, server: JobServer) -> None:
        self._server = server

    def sleep(self, seconds: float) -> None:
        self._server.clock.advance(1000)


def api_of(server: JobServer, api_case: tuple[str, str]) -> dict[str, Any]:
    path = "/api/bk-job/prod" if api_case[0] == "apigw" else ""
    return {"api_url": server.url + path, "gateway": api_case[0], "api_version": api_case[1], "bk_scope_id": "2"}


class Sender:
    """Tasks against a scripted server, which copies nothing."""

    def __init__(self, server: JobServer) -> None:
        self.server = server
        self.context = TaskContext()
        self.error: JobError | None = None

    def __call__(self, api_case: tuple[str, str] = V3, **options: Any) -> dict[str, Any]:
        """Return the result of a task, whether it succeeds or fails."""
        given = {
            **api_of(self.server, api_case),
            "bk_app_code": "shop",
            "bk_app_secret": "shop-secret",
            "bk_token": "admin-token",
            "file_source_list": [from_host("10.0.0.1", "/data/a")],
            "file_target_path": "/in",
            "account_alias": "root",
            "ip_list": ["10.0.0.2", "10.0.0.3"],
            "logs": "all",
            "hosts": "all",
            **options,
        }
        self.context = TaskContext(clock=Hurry(self.server), check_mode=bool(given.pop("check_mode", False)))
        self.error = None
        try:
            return run_task(
                fast_file, FAST_FILE, {name: each for name, each in given.items() if each is not None}, self.context
            )
        except JobError as error:
            self.error = error
            return error.result


def from_host(ip: str, *paths: str) -> dict[str, Any]:
    return {"file_list": list(paths), "ip_list": [ip], "account_alias": "root"}


def states(result: dict[str, Any]) -> dict[str, str]:
    return {host["ip"]: host["status"] for host in result["hosts"]}


def files(result: dict[str, Any], ip: str) -> list[tuple[str, str]] | None:
    (host,) = (host for host in result["hosts"] if host["ip"] == ip)
    return None if host["files"] is None else [(file["path"], file["status"]) for file in host["files"]]


@pytest.fixture
def sender(request: pytest.FixtureRequest) -> Iterator[Sender]:
    with JobServer(estate(getattr(request, "param", []), file_sources=STORE)) as server:
        yield Sender(server)


def scripted(*rules: dict[str, Any]) -> Any:
    """Give the server of a test its rules."""
    return pytest.mark.parametrize("sender", [list(rules)], indirect=True, ids=["rules"])


@pytest.mark.parametrize("api_case", APIS)
def test_files_arrive(sender: Sender, api_case: tuple[str, str]) -> None:
    result = sender(api_case, file_source_list=[from_host("10.0.0.1", "/data/a", "/data/b/")])
    assert sender.error is None
    assert states(result) == {"10.0.0.2": "success", "10.0.0.3": "success"}
    assert (result["changed"], result["launch_outcome"], result["logs_complete"]) == (True, "started", True)
    assert result["steps"][0]["type"] == "file"
    assert result["step_instance_id"] == result["steps"][0]["step_instance_id"]
    assert "/in/a" in result["hosts"][0]["log"]
    (host, *_rest) = result["hosts"]
    assert not {"exit_code", "tag"} & set(host)
    if api_case[1] == "v2":
        assert host["files"] is None
    else:
        assert host["files"] == [
            {
                "source": {"ip": "10.0.0.1", "path": path},
                "path": target,
                "status": "finished",
                "size": "1.0 KB",
                "speed": "1 KB/s",
                "error": None,
            }
            for path, target in (("/data/a", "/in/a"), ("/data/b/", "/in/b/"))
        ]


@pytest.mark.parametrize("api_case", APIS)
def test_contents_arrive(sender: Sender, api_case: tuple[str, str]) -> None:
    contents = [{"file_name": "a.conf", "content": "a=1\n"}, {"file_name": "b", "content_base64": "AP8="}]
    result = sender(api_case, file_source_list=None, content_list=contents)
    assert sender.error is None
    assert states(result) == {"10.0.0.2": "success", "10.0.0.3": "success"}
    # The response to the launch does not contain the step.
    assert result["step_instance_id"] == result["steps"][0]["step_instance_id"]
    if api_case[1] == "v3":
        assert files(result, "10.0.0.2") == [("/in/a.conf", "finished"), ("/in/b", "finished")]


@scripted({"file": "/data/b", "hosts": [3], "status": 329})
@pytest.mark.parametrize("api_case", APIS)
def test_one_file_that_fails_on_one_host_fails_the_task(sender: Sender, api_case: tuple[str, str]) -> None:
    result = sender(api_case, file_source_list=[from_host("10.0.0.1", "/data/a", "/data/b")])
    assert sender.error is not None
    assert sender.error.kind == "job_failed"
    assert "1 of 2 hosts failed" in sender.error.summary
    assert states(result) == {"10.0.0.2": "success", "10.0.0.3": "file_transfer_error"}
    (failed,) = result["failed_hosts"]
    assert failed["failure_kind"] == "file"
    if api_case[1] == "v3":
        assert [(file["path"], file["status"], bool(file["error"])) for file in failed["files"]] == [
            ("/in/a", "finished", False),
            ("/in/b", "failed", True),
        ]


@scripted({"missing": True})
def test_a_missing_source_is_named(sender: Sender) -> None:
    result = sender()
    assert states(result) == {"10.0.0.2": "file_fetch_error", "10.0.0.3": "file_fetch_error"}
    error = result["hosts"][0]["files"][0]["error"]
    assert error.startswith("the file does not exist on the source. Status: ")
    assert result["hosts"][0]["failure_kind"] == "file"


@scripted({"prepare": "failed"})
def test_a_failed_preparation_is_reported(sender: Sender) -> None:
    """The platform leaves the targets waiting for ever, and its step without an end."""
    result = sender(file_source_list=[{"file_list": ["bucket/a"], "file_source_code": "store"}])
    assert sender.error is not None
    assert "preparation failed" in sender.error.summary
    assert states(result) == {"10.0.0.2": "never_attempted", "10.0.0.3": "never_attempted"}
    assert {(host["status_code"], host["failure_kind"]) for host in result["failed_hosts"]} == {(5, "file")}
    assert result["counts"] == {"total": 2, "success": 0, "failed": 2, "unfinished": 0}
    # The reason is that of the source, and read once for all targets.
    assert ["could not be fetched" in host["log"] for host in result["hosts"]] == [True, True]
    assert [entry["call"] for entry in sender.server.journal].count("get_job_instance_ip_log") == 1
    assert result["logs_complete"] is True


@pytest.mark.parametrize(("rule", "status"), [({"engine": "refused"}, "failed"), ({"engine": "abnormal"}, "abnormal")])
def test_hosts_that_wait_in_an_ended_run_have_failed(rule: dict[str, Any], status: str) -> None:
    with JobServer(estate([rule])) as server:
        result = Sender(server)()
    assert (result["status"], set(states(result).values())) == (status, {"never_attempted"})


def test_an_unknown_id_of_a_file_source_ends_abnormally(sender: Sender) -> None:
    result = sender(file_source_list=[{"file_list": ["bucket/a"], "file_source_id": 77}])
    assert (result["status"], set(states(result).values())) == ("abnormal", {"never_attempted"})


def test_an_unknown_code_of_a_file_source_is_explained(sender: Sender) -> None:
    """JOB returns its general internal error, after which the run may exist or not."""
    result = sender(file_source_list=[{"file_list": ["bucket/a"], "file_source_code": "no-such"}])
    assert sender.error is not None
    assert (sender.error.kind, sender.error.code, result["launch_outcome"]) == ("unknown_outcome", 1240002, "unknown")
    assert "file_source_code" in (sender.error.hint or "")
    result = sender(file_source_list=[{"file_list": ["bucket/a"], "file_source_code": "store"}])
    assert result["launch_outcome"] == "started"


def test_agents_that_are_missing_or_down(sender: Sender) -> None:
    result = sender(ip_list=["10.0.0.2", "10.9.9.9", "10.9.9.10"])
    assert states(result) == {"10.0.0.2": "success", "10.9.9.9": "agent_not_installed", "10.9.9.10": "agent_abnormal"}
    assert {host["failure_kind"] for host in result["failed_hosts"]} == {"agent"}


def test_one_of_two_sources_without_agent_fails_all_targets(sender: Sender) -> None:
    sources = [from_host("10.0.0.1", "/data/a"), from_host("10.9.9.9", "/data/b")]
    result = sender(file_source_list=sources)
    assert states(result) == {"10.0.0.2": "failed", "10.0.0.3": "failed"}
    assert {host["failure_kind"] for host in result["failed_hosts"]} == {"file"}


def test_a_target_once_per_batch_of_sources_is_one_host(sender: Sender) -> None:
    sources = [from_host(f"10.0.0.{number}", f"/data/{number}") for number in (4, 5, 6)]
    rolling = {"type": 2, "mode": 1, "file_source": {"max_execute_object_num_in_batch": 1}}
    result = sender(file_source_list=sources, rolling_config=rolling)
    assert sender.error is None
    assert result["counts"] == {"total": 2, "success": 2, "failed": 0, "unfinished": 0}
    assert files(result, "10.0.0.2") == [("/in/4", "finished"), ("/in/5", "finished"), ("/in/6", "finished")]


@scripted({"missing": True, "file": "/data/5"})
def test_a_target_whose_later_batches_never_began_has_failed(sender: Sender) -> None:
    sources = [from_host(f"10.0.0.{number}", f"/data/{number}") for number in (4, 5, 6)]
    rolling = {"type": 2, "mode": 1, "file_source": {"max_execute_object_num_in_batch": 1}}
    result = sender(file_source_list=sources, rolling_config=rolling)
    assert states(result) == {"10.0.0.2": "file_fetch_error", "10.0.0.3": "file_fetch_error"}


@scripted({"hosts": [3], "status": 320})
def test_a_host_that_failed_in_a_run_that_counts_as_success(sender: Sender) -> None:
    """With mode 2 JOB continues with the next batch, and may call the whole a success."""
    rolling = {"expression": "1", "mode": 2}
    result = sender(rolling_config=rolling)
    assert sender.error is not None
    assert [host["ip"] for host in result["failed_hosts"]] == ["10.0.0.3"]


def test_a_new_name_is_the_path_of_its_file(sender: Sender) -> None:
    result = sender(file_target_name="new")
    assert files(result, "10.0.0.2") == [("/in/new", "finished")]


def test_names_of_the_history_find_a_lost_launch(sender: Sender) -> None:
    sender.server.faults.add(do="close", acts=True, call="fast_transfer_file", next=1)
    result = sender()
    assert (sender.error, result["launch_outcome"], result["status"]) == (None, "recovered", "success")
    sender.server.faults.add(do="close", acts=True, call="push_config_file", next=1)
    result = sender(file_source_list=None, content_list=[{"file_name": "a", "content": "x"}])
    assert (sender.error, result["launch_outcome"], result["status"]) == (None, "recovered", "success")


def test_a_unique_key_joins_repeated_tasks(sender: Sender) -> None:
    contents = [{"file_name": "a", "content": "x"}]
    for kind in ({}, {"file_source_list": None, "content_list": contents}):
        key = f"release-{len(kind)}"
        first = sender(unique_key=key, **kind)
        assert (first["launch_outcome"], first["job_instance_name"]) == ("started", f"bk_fast_file [{key}]")
        second = sender(unique_key=key, **kind)
        assert sender.error is None
        assert (second["launch_outcome"], second["changed"]) == ("existing", False)
        assert second["job_instance_id"] == first["job_instance_id"]
        assert states(second) == states(first)


def test_two_steps_only_where_the_call_can(sender: Sender) -> None:
    result = sender(server_version="3.12.1")
    assert (sender.error, result["launch_outcome"]) == (None, "started")
    calls = [entry["call"] for entry in sender.server.journal]
    assert calls[:1] == ["fast_transfer_file"]
    assert "operate_job_instance" in calls
    result = sender(server_version="3.12.1", file_source_list=None, content_list=[{"file_name": "a", "content": "x"}])
    assert (sender.error, result["launch_outcome"]) == (None, "started")
    sender(launch_mode="two_step", file_source_list=None, content_list=[{"file_name": "a", "content": "x"}])
    assert sender.error is not None
    assert "launch_mode: two_step is not supported with content_list" in str(sender.error.summary)


def test_log_files_contain_the_text_of_the_transfer(sender: Sender, tmp_path: Path) -> None:
    result = sender(log_dir=str(tmp_path / "logs"))
    text = Path(result["hosts"][0]["log_path"]).read_text(encoding="utf-8")
    assert text.startswith("--- download 10.0.0.1:/data/a -> 10.0.0.2:/in/a (finished)\n")


@pytest.mark.parametrize("api_case", APIS)
def test_check_mode_sends_nothing(sender: Sender, api_case: tuple[str, str]) -> None:
    result = sender(api_case, check_mode=True)
    assert (result["launch_outcome"], result["changed"]) == ("check_mode", True)
    assert (
        result["request"]["path"]
        .rstrip("/")
        .endswith("fast_push_file" if api_case[1] == "v2" else "fast_transfer_file")
    )
    assert sender.server.journal == []
