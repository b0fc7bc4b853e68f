# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error responses: delivery, missing permissions, invalid hosts, and how long to wait."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import Call
from ansible_collections.blueking.job.plugins.module_utils.api.envelope import unwrap
from ansible_collections.blueking.job.plugins.module_utils.api.error_codes import _TABLE, meaning_of_code
from ansible_collections.blueking.job.plugins.module_utils.api.error_details import (
    invalid_hosts,
    missing_permission,
    retry_after,
)
from ansible_collections.blueking.job.plugins.module_utils.api.http_statuses import meaning_of_http_status
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.tests.unit.helpers.fakes import error_body, http

BUSINESS = {"type": "biz", "type_name": "Business", "id": "2", "name": "demo"}
PLAN = {"type": "job_plan", "type_name": "Job Plans", "id": "1000", "name": "nightly-clean"}
PERMISSION = {
    "system_id": "bk_job",
    "actions": [
        {
            "id": "launch_job_plan",
            "name": "Launch Job Plan",
            "related_resource_types": [{"type": "job_plan", "type_name": "Job Plans", "instances": [[BUSINESS, PLAN]]}],
        }
    ],
}


@pytest.mark.parametrize(
    ("code", "message", "delivery"),
    [
        (
            1306201,
            "Component request third-party system [JOBV3] error: HTTPConnectionPool(host='job', port=80): Max "
            "retries exceeded with url: /x (Caused by NewConnectionError('<x>: Failed to establish a new connection: "
            "[Errno 111] Connection refused',))",
            Delivery.NOT_SENT,
        ),
        (1306201, "Connection to JOB was refused", Delivery.NOT_SENT),
        (
            1306201,
            "error: HTTPConnectionPool(host='job', port=80): Read timed out. (read timeout=30)",
            Delivery.UNKNOWN,
        ),
        (1306201, "error: ('Connection aborted.', error(104, 'Connection reset by peer'))", Delivery.UNKNOWN),
        (1306201, "Request the backend failed or timed out", Delivery.UNKNOWN),
        (1306203, "The TLS connection to JOB broke: connection refused", Delivery.UNKNOWN),
        (
            1650201,
            'Request backend service failed [err="dial tcp 10.0.0.1:80: connect: connection refused"]',
            Delivery.NOT_SENT,
        ),
        (1650201, 'Request backend service failed [detail="Bad Gateway" err="EOF" status="502"]', Delivery.UNKNOWN),
        (1650401, "upstream timed out (110: Connection timed out) while connecting to upstream", Delivery.NOT_SENT),
        (
            1650401,
            'Request backend service timeout [upstream_error="cannot read header from upstream"]',
            Delivery.UNKNOWN,
        ),
        (1650200, 'Bad Gateway [upstream_error="cannot read header from upstream"]', Delivery.UNKNOWN),
        (1240002, "connection refused", Delivery.UNKNOWN),
        (1306000, "Component error, please contact the component developer to handle it.", Delivery.UNKNOWN),
        (1306000, "APP Code [bk_app_code] cannot be empty", Delivery.REJECTED),
    ],
)
def test_only_texts_about_connecting_prove_that_nothing_was_forwarded(
    code: int, message: str, delivery: Delivery
) -> None:
    meaning = meaning_of_code(code, message)
    assert meaning.delivery is delivery
    assert meaning.transient is (delivery is not Delivery.REJECTED)


# At least one code of every row of the table, by the kind of error.
KINDS = {
    "server_error": "1211001 1240001 1240002 1244025 1246001 1306201 1306203 1306206 1306209 1650000 1650001 1650200"
    " 1650300 1650401",
    "not_found": "1211003 1243000 1243001 1243009 1243047 1243049 1244003 1244006 1244012 1306404 1306405 1640400",
    "validation": "1240003 1241000 1241002 1241003 1241004 1241014 1241015 1243052 1244001 1244002 1244008 1244011"
    " 1244015 1244021 1244022 1244024 1244026 1244027 1244028 1244029 1244030 1244035 1244036 1306406 1306407 1641300",
    "permission": "1238001 1244004 1244016 1306403 1640300 1640301 1640302 1640303 1640304 9900403",
    "script_rejected": "1244014 1244018 1244019",
    "quota": "1244032 1244033 1244034",
    "auth": "1247000 1247002 1247004 1247403 1247404 1306000 1306401 1640000 1640001 1640101 1640102",
    "rate_limited": "1306429 1642900 1642901 1642904",
    "protocol": "1640200",
}
# Those that do not prove that nothing was started.
UNKNOWN = "1240001 1240002 1246001 1306201 1306203 1650000 1650001 1650200 1650300 1650401"


@pytest.mark.parametrize(("kind", "code"), [(kind, int(code)) for kind in KINDS for code in KINDS[kind].split()])
def test_kind_and_delivery_of_every_code(kind: str, code: int) -> None:
    meaning = meaning_of_code(code)
    assert meaning.kind == kind
    expected = Delivery.UNKNOWN if str(code) in UNKNOWN.split() else Delivery.REJECTED
    assert meaning.transient or expected is Delivery.REJECTED
    assert meaning.delivery is expected, (
        f"{code} is {meaning.delivery} in api/error_codes.py: if it does not prove that nothing was started, add it to "
        f"UNKNOWN in {Path(__file__).name}, else make it _REJECTED"
    )


@pytest.mark.parametrize("code", [1, 4711, 1210001, 1244005, 9999999])
def test_the_outcome_of_a_code_without_row_is_unknown(code: int) -> None:
    meaning = meaning_of_code(code)
    assert (meaning.delivery, meaning.transient) == (Delivery.UNKNOWN, True)


def test_every_row_of_the_table_is_tested_and_used() -> None:
    codes = {int(code) for codes in KINDS.values() for code in codes.split()}
    untested = [first for first, last, _meaning in _TABLE if not any(first <= code <= last for code in codes)]
    assert untested == [], f"add {untested} with the expected kind to KINDS in {Path(__file__).name}"
    for position, (first, last, _meaning) in enumerate(_TABLE):
        earlier = [row for row in _TABLE[:position] if row[0] <= first and last <= row[1]]
        assert not earlier, (
            f"api/error_codes.py: move the row of {first} before that of {earlier[0][:2]}, which hides it"
        )


def test_the_http_status_decides_for_an_unknown_code() -> None:
    assert meaning_of_code(40301, http_status=403).kind == "permission"
    assert meaning_of_code(40301, http_status=500).delivery is Delivery.UNKNOWN
    assert {status: meaning_of_http_status(status).delivery for status in (400, 401, 403, 404, 408, 429, 500, 502)} == {
        **dict.fromkeys((400, 401, 403, 404, 408, 429), Delivery.REJECTED),
        **dict.fromkeys((500, 502), Delivery.UNKNOWN),
    }


def test_the_name_decides_for_a_code_with_two_meanings() -> None:
    assert "bk_tenant_id" in (meaning_of_code(1640302, code_name="CROSS_TENANT_DENIED").hint or "")
    assert "address" in (meaning_of_code(1640302, code_name="IP_NOT_ALLOWED").hint or "")


def test_common_codes_have_hints_of_their_own() -> None:
    codes = [1640101, 1640102, 1640301, 1640303, 1640304, 1247403, 1247404, 1244002, 1244030, 1238001, 9900403, 1244003]
    codes += [
        1244012,
        1244014,
        1244018,
        1244019,
        1244026,
        1244027,
        1244028,
        1244032,
        1642901,
        1642904,
        1306404,
        1243049,
    ]
    assert [code for code in codes if not meaning_of_code(code).hint] == []
    assert meaning_of_code(1640101).hint != meaning_of_code(1640102).hint
    assert meaning_of_code(1244032).hint != meaning_of_code(1244034).hint


def test_a_missing_permission_in_one_line() -> None:
    line = "Launch Job Plan on Business demo (2) / Job Plans nightly-clean (1000)"
    assert missing_permission(PERMISSION) == line
    with pytest.raises(JobError) as caught:
        response = http({**error_body(9900403, "no permission"), "permission": PERMISSION})
        unwrap(Call("execute_job_plan", {}, str), response, str)
    error = caught.value
    assert error.summary == f"execute_job_plan: 9900403: no permission (missing permission: {line})"
    assert error.permission == PERMISSION
    assert (error.hint or "").startswith(f"Missing permission: {line}. Apply ")


@pytest.mark.parametrize(
    ("permission", "line"),
    [
        (
            {"actions": [{"id": "access_business"}, {"name": "Use Account", "id": "use_account"}]},
            "access_business; Use Account",
        ),
        ({"actions": [{"id": "x", "related_resource_types": [{"type": "biz", "instances": None}]}]}, "x on biz"),
        (
            {"actions": [{"id": "x", "related_resource_types": [{"type": "biz", "instances": [[{"id": 2}], "y"]}]}]},
            "x on (2)",
        ),
        ({"actions": None, "system_id": None}, None),
        ({"actions": [7, {}]}, None),
        ([], None),
        (None, None),
        ("no", None),
    ],
)
def test_odd_permissions_never_hurt(permission: object, line: str | None) -> None:
    assert missing_permission(permission) == line


def test_rejected_hosts_are_returned_as_data() -> None:
    message = "Unknown hosts: (ip:0:10.9.9.9), (ip:10.9.9.8), (host_id:4711), (host_id:4711)"
    assert invalid_hosts(1244030, message) == [
        {"bk_host_id": None, "bk_cloud_id": 0, "ip": "10.9.9.9"},
        {"bk_host_id": None, "bk_cloud_id": None, "ip": "10.9.9.8"},
        {"bk_host_id": 4711, "bk_cloud_id": None, "ip": None},
    ]
    assert invalid_hosts(1244002, "demo 1.2.3, 2, 3:10.0.0.1, 10.0.0.2") == [
        {"bk_host_id": None, "bk_cloud_id": 3, "ip": "10.0.0.1"},
        {"bk_host_id": None, "bk_cloud_id": None, "ip": "10.0.0.2"},
    ]
    assert invalid_hosts(1244002, "demo") == []
    assert invalid_hosts(1244012, "10.0.0.1") is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"x-bkapi-ratelimit-reset": "3"}, 3.0),
        ({"retry-after": "999999"}, 86400.0),
        ({"retry-after": "Sat, 31 Jan 2026 10:00:00 GMT"}, None),
        ({"retry-after": "Sat, 31 Jan 2026 10:00:07 GMT", "date": "Sat, 31 Jan 2026 10:00:00 GMT"}, 7.0),
        ({"retry-after": "Sat, 31 Jan 2026 09:00:00 GMT", "date": "Sat, 31 Jan 2026 10:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 31 Jan 2028 10:00:00 GMT", "date": "Sat, 31 Jan 2026 10:00:00 GMT"}, 86400.0),
        ({"retry-after": "7", "date": "Sat, 31 Jan 2026 10:00:00 GMT"}, 7.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "9" * 400}, None),
        ({}, None),
    ],
)
def test_how_long_to_stay_away(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
