# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request goes to the configured address with the configured credentials, in every environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import QuickClock, run_task
from ansible_collections.blueking.job.tests.unit.helpers.tcp_server import TcpServer

INVENTORY: dict[str, Any] = {
    "apps": [{"code": "app", "secret": "app-secret", "login_exempt": True}],
    "users": [{"name": "admin"}],
    "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
    "hosts": [{"id": 101, "ip": "10.0.0.1", "name": "web-1", "scope": "2"}],
    "accounts": [{"id": 1, "alias": "root", "scope": "2"}],
    "executor": "scripted",
}
APIS = {
    "ESB v2": {"gateway": "esb", "api_version": "v2"},
    "ESB v3": {"gateway": "esb", "api_version": "v3"},
    "API gateway v3": {"gateway": "apigw", "api_version": "v3"},
}
REDIRECTS = [300, 301, 302, 303, 305, 307, 308]


class Listener:
    """Another server, which keeps the first bytes of every connection."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._server = TcpServer(lambda connection: self.heard.append(connection.recv(65536)))
        self.address = self._server.address

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    assert listener.heard == []
    listener.close()


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(INVENTORY) as running:
        yield running


@pytest.fixture(params=list(APIS))
def api_case(request: pytest.FixtureRequest) -> dict[str, str]:
    return APIS[request.param]


def run(server: JobServer, api_case: dict[str, str], **options: object) -> dict[str, object]:
    given = {
        **api_case,
        "api_url": server.url + ("/api/bk-job/prod" if api_case["gateway"] == "apigw" else ""),
        "bk_app_code": "app",
        "bk_app_secret": "app-secret",
        "bk_username": "admin",
        "bk_scope_id": "2",
        "account_alias": "root",
        "script_content": "hostname",
        "ip_list": ["10.0.0.1"],
        "logs": "all",
        "wait_timeout": 1_000_000,
        **options,
    }
    return run_task(fast_script, FAST_SCRIPT, given, TaskContext(clock=QuickClock()))


@pytest.mark.parametrize("status", REDIRECTS)
def test_launches_follow_no_redirect(
    server: JobServer, elsewhere: Listener, api_case: dict[str, str], status: int
) -> None:
    for target in (f"http://me:pass-word@{elsewhere.address}/x?token=1", f"https://{elsewhere.address}/", "/elsewhere"):
        headers = {"Location": target, "Refresh": f"0; url={target}"}
        server.faults.add(do="answer", call="fast_execute_script", http=status, body="", headers=headers)
        with pytest.raises(JobError) as caught:
            run(server, api_case)
        error = caught.value
        assert (error.kind, error.http_status, error.result["launch_outcome"]) == ("protocol", status, "rejected")
        assert target.rpartition("@")[2].split("?")[0].strip("/").removeprefix("https://") in error.summary
        assert "pass-word" not in error.summary
    assert [entry["path"].rstrip("/").rpartition("/")[2] for entry in server.journal] == ["fast_execute_script"] * 3


@pytest.mark.parametrize("status", REDIRECTS)
def test_reads_follow_no_redirect(
    server: JobServer, elsewhere: Listener, api_case: dict[str, str], status: int
) -> None:
    headers = {"Location": f"http://{elsewhere.address}/api/"}
    server.faults.add(
        do="answer", call="get_job_instance_status", http=status, body="", headers=headers, next=1_000_000
    )
    with pytest.raises(JobError) as caught:
        run(server, api_case, wait_timeout=60)
    error = caught.value
    assert (error.result["changed"], error.result["launch_outcome"]) == (True, "started")
    assert isinstance(error.result["job_instance_id"], int)


def test_netrc_and_variables_of_other_tools_are_not_for_us(
    server: JobServer, api_case: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "machine 127.0.0.1 login someone password netrc-pass\ndefault login someone password netrc-pass\n"
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert run(server, api_case)["status"] == "success"
    assert len(server.journal) >= 3
    for entry in server.journal:
        assert "authorization" not in entry["headers"]
        assert "netrc-pass" not in json.dumps(entry)


def test_a_cookie_of_the_server_is_not_a_credential(server: JobServer, api_case: dict[str, str]) -> None:
    """Only the options of the task decide who calls."""
    server.faults.add(
        do="answer", call="get_job_instance_status", http=500, body="", headers={"Set-Cookie": "bk_token=x; Path=/"}
    )
    assert run(server, api_case)["status"] == "success"
    assert all("cookie" not in entry["headers"] for entry in server.journal)


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_proxies_of_the_environment_are_used_by_default(
    server: JobServer, elsewhere: Listener, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, f"http://{elsewhere.address}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert run(server, APIS["ESB v3"])["status"] == "success"
