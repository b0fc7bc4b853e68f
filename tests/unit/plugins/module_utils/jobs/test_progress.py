# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress lines while a task waits: when they are written, their content and cost, and that they end no wait."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, Interrupted, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.monitor import JobMonitor
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.settings import WaitSettings
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.results.run_result import RunResult
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.tests.unit.helpers.fakes import (
    CONNECTION,
    FakeClock,
    FakeTransport,
    Prepared,
    http,
    report_settings,
    run_task,
    success,
    wait_settings,
)

RESET = JobError("reset", kind="server_error", delivery=Delivery.UNKNOWN, transient=True)
RUNNING, SUCCESS, WAITING, PENDING, STOPPING = 2, 3, 7, 1, 10
Step = dict[str, object]


def step(number: int, name: str, status: int, hosts: tuple[int, ...] = (), kind: int = 1) -> Step:
    """A step with the states of its hosts."""
    return {"step_instance_id": number, "name": name, "status": status, "type": kind, "hosts": hosts}


class Jobs:
    """JOB, whose one instance changes its state by the clock; it returns hosts if asked for them, or always (v2)."""

    def __init__(self, clock: FakeClock, *states: tuple[float, int, list[Step]], v2: bool = False) -> None:
        self.clock, self.states, self.v2 = clock, states, v2
        self.began = clock.now()
        # Moments of polls, and of polls with hosts.
        self.polls: list[float] = []
        self.with_hosts: list[float] = []
        # When polls of a kind fail, or how long they take.
        self.fails: Callable[[bool], bool] = lambda _with_hosts: False
        self.takes = 0.0

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        now = self.clock.now() - self.began
        with_hosts = bool((request.body or {}).get("return_ip_result")) or "return_ip_result=true" in request.path
        (self.with_hosts if with_hosts else self.polls).append(now)
        if with_hosts and self.takes:
            self.clock.time += min(self.takes, seconds_left)
        if self.fails(with_hosts) or (with_hosts and self.takes > seconds_left):
            raise RESET
        now = self.clock.now() - self.began
        _since, status, steps = next(state for state in reversed(self.states) if state[0] <= now)
        return http(self._response(status, steps, with_hosts))

    def _response(self, status: int, steps: list[Step], with_hosts: bool) -> dict[str, object]:
        finished = status not in (PENDING, RUNNING, WAITING, STOPPING)
        rows = []
        for each in steps:
            hosts = [{"bk_host_id": i, "bk_cloud_id": 0, "status": s} for i, s in enumerate(each["hosts"])]  # type: ignore[arg-type,var-annotated]
            key = "step_ip_status" if self.v2 else "step_ip_result_list"
            rows.append({**each, key: hosts} if with_hosts or self.v2 else each)
        job = {"job_instance_id": 17, "status": status}
        if self.v2:
            return success({"is_finished": finished, "job_instance": job, "blocks": [{"step_instances": rows}]})
        return success({"finished": finished, "job_instance": job, "step_instance_list": rows})


class Watched:
    """One wait with progress output."""

    def __init__(
        self, jobs: Jobs, plan: WaitSettings | None = None, context: TaskContext | None = None, **follower: object
    ) -> None:
        self.lines: list[str] = []
        self.context = context or TaskContext(emit_progress=self.lines.append)
        self.context.clock = jobs.clock
        client = JobClient(
            CONNECTION,
            EsbGateway(),
            SchemaV2() if jobs.v2 else SchemaV3(),
            jobs,  # type: ignore[arg-type]
            jobs.clock,
            self.context.secrets.redact,
        )
        self.outcome = RunResult(report_settings(logs="none"))
        self.error: JobError | None = None
        try:
            follower = {"module": "bk_job_plan", **follower}
            JobMonitor(client, Scope("biz", "2"), 17, self.outcome, self.context, **follower).follow(  # type: ignore[arg-type]
                plan or wait_settings()
            )
        except JobError as error:
            self.error = error


def build(status: int, *hosts: int) -> Step:
    return step(1, "build", status, hosts)


def deploy(status: int, *hosts: int) -> Step:
    return step(2, "deploy", status, hosts)


def test_lines_come_when_something_has_changed_and_at_least_every_30_seconds() -> None:
    jobs = Jobs(
        FakeClock(),
        (0, PENDING, [build(PENDING), deploy(PENDING)]),
        (1.2, RUNNING, [build(RUNNING, 7, 7, 5), deploy(PENDING)]),
        (6.5, RUNNING, [build(SUCCESS, 9, 9, 9), deploy(RUNNING, 9, 7, 5)]),
        (40, RUNNING, [build(SUCCESS, 9, 9, 9), deploy(RUNNING, 9, 11, 7)]),
        (80, SUCCESS, [build(SUCCESS, 9, 9, 9), deploy(SUCCESS, 9, 11, 9)]),
    )
    watched = Watched(jobs)
    assert watched.error is None
    assert watched.lines == [
        "bk_job_plan 17 [step 1/2 build] pending, 0s",
        "bk_job_plan 17 [step 1/2 build] 0/3 hosts, 0 failed, 2s",
        "bk_job_plan 17 [step 2/2 deploy] 1/3 hosts, 0 failed, 7s",
        "bk_job_plan 17 [step 2/2 deploy] 1/3 hosts, 0 failed, 37s",
        "bk_job_plan 17 [step 2/2 deploy] 2/3 hosts, 1 failed, 1m07s",
        "bk_job_plan 17 success, 1m23s",
    ]


def test_counts_cost_at_most_one_poll_for_a_line_and_none_when_it_is_due_by_time() -> None:
    jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, 7)]), (100, SUCCESS, [build(SUCCESS, 9)]))
    Watched(jobs)
    # The first line asks besides; later ones are the poll itself; the last one reads nothing; then comes the report.
    at_lines, report = jobs.with_hosts[:-1], jobs.with_hosts[-1]
    assert [round(moment) for moment in at_lines] == [0, 30, 60, 90]
    assert report >= 100
    assert not {round(moment, 6) for moment in at_lines[1:]} & {round(moment, 6) for moment in jobs.polls}


@pytest.mark.parametrize("why", ["option", "no progress output"])
def test_without_progress_nothing_is_read_or_written(why: str) -> None:
    clock = FakeClock()
    jobs = Jobs(clock, (0, RUNNING, [build(RUNNING, 7)]), (600, SUCCESS, [build(SUCCESS, 9)]))
    watched = Watched(jobs, wait_settings(progress=why != "option"), context=None if why == "option" else TaskContext())
    assert (watched.lines, len(jobs.with_hosts), max(clock.slept)) == ([], 1, 60)
    assert len(jobs.polls) + len(jobs.with_hosts) <= 60


def test_a_pause_ends_when_a_line_is_due_unless_the_server_asked_for_it() -> None:
    clock = FakeClock()
    jobs = Jobs(clock, (0, RUNNING, [build(RUNNING, 7)]), (900, SUCCESS, [build(SUCCESS, 9)]))
    watched = Watched(jobs)
    assert (max(clock.slept), len(watched.lines)) == (30, 32)
    busy = http(b"", 429, {"retry-after": "50"})
    transport = FakeTransport(busy, success({"finished": True, "job_instance": {"job_instance_id": 17, "status": 3}}))
    client = JobClient(CONNECTION, EsbGateway(), SchemaV3(), transport, clock)  # type: ignore[arg-type]
    clock.slept.clear()
    context = TaskContext(clock=clock, emit_progress=watched.lines.append)
    JobMonitor(client, Scope("biz", "2"), 17, RunResult(report_settings()), context).follow(wait_settings())
    assert clock.slept == [50]


def test_a_job_that_has_ended_has_no_progress() -> None:
    jobs = Jobs(FakeClock(), (0, SUCCESS, [build(SUCCESS, 9)]))
    assert (Watched(jobs).lines, len(jobs.polls), len(jobs.with_hosts)) == ([], 1, 1)


@pytest.mark.parametrize(("end", "more"), [(0.4, []), (0.9, ["bk_job_plan 17 success, 1s"])])
def test_a_wait_that_is_over_at_once_has_one_line(end: float, more: list[str]) -> None:
    jobs = Jobs(FakeClock(), (0, PENDING, [build(PENDING)]), (end, SUCCESS, [build(SUCCESS, 9)]))
    assert Watched(jobs).lines == ["bk_job_plan 17 [step 1/1 build] pending, 0s", *more]


def test_names_of_the_modules() -> None:
    def first(**follower: object) -> str:
        jobs = Jobs(FakeClock(), (0, RUNNING, []), (1, SUCCESS, []))
        return Watched(jobs, **follower).lines[0]

    assert first(launched_by_task=False, module="bk_job_wait") == "bk_job_wait 17 running, 0s"
    assert first() == "bk_job_plan 17 running, 0s"


def test_states_other_than_running_are_named() -> None:
    approve = step(2, "approve", WAITING, kind=3)
    jobs = Jobs(
        FakeClock(),
        (0, WAITING, [build(SUCCESS, 9), approve]),
        (3, STOPPING, [build(SUCCESS, 9), step(2, "approve", 99, kind=3)]),
        (5, RUNNING, [build(SUCCESS, 9), deploy(15, 9, 5)]),
        (8, 11, [build(SUCCESS, 9), deploy(11, 9, 5)]),
    )
    watched = Watched(jobs, wait_settings(fail_on_confirmation=False))
    assert watched.lines == [
        "bk_job_plan 17 [step 2/2 approve] waiting_confirmation, 0s",
        "bk_job_plan 17 [step 2/2 approve] terminating, 3s",
        "bk_job_plan 17 [step 2/2 deploy] rolling_waiting, 1/2 hosts, 0 failed, 5s",
        "bk_job_plan 17 terminated, 8s",
    ]
    # A confirmation has no hosts that one could ask for.
    assert len(jobs.with_hosts) == 2
    jobs = Jobs(FakeClock(), (0, WAITING, [approve]))
    watched = Watched(jobs)
    assert watched.lines == ["bk_job_plan 17 [step 1/1 approve] waiting_confirmation, 0s"]
    assert watched.error is not None
    assert watched.error.kind == "waiting_confirmation"


@pytest.mark.parametrize(("seconds", "words"), [(59.9, "59s"), (60, "1m00s"), (3599, "59m59s"), (7525, "2h05m")])
def test_durations(seconds: float, words: str) -> None:
    jobs = Jobs(FakeClock(), (0, RUNNING, []), (seconds, SUCCESS, []))
    assert Watched(jobs, wait_settings(timeout=seconds)).lines[-1] == f"bk_job_plan 17 success, {words}"


def test_hostile_and_secret_names_make_one_short_printable_line() -> None:
    def first(name: str) -> str:
        context = TaskContext()
        context.secrets.add("hunter2-and-more")
        lines: list[str] = []
        context.emit_progress = lines.append
        Watched(Jobs(FakeClock(), (0, RUNNING, [step(1, name, RUNNING, kind=3)]), (2, SUCCESS, [])), context=context)
        return lines[0]

    assert first("put hunter2-and-more in") == "bk_job_plan 17 [step 1/1 put ******** in] 0s"
    # A secret is masked before the name is cut in its middle.
    assert "hunter" not in first("x" * 50 + "hunter2-and-more")
    line = first("a\nb\x1b[31m\u202e\ud800\r" + "long " * 1000)
    assert line.isprintable()
    assert line.encode("utf-8")
    assert len(line) < 120
    assert first("") == "bk_job_plan 17 [step 1/1] 0s"


def test_more_than_1000_hosts_are_asked_for_once_only() -> None:
    jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, *[7] * 1001)]), (100, SUCCESS, []))
    watched = Watched(jobs)
    assert watched.lines[0] == "bk_job_plan 17 [step 1/1 build] 0s"
    assert not any("hosts" in line for line in watched.lines)
    assert jobs.with_hosts[:-1] == [0]
    jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, *[7] * 1000)]), (100, SUCCESS, []))
    assert "0/1000 hosts" in Watched(jobs).lines[0]


def test_a_launch_that_names_more_hosts_is_never_asked_for_them() -> None:
    jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, 7)]), (100, SUCCESS, []))
    watched = Watched(jobs, explicit_host_count=1001)
    assert (len(watched.lines), len(jobs.with_hosts)) == (5, 1)
    assert not any("hosts" in line for line in watched.lines)


def test_hosts_that_come_anyway_are_counted_however_many() -> None:
    jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, *[9] * 1500)]), (40, SUCCESS, [build(SUCCESS, 9)]), v2=True)
    watched = Watched(jobs)
    assert watched.lines[0] == "bk_job_plan 17 [step 1/1 build] 1500/1500 hosts, 0 failed, 0s"
    assert jobs.with_hosts == []


def test_hosts_that_cannot_be_read_cost_the_counts_and_nothing_else() -> None:
    jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, 7)]), (100, SUCCESS, [build(SUCCESS, 9)]))
    jobs.fails = lambda with_hosts: with_hosts and jobs.clock.now() < jobs.began + 45
    watched = Watched(jobs)
    assert watched.error is None
    assert [line.rpartition("] ")[2] for line in watched.lines[:3]] == ["0s", "29s", "0/1 hosts, 0 failed, 59s"]
    assert watched.lines[-1].startswith("bk_job_plan 17 success")
    # The poll at 29 s was made again, without hosts.
    assert 29 in [int(moment) for moment in jobs.polls]
    assert [int(moment) for moment in jobs.with_hosts[:-1]] == [0, 29, 59, 89]


def test_hosts_of_a_slow_server_are_not_requested_again() -> None:
    clock = FakeClock()
    jobs = Jobs(clock, (0, RUNNING, [build(RUNNING, 7)]), (100, SUCCESS, [build(SUCCESS, 9)]))
    jobs.takes = 20
    watched = Watched(jobs)
    assert watched.error is None
    assert watched.lines[0] == "bk_job_plan 17 [step 1/1 build] 5s"
    assert jobs.with_hosts[:-1] == [0]


def test_no_hosts_are_read_in_the_last_seconds_of_a_wait() -> None:
    clock = FakeClock()
    jobs = Jobs(clock, (0, RUNNING, [build(RUNNING, 7)]), (31, RUNNING, [build(15, 7)]))
    watched = Watched(jobs, wait_settings(timeout=32))
    assert watched.error is not None
    assert (watched.error.kind, clock.now() - jobs.began) == ("wait_timeout", 32)
    assert watched.lines == [
        "bk_job_plan 17 [step 1/1 build] 0/1 hosts, 0 failed, 0s",
        "bk_job_plan 17 [step 1/1 build] 29s",
        "bk_job_plan 17 [step 1/1 build] rolling_waiting, 32s",
    ]
    # That of the first line, and that of the report.
    assert [round(moment) for moment in jobs.with_hosts] == [0, 32]


def test_polls_that_fail_are_reported_every_30_seconds() -> None:
    clock = FakeClock()
    jobs = Jobs(clock, (0, RUNNING, [build(RUNNING, 7)]), (95, SUCCESS, [build(SUCCESS, 9)]))
    jobs.fails = lambda _with_hosts: 20 < clock.now() - jobs.began < 70
    watched = Watched(jobs)
    assert watched.lines == [
        "bk_job_plan 17 [step 1/1 build] 0/1 hosts, 0 failed, 0s",
        "bk_job_plan 17 [step 1/1 build] in an unknown state, 29s",
        "bk_job_plan 17 [step 1/1 build] in an unknown state, 59s",
        "bk_job_plan 17 [step 1/1 build] 0/1 hosts, 0 failed, 1m29s",
        "bk_job_plan 17 success, 1m40s",
    ]


@pytest.mark.parametrize("end", ["success", "timeout"])
def test_the_result_is_the_same_with_and_without_progress(end: str) -> None:
    def result(listens: bool) -> dict[str, object]:
        jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, 7)]), (90, SUCCESS, [build(SUCCESS, 9)]))
        # Hosts can be read for lines, and not for the report.
        jobs.fails = lambda with_hosts: with_hosts and jobs.clock.now() - jobs.began > 60
        plan = wait_settings(timeout=60 if end == "timeout" else 600)
        watched = Watched(jobs, plan, context=TaskContext(emit_progress=(lambda _line: None) if listens else None))
        assert watched.context.problems.warnings == ["The hosts of job instance 17 cannot be read: reset"] * (
            end == "success"
        )
        return watched.outcome.result()

    assert result(True) == result(False)


def test_whoever_cannot_listen_any_more_does_not_end_the_wait() -> None:
    lines: list[str] = []

    def emit_progress(line: str) -> None:
        lines.append(line)
        raise BrokenPipeError

    jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, 7)]), (100, SUCCESS, [build(SUCCESS, 9)]))
    assert Watched(jobs, context=TaskContext(emit_progress=emit_progress)).error is None
    assert (len(lines), len(jobs.with_hosts)) == (1, 2)


def test_a_signal_while_hosts_are_read_for_a_line_ends_the_wait() -> None:
    jobs = Jobs(FakeClock(), (0, RUNNING, [build(RUNNING, 7)]))

    def fails(with_hosts: bool) -> bool:
        if with_hosts and len(jobs.with_hosts) == 1:
            raise Interrupted("SIGINT")
        return False

    jobs.fails = fails
    watched = Watched(jobs)
    assert watched.error is not None
    assert (watched.error.kind, watched.lines) == ("interrupted", [])


def launched_lines(transport: FakeTransport, **options: object) -> tuple[list[str], list[bool]]:
    """The lines of a whole launching task, and for each of its polls whether it read hosts."""
    lines: list[str] = []
    script = "script_content" in options
    app = {"bk_app_code": "x", "bk_app_secret": "yyyyy", "bk_username": "admin"}
    given = {"api_url": "http://127.0.0.1:1", "bk_scope_id": "2", **app}
    task, spec = (fast_script, FAST_SCRIPT) if script else (job_plan, JOB_PLAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "ansible_collections.blueking.job.plugins.module_utils.jobs.context.Transport", lambda _c: transport
        )
        run_task(
            task,
            spec,
            {**given, **options},
            TaskContext(clock=FakeClock(), emit_progress=lines.append),
        )
    bodies = [json.loads(json.dumps(request.body)) for request in transport.requests[1:]]
    return lines, [body["return_ip_result"] for body in bodies if "return_ip_result" in body]


@pytest.mark.parametrize(("count", "asks"), [(2, True), (1001, False)])
@pytest.mark.parametrize("kind", ["script", "plan"])
def test_whole_tasks(kind: str, count: int, asks: bool) -> None:
    def state(status: int, **hosts: object) -> Prepared:
        steps = [{"step_instance_id": 5, "name": "s", "status": status, "type": 1, **hosts}]
        job = {"job_instance_id": 17, "status": status}
        return success({"finished": status == SUCCESS, "job_instance": job, "step_instance_list": steps})

    hosts = state(SUCCESS, step_ip_result_list=[{"bk_host_id": 1, "bk_cloud_id": 0, "status": 9}])
    started = success({"job_instance_id": 17, "job_instance_name": "x"})
    transport = FakeTransport(started, state(RUNNING), *[hosts] * asks, state(SUCCESS), hosts)
    target = {"host_id_list": list(range(1, count + 1))}
    options: dict[str, object] = {"script_content": "x", "account_alias": "root", "target_server": target}
    if kind == "plan":
        variables = [{"name": "v", "server": target}, {"name": "w", "value": "x"}]
        options = {"job_plan_id": 1, "global_var_list": variables, "validate_variables": False}
    lines, polls = launched_lines(transport, logs="none", **options)
    module = "bk_fast_script" if kind == "script" else "bk_job_plan"
    counts = "1/1 hosts, 0 failed, " if asks else ""
    assert lines == [f"{module} 17 [step 1/1 s] {counts}0s"]
    assert polls == [False, *[True] * asks, False, True]
