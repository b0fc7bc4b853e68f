# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fakes of the unit tests: a clock that does not wait, a transport with prepared responses, converted options."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from ansible import module_utils
from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Connection
from ansible_collections.blueking.job.plugins.module_utils.models.settings import (
    LaunchSettings,
    ReportSettings,
    WaitSettings,
)
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE, FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.connection import read_connection
from ansible_collections.blueking.job.plugins.module_utils.options.convert import OptionConverter
from ansible_collections.blueking.job.plugins.module_utils.options.launch import read_launch_settings
from ansible_collections.blueking.job.plugins.module_utils.options.reader import OptionReader
from ansible_collections.blueking.job.plugins.module_utils.options.secrets import register_secrets
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.options.wait import read_report_settings, read_wait_settings
from ansible_collections.blueking.job.tests.support.simulator import JobServer

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = Path(__file__).parent / "data" / "documents"


def document(name: str) -> dict[str, object]:
    """Return the request example of an API document, verbatim."""
    value: dict[str, object] = json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
    return value


def tracked_files() -> list[Path]:
    """Return the files of the repository: those that git tracks, or would track."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


class FakeClock(Clock):
    """A clock on which sleeping takes no time, and that records all sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += max(0.0, seconds)

    def jitter(self, seconds: float) -> float:
        return seconds

    def unique_name(self) -> str:
        return "ansible-unique"


class QuickClock(FakeClock):
    """Real scripts get some time while a task sleeps; with a long time limit no machine is too slow for them."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        time.sleep(min(max(0.0, seconds), 0.01))


class LinkedClock(FakeClock):
    """A fake clock, starting at 0, on which sleeping moves the server's clock, too."""

    def __init__(self, server: JobServer) -> None:
        super().__init__()
        self.time = 0.0
        self.server = server

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.server.clock.advance(max(seconds, 0.001))


Prepared = dict[str, object] | bytes | HttpResponse | JobError


class FakeTransport:
    """Responds in order; the last response is repeated. Requests are kept."""

    def __init__(self, *responses: Prepared, on_send: Callable[[], None] = lambda: None) -> None:
        self.responses = list(responses)
        self.requests: list[HttpRequest] = []
        self.seconds: list[float] = []
        self._on_send = on_send

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        self.requests.append(request)
        self.seconds.append(seconds_left)
        self._on_send()
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, JobError):
            raise response
        return response if isinstance(response, HttpResponse) else http(response)


def http(body: dict[str, object] | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an HTTP response."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, headers or {}, data)


def success(data: object) -> dict[str, object]:
    """Return JOB's envelope of a success, as it comes without a gateway: no message."""
    return {"code": 0, "result": True, "job_request_id": "9f2c", "data": data}


def error_body(code: int, message: str = "no") -> dict[str, object]:
    """Return JOB's envelope of an error."""
    return {"code": code, "result": False, "message": message, "job_request_id": "9f2c"}


def read_options(spec: Spec, given: Mapping[str, object], context: TaskContext | None = None) -> OptionReader:
    """Return a reader of options that were converted by their spec."""
    context = context or TaskContext()
    options = OptionConverter(spec, context.problems, context.secrets)
    options.convert(given, {})
    reader = OptionReader(spec, options.values, context.problems)
    register_secrets(context.secrets, reader)
    return reader


def run_task(task: Task, spec: Spec, given: Mapping[str, object], context: TaskContext) -> dict[str, object]:
    """Run a task function with converted options."""
    return task(read_options(spec, given, context), context)


def plan_fields(given: Mapping[str, object]) -> OptionReader:
    """Return a reader of the options of a plan task."""
    return read_options(JOB_PLAN, given)


def script_fields(given: Mapping[str, object]) -> OptionReader:
    """Return a reader of the options of a script task."""
    return read_options(FAST_SCRIPT, given)


def file_fields(given: Mapping[str, object]) -> OptionReader:
    """Return a reader of the options of a file task."""
    return read_options(FAST_FILE, given)


def connection_to(url: str, **changes: Any) -> Connection:
    """Return a connection with the default settings."""
    given = {"bk_app_code": "esb_test", "bk_app_secret": "xxx", "bk_token": "xxx"}
    return read_connection(plan_fields({"api_url": url, **given}))._replace(**changes)


def wait_settings(**changes: Any) -> WaitSettings:
    """Return the default settings of a wait, with changes."""
    return read_wait_settings(plan_fields({}))._replace(**changes)


def report_settings(**changes: Any) -> ReportSettings:
    """Return the default settings of a report, with changes."""
    return read_report_settings(plan_fields({}))._replace(**changes)


def launch_settings(**changes: Any) -> LaunchSettings:
    """Return the default settings of a launch, with changes."""
    return read_launch_settings(plan_fields({}), "v3")._replace(**changes)


@contextmanager
def patch_module_args(given: Mapping[str, object]) -> Iterator[None]:
    """Let a module find its options in this process; ansible-core has a helper for it only from 2.18 on.

    Since 2.21 modules return their options only if so configured.
    """
    settings = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
    options = json.dumps({"ANSIBLE_MODULE_ARGS": {**settings, **given}}).encode()
    with (
        mock.patch.object(basic, "_ANSIBLE_ARGS", options),
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
        # Another test may have loaded the controller; its warnings go to the terminal instead of the result.
        mock.patch.object(getattr(module_utils, "_internal", basic), "is_controller", False, create=True),
    ):
        yield


CONNECTION = connection_to("http://127.0.0.1:1")
