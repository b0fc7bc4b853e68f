# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read before a launch, and what comes of it when it cannot be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.protocols import Schema
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import Secrets
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, InvalidTask, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.preflight import preflight
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    GlobalVariable,
    PlanLaunch,
    ScriptLaunch,
    TargetServer,
)
from ansible_collections.blueking.job.plugins.module_utils.options.problems import Problems
from ansible_collections.blueking.job.plugins.module_utils.tasks.request_preview import mask_secrets
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    FakeTransport,
    Prepared,
    error_body,
    http,
    success,
)

SCOPE = Scope("biz", "2")
SECONDS = 60.0
VARIABLES = [
    {"id": 11, "name": "version", "type": 1, "required": 1, "value": "1.0"},
    {"id": 12, "name": "password", "type": 4, "required": 0, "value": "******"},
]
DETAIL = success({"id": 7, "name": "deploy", "global_var_list": VARIABLES})
PLAN = PlanLaunch(SCOPE, 7, (GlobalVariable(name="version", value="2"),))
NAMED = replace(PLAN, job_plan_id=0, job_plan_name="deploy")
SCRIPT = ScriptLaunch(SCOPE, TargetServer((1,)), script_content="ZWNobw==", script_language=1)
RESET = JobError("reset", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
REFUSED = JobError("Connection refused", kind="not_sent", delivery=Delivery.NOT_SENT, transient=True, hint="Check it.")


class Flight:
    """One preflight over a transport with prepared responses."""

    def __init__(self, *responses: Prepared, schema: Schema | None = None) -> None:
        self.transport = FakeTransport(*responses)
        self.clock = FakeClock()
        self.problems = Problems()
        self.secrets = Secrets()
        self.client = JobClient(CONNECTION, EsbGateway(), schema or SchemaV3(), self.transport, self.clock)  # type: ignore[arg-type]

    def of(self, launch: PlanLaunch | ScriptLaunch, check_mode: bool = False) -> PlanLaunch | ScriptLaunch:
        deadline = Deadline(self.clock, SECONDS)
        return preflight(self.client, launch, self.problems, self.secrets, deadline, check_mode=check_mode)

    def fails(self, launch: PlanLaunch | ScriptLaunch) -> JobError:
        with pytest.raises(JobError) as caught:
            self.of(launch)
        assert caught.value.delivery is Delivery.NOT_SENT
        return caught.value

    @property
    def asked(self) -> list[str]:
        return [request.path.split("/")[-2] for request in self.transport.requests]


def page(*plans: tuple[int, str], total: int | None = None) -> dict[str, object]:
    listed = [{"id": number, "name": name, "job_template_id": number + 100} for number, name in plans]
    return success({"total": len(listed) if total is None else total, "data": listed or None})


def test_a_good_plan_costs_one_read() -> None:
    for check_mode in (False, True):
        flight = Flight(DETAIL)
        assert flight.of(PLAN, check_mode) == PLAN
        assert flight.asked == ["get_job_plan_detail"]
        assert flight.problems.warnings == []


def test_nothing_is_read_unless_needed() -> None:
    flight = Flight(DETAIL)
    blind = replace(PLAN, validate_variables=False)
    assert flight.of(blind) == blind
    assert flight.asked == []


def test_all_errors_come_in_one_message() -> None:
    flight = Flight(DETAIL)
    variables = (GlobalVariable(name="verison", value="2"), GlobalVariable(id=12, value="******"))
    with pytest.raises(InvalidTask) as caught:
        flight.of(replace(PLAN, variables=variables))
    assert caught.value.summary.splitlines()[0] == "Invalid task, nothing was launched (2 errors):"
    assert [fault.split(":")[0] for fault in caught.value.errors] == [
        "global_var_list[0].name",
        "global_var_list[1].value",
    ]
    assert caught.value.delivery is Delivery.NOT_SENT


def test_values_of_ciphers_are_masked_and_registered_also_where_the_task_is_wrong() -> None:
    password = GlobalVariable(id=12, value="planted-word")
    flight = Flight(DETAIL)
    launch = flight.of(replace(PLAN, variables=(password,)))
    shown = mask_secrets(launch)
    assert isinstance(shown, PlanLaunch)
    assert shown.variables is not None
    assert "planted-word" not in str(shown)
    assert isinstance(launch, PlanLaunch)
    assert launch.variables == (replace(password, secret=True),)
    flight = Flight(DETAIL)
    with pytest.raises(InvalidTask):
        flight.of(replace(PLAN, variables=(password, GlobalVariable(name="nonsense", value="1"))))
    assert flight.secrets.redact("say planted-word") == "say ********"


@pytest.mark.parametrize(
    "response",
    [
        error_body(9900403, "no permission"),
        error_body(1238001, "no permission"),
        error_body(1306403, "no permission"),
        error_body(1306404, "no permission"),
        http(b'{"code": 1640301, "message": "no permission", "result": false}', 403),
        http(b'{"code": 1640401, "message": "no permission", "result": false}', 404),
        http(b'{"message": "no permission", "result": false}', 403),
        http(b"no permission", 403),
    ],
)
def test_a_plan_that_may_not_be_read_is_launched_with_a_warning(response: Prepared) -> None:
    flight = Flight(response)
    odd = replace(PLAN, variables=(GlobalVariable(name="anything", value="2"),))
    assert flight.of(odd) == odd
    (warning,) = flight.problems.warnings
    assert warning.startswith("Plan 7 cannot be read, so its variables are not checked")
    assert "no permission" in warning


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (error_body(1243009), "not_found", 1243009),
        (error_body(1243049), "not_found", 1243049),
        (success(None), "not_found", None),
        (error_body(1306000), "auth", 1306000),
        (error_body(1241007), "validation", 1241007),
        (http(b"", 302, {"location": "https://elsewhere"}), "protocol", None),
        (http(b"<html>nothing here</html>", 404), "not_found", None),
        (http(b'{"message": "no Route matched with those values"}', 404), "not_found", None),
        (http(b"<html>", 405), "protocol", None),
        (http(b"<form><input type='password'></form>", 200), "auth", None),
    ],
)
def test_a_clear_no_ends_the_task_at_once(response: Prepared, kind: str, code: int | None) -> None:
    flight = Flight(response)
    error = flight.fails(PLAN)
    assert (error.kind, error.code) == (kind, code)
    assert len(flight.asked) == 1
    assert "plan 7" in error.summary


def test_a_404_without_a_code_reports_a_wrong_address_and_how_to_launch_nevertheless() -> None:
    error = Flight(http(b"<html>nothing here</html>", 404)).fails(PLAN)
    assert error.delivery is Delivery.NOT_SENT
    assert error.hint == (
        "Check api_url, gateway and api_version: there is nothing at this address. "
        "The response came from http://127.0.0.1:1. "
        "Set validate_variables to false to launch a plan without reading it."
    )


@pytest.mark.parametrize(
    "trouble", [RESET, REFUSED, http(b"<html>", 502), error_body(1240002), error_body(1306429), success({})]
)
def test_trouble_that_passes_is_waited_for(trouble: Prepared) -> None:
    flight = Flight(trouble, trouble, DETAIL)
    assert flight.of(PLAN) == PLAN
    assert flight.clock.slept == [0.5, 1.0]
    assert flight.problems.warnings == []


@pytest.mark.parametrize(
    ("trouble", "kind", "least"),
    [
        (RESET, "server_error", 30),
        (REFUSED, "not_sent", 30),
        (error_body(1306429), "rate_limited", 50),
        (success({}), "protocol", 5),
        (b"<html>", "protocol", 5),
    ],
)
def test_trouble_that_stays_means_no_launch(trouble: Prepared, kind: str, least: float) -> None:
    flight = Flight(trouble)
    error = flight.fails(PLAN)
    assert error.kind == kind
    assert least <= sum(flight.clock.slept) <= (SECONDS if kind != "protocol" else 20)
    if trouble is REFUSED:
        assert error.summary.startswith(REFUSED.summary)
    else:
        assert error.summary.startswith("Nothing was launched because plan 7 cannot be read: ")
        # It would not help at an address that has never responded.
        assert ("Set validate_variables to false" in (error.hint or "")) is (trouble is not RESET)


def test_another_plan_than_requested_is_an_invalid_response() -> None:
    error = Flight(success({"id": 8, "name": "other"})).fails(PLAN)
    assert error.kind == "protocol"
    assert "requested plan 7, got 8" in error.summary


def test_a_name_is_looked_up_exactly() -> None:
    flight = Flight(page((3, "deploy-web"), (7, "deploy"), (9, "Deploy")), DETAIL)
    launch = flight.of(NAMED)
    assert isinstance(launch, PlanLaunch)
    assert launch.job_plan_id == 7
    assert flight.asked == ["get_job_plan_list", "get_job_plan_detail"]
    assert flight.transport.requests[0].body is not None
    assert flight.transport.requests[0].body["name"] == "deploy"


def test_a_name_is_looked_up_without_reading_the_variables() -> None:
    flight = Flight(page((7, "deploy")))
    launch = flight.of(replace(NAMED, validate_variables=False))
    assert isinstance(launch, PlanLaunch)
    assert launch.job_plan_id == 7
    assert flight.asked == ["get_job_plan_list"]


@pytest.mark.parametrize("total", [3, None])
def test_a_name_on_a_later_page(total: int | None) -> None:
    pages = [page((1, "deploy-a"), (2, "deploy-b"), total=total), page((7, "deploy"), total=total), page(total=total)]
    for each in pages:
        if total is None:
            del each["data"]["total"]  # type: ignore[attr-defined]
    flight = Flight(*pages)
    launch = flight.of(replace(NAMED, validate_variables=False))
    assert isinstance(launch, PlanLaunch)
    assert launch.job_plan_id == 7
    starts = [request.body["start"] for request in flight.transport.requests if request.body is not None]
    assert starts == ([0, 2] if total else [0, 2, 3])


def test_a_server_that_gives_the_same_page_for_ever() -> None:
    flight = Flight(page((1, "deploy-a"), total=1000))
    flight.fails(NAMED)
    assert len(flight.asked) == 2


def test_several_plans_of_one_name() -> None:
    error = Flight(page((7, "deploy"), (9, "deploy"), (11, "deploy-web"))).fails(NAMED)
    assert error.kind == "validation"
    assert error.summary == (
        "Nothing was launched because 2 plans of biz 2 are called 'deploy'; "
        "candidates are deploy (7, template 107), deploy (9, template 109)"
    )
    assert "deploy (9, template 109)" in (error.hint or "")


def test_a_missing_name_lists_plans_that_contain_it() -> None:
    flight = Flight(page((1, "deploy-web"), (2, "deploy-db")))
    error = flight.fails(NAMED)
    assert error.kind == "not_found"
    assert error.summary == (
        "Nothing was launched because no plan of biz 2 is called 'deploy'; "
        "candidates are deploy-web (1, template 101), deploy-db (2, template 102)"
    )
    assert flight.asked == ["get_job_plan_list"]


def test_no_plan_of_a_name_lists_those_that_are_spelt_alike() -> None:
    flight = Flight(page(), page((1, "nightly-clean"), (2, "Deploy"), (3, "deplay"), (4, "Deploy")))
    error = flight.fails(NAMED)
    assert error.kind == "not_found"
    assert (
        "candidates are Deploy (2, template 102), Deploy (4, template 104), deplay (3, template 103)" in error.summary
    )
    assert "nightly-clean" not in error.summary
    bodies = [request.body or {} for request in flight.transport.requests]
    assert [body.get("name") for body in bodies] == ["deploy", None]
    error = Flight(page(), page((1, "nightly-clean"))).fails(NAMED)
    assert error.summary.endswith("no plan of biz 2 is called 'deploy'; no plan has a similar name")


def test_a_scope_of_very_many_plans_is_not_read_to_its_end() -> None:
    pages = [page(*((n * 200 + i, f"other-{n}-{i}") for i in range(200)), total=100_000) for n in range(12)]
    flight = Flight(page(), *pages)
    flight.fails(NAMED)
    assert len(flight.asked) == 11


def test_at_most_ten_candidates_are_named() -> None:
    error = Flight(page(*((number, "deploy") for number in range(1, 14)))).fails(NAMED)
    assert error.summary.count("template") == 10
    assert error.summary.endswith(" and 3 more")


def test_a_list_that_may_not_be_read_means_no_launch() -> None:
    error = Flight(error_body(9900403, "no permission")).fails(NAMED)
    assert (error.kind, error.code) == ("permission", 9900403)
    assert "to find 'deploy'" in error.summary
    assert "job_plan_id" in (error.hint or "")


def test_v2_has_its_own_calls() -> None:
    listed = success([{"bk_job_id": 7, "name": "deploy"}, {"bk_job_id": 8, "name": "deploy-web"}])
    variables = [{"id": 11, "name": "version", "category": 1}, {"id": 12, "name": "password", "category": 4}]
    detail = success({"bk_job_id": 7, "name": "deploy", "global_vars": variables})
    flight = Flight(listed, detail, schema=SchemaV2())
    wrong = replace(NAMED, variables=(GlobalVariable(name="pasword", value="2"),))
    with pytest.raises(InvalidTask) as caught:
        flight.of(wrong)
    assert "did you mean password?" in caught.value.errors[0]
    assert flight.asked == ["get_job_list", "get_job_detail"]


FOUND = [
    {"line": 1, "level": 1, "description": "no first line"},
    {"line": 2, "level": 3, "description": "removes everything"},
]


def test_a_script_is_checked_against_the_rules_in_check_mode_only() -> None:
    flight = Flight(success(FOUND))
    assert flight.of(SCRIPT, check_mode=True) == SCRIPT
    assert flight.asked == ["check_script"]
    assert flight.problems.warnings == ["JOB's rules for scripts, line 2 (fatal): removes everything"]
    for launch, check_mode, schema in (
        (SCRIPT, False, SchemaV3()),
        (SCRIPT, True, SchemaV2()),
        (replace(SCRIPT, script_content=None, script_version_id=5), True, SchemaV3()),
    ):
        flight = Flight(success(FOUND), schema=schema)
        assert flight.of(launch, check_mode) == launch
        assert (flight.asked, flight.problems.warnings) == ([], [])


def test_a_harmless_script_is_not_talked_about() -> None:
    flight = Flight(success([]))
    flight.of(SCRIPT, check_mode=True)
    assert flight.problems.warnings == []


def test_a_script_with_very_many_findings() -> None:
    flight = Flight(success([{"line": n, "level": 2, "description": f"number {n}"} for n in range(1, 16)]))
    flight.of(SCRIPT, check_mode=True)
    assert len(flight.problems.warnings) == 11
    assert flight.problems.warnings[-1] == "JOB's rules for scripts have 5 more findings for this script"


@pytest.mark.parametrize(
    "trouble", [error_body(1306403, "no"), error_body(1306000), RESET, REFUSED, success({}), http(b"", 502)]
)
def test_a_script_that_cannot_be_checked_is_warned_about_once(trouble: Prepared) -> None:
    flight = Flight(trouble)
    assert flight.of(SCRIPT, check_mode=True) == SCRIPT
    assert (len(flight.asked), flight.clock.slept) == (1, [])
    (warning,) = flight.problems.warnings
    assert warning.startswith("The script was not checked against JOB's rules for scripts: ")
