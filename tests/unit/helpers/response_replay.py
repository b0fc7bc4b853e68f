# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record whole tasks with the real responses to their calls, and replay them with one response modified."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest import mock

from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.transport import Transport
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import context
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file, fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import LinkedClock, run_task
from ansible_collections.blueking.job.tests.unit.helpers.read_only_tasks import APIS, connection, estate
from ansible_collections.blueking.job.tests.unit.repository.test_option_sweep import SPECS

SECRET = "planted-secret"
WHO = {"bk_app_code": "shop", "bk_app_secret": SECRET, "bk_username": "admin", "bk_scope_id": "2"}
SCRIPT = {"script_content": "true", "account_alias": "root", "ip_list": ["10.0.0.1", "10.0.0.2"], "logs": "all"}
FILES = {
    "file_source_list": [{"file_list": ["/data/a"], "ip_list": ["10.0.0.1"], "account_alias": "root"}],
    "file_target_path": "/in",
    "account_alias": "root",
    "ip_list": ["10.0.0.1", "10.0.0.2"],
    "logs": "all",
}
PLAN = {"job_plan_name": "deploy", "logs": "all", "global_var_list": [{"name": "version", "value": "9"}]}
LAUNCHES = ("execute_job", "execute_job_plan", "fast_execute_script", "fast_transfer_file", "fast_push_file")
HISTORY = {"since": "1d", "name": "deploy"}

# Tasks, and the APIs on which they exist. {id} is a run that has ended, {running} one that has not.
STORIES: dict[str, tuple[Task, dict[str, Any], tuple[str, ...]]] = {
    "script": (fast_script, SCRIPT, tuple(APIS)),
    "files": (fast_file, FILES, tuple(APIS)),
    "plan": (job_plan, PLAN, tuple(APIS)),
    "two steps": (fast_script, {**SCRIPT, "server_version": "3.12.1"}, ("ESB v3",)),
    "lost response": (fast_script, SCRIPT, ("API gateway v3",)),
    "wait": (job_wait, {"job_instance_id": "{id}", "logs": "all"}, tuple(APIS)),
    "operate": (job_operate, {"job_instance_id": "{running}", "operation": "terminate"}, tuple(APIS)),
    "instance": (instance_info, {"job_instance_id": "{id}", "logs": "all", "variables": True}, tuple(APIS)),
    "history": (instance_info, HISTORY, ("ESB v3", "API gateway v3")),
    "plans": (plan_info, {"name": "deploy", "name_match": "contains", "details": True}, tuple(APIS)),
}
CASES = [(story, api) for story, (_task, _options, apis) in STORIES.items() for api in apis]


@dataclass
class Story:
    """A task, and the responses to each call, in turn; the last one is repeated."""

    task: Task
    options: dict[str, Any]
    responses: dict[str, list[HttpResponse]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Played:
    """Recorded traffic of a replay: calls, and their responses."""

    exchanges: list[tuple[str, HttpResponse]] = field(default_factory=list)

    def of(self, *calls: str) -> list[HttpResponse]:
        return [response for call, response in self.exchanges if call in calls]


def call_of(request: HttpRequest) -> str:
    return request.path.rstrip("/").rpartition("/")[2]


@cache
def story(name: str, api: str) -> Story:
    """Record a task with the JOB simulator."""
    task, options, _wires = STORIES[name]
    with JobServer(estate(apps=[{"code": "shop", "secret": SECRET, "login_exempt": True}])) as server:
        where = {**WHO, **connection(server, api)}
        ids = {"{id}": _launched(server, where, 3600), "{running}": _launched(server, where, 2)}
        given = {**where, **{key: ids.get(str(value), value) for key, value in options.items()}}
        story_of_task = Story(task, given)
        # In this process, tasks may use a subclass.
        transport = context.Transport
        real = transport.send

        def send(self: Transport, request: HttpRequest, seconds: float, *, fresh: bool = False) -> HttpResponse:
            response = real(self, request, seconds, fresh=fresh)
            if name == "lost response" and call_of(request) in LAUNCHES:
                response = HttpResponse(504, response.headers, b"")
            story_of_task.responses[call_of(request)].append(fresh_copy(response))
            return response

        with mock.patch.object(transport, "send", send):
            _run(task, given, TaskContext(clock=LinkedClock(server)))
    assert story_of_task.responses, name
    return story_of_task


def _launched(server: JobServer, where: Mapping[str, object], seconds: float) -> object:
    given = {**where, "job_plan_id": 2, "wait": False, "validate_variables": False}
    result = _run(job_plan, given, TaskContext(clock=LinkedClock(server)))
    server.clock.advance(seconds)
    return result["job_instance_id"]


def _run(task: Task, given: Mapping[str, object], context: TaskContext) -> dict[str, object]:
    try:
        return run_task(task, SPECS[task], given, context)
    except JobError as error:
        assert error.kind == "job_failed", error.summary
        return error.result


def fresh_copy(response: HttpResponse) -> HttpResponse:
    """Copy a response with its body, because readers consume large ones."""
    return HttpResponse(response.status, response.headers, bytearray(response.body))


@contextmanager
def playing(recorded: Story, spoil: Callable[[int, str, HttpResponse], HttpResponse]) -> Iterator[Played]:
    """Replay every response, after C(spoil) has got position, call and response."""
    played, left = Played(), {call: list(responses) for call, responses in recorded.responses.items()}

    def send(_self: Transport, request: HttpRequest, *_arguments: object, **_more: object) -> HttpResponse:
        call = call_of(request)
        responses = left.get(call) or [HttpResponse(404, {}, b"")]
        response = spoil(len(played.exchanges), call, responses.pop(0) if len(responses) > 1 else responses[0])
        played.exchanges.append((call, response))
        return fresh_copy(response)

    with mock.patch.object(context.Transport, "send", send):
        yield played
