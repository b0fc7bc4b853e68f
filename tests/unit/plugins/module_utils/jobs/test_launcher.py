# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches: what is retried, what is searched for in the history, and what is not sent again."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.protocols import Schema
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Deadline
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, Interrupted, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.launcher import Launcher
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Credentials, Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    GlobalVariable,
    PlanLaunch,
    ScriptLaunch,
    TargetServer,
)
from ansible_collections.blueking.job.plugins.module_utils.models.launch_record import LaunchRecord
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    Prepared,
    error_body,
    http,
    launch_settings,
    success,
)

SCOPE = Scope("biz", "2")
PLAN = PlanLaunch(SCOPE, 100, (GlobalVariable(name="version", value="2"), GlobalVariable(id=7, value="x")))
SCRIPT = ScriptLaunch(SCOPE, TargetServer((1,)), task_name="ansible-unique", unique_name=True)
LOST = JobError("reset", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
UNREACHABLE = JobError("refused", kind="not_sent", delivery=Delivery.NOT_SENT, transient=True)
UNTRUSTED = JobError("certificate", kind="not_sent", delivery=Delivery.NOT_SENT)
OK = success({"job_instance_id": 17, "job_instance_name": "n"})
DONE = success({"job_instance_id": 17})
EMPTY = success({"start": 0, "length": 0, "total": 0, "data": None})
LAUNCH, LIST, VALUES = "execute_job_plan", "get_job_instance_list", "get_job_instance_global_var_value"
SCRIPT_LAUNCH, STATUS, OPERATE = "fast_execute_script", "get_job_instance_status", "operate_job_instance"
# 2026-01-31 10:00:00 UTC: nowhere near the local clock.
DATE, NOW_MS = "Sat, 31 Jan 2026 10:00:00 GMT", 1769853600000


class Server:
    """Responses by call, in order; the last one is repeated. Every response has the server's own date."""

    def __init__(self, dated: bool = True, **responses: list[Prepared]) -> None:
        self.responses = responses
        self.calls: list[str] = []
        self.bodies: dict[str, list[dict[str, object]]] = {}
        self.seconds: list[float] = []
        self.headers = {"date": DATE} if dated else {}

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        assert seconds_left >= 0
        self.seconds.append(seconds_left)
        call = request.path.rstrip("/").rpartition("/")[2]
        self.calls.append(call)
        self.bodies.setdefault(call, []).append(dict(request.body or {}))
        if call in (LAUNCH, SCRIPT_LAUNCH, "execute_job"):
            assert fresh
        left = self.responses[call]
        response = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(response, JobError):
            raise response
        found = response if isinstance(response, HttpResponse) else http(response)
        return HttpResponse(found.status, {**self.headers, **found.headers}, found.body)


def entry(number: int, name: str = "nightly", plan: int = 100, status: int = 2) -> dict[str, object]:
    return {
        "job_instance_id": number,
        "job_plan_id": plan,
        "name": name,
        "operator": "admin",
        "status": status,
        "create_time": NOW_MS,
    }


def listing(*entries: dict[str, object], total: int | None = None) -> dict[str, object]:
    count = len(entries) if total is None else total
    return success({"start": 0, "length": 1000, "total": count, "data": list(entries) or None})


def values(**variables: str) -> dict[str, object]:
    found = [{"name": name, "value": value, "type": 1} for name, value in variables.items()]
    steps = [{"step_instance_id": 1, "global_var_list": found or None}]
    return success({"job_instance_id": 17, "step_instance_var_list": steps})


def state(status: int) -> dict[str, object]:
    job = {"job_instance_id": 17, "status": status}
    return success({"finished": status in (3, 4), "job_instance": job, "step_instance_list": []})


class Run:
    """One launch with all that it left behind."""

    def __init__(
        self,
        server: Server,
        what: PlanLaunch | ScriptLaunch = PLAN,
        schema: Schema | None = None,
        operator: str | None = None,
        **plan: object,
    ) -> None:
        self.server = server
        self.clock = FakeClock()
        self.record = LaunchRecord()
        self.error: JobError | None = None
        caller = Credentials(bk_username=operator, bk_token=None if operator else "t")
        connection = CONNECTION._replace(credentials=caller)
        client = JobClient(connection, EsbGateway(), schema or SchemaV3(), server, self.clock)  # type: ignore[arg-type]
        how = launch_settings(**plan)  # type: ignore[arg-type]
        context = TaskContext(clock=self.clock)
        self.warnings = context.problems.warnings
        launcher = Launcher(client, what, how, self.record, context, Deadline(self.clock, how.timeout))
        try:
            launcher.run()
        except JobError as error:
            self.error = error

    @property
    def outcome(self) -> tuple[str, str | None, int | None]:
        """Outcome, kind of error, id."""
        found = self.record.launched
        return self.record.outcome, self.error.kind if self.error else None, found.job_instance_id if found else None

    @property
    def launches(self) -> int:
        return sum(call in (LAUNCH, SCRIPT_LAUNCH, "execute_job") for call in self.server.calls)


def test_an_accepted_launch_is_one_request() -> None:
    run = Run(Server(execute_job_plan=[OK]))
    assert run.outcome == ("started", None, 17)
    assert run.server.calls == [LAUNCH]
    assert "start_task" not in run.server.bodies[LAUNCH][0]


def test_a_launch_without_response_leaves_time_to_search_for_it() -> None:
    server = Server(execute_job_plan=[OK])
    Run(server, timeout=180.0)
    assert server.seconds == [pytest.approx(120)]


@pytest.mark.parametrize(
    "trouble", [UNREACHABLE, error_body(1244032), error_body(1306429), error_body(1306201, "Connection refused")]
)
def test_what_surely_started_nothing_is_tried_again(trouble: Prepared) -> None:
    run = Run(Server(execute_job_plan=[trouble, trouble, trouble, OK]))
    assert run.outcome == ("started", None, 17)
    assert run.clock.slept == [1, 2, 4]


def test_a_server_that_names_a_pause_gets_it() -> None:
    busy = http({"code": 1642901, "result": False, "message": "slow"}, 429, {"retry-after": "20"})
    run = Run(Server(execute_job_plan=[busy, OK]))
    assert (run.outcome[0], run.clock.slept) == ("started", [20])


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (error_body(1306201, "Connection refused"), ("not_sent", "not_sent", None)),
        (error_body(1244032), ("rejected", "quota", None)),
    ],
)
def test_retries_end_with_the_launch_timeout(trouble: Prepared, outcome: tuple[str, str, None]) -> None:
    run = Run(Server(execute_job_plan=[trouble]), timeout=60.0)
    assert run.outcome == outcome
    assert (run.record.changed, 30 < sum(run.clock.slept) < 60) == (False, True)


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (UNTRUSTED, ("not_sent", "not_sent", None)),
        (error_body(1244012), ("rejected", "not_found", None)),
        (error_body(9900403), ("rejected", "permission", None)),
        (http({"code": 1640001, "message": "x", "result": False}, 400), ("rejected", "auth", None)),
        (http(b"", 302, {"location": "https://b.example/"}), ("rejected", "protocol", None)),
    ],
)
def test_what_will_not_change_fails_at_once(trouble: Prepared, outcome: tuple[str, str, None]) -> None:
    run = Run(Server(execute_job_plan=[trouble]))
    assert (run.outcome, run.launches, run.clock.slept) == (outcome, 1, [])


@pytest.mark.parametrize(
    "trouble",
    [
        LOST,
        http(b"<html>", 502),
        http(b"{"),
        error_body(1240002),
        error_body(4711),
        success({}),
        success({"job_instance_id": 0}),
    ],
)
def test_a_launch_with_a_lost_response_is_searched_for_and_never_sent_again(trouble: Prepared) -> None:
    found = listing(entry(17, "ansible-unique", -1))
    run = Run(Server(fast_execute_script=[trouble], get_job_instance_list=[EMPTY, EMPTY, found]), SCRIPT)
    assert run.outcome == ("recovered", None, 17)
    assert run.launches == 1
    # If the lost response had no date, a first request only reads the time.
    assert run.clock.slept == ([1] if trouble is LOST else [1, 2])


def test_the_window_is_on_the_servers_clock() -> None:
    server = Server(fast_execute_script=[LOST], get_job_instance_list=[EMPTY, listing(entry(17, "ansible-unique", -1))])
    Run(server, SCRIPT, operator="admin")
    clock, query = server.bodies[LIST]
    assert clock["length"] == 1
    assert query["create_time_start"] == NOW_MS - 300_000
    assert query["create_time_end"] == NOW_MS + 300_000
    assert (query["name"], query["operator"], query["launch_mode"], query["type"]) == ("ansible-unique", "admin", 2, 1)


def test_a_plan_and_a_name_that_others_may_use_get_a_narrow_window() -> None:
    for what, call in ((PLAN, LAUNCH), (ScriptLaunch(SCOPE, TargetServer((1,)), task_name="backup"), SCRIPT_LAUNCH)):
        server = Server(**{call: [LOST], LIST: [EMPTY]})
        Run(server, what)
        query = server.bodies[LIST][1]
        assert query["create_time_start"] == NOW_MS - 5_000
        assert "operator" not in query


def test_names_are_compared_exactly() -> None:
    other = listing(entry(16, "ansible-unique-2", -1))
    run = Run(Server(fast_execute_script=[LOST], get_job_instance_list=[other]), SCRIPT)
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert run.record.candidates == []


def test_nothing_found_fails_closed_after_a_few_searches_with_pauses() -> None:
    run = Run(Server(fast_execute_script=[LOST], get_job_instance_list=[EMPTY]), SCRIPT)
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert (run.launches, run.record.changed, run.clock.slept) == (1, True, [1, 2, 4, 8, 15])
    assert run.error is not None
    assert run.error.summary == "The launch got no clear response; the job may be running: reset"
    assert "the history lists no such instance between 2026-01-31T09:5" in (run.error.hint or "")
    assert "JOB's execution history of biz 2 for task name ansible-unique" in (run.error.hint or "")


def test_several_fail_closed_and_are_listed() -> None:
    two = listing(entry(18), entry(17), entry(16, plan=101))
    run = Run(Server(execute_job_plan=[LOST], get_job_instance_list=[two], **{VALUES: [values()]}))
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert [found.job_instance_id for found in run.record.candidates] == [18, 17]
    assert run.error is not None
    assert "2 instances" in (run.error.hint or "")


@pytest.mark.parametrize("milliseconds", [-4_000, -1, None])
def test_what_was_there_before_is_listed_and_never_taken_for_ours(milliseconds: int | None) -> None:
    """The run before, of the same plan on other hosts: a loop launches one after the other."""
    before = {**entry(16), "create_time": None if milliseconds is None else NOW_MS + milliseconds}
    run = Run(Server(execute_job_plan=[LOST], get_job_instance_list=[listing(before)], **{VALUES: [values()]}))
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert [found.job_instance_id for found in run.record.candidates] == [16]
    assert run.error is not None
    assert "except those from before the launch" in (run.error.hint or "")
    both = listing(entry(17), before)
    run = Run(Server(execute_job_plan=[LOST], get_job_instance_list=[both], **{VALUES: [values(version="2")]}))
    assert run.outcome == ("recovered", None, 17)


def test_what_others_may_launch_as_well_is_searched_twice() -> None:
    pages = [EMPTY, listing(entry(16)), listing(entry(17), entry(16))]
    run = Run(Server(execute_job_plan=[LOST], get_job_instance_list=pages, **{VALUES: [values(version="2")]}))
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert [found.job_instance_id for found in run.record.candidates] == [17, 16]


def test_a_match_that_only_one_search_found_is_not_ours() -> None:
    """It may be another user's run, and a task that times out may terminate the run that it took for its own."""
    denied: list[Prepared] = [EMPTY, listing(entry(16)), error_body(1238001)]
    run = Run(Server(execute_job_plan=[LOST], get_job_instance_list=denied, **{VALUES: [values(version="2")]}))
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert [found.job_instance_id for found in run.record.candidates] == [16]
    pages: list[Prepared] = [*[EMPTY] * 6, listing(entry(16))]
    run = Run(Server(execute_job_plan=[LOST], get_job_instance_list=pages, **{VALUES: [values(version="2")]}))
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert [found.job_instance_id for found in run.record.candidates] == [16]
    assert run.error is not None
    assert "listed job instance 16 only once" in (run.error.hint or "")


def test_the_values_of_variables_distinguish_plans() -> None:
    server = Server(
        execute_job_plan=[LOST],
        get_job_instance_list=[listing(entry(18), entry(17))],
        **{VALUES: [values(version="1"), values(version="2")]},
    )
    run = Run(server)
    assert run.outcome == ("recovered", None, 17)
    assert server.calls.count(VALUES) == 2


def test_a_run_with_other_values_is_not_ours() -> None:
    server = Server(
        execute_job_plan=[LOST], get_job_instance_list=[listing(entry(18))], **{VALUES: [values(version="1")]}
    )
    run = Run(server)
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert [found.job_instance_id for found in run.record.candidates] == [18]


def test_values_that_come_late_are_waited_for_but_not_for_ever() -> None:
    late = [values(), values(), values(version="2")]
    responses: dict[str, list[Prepared]] = {LAUNCH: [LOST], LIST: [listing(entry(17))], VALUES: [*late]}
    run = Run(Server(**responses))
    assert (run.outcome, run.clock.slept) == (("recovered", None, 17), [1, 2])
    run = Run(Server(**{LAUNCH: [LOST], LIST: [listing(entry(17))], VALUES: [values()]}))
    assert (run.outcome, run.clock.slept) == (("recovered", None, 17), [1, 2, 4, 8, 15])


def test_a_history_that_fails_for_a_while() -> None:
    found = listing(entry(17, "ansible-unique", -1))
    run = Run(
        Server(fast_execute_script=[LOST], get_job_instance_list=[LOST, error_body(1240002), EMPTY, found]), SCRIPT
    )
    assert run.outcome == ("recovered", None, 17)


PAGE = http(b"<html>It works</html>")


@pytest.mark.parametrize("honors", [False, True])
@pytest.mark.parametrize("page", [PAGE, http(b""), http(b"[]"), http({"detail": "x"})])
def test_an_address_where_nothing_ever_speaks_as_job_is_given_up_early(page: HttpResponse, honors: bool) -> None:
    """The outcome stays unknown: something may have passed the launch on and replaced the response."""
    server = Server(fast_execute_script=[page], get_job_instance_list=[page])
    run = Run(server, SCRIPT, two_step=honors, honors_start_task=honors)
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert 5 <= run.clock.now() - 1000 <= 8
    assert run.error is not None
    assert "Check that api_url points to a BlueKing gateway" in (run.error.hint or "")


def test_a_page_in_place_of_a_history_that_works_a_moment_later_is_searched_to_the_end() -> None:
    server = Server(
        fast_execute_script=[PAGE], get_job_instance_list=[PAGE, EMPTY, PAGE, listing(entry(17, "ansible-unique"))]
    )
    run = Run(server, SCRIPT)
    assert run.outcome == ("recovered", None, 17)
    assert run.clock.slept == [1, 2, 4]


def test_a_create_whose_response_is_a_page_is_repeated_if_job_has_responded_before() -> None:
    create = [http(b"", 429), PAGE, PAGE, PAGE, PAGE, OK]
    busy = error_body(1244032)
    server = Server(
        fast_execute_script=[busy, *create],
        get_job_instance_list=[EMPTY],
        get_job_instance_status=[state(2)],
    )
    run = Run(server, SCRIPT, two_step=True, honors_start_task=True)
    assert run.outcome[0] == "started"
    assert run.clock.now() - 1000 > 8


def test_a_history_that_may_not_be_read_fails_closed_at_once() -> None:
    run = Run(Server(fast_execute_script=[LOST], get_job_instance_list=[error_body(9900403, "no")]), SCRIPT)
    assert (run.outcome, run.clock.slept) == (("unknown", "unknown_outcome", None), [])
    assert run.error is not None
    assert "the history cannot be read: get_job_instance_list: 9900403: no" in (run.error.hint or "")


def test_a_history_that_is_longer_than_one_page_is_not_a_proof() -> None:
    page = listing(entry(17, "ansible-unique", -1), total=1001)
    run = Run(Server(fast_execute_script=[LOST], get_job_instance_list=[page]), SCRIPT)
    assert run.outcome[0] == "unknown"
    assert run.error is not None
    assert "(1001)" in (run.error.hint or "")


def test_a_server_without_a_clock_fails_closed() -> None:
    run = Run(Server(dated=False, fast_execute_script=[LOST], get_job_instance_list=[EMPTY]), SCRIPT)
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert run.error is not None
    assert "have no Date header" in (run.error.hint or "")


def test_v2_has_no_history_and_reports_it_at_once() -> None:
    run = Run(Server(execute_job=[LOST]), schema=SchemaV2())
    assert (run.outcome, run.server.calls, run.clock.slept) == (
        ("unknown", "unknown_outcome", None),
        ["execute_job"],
        [],
    )
    assert run.error is not None
    assert "has no execution history" in (run.error.hint or "")
    assert "plan 100" in (run.error.hint or "")


def test_two_steps() -> None:
    run = Run(Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [DONE]}), two_step=True)
    assert run.outcome == ("started", None, 17)
    assert run.server.calls == [LAUNCH, STATUS, OPERATE]
    assert run.server.bodies[LAUNCH][0]["start_task"] is False
    assert run.server.bodies[OPERATE][0]["operation_code"] == 2
    assert run.warnings == []


@pytest.mark.parametrize("trouble", [LOST, UNREACHABLE, error_body(1244033), http(b"<html>", 504), error_body(4711)])
def test_a_start_is_repeated_until_the_job_is_seen_to_run(trouble: Prepared) -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [trouble, trouble, DONE]})
    run = Run(server, two_step=True)
    assert run.outcome == ("started", None, 17)
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1), state(2)], OPERATE: [LOST]})
    run = Run(server, two_step=True)
    assert (run.outcome, server.calls.count(OPERATE), run.warnings) == (("started", None, 17), 1, [])


def test_started_before_is_started() -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [LOST, error_body(1241015)]})
    assert Run(server, two_step=True).outcome == ("started", None, 17)


def test_a_lost_start_is_not_forgotten_when_the_next_one_is_rejected() -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [LOST, error_body(9900403)]})
    assert Run(server, two_step=True).outcome == ("unknown", "unknown_outcome", 17)


def test_a_status_that_cannot_be_read_does_not_delay_the_start() -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [LOST], OPERATE: [DONE]})
    assert Run(server, two_step=True).outcome == ("started", None, 17)


def test_a_server_that_ignores_the_flag_is_noticed() -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(2)]})
    run = Run(server, two_step=True, honors_start_task=True)
    assert (run.outcome, run.launches, server.calls) == (("started", None, 17), 1, [LAUNCH, STATUS])
    assert "ignores start_task" in run.warnings[0]


def test_a_server_that_ignores_the_flag_may_show_it_only_after_refusing() -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1), state(2)], OPERATE: [error_body(1241002)]})
    run = Run(server, two_step=True)
    assert (run.outcome, run.launches) == (("started", None, 17), 1)


def test_an_instance_that_cannot_be_started_is_reported() -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [error_body(9900403, "no")]})
    run = Run(server, two_step=True)
    assert run.outcome == ("created", "permission", 17)
    assert run.record.instance is not None
    assert (run.record.instance.status, run.record.changed) == (1, True)
    assert run.error is not None
    assert (
        run.error.summary
        == "Job instance 17 (n) was created and could not be started: operate_job_instance: 9900403: no"
    )
    assert "never starts by itself, unless the server is older" in (run.error.hint or "")
    run = Run(server, two_step=True, honors_start_task=True)
    assert run.error is not None
    assert "It is pending and never starts by itself. Apply" in (run.error.hint or "")


def test_a_server_that_knows_no_start_will_start_by_itself() -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [error_body(1241002)]})
    assert Run(server, two_step=True).outcome == ("unknown", "unknown_outcome", 17)
    assert Run(server, two_step=True, honors_start_task=True).outcome == ("created", "validation", 17)


def test_the_state_before_the_start_is_not_reported_as_the_one_after() -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [DONE]})
    assert Run(server, two_step=True).record.instance is None


def test_a_repeated_create_at_a_server_that_started_both_is_reported() -> None:
    both = listing(entry(17, "ansible-unique", -1, 2), entry(16, "ansible-unique", -1, 3))
    server = Server(fast_execute_script=[LOST, OK], get_job_instance_list=[both], **{STATUS: [state(2)]})
    run = Run(server, SCRIPT, two_step=True, honors_start_task=True)
    assert (run.outcome, run.record.pending_duplicates) == (("started", None, 17), [])
    assert [found.job_instance_id for found in run.record.candidates] == [16]
    assert "other runs that may belong to it, check them: 16" in run.warnings[-1]


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [(UNREACHABLE, ("created", "not_sent", 17)), (LOST, ("unknown", "unknown_outcome", 17))],
)
def test_a_start_without_any_response(trouble: Prepared, outcome: tuple[str, str, int]) -> None:
    server = Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [trouble]})
    run = Run(server, two_step=True, timeout=60.0)
    assert (run.outcome, run.record.changed) == (outcome, True)


def test_a_signal_after_a_start_without_a_response_leaves_the_outcome_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_clock: FakeClock, _seconds: float) -> None:
        raise Interrupted("SIGTERM")

    monkeypatch.setattr(FakeClock, "sleep", interrupted)
    for trouble, outcome in ((LOST, "unknown"), (UNREACHABLE, "created"), (error_body(1241002), "created")):
        server = Server(execute_job_plan=[OK], **{STATUS: [state(1)], OPERATE: [trouble]})
        record, clock, how = LaunchRecord(), FakeClock(), launch_settings(two_step=True, honors_start_task=True)
        client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), server, clock)  # type: ignore[arg-type]
        with pytest.raises(Interrupted):
            Launcher(client, PLAN, how, record, TaskContext(clock=clock), Deadline(clock, how.timeout)).run()
        assert record.outcome == outcome


def test_a_lost_create_is_repeated_only_where_that_is_harmless() -> None:
    responses: dict[str, list[Prepared]] = {STATUS: [state(1)], OPERATE: [DONE]}
    pending = listing(entry(17, "ansible-unique", -1, 1), entry(16, "ansible-unique", -1, 1))
    server = Server(fast_execute_script=[LOST, OK], get_job_instance_list=[EMPTY, EMPTY, pending], **responses)
    run = Run(server, SCRIPT, two_step=True, honors_start_task=True)
    assert (run.outcome, run.launches) == (("started", None, 17), 2)
    assert run.record.pending_duplicates == [16]
    assert "never start by themselves: 16" in run.warnings[0]
    server = Server(fast_execute_script=[LOST, OK], get_job_instance_list=[EMPTY], **responses)
    run = Run(server, SCRIPT, two_step=True)
    assert (run.outcome, run.launches) == (("unknown", "unknown_outcome", None), 1)


@pytest.mark.parametrize(("status", "starts"), [(1, 1), (2, 0), (3, 0)])
def test_a_lost_create_that_is_found_is_started_if_it_is_pending(status: int, starts: int) -> None:
    found = listing(entry(17, "ansible-unique", -1, status))
    server = Server(
        fast_execute_script=[LOST], get_job_instance_list=[EMPTY, found], **{STATUS: [state(status)], OPERATE: [DONE]}
    )
    run = Run(server, SCRIPT, two_step=True)
    assert (run.outcome, run.launches, server.calls.count(OPERATE)) == (("recovered", None, 17), 1, starts)
    assert run.warnings == []


def test_a_lost_create_that_shows_under_its_name_is_not_repeated_even_if_the_version_is_a_mistake() -> None:
    running = listing(entry(17, "ansible-unique", -1))
    server = Server(fast_execute_script=[LOST], get_job_instance_list=[EMPTY, running], **{STATUS: [state(2)]})
    run = Run(server, SCRIPT, two_step=True, honors_start_task=True)
    assert (run.outcome, run.launches) == (("recovered", None, 17), 1)


def test_creates_without_response_are_searched_for_at_the_end() -> None:
    one = listing(entry(17, "ansible-unique", -1, 1))
    server = Server(fast_execute_script=[LOST], get_job_instance_list=[one], **{STATUS: [state(1)], OPERATE: [DONE]})
    run = Run(server, SCRIPT, two_step=True, honors_start_task=True, timeout=60.0)
    assert run.outcome == ("recovered", None, 17)
    server = Server(fast_execute_script=[LOST], get_job_instance_list=[EMPTY])
    run = Run(server, SCRIPT, two_step=True, honors_start_task=True, timeout=60.0)
    assert run.outcome == ("unknown", "unknown_outcome", None)
    assert run.error is not None
    assert "an instance may be pending" in run.error.summary


def test_duplicates_that_cannot_be_listed_do_not_hurt() -> None:
    server = Server(
        fast_execute_script=[LOST, OK],
        get_job_instance_list=[error_body(9900403)],
        **{STATUS: [state(1)], OPERATE: [DONE]},
    )
    run = Run(server, SCRIPT, two_step=True, honors_start_task=True)
    assert (run.outcome, run.record.pending_duplicates) == (("started", None, 17), [])
    assert "may have left pending instances" in run.warnings[0]


def test_duplicates_at_a_server_without_a_clock_are_possible() -> None:
    server = Server(
        dated=False,
        fast_execute_script=[LOST, OK],
        get_job_instance_list=[EMPTY],
        **{STATUS: [state(1)], OPERATE: [DONE]},
    )
    run = Run(server, SCRIPT, two_step=True, honors_start_task=True)
    assert (run.outcome, run.launches, run.record.pending_duplicates) == (("started", None, 17), 2, [])
    assert "may have left pending instances" in run.warnings[0]
    assert "have no Date header" in run.warnings[0]


def test_secret_values_are_never_compared() -> None:
    secret = PlanLaunch(SCOPE, 100, (GlobalVariable(name="password", value="x", secret=True),))
    server = Server(execute_job_plan=[LOST], get_job_instance_list=[listing(entry(17))])
    assert Run(server, secret).outcome == ("recovered", None, 17)
    assert VALUES not in server.calls
