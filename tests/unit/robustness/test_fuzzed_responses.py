# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Anything in a task, and anything in a response: a clear error or a result, never a bug."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.transport import Transport
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, InvalidTask, JobError, Unexpected
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Option, Spec
from ansible_collections.blueking.job.plugins.module_utils.results.size_limit import MAX_RESULT_BYTES
from ansible_collections.blueking.job.plugins.module_utils.tasks.execute import TaskCall, TaskResponse, execute_task
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock
from ansible_collections.blueking.job.tests.unit.helpers.message_style import wrong_words
from ansible_collections.blueking.job.tests.unit.repository.test_option_sweep import GOOD, SPECS
from hypothesis import given
from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from(
        ["1", "-1", "true", "10.0.0.1", "0:10.0.0.1", "a,b", "{}", "[1]", "$encrypted$", "http://u:p@h:1/"]
    )
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "value", "ip", "host_id_list", "server", "code", "data"]), inner
        )
    ),
    max_leaves=8,
)
# Keys of JOB's responses, with anything for values.
DATA = st.dictionaries(
    st.sampled_from(
        [
            *("job_instance_id", "job_instance_name", "step_instance_id", "finished", "job_instance", "status"),
            *("step_instance_list", "step_ip_result_list", "bk_host_id", "ip", "total", "data", "code", "result"),
            *("job_plan_id", "global_var_list", "step_list", "script_task_logs", "log_content", "steps", "name", "id"),
        ]
    ),
    ANYTHING | st.lists(st.dictionaries(st.sampled_from(["status", "id", "bk_host_id", "name", "type"]), SCALARS)),
    max_size=6,
)
BODIES = (
    st.binary(max_size=60)
    | ANYTHING.map(lambda value: json.dumps(value).encode())
    | DATA.map(lambda data: json.dumps({"code": 0, "result": True, "data": data}).encode())
    | DATA.map(lambda data: json.dumps(data).encode())
)
TASKS = sorted(GOOD, key=lambda task: task.__name__)


def response(task: Task, options: Mapping[str, object], environment: Mapping[str, str] | None = None) -> TaskResponse:
    """The output of the module."""
    call = TaskCall(task, SPECS[task], options, environment or {})
    return execute_task(call, TaskContext(clock=FakeClock()))


def names(spec: Spec) -> list[str]:
    return [used for name, option in spec.items() for used in (name, *option.get("aliases", ()))]


def values(option: Option) -> st.SearchStrategy[object]:
    """Anything, also in the suboptions of an option, under each of their names."""
    inner = option.get("options")
    return ANYTHING if not inner else ANYTHING | groups(inner) | st.lists(groups(inner), max_size=3)


def groups(spec: Spec) -> st.SearchStrategy[dict[str, object]]:
    named = {used: values(option) for name, option in spec.items() for used in (name, *option.get("aliases", ()))}
    chosen = st.lists(st.sampled_from(sorted(named)), max_size=4, unique=True)
    return chosen.flatmap(lambda used: st.fixed_dictionaries({each: named[each] for each in used}))


def names_in(value: object) -> Iterator[str]:
    """The names of all dictionaries in a result."""
    for name, each in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        if isinstance(name, str):
            yield name
        yield from names_in(each)


def check(found: TaskResponse) -> None:
    """What is true of every result, for all tasks and all responses."""
    assert not isinstance(found.failure, Unexpected), found.result
    printed = json.dumps(found.result, allow_nan=False)
    assert len(printed) - len(json.dumps(found.result["invocation"])) <= MAX_RESULT_BYTES
    assert "planted-secret" not in printed
    # Ansible makes things of its own out of such names.
    names = set(names_in({**found.result, "invocation": None}))
    assert not [name for name in names if name.startswith("__ansible_")]
    for line in (*str(found.result.get("msg", "")).split("\n"), *found.warnings):
        assert line.isprintable(), line
    if found.failure is not None:
        assert str(found.result["msg"]).strip()
        assert isinstance(found.result["changed"], bool)


def check_words(found: TaskResponse) -> None:
    """What we say ourselves is in the list of messages."""
    if found.failure is not None:
        assert wrong_words(str(found.result["msg"]), found.failure.payload(), found.warnings) == []


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
@fuzz(25)
@given(data=st.data())
def test_any_options_end_in_errors_with_their_names_or_are_sent(task: Task, data: st.DataObject) -> None:
    spec = SPECS[task]
    given_options = {**data.draw(groups(spec)), **data.draw(st.dictionaries(st.just("no_option"), ANYTHING))}
    variables = sorted({option["env"] for option in spec.values() if "env" in option})
    environment = data.draw(st.dictionaries(st.sampled_from(variables), st.text(max_size=20), max_size=3))
    sent: list[HttpRequest] = []

    def send(_self: Transport, request: HttpRequest, *_arguments: Any, **_more: Any) -> HttpResponse:
        sent.append(request)
        raise JobError("http://127.0.0.1:9 cannot be reached", kind="not_sent", delivery=Delivery.NOT_SENT)

    with mock.patch.object(Transport, "send", send):
        found = response(task, {**GOOD[task], **given_options}, environment)
    check(found)
    check_words(found)
    for request in sent:
        # As it would go out: JSON that every server reads, and headers and addresses in ASCII without line ends.
        json.dumps(request.body, allow_nan=False)
        assert all(text.isascii() and text.isprintable() for text in (request.path, *request.headers.values()))
    if isinstance(found.failure, InvalidTask):
        assert sent == []
        known = "|".join(map(re.escape, [*names(spec), "no_option"]))
        assert [line for line in found.failure.errors if not re.match(rf"({known})[.:\[]", line)] == []
    else:
        assert sent


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
@fuzz(25)
@given(status=st.sampled_from([200, 200, 200, 204, 302, 400, 403, 404, 429, 500, 502, 504]), body=BODIES)
def test_any_response_ends_in_a_clear_error_or_a_result(task: Task, status: int, body: bytes) -> None:
    def send(*_arguments: Any, **_more: Any) -> HttpResponse:
        return HttpResponse(status, {}, bytearray(body))

    with mock.patch.object(Transport, "send", send):
        found = response(task, GOOD[task])
    check(found)
    check_words(found)
    # A response that is not JSON, or no good HTTP status, is never a success.
    assert found.failure is not None or status == 200
