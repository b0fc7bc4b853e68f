# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client for the tests of the JOB server: plain http.client, one connection per request."""

from __future__ import annotations

import base64
import http.client
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ansible_collections.blueking.job.tests.support.simulator import JobServer

APP = {"bk_app_code": "shop", "bk_app_secret": "shop-secret"}
ADMIN = {**APP, "bk_token": "admin-token"}
SCOPE = {"bk_scope_type": "biz", "bk_scope_id": "2"}
GATEWAY, ESB_V2, ESB_V3 = "/api/bk-job/prod/api/v3/", "/api/c/compapi/v2/job/", "/api/c/compapi/v2/jobv3/"
GATEWAY_V4 = "/api/bk-job/prod/api/v4/"


def is_query(name: str) -> bool:
    """JOB API: every read call is a GET at the API gateway."""
    return name.startswith("get_")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# Only to end a hanging test, also on a busy machine.
LIMIT_SECONDS = 180


def eventually(check: Callable[[], Any], seconds: float = LIMIT_SECONDS) -> Any:
    """Return the first true result of a check; fail after the time limit."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError("nothing came in time")


def alive(pid: int) -> bool:
    """Return whether a process is running."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        # It has just ended, or there is no such file system.
        return not Path("/proc/self").exists()
    # A child that has not been waited for has ended nevertheless.
    return stat.rpartition(")")[2].split()[0] != "Z"


@dataclass(frozen=True)
class Exchange:
    status: int
    headers: Mapping[str, str]
    json: Any


class Client:
    """Calls one server, by default through the API gateway as admin in scope 2."""

    def __init__(self, server: JobServer) -> None:
        self.server = server

    def send(self, method: str, path: str, body: str | bytes | None = None, **headers: str) -> Exchange:
        """Send one raw request; underscores in header names stand for dashes."""
        return self.raw(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def raw(self, method: str, path: str, body: str | bytes | None, headers: Mapping[str, str]) -> Exchange:
        """Send one request with headers as given; an empty response has no JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=LIMIT_SECONDS)
        try:
            connection.request(method, path, body.encode() if isinstance(body, str) else body, dict(headers))
            response = connection.getresponse()
            content = response.read()
            return Exchange(response.status, dict(response.getheaders()), json.loads(content) if content else None)
        finally:
            connection.close()

    def gateway(
        self, name: str, reader: Mapping[str, Any], auth: Mapping[str, Any] | None = None, **headers: str
    ) -> Exchange:
        headers = {
            "X_Bkapi_Authorization": json.dumps(ADMIN if auth is None else auth),
            "Blueking_Language": "en",
            **headers,
        }
        return self.at(GATEWAY, name, reader, headers)

    def at(self, path: str, name: str, reader: Mapping[str, Any], headers: Mapping[str, str]) -> Exchange:
        """Send a call to a path, as a query or with a body."""
        if is_query(name):
            return self.send("GET", f"{path}{name}?{urlencode(reader)}", **headers)
        return self.send("POST", path + name, json.dumps(reader), **{"Content_Type": "application/json", **headers})

    def v4(self, name: str, /, auth: Mapping[str, Any] | None = None, **reader: Any) -> Exchange:
        """A call of v4 in scope 2."""
        headers = {"X_Bkapi_Authorization": json.dumps(ADMIN if auth is None else auth), "Blueking_Language": "en"}
        return self.at(GATEWAY_V4, name, {**SCOPE, **reader}, headers)

    def esb(self, path: str, reader: Mapping[str, Any], auth: Mapping[str, Any] | None = None) -> Exchange:
        return self.send("POST", path, json.dumps({**(ADMIN if auth is None else auth), **reader}))

    def call(self, name: str, /, **reader: Any) -> Any:
        """Return the body of a gateway call in scope 2."""
        return self.gateway(name, {**SCOPE, **reader}).json

    def data(self, name: str, /, **reader: Any) -> Any:
        """Return the data of a gateway call that must succeed."""
        body = self.call(name, **reader)
        assert body["result"] is True, body
        return body["data"]

    def v2(self, name: str, /, **reader: Any) -> Any:
        return self.esb(f"{ESB_V2}{name}/", {"bk_biz_id": 2, **reader}).json

    def script(self, content: str, hosts: list[int] | None = None, **reader: Any) -> int:
        """Launch a shell script on hosts; return the instance id."""
        order = {"script_content": b64(content), "script_language": 1, "account_alias": "root"}
        target = {"host_id_list": hosts or [101]}
        launched = self.data("fast_execute_script", **{**order, "target_server": target, **reader})
        return int(launched["job_instance_id"])

    def plan(self, plan_id: int, *variables: Mapping[str, Any], **reader: Any) -> int:
        launched = self.data("execute_job_plan", job_plan_id=plan_id, global_var_list=list(variables), **reader)
        return int(launched["job_instance_id"])

    def status(self, job_id: int) -> Any:
        return self.data("get_job_instance_status", job_instance_id=job_id, return_ip_result="true")

    def until(self, job_id: int, status: int) -> Any:
        """Return the status response once the run has a status."""

        def reached() -> Any:
            found = self.status(job_id)
            return found if found["job_instance"]["status"] == status else None

        return eventually(reached)

    def finished(self, job_id: int) -> Any:
        def over() -> Any:
            found = self.status(job_id)
            return found if found["finished"] else None

        return eventually(over)

    def logs(self, job_id: int, step: int = 0) -> dict[int, str]:
        """Return the log of each host of a step."""
        steps = self.status(job_id)["step_instance_list"]
        hosts = [host["bk_host_id"] for host in steps[step]["step_ip_result_list"]]
        found = self.data(
            "batch_get_job_instance_ip_log",
            job_instance_id=job_id,
            step_instance_id=steps[step]["step_instance_id"],
            host_id_list=hosts,
        )
        return {entry["bk_host_id"]: entry["log_content"] for entry in found["script_task_logs"] or []}

    def output(self, content: str, **reader: Any) -> str:
        """Return the output of a shell script on host 101."""
        job_id = self.script(content, **reader)
        self.finished(job_id)
        return self.logs(job_id).get(101, "")


def hosts_of(status: Any, step: int = 0) -> dict[int, tuple[int, int | None]]:
    """Return status and exit code by host id."""
    hosts = status["step_instance_list"][step]["step_ip_result_list"]
    return {host["bk_host_id"]: (host["status"], host["exit_code"]) for host in hosts}


def steps_of(status: Any) -> list[int]:
    return [step["status"] for step in status["step_instance_list"]]
