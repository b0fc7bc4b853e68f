# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address that never responds is given up after 30 seconds, by every task."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api import transport as transport_module
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import context as context_module
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN, JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO, PLAN_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_operate import JOB_OPERATE
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    FakeClock,
    FakeTransport,
    Prepared,
    http,
    run_task,
)

UNREACHABLE = JobError("Connection refused", kind="not_sent", delivery=Delivery.NOT_SENT, transient=True)
CLOSED = JobError("Connection reset by peer", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
CLOSED.is_disconnect = True
SILENT = JobError("Read timed out", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
SILENT.is_silence = True
CONNECTION = {
    "api_url": "http://127.0.0.1:1",
    "bk_app_code": "a",
    "bk_app_secret": "b",
    "bk_token": "c",
    "bk_scope_id": "2",
}
SCRIPT = {"script_content": "true", "account_alias": "root", "ip_list": ["10.0.0.1"]}
Written = dict[str, Any]
TASKS: dict[str, tuple[Task, Spec, Written]] = {
    "script": (fast_script, FAST_SCRIPT, SCRIPT),
    "plan": (job_plan, JOB_PLAN, {"job_plan_id": 100}),
    "plan, unread": (job_plan, JOB_PLAN, {"job_plan_id": 100, "validate_variables": False}),
    "wait": (job_wait, JOB_WAIT, {"job_instance_id": 17}),
    "operate": (job_operate, JOB_OPERATE, {"job_instance_id": 17, "operation": "terminate"}),
    "plans": (plan_info, PLAN_INFO, {}),
    "history": (instance_info, INSTANCE_INFO, {}),
    "instance": (instance_info, INSTANCE_INFO, {"job_instance_id": 17}),
}
# Launches without a read before them.
LAUNCHED_UNREAD = ("script", "plan, unread")


class Attempt:
    """One task at an address, and what came of it."""

    def __init__(self, name: str, monkeypatch: pytest.MonkeyPatch, *responses: Prepared, **options: object) -> None:
        self.transport = FakeTransport(*responses, on_send=self._pass_time)
        monkeypatch.setattr(context_module, "Transport", lambda _connection: self.transport)
        task, spec, written = TASKS[name]
        self.clock, self.lines = FakeClock(), list[str]()
        context = TaskContext(clock=self.clock, emit_progress=self.lines.append)
        with pytest.raises(JobError) as caught:
            run_task(task, spec, {**CONNECTION, **written, **options}, context)
        self.error = caught.value
        self.waited = self.clock.now() - 1000

    def _pass_time(self) -> None:
        """Let the time pass for which a silent server keeps a request."""
        if self.transport.responses[0] is SILENT:
            request, seconds = self.transport.requests[-1], self.transport.seconds[-1]
            self.clock.sleep(min(request.silence_seconds, seconds, 75))


@pytest.mark.parametrize("name", TASKS)
def test_an_address_that_never_responded_is_given_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = Attempt(name, monkeypatch, UNREACHABLE)
    assert attempt.error.kind == "not_sent"
    assert attempt.waited <= 30
    if name not in ("history", "instance"):  # one read of those gives up earlier
        assert attempt.waited == 30
        assert "gave up after 30 s" in (attempt.error.hint or "")
    assert not attempt.error.result["changed"]
    assert attempt.lines[0] == "Connection refused; trying for 27 s more"


@pytest.mark.parametrize("name", [name for name in TASKS if name not in LAUNCHED_UNREAD])
def test_an_address_that_closes_every_connection_is_given_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = Attempt(name, monkeypatch, CLOSED)
    assert attempt.waited <= 30
    assert not attempt.error.result["changed"]
    if name not in ("history", "instance"):  # one read of those gives up earlier
        assert "gave up after 30 s. Check api_url" in (attempt.error.hint or "")


@pytest.mark.parametrize("name", [name for name in TASKS if name not in LAUNCHED_UNREAD])
def test_an_address_that_keeps_requests_without_responding_is_given_up(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt(name, monkeypatch, SILENT)
    assert (len(attempt.transport.requests), attempt.waited) == (1, 30)
    assert "given up after 30 s" in attempt.error.summary
    assert "gave up after 30 s. Check api_url, and the proxy if there is one." in (attempt.error.hint or "")
    assert not attempt.error.result["changed"]


@pytest.mark.parametrize("name", LAUNCHED_UNREAD)
def test_a_launch_that_is_kept_without_responding_is_searched_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = Attempt(name, monkeypatch, SILENT)
    assert (len(attempt.transport.requests), attempt.waited) == (2, 75 + 30)
    assert attempt.error.kind == "unknown_outcome"
    assert "Check api_url, and the proxy if there is one." in (attempt.error.hint or "")


@pytest.mark.parametrize("name", ["wait", "plans"])
def test_a_server_that_responded_once_may_be_slow_later(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options: Written = {"info_timeout": 200} if name == "plans" else {"wait_timeout": 200}
    attempt = Attempt(name, monkeypatch, http(b"", 429), SILENT, **options)
    assert attempt.waited > 100
    assert attempt.transport.requests[-1].silence_seconds == math.inf


@pytest.mark.parametrize("name", LAUNCHED_UNREAD)
def test_a_launch_at_an_address_that_closes_every_connection_names_the_option(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt(name, monkeypatch, CLOSED)
    assert attempt.waited <= 30
    assert attempt.error.kind == "unknown_outcome"
    assert "Check api_url, and the proxy" in (attempt.error.hint or "")


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (http(b"", 407), "not_sent"),
        (http(b"", 302, {"location": "/login/"}), "auth"),
        (http(b"<input type=password>"), "auth"),
        (http(b"plain HTTP request was sent to HTTPS port", 400), "protocol"),
        (http(b"", 426), "protocol"),
        (http(b"", 501), "protocol"),
    ],
)
def test_what_can_never_succeed_ends_at_once(
    name: str, response: HttpResponse, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt(name, monkeypatch, response)
    assert (attempt.error.kind, attempt.clock.slept) == (kind, [])
    assert not attempt.error.result["changed"]
    assert attempt.error.hint


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in TASKS), *((name, {"server_version": "3.12.1"}) for name in LAUNCHED_UNREAD)],
)
def test_a_page_that_is_not_from_job_is_believed_within_8_seconds(
    name: str, options: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt(name, monkeypatch, http(b"<html>It works</html>"), **options)
    # Something may have passed the launch on.
    assert attempt.error.kind == ("unknown_outcome" if name in LAUNCHED_UNREAD else "protocol")
    assert attempt.waited <= (8 if options else 6)
    assert "api_url" in (attempt.error.hint or "")


@pytest.mark.parametrize("name", ["script", "wait"])
def test_progress_can_be_switched_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Attempt(name, monkeypatch, UNREACHABLE, progress=False).lines == []


@pytest.mark.parametrize("name", ["plan, unread", "wait", "plans"])
def test_a_server_that_responded_once_is_waited_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options: Written = {"wait_timeout": 100} if name == "wait" else {}
    attempt = Attempt(name, monkeypatch, http(b"", 429), UNREACHABLE, **options)
    # Longer than the 30 seconds of an address that never responded; info_timeout ends the modules that read.
    assert attempt.waited > 50
    assert attempt.lines == [] or "trying" not in attempt.lines[0]


def test_a_request_without_response_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "NOTICE_SECONDS", 0.0)
    released = threading.Event()

    def exchange(_timed_out: threading.Event) -> HttpResponse:
        released.wait(180)
        return HttpResponse(200, {}, b"")

    run: Callable[..., HttpResponse] = transport_module._run_with_time_limit
    assert run(180.0, exchange, released.set).status == 200
    assert released.is_set()
