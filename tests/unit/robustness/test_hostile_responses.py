# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""True responses with one invalid part, at every call of every task, on every API.

For every response a task ends with a clear error or with the true result: no bug, no false success, no second launch,
no secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import Call, HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.envelope import unwrap
from ansible_collections.blueking.job.plugins.module_utils.api.error_details import invalid_hosts
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.transport import Transport
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.common.dates import http_date
from ansible_collections.blueking.job.plugins.module_utils.common.text import valid_utf8
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    FakeTransport,
    error_body,
    http,
    success,
)
from ansible_collections.blueking.job.tests.unit.helpers.response_replay import (
    CASES,
    LAUNCHES,
    SECRET,
    Played,
    playing,
    story,
)
from ansible_collections.blueking.job.tests.unit.robustness.test_fuzzed_responses import check, response
from hypothesis import given
from hypothesis import strategies as st

# As they may replace any value, not all of them JSON.
VALUES = [
    *(b"null", b"true", b"false", b"0", b"-1", b"1", b"3", b"1.5", b"-0.0", b"1e999", b"NaN", b"-Infinity"),
    *(b"9" * 19, b"-" + b"9" * 30, b"9" * 4000, b"9" * 5000, b'"' + b"5" * 5000 + b'"', b'"3"', rb'"\u0663"'),
    *(b'""', rb'"\ud800"', rb'"\u0000"', b'"\xff\xfe"', rb'"\u202e\u2028\u009b"', b'"../../etc/passwd"'),
    *(b'"2026-13-99 99:99:99"', b'"0001-01-01 00:00:00 +2359"', b'"a\x1b[2J\r\n[31mb {{ 7 * 7 }}"'),
    *(b'"%s"' % SECRET.encode(), b'{"%s": "%s"}' % (SECRET.encode(), SECRET.encode()), b'{"__ansible_type": "x"}'),
    *(b"[]", b"{}", b"[null]", b"[[[]]]", b'[{"id": 1}, 2, "3"]', b'{"bk_cloud_id": 0, "status": 9}'),
    *(b'[{"bk_cloud_id": 0, "status": 9, "log_content": "x"}]', b'"' + b"x" * 70_000 + b'"'),
    *(b"[" * 100_000, b"[" * 600 + b"]" * 600, b'{"a":' * 600 + b"1" + b"}" * 600),
]
ERROR_RESPONSE = (
    b'{"code": 1244002, "result": false, "message": "host_id: 99999999999999999999999, 10.0.0.1 \x1b[2J",'
    b' "job_request_id": {}, "permission": %s}'
)
HEADERS = [
    {},
    {"date": "Mon, 01 Jan 2020 00:00:00 +99999999999999999999"},
    {"date": "Thu, 01 Jan 1970 00:00:00 -0000"},
    {"date": "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"retry-after": "9" * 5000, "location": "http://[\x1b"},
    {"retry-after": "0.000001"},
]
HERE = "\ue000"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value; of long lists the first two entries."""
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for position, each in enumerate(value[:2]):
            yield from places(each, (*path, position))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with something else in one place."""
    if not path:
        return new
    inner = put(value[path[0]], path[1:], new)
    if isinstance(value, dict):
        return {**value, path[0]: inner}
    return [*value[: path[0]], inner, *value[path[0] + 1 :]]


@st.composite
def spoilt_bodies(draw: st.DrawFn, body: bytes) -> bytes:
    """A body with one thing wrong."""
    value = json.loads(body) if body else {}
    way = draw(
        st.sampled_from(["value", "value", "value", "value", "lost", "twice", "cut", "bytes", "error response", "mark"])
    )
    new = draw(st.sampled_from(VALUES))
    if way == "error response":
        return ERROR_RESPONSE % new
    if way == "cut":
        return body[: draw(st.integers(0, len(body)))]
    if way == "mark":
        return b"\xef\xbb\xbf" + body
    if way == "bytes":
        at = draw(st.integers(0, len(body)))
        return body[:at] + draw(st.binary(max_size=4)) + body[at + draw(st.integers(0, 4)) :]
    path = draw(st.sampled_from(list(places(value))))
    if way == "value" or not path or not isinstance(path[-1], str):
        return json.dumps(put(value, path, HERE)).encode().replace(json.dumps(HERE).encode(), new)
    name, twice = json.dumps(path[-1]).encode(), json.dumps(put(value, path, HERE)).encode()
    # Removed, or there twice, the second time as something else.
    marked = name + b": " + json.dumps(HERE).encode()
    old = json.dumps(value_at(value, path)).encode()
    return twice.replace(marked, b'"no": 1' if way == "lost" else name + b": " + old + b", " + name + b": " + new)


def value_at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def says_success(given_answer: HttpResponse) -> bool:
    """Whether a response about an instance reports a success to a reader who checks nothing."""
    try:
        envelope = json.loads(bytes(given_answer.body).decode("utf-8", "replace"), strict=False)
        return given_answer.status == 200 and str(envelope["data"]["job_instance"]["status"]) in ("3", "\u0663")
    except (KeyError, RecursionError, TypeError, ValueError):
        return False


def check_what_was_done(name: str, played: Played, result: dict[str, Any], failed: bool) -> None:
    launches = played.of(*LAUNCHES)
    if name != "two steps":
        # Retried only after an error response with a code of JOB that allows it.
        assert len(launches) <= 1 or all(b"1244" in each.body or each.status == 429 for each in launches[:-1])
    if failed or name not in ("script", "plan", "two steps", "lost response", "wait"):
        return
    assert result["status"] == "success"
    assert any(map(says_success, played.of("get_job_instance_status")))


@pytest.mark.parametrize(("name", "api_case"), CASES)
@fuzz(12)
@given(data=st.data())
def test_one_part_of_one_response_is_invalid(name: str, api_case: str, data: st.DataObject) -> None:
    recorded = story(name, api_case)
    calls = sorted(recorded.responses)
    chosen = data.draw(st.sampled_from(calls))
    number = data.draw(st.integers(0, len(recorded.responses[chosen]) - 1))
    true = recorded.responses[chosen][number]
    body = data.draw(spoilt_bodies(bytes(true.body)))
    status = data.draw(st.sampled_from([200] * 8 + [204, 302, 403, 404, 500, 999]))
    bad = HttpResponse(status, data.draw(st.sampled_from(HEADERS)), body)
    always = data.draw(st.booleans())
    seen: list[str] = []

    def spoil(_position: int, call: str, given_answer: HttpResponse) -> HttpResponse:
        seen.append(call)
        mine = call == chosen and (always or seen.count(call) == number + 1)
        return bad if mine else given_answer

    with playing(recorded, spoil) as played:
        found = response(recorded.task, recorded.options)
    check(found)
    check_what_was_done(name, played, found.result, found.failure is not None)


@pytest.mark.parametrize(("name", "api_case"), CASES)
def test_nothing_is_spoilt(name: str, api_case: str) -> None:
    """The stories by themselves reach every call, and end as they should."""
    recorded = story(name, api_case)
    with playing(recorded, lambda _position, _call, given_answer: given_answer) as played:
        found = response(recorded.task, recorded.options)
    check(found)
    assert (found.failure.kind if found.failure else None) == ("job_failed" if name in ("plan", "wait") else None)
    assert {call for call, _response in played.exchanges} == set(recorded.responses)


def refused(permission: bytes, *, object_hook: Callable[[dict[str, Any]], object] | None = None) -> JobError:
    body = b'{"code": 9900403, "result": false, "message": "no", "permission": ' + permission + b"}"
    with pytest.raises(JobError) as caught:
        call = Call("get_job_instance_status", {}, str, object_hook=object_hook)
        unwrap(call, HttpResponse(200, {}, body), lambda text: text.upper())
    return caught.value


def test_a_permission_is_passed_on_as_json_that_others_can_read() -> None:
    permission = refused(b'{"actions": [{"id": "view"}], "n": 1.5, "yes": true, "none": null}').permission
    assert permission == {"ACTIONS": [{"ID": "VIEW"}], "N": 1.5, "YES": True, "NONE": None}
    deep = json.dumps(refused(b"[" * 400 + b"]" * 400).permission)
    assert deep == "[" * 30 + "null" + "]" * 30
    assert refused(b'{"bk_cloud_id": 0, "status": 9}', object_hook=lambda _value: object()).permission is None


def test_an_error_response_may_name_all_hosts() -> None:
    """With one comparison for each; comparing all before each would take minutes."""
    hosts = [f"{n >> 16}.{n >> 8 & 255}.{n & 255}.1" for n in range(50_000)]
    found = invalid_hosts(1244002, ", ".join([*hosts, *hosts, "host_id: " + "9" * 5000]))
    assert [host["ip"] for host in found or ()][: len(hosts)] == hosts
    assert len(found or ()) == len(hosts) + 1


@pytest.mark.parametrize("text", [None, "", ",", "soon", HEADERS[1]["date"], HEADERS[2]["date"], HEADERS[3]["date"]])
def test_an_invalid_date_is_ignored(text: str | None) -> None:
    assert http_date(text) is None


def test_pages_without_end_end_with_the_time() -> None:
    clock = FakeClock()

    class Endless(FakeTransport):
        def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
            clock.time += 1
            number = len(self.requests)
            self.responses = [success({"total": 10**9, "data": [{"id": number + 1, "name": "x"}]})]
            return super().send(request, seconds_left, fresh=fresh)

    transport = Endless({})
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), cast(Transport, transport), clock)
    with pytest.raises(JobError) as caught:
        client.plans(Scope("biz", "2"), None, Deadline(clock, 20))
    assert caught.value.kind == "wait_timeout"
    assert len(transport.requests) == 20


def test_who_asks_for_no_pause_gets_one() -> None:
    clock = FakeClock()
    respond_again = http(error_body(1242902), headers={"retry-after": "0.000001"})
    transport = FakeTransport(respond_again, respond_again, http(success({"total": 0, "data": None})))
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), cast(Transport, transport), clock)
    client.plans(Scope("biz", "2"), None, Deadline(clock, 20))
    assert clock.slept == [0.5, 0.5]


def test_names_in_a_result_are_none_of_ansibles() -> None:
    assert valid_utf8({"__ansible_type": 1, "_x": {"__ansible_unsafe": [{"__x": 2}]}, 3: 4}) == {
        "ansible_type": 1,
        "_x": {"ansible_unsafe": [{"__x": 2}]},
        3: 4,
    }


def test_names_that_a_server_gives_are_no_orders_to_a_terminal() -> None:
    recorded = story("plan", "ESB v3")
    evil = {"id": 1, "type": 1, "name": "a\x1b]0;title\x07\r\nb\x9b2J", "required": 1}
    plan = json.loads(bytes(recorded.responses["get_job_plan_detail"][0].body))
    plan["data"]["global_var_list"] = [evil]
    bad = http(plan)
    with playing(recorded, lambda _position, call, true: bad if call == "get_job_plan_detail" else true) as played:
        found = response(recorded.task, recorded.options)
    assert played.of(*LAUNCHES) == []
    assert "a ]0;title  b 2J" in str(found.result["msg"])
    check(found)


def test_long_names_do_not_make_the_result_large() -> None:
    recorded = story("script", "ESB v3")
    long = http(success({"job_instance_id": 9, "job_instance_name": "x" * 2_000_000, "step_instance_id": 1}))
    with playing(recorded, lambda _position, call, true: long if call in LAUNCHES else true):
        found = response(recorded.task, {**recorded.options, "wait": False})
    check(found)
    assert str(found.result["job_instance_name"]).endswith("[2000000 characters in all]")
