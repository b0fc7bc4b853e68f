# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address that never responds is given up after 30 seconds, by every task."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.reachability import PROBE_AFTER_SECONDS, Reachability
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.text import MAX_LINE_LENGTH
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import context as context_module
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN, JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO, PLAN_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_operate import JOB_OPERATE
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION as CONNECTED
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    FakeClock,
    FakeTransport,
    Prepared,
    http,
    run_task,
    success,
)

UNREACHABLE = JobError("Connection refused", kind="not_sent", delivery=Delivery.NOT_SENT, transient=True)
UNROUTABLE = JobError("Connection timed out", kind="not_sent", delivery=Delivery.NOT_SENT, transient=True)
CLOSED = JobError("Connection reset by peer", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
SILENT = JobError("Read timed out", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
GARBLED = JobError("RFB 003.008", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
UNRESPONSIVE = JobError("it keeps the request", kind="server_error", delivery=Delivery.UNKNOWN)
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
    "plan by name": (job_plan, JOB_PLAN, {"job_plan_name": "nightly"}),
    "key": (fast_script, FAST_SCRIPT, {**SCRIPT, "unique_key": "nightly"}),
    "wait": (job_wait, JOB_WAIT, {"job_instance_id": 17}),
    "wait for several": (job_wait, JOB_WAIT, {"job_instance_ids": [17, 18]}),
    "operate": (job_operate, JOB_OPERATE, {"job_instance_id": 17, "operation": "terminate"}),
    "plans": (plan_info, PLAN_INFO, {}),
    "history": (instance_info, INSTANCE_INFO, {}),
    "instance": (instance_info, INSTANCE_INFO, {"job_instance_id": 17}),
}
# One read of those gives up earlier.
ONE_READ = ("key", "history", "instance")
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
        """Let the time pass for which a silent server keeps a request, as the transport does."""
        if self.transport.responses[0] is UNROUTABLE:
            self.clock.sleep(min(self.transport.requests[-1].connect_seconds, self.transport.seconds[-1], 10))
        if self.transport.responses[0] is not SILENT:
            return
        request, seconds = self.transport.requests[-1], self.transport.seconds[-1]
        if request.path.rstrip("/").endswith(("/fast_execute_script", "/execute_job_plan", "/execute_job")):
            self.clock.sleep(PROBE_AFTER_SECONDS)
            if not self.transport.is_alive(seconds - PROBE_AFTER_SECONDS):  # type: ignore[attr-defined]
                raise UNRESPONSIVE
        self.clock.sleep(min(request.silence_seconds, seconds, 75))


@pytest.mark.parametrize("name", TASKS)
def test_an_address_that_never_responded_is_given_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = Attempt(name, monkeypatch, UNREACHABLE)
    assert attempt.error.kind == "not_sent"
    assert attempt.waited <= 30
    if name not in ONE_READ:
        assert attempt.waited == 30
        assert "gave up after 30 s" in (attempt.error.hint or "")
    assert not attempt.error.result["changed"]
    assert attempt.lines[0] == "Connection refused; trying for 27 s more"


def test_a_silent_server_is_reported_once() -> None:
    lines: list[str] = []
    reachability = Reachability("http://job.example.com", FakeClock(), lines.append)
    reachability.note_silence(100)
    reachability.note_silence(10)
    assert lines == ["No response from http://job.example.com yet; waiting for up to 27 s more"]


def test_secrets_are_redacted_before_the_notice_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    summary = "x" * (MAX_LINE_LENGTH - 10) + "planted-secret"
    refused = JobError(summary, kind="not_sent", delivery=Delivery.NOT_SENT, transient=True)
    line = Attempt("wait", monkeypatch, refused, bk_app_secret="planted-secret").lines[0]
    assert "x" in line
    assert "plan" not in line


@pytest.mark.parametrize("name", TASKS)
def test_an_address_without_a_route_is_given_up_on_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last attempt to connect has what is left of the time."""
    attempt = Attempt(name, monkeypatch, UNROUTABLE)
    assert attempt.waited <= 30
    assert attempt.error.kind == "not_sent"


@pytest.mark.parametrize("error", [CLOSED, GARBLED])
@pytest.mark.parametrize("name", [name for name in TASKS if name not in LAUNCHED_UNREAD])
def test_an_address_that_sends_no_response_is_given_up(
    name: str, error: JobError, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It closes every connection, or speaks another protocol."""
    attempt = Attempt(name, monkeypatch, error)
    assert attempt.waited <= 30
    assert not attempt.error.result["changed"]
    if name not in ONE_READ:
        assert "gave up after 30 s. Check api_url" in (attempt.error.hint or "")


@pytest.mark.parametrize("name", [name for name in TASKS if name not in LAUNCHED_UNREAD])
def test_an_address_that_keeps_requests_without_responding_is_given_up(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt(name, monkeypatch, SILENT)
    # A poll for several runs has a time limit of its own.
    assert (len(attempt.transport.requests), attempt.waited) == (2 if name == "wait for several" else 1, 30)
    assert "given up after 30 s" in attempt.error.summary
    assert "gave up after 30 s. Check api_url, and the proxy if there is one." in (attempt.error.hint or "")
    assert not attempt.error.result["changed"]


@pytest.mark.parametrize("error", [UNREACHABLE, CLOSED, SILENT])
def test_an_address_that_was_given_up_is_not_tried_for_every_run(
    error: JobError, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = Attempt("wait for several", monkeypatch, error, job_instance_ids=list(range(1, 201)))
    single = Attempt("wait", monkeypatch, error)
    assert (several.waited, several.error.kind) == (single.waited, single.error.kind) == (30, several.error.kind)
    assert len(several.transport.requests) <= len(single.transport.requests) + 1


@pytest.mark.parametrize("options", [{}, {"server_version": "3.12.1"}, {"api_version": "v2"}])
@pytest.mark.parametrize("name", LAUNCHED_UNREAD)
def test_a_launch_that_is_kept_without_responding_is_searched_once(
    name: str, options: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a request for the base address gets no response either."""
    attempt = Attempt(name, monkeypatch, SILENT, **options)
    has_history = "api_version" not in options
    assert [request.method for request in attempt.transport.requests] == ["POST", "GET", *(["POST"] * has_history)]
    assert attempt.transport.requests[1] == HttpRequest("GET", "/", silence_seconds=8)
    assert attempt.waited == (30 if has_history else 20)
    assert (attempt.error.kind, attempt.error.result["changed"]) == ("unknown_outcome", True)
    assert "Check api_url, and the proxy if there is one." in (attempt.error.hint or "")


def test_a_server_that_responds_to_another_request_may_be_slow_with_a_launch() -> None:
    transport = FakeTransport(http(b"", 404))
    client = JobClient(CONNECTED, EsbGateway(), SchemaV3(), transport, FakeClock())  # type: ignore[arg-type]
    assert client._is_alive(100)
    assert (transport.requests, transport.seconds) == ([HttpRequest("GET", "/", silence_seconds=8)], [8])
    # It is not sent again.
    assert client._is_alive(100)
    assert len(transport.requests) == 1


@pytest.mark.parametrize("error", [SILENT, CLOSED, UNREACHABLE])
def test_a_server_that_responds_to_no_request_is_not_waited_for(error: JobError) -> None:
    transport = FakeTransport(error)
    client = JobClient(CONNECTED, EsbGateway(), SchemaV3(), transport, FakeClock())  # type: ignore[arg-type]
    assert not client._is_alive(3)
    assert transport.seconds == [3]


@pytest.mark.parametrize("name", ["wait", "plans"])
def test_a_server_that_responded_once_may_be_slow_later(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options: Written = {"info_timeout": 200} if name == "plans" else {"wait_timeout": 200}
    attempt = Attempt(name, monkeypatch, http(b"", 429), SILENT, **options)
    assert attempt.waited > 100
    assert attempt.transport.requests[-1].silence_seconds == math.inf


@pytest.mark.parametrize("options", [{}, {"server_version": "3.12.1"}])
@pytest.mark.parametrize("name", LAUNCHED_UNREAD)
def test_a_launch_at_an_address_that_closes_every_connection_names_the_option(
    name: str, options: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt(name, monkeypatch, CLOSED, **options)
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
    "body", [b"<html>It works</html>", b'{"code": 401, "msg": "no"}', b'{"result": false, "code": 7}']
)
@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in TASKS), *((name, {"server_version": "3.12.1"}) for name in LAUNCHED_UNREAD)],
)
def test_a_response_that_is_not_from_job_is_believed_within_8_seconds(
    name: str, options: Written, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt(name, monkeypatch, http(body), **options)
    # Something may have passed the launch on.
    assert attempt.error.kind == ("unknown_outcome" if name in LAUNCHED_UNREAD else "protocol")
    assert attempt.waited <= (8 if options else 6)
    assert "api_url" in (attempt.error.hint or "")


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize(
    "response", [http(b"<html>502 Bad Gateway</html>", 502), http(b"", 503), http({"error": "no upstream"}, 504)]
)
def test_a_proxy_that_reaches_no_server_is_given_up(
    name: str, response: HttpResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only over plain http: a TLS connection is not made then."""
    options = {"api_url": "http://job.example.com", "proxy": "http://proxy.example.com:3128"}
    attempt = Attempt(name, monkeypatch, response, **options)
    assert attempt.waited <= 30
    # A launch may have come through.
    assert attempt.error.kind == ("unknown_outcome" if name in LAUNCHED_UNREAD else "server_error")
    assert "Check the proxy http://proxy.example.com:3128" in (attempt.error.hint or "")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"api_url": "https://job.example.com", "proxy": "http://proxy.example.com:3128"},
        {"api_url": "http://job.example.com", "no_proxy": "job.example.com"},
    ],
)
def test_a_gateway_that_restarts_is_waited_for(options: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", options.pop("no_proxy", "127.0.0.1"))
    attempt = Attempt("wait", monkeypatch, http(b"<html>", 502), wait_timeout=100, **options)
    assert attempt.waited == 100


@pytest.mark.parametrize("body", [b"", b'{"code": 1650200, "result": false, "message": "Bad Gateway"}'])
def test_a_server_behind_a_proxy_that_responded_once_is_waited_for(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: Written = {"api_url": "http://job.example.com", "proxy": "http://proxy.example.com:3128"}
    first = http(body, 502) if body else http(body, 429)
    attempt = Attempt("wait", monkeypatch, first, http(b"<html>", 502), wait_timeout=100, **options)
    assert attempt.waited == 100


@pytest.mark.parametrize("error", [UNREACHABLE, CLOSED, SILENT])
def test_a_server_that_comes_up_later_is_seen(error: JobError) -> None:
    """As by an event source, which goes on after a failed poll."""
    clock = FakeClock()
    found = success({"finished": True, "job_instance": {"job_instance_id": 17, "status": 3}})
    transport = FakeTransport(error, error, error, found)
    client = JobClient(CONNECTED, EsbGateway(), SchemaV3(), transport, clock)  # type: ignore[arg-type]
    for _poll in range(3):
        with pytest.raises(JobError):
            client.status(Scope("biz", "2"), 17, client.deadline(100), retry_for=0.0)
        clock.sleep(20)
    assert client.status(Scope("biz", "2"), 17, client.deadline(100)).finished


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
