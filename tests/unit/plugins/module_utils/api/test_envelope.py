# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which responses are a success, and the errors of all others."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import Call, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.envelope import unwrap
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from ansible_collections.blueking.job.tests.unit.helpers.fakes import error_body, http, success
from hypothesis import given
from hypothesis import strategies as st

CALL = Call("execute_job_plan", {}, str)


def error_of(response: HttpResponse) -> JobError:
    with pytest.raises(JobError) as caught:
        unwrap(CALL, response, str)
    return caught.value


def test_a_success_without_message_and_one_through_the_esb() -> None:
    assert unwrap(CALL, http(success({"a": 1})), str) == {"a": 1}
    assert unwrap(CALL, http({**success([]), "message": "", "request_id": "x"}), str) == []


@pytest.mark.parametrize(
    ("response", "kind", "delivery"),
    [
        (http(error_body(1244012)), "not_found", Delivery.REJECTED),
        (http(error_body(1240002)), "server_error", Delivery.UNKNOWN),
        (http(error_body(9900403)), "permission", Delivery.REJECTED),
        (http(error_body(1244019)), "script_rejected", Delivery.REJECTED),
        (http(error_body(1244033)), "quota", Delivery.REJECTED),
        (http(error_body(1306000)), "auth", Delivery.REJECTED),
        (http(error_body(1306201)), "server_error", Delivery.UNKNOWN),
        (http(error_body(1211999)), "server_error", Delivery.UNKNOWN),
        # Not a code of JOB or a gateway.
        (http(error_body(4711)), "protocol", Delivery.UNKNOWN),
        (http({"code": 401, "msg": "please log in"}), "protocol", Delivery.UNKNOWN),
        (http({"code": 500, "msg": "no"}, 500), "server_error", Delivery.UNKNOWN),
        (http(error_body(0)), "protocol", Delivery.UNKNOWN),
        (http({"code": "1244012", "result": False, "message": "x"}), "not_found", Delivery.REJECTED),
        (http({"code": 1640001, "message": "bad app", "result": False}, 400), "auth", Delivery.REJECTED),
        (http({"code": 1640301, "message": "app", "result": False}, 403), "permission", Delivery.REJECTED),
        (http({"code": 1642902, "message": "slow down", "result": False}, 429), "rate_limited", Delivery.REJECTED),
        (http({"code": 1650401, "message": "timeout", "result": False}, 504), "server_error", Delivery.UNKNOWN),
        (http({"result": False, "data": None, "message": "not found"}, 404), "not_found", Delivery.REJECTED),
        (http({"result": False, "message": "crash"}, 500), "server_error", Delivery.UNKNOWN),
        (http(b"", 401), "auth", Delivery.REJECTED),
        (http(b"<html>gateway</html>", 502), "server_error", Delivery.UNKNOWN),
        (http(b"<html>login</html>"), "protocol", Delivery.UNKNOWN),
        (http(b""), "protocol", Delivery.UNKNOWN),
        (http(b'{"code": 0, "result": true, "da'), "protocol", Delivery.UNKNOWN),
        (http(b"[1, 2]"), "protocol", Delivery.UNKNOWN),
        (http(b"\xff\xfe"), "protocol", Delivery.UNKNOWN),
        (http({"data": 1}), "protocol", Delivery.UNKNOWN),
        (http({"code": 0, "data": 1}), "protocol", Delivery.UNKNOWN),
        (http({"result": True, "data": 1}), "protocol", Delivery.UNKNOWN),
        (http({"result": "true", "code": 0}), "protocol", Delivery.UNKNOWN),
        (http({"result": True, "code": False, "data": 1}), "protocol", Delivery.UNKNOWN),
        (http(b"Bad Request", 400), "protocol", Delivery.REJECTED),
        (http(b"", 408), "server_error", Delivery.REJECTED),
        (http(b"", 499), "server_error", Delivery.UNKNOWN),
        (http({"code": 40301, "message": "waf", "result": False}, 403), "permission", Delivery.REJECTED),
        (http({"code": 1690000, "message": "new", "result": False}, 500), "server_error", Delivery.UNKNOWN),
        (http({"result": True, "code": 0, "data": 1}, 500), "server_error", Delivery.UNKNOWN),
        (http({"result": True, "code": 1244012, "message": "x"}), "protocol", Delivery.UNKNOWN),
        (http(b"", 302, {"location": "https://me:pw@login.example/?c=https://x"}), "auth", Delivery.REJECTED),
        (http({"result": True, "code": 0, "data": 1}, 400), "server_error", Delivery.UNKNOWN),
    ],
)
def test_everything_else_is_an_error(response: HttpResponse, kind: str, delivery: Delivery) -> None:
    error = error_of(response)
    assert (error.kind, error.delivery) == (kind, delivery)
    assert error.summary.startswith("execute_job_plan: ")
    assert error.http_status == response.status
    assert "pw@" not in error.summary


def test_the_servers_own_text_is_kept() -> None:
    permission = {"system_id": "bk_job", "actions": [{"id": "launch_job_plan"}]}
    error = error_of(http({**error_body(9900403, "no permission"), "permission": permission}))
    assert error.payload() == {
        "kind": "permission",
        "code": 9900403,
        "message": "no permission",
        "http_status": 200,
        "request_id": "9f2c",
        "permission": permission,
        "invalid_hosts": None,
        "hint": "Missing permission: launch_job_plan. Apply for the permission named under error.permission in "
        "BlueKing's permission center (IAM).",
    }


def test_the_request_id_may_be_in_a_header() -> None:
    error = error_of(http(b"", 502, {"x-bkapi-request-id": "abc"}))
    assert error.request_id == "abc"


def test_the_redirects_target_is_reported_without_secrets() -> None:
    error = error_of(http(b"", 301, {"location": "https://me:pw@b.example/x?token=t"}))
    assert "https://b.example/x" in error.summary
    assert "token" not in error.summary


@fuzz(100)
@given(st.binary(max_size=60), st.sampled_from([200, 201, 302, 400, 401, 404, 500, 502]))
def test_no_garbage_is_a_success_or_a_crash(body: bytes, status: int) -> None:
    error_of(HttpResponse(status, {}, body))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
envelopes = st.dictionaries(st.sampled_from(["code", "result", "message", "data", "permission"]), json_values)


@fuzz(100)
@given(envelopes, st.sampled_from([200, 400, 500]))
def test_only_an_envelope_that_shows_success_three_times_is_one(envelope: dict[str, object], status: int) -> None:
    response = http(envelope, status)
    code = envelope.get("code")
    if status == 200 and envelope.get("result") is True and code == 0 and code is not False:
        assert unwrap(CALL, response, str) == envelope.get("data")
    else:
        error_of(response)
