# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations with problems: lost responses, slow effects, other users, impossible operations."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.common.signals import Interrupts
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, Interrupted, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.jobs.operation_errors import not_stopped_error
from ansible_collections.blueking.job.plugins.module_utils.jobs.stopper import StopResult
from ansible_collections.blueking.job.plugins.module_utils.models.operations import TERMINATE, OperationRequest
from ansible_collections.blueking.job.plugins.module_utils.models.run import JobInstance
from ansible_collections.blueking.job.plugins.module_utils.results.operation_result import OperationResult
from ansible_collections.blueking.job.tests.unit.helpers.instance_states import (
    ASK,
    FIRST,
    SECOND,
    STANDINGS,
    Busy,
    LinkedClock,
    Operate,
    done,
)
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import Bench, Run, bench
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import eventually

API = "ESB v3"
CALLS = {True: "operate_job_instance", False: "operate_step_instance"}
# (state, operation, whether it may be requested again when its response is lost)
LOST = [
    ("created", "start", True),
    ("running", "terminate", True),
    ("asking", "terminate", True),
    ("failed", "ignore_error", True),
    ("asking", "confirm", True),
    ("asking", "refuse_confirmation", True),
    ("refused", "restart_confirmation", True),
    ("terminated", "next_step", True),
    ("terminating", "skip_step", True),
    ("failed", "retry_failed_hosts", False),
    ("abnormal", "retry_all_hosts", False),
    ("asking between batches", "continue_rolling", False),
]
UNCLEAR = [{"do": "close"}, {"do": "garbage"}, {"do": "bad_gateway"}, {"do": "error", "code": 1240002}]


def operate(place: Bench, run: Run, word: str, **options: Any) -> Operate:
    return Operate(place, run, API, word, clock=LinkedClock(place.server), **options)


def carried_out(place: Bench) -> int:
    """How often the server was made to do something, apart from what led to the state."""
    acts = [
        act["act"]
        for entry in place.server.journal
        if entry["json"] and "bk_app_code" in entry["json"]
        for act in entry["did"]
    ]
    return len(acts)


@pytest.mark.parametrize("fault", UNCLEAR, ids=lambda fault: fault["do"])
@pytest.mark.parametrize("call", ["operate_job_instance", "operate_step_instance"])
@pytest.mark.parametrize(("state", "word", "_again"), LOST)
def test_a_response_that_is_lost_after_the_request_was_carried_out(
    state: str, word: str, _again: bool, call: str, fault: dict[str, Any]
) -> None:
    with STANDINGS[state].reached() as (place, run):
        place.server.faults.add(**fault, acts=True, call=call)
        task = operate(place, run, word)
        assert (task.kind, task.result["changed"]) == (None, True)
        assert (len(task.asked), carried_out(place)) == (1, 1)


@pytest.mark.parametrize("fault", UNCLEAR, ids=lambda fault: fault["do"])
@pytest.mark.parametrize(("state", "word", "again"), LOST)
def test_a_call_that_is_lost_before_it_was_carried_out(
    state: str, word: str, again: bool, fault: dict[str, Any]
) -> None:
    with STANDINGS[state].reached() as (place, run):
        for call in CALLS.values():
            place.server.faults.add(**fault, acts=False, call=call)
        task = operate(place, run, word)
        assert task.result["changed"] is True
        if again:
            assert (task.kind, len(task.asked), carried_out(place)) == (None, 2, 1)
            return
        # Asked again, it might be done twice: the state that it needs may come again by itself.
        assert (task.kind, len(task.asked), carried_out(place)) == ("unknown_outcome", 1, 0)
        assert task.error is not None
        assert "It was not retried" in (task.error.hint or "")
        assert str(run.id) in task.msg
        # Whoever runs the task again has it done.
        assert operate(place, run, word).result["changed"] is True
        assert carried_out(place) == 1


@pytest.mark.parametrize(("state", "word", "again"), LOST)
def test_a_call_that_arrives_after_its_time_limit(state: str, word: str, again: bool) -> None:
    with STANDINGS[state].reached() as (place, run):
        for call in CALLS.values():
            place.server.faults.add(do="delay", acts=False, seconds=0.3, call=call)
        operate(place, run, word, read_timeout=0.1)
        eventually(lambda: any(entry["fault"] for entry in place.server.journal))
        place.clock.advance(1)
        # If it may be sent again, both calls may arrive before either has an effect.
        assert 1 <= carried_out(place) <= 1 + again


@pytest.mark.parametrize(("state", "word", "_again"), LOST)
def test_a_server_that_stops_responding(state: str, word: str, _again: bool) -> None:
    with STANDINGS[state].reached() as (place, run):
        for call in (*CALLS.values(), "get_job_instance_status"):
            # The state can be read once; then everything is lost.
            place.server.faults.add(do="close", call=call, **({"every": 1} if "operate" in call else {"nth": 2}))
        for number in range(3, 200):
            place.server.faults.add(do="close", call="get_job_instance_status", nth=number)
        task = operate(place, run, word)
        assert (task.kind, task.result["changed"]) == ("unknown_outcome", True)
        assert task.result["status_before"] is not None


@pytest.mark.parametrize(("state", "word", "_again"), LOST)
def test_what_is_rejected_for_now_is_requested_again(state: str, word: str, _again: bool) -> None:
    with STANDINGS[state].reached() as (place, run):
        for call in CALLS.values():
            place.server.faults.add(do="error", code=1244032, call=call, next=2)
        task = operate(place, run, word)
        assert (task.kind, task.result["changed"], len(task.asked), carried_out(place)) == (None, True, 3, 1)


@pytest.mark.parametrize(("state", "word", "_again"), LOST)
def test_a_permission_that_is_missing(state: str, word: str, _again: bool) -> None:
    with STANDINGS[state].reached() as (place, run):
        for call in CALLS.values():
            place.server.faults.add(do="error", code=9900403, call=call, every=1)
        task = operate(place, run, word)
        assert (task.kind, task.result["changed"], len(task.asked)) == ("permission", False, 1)
        assert str(run.id) in task.msg


def test_only_confirmers_may_confirm() -> None:
    with bench(steps=[{**ASK, "confirmers": ["carol"], "confirmer_roles": ["maintainer"]}, SECOND]) as place:
        run = place.plan()
        place.clock.advance(1)
        task = operate(place, run, "confirm")
        assert (task.kind, task.error and task.error.code, task.result["changed"]) == ("permission", 1244016, False)
        assert operate(place, run, "confirm", bk_token="carol-token").result["step_status"] == "success"


def test_a_retry_that_fails_at_once_is_seen_by_its_count() -> None:
    with bench([{"exit_code": 3}], [FIRST]) as place:
        run = place.plan()
        place.clock.advance(1)
        for count in (1, 2):
            task = operate(place, run, "retry_failed_hosts")
            assert (task.kind, task.result["changed"], task.result["step_status"]) == (None, True, "failed")
            assert task.result["steps"][0]["execute_count"] == count


def test_a_batch_that_asks_again_at_once_is_seen_by_its_end() -> None:
    with bench([{"seconds": 0.2}]) as place:
        run = place.roll("1", mode=3)
        place.clock.advance(1)
        for _turn in range(2):
            task = operate(place, run, "continue_rolling")
            assert (task.kind, task.result["changed"], len(task.asked)) == (None, True, 1)
            assert task.result["step_status_before"] == task.result["step_status"] == "waiting_confirmation"
        assert [host["status"] for host in run.step()["step_ip_result_list"]] == [9, 9, 9, 5]


@pytest.mark.parametrize(("code", "kind"), [(6, None), (9, "validation")])
def test_another_user_is_faster(code: int, kind: str | None) -> None:
    with STANDINGS["asking"].reached() as (place, run):
        place.server.faults.add(do="error", code=1241003, call="operate_step_instance")
        task = Operate(place, run, API, "confirm", clock=Busy(place, lambda: run.operate(code)))
        assert (task.kind, task.result["changed"], len(task.asked)) == (kind, False, 1)
        if kind is None:
            assert task.result["note"] == "No change: another user already confirmed the step."
        else:
            assert "is confirmation_refused; possible: restart_confirmation" in task.msg


def test_a_rejection_that_the_state_does_not_explain_is_final_in_the_end() -> None:
    with STANDINGS["asking"].reached() as (place, run):
        place.server.faults.add(do="error", code=1241003, call="operate_step_instance", every=1)
        task = operate(place, run, "confirm")
        assert (task.kind, task.result["changed"], len(task.asked)) == ("validation", False, 3)
        assert task.error is not None
        assert task.error.code == 1241003


def test_what_was_not_delivered_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    original, left = JobClient.operate, [1, 1]

    def refused(*arguments: Any) -> None:
        if left:
            left.pop()
            raise JobError("connection refused", kind="not_sent", delivery=Delivery.NOT_SENT, transient=True)
        original(*arguments)

    monkeypatch.setattr(JobClient, "operate", refused)
    with STANDINGS["failed"].reached() as (place, run):
        task = operate(place, run, "retry_failed_hosts")
        assert (task.kind, task.result["changed"], carried_out(place)) == (None, True, 1)
        left.extend([1] * 1000)
        place.client.call("operate_job_instance", job_instance_id=run.id, operation_code=1)
        place.clock.advance(1)
        task = operate(place, run, "retry_failed_hosts")
        assert (task.kind, task.result["changed"]) == ("not_sent", False)


def test_an_effect_that_does_not_show_in_time() -> None:
    with STANDINGS["asking"].reached() as (place, run):
        # Without a clock that moves the server the operation stays in its queue.
        task = Operate(place, run, API, "confirm", operate_timeout=20)
        assert (task.kind, task.result["changed"], len(task.asked)) == ("wait_timeout", True, 1)
        step = run.step()["step_instance_id"]
        wanted = (
            f"confirm of step {step} of job instance {run.id} was accepted, but after 20 s it is waiting_confirmation"
        )
        assert task.msg == wanted
        assert task.clock.now() <= 1020


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"do": "error", "code": 9900403}, "permission"),
        ({"do": "error", "code": 1247002}, "auth"),
        ({"do": "html", "http": 404}, "not_found"),
        ({"do": "answer", "http": 302, "body": "", "headers": {"Location": "https://login.example.com/"}}, "auth"),
    ],
    ids=str,
)
@pytest.mark.parametrize(("state", "word"), [("asking", "confirm"), ("running", "terminate"), ("created", "start")])
def test_an_effect_that_can_no_longer_be_read(
    state: str, word: str, fault: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lasting rejection ends the task after ten seconds, with what is known, and not after operate_timeout."""
    with STANDINGS[state].reached() as (place, run):
        original = JobClient.operate

        def then_refused(*arguments: Any) -> None:
            original(*arguments)
            place.server.faults.add(**fault, call="get_job_instance_status", every=1)

        monkeypatch.setattr(JobClient, "operate", then_refused)
        task = operate(place, run, word, operate_timeout=500)
        assert (task.kind, task.result["changed"], len(task.asked), carried_out(place)) == (kind, True, 1, 1)
        assert f"of job instance {run.id} was accepted, but its effect cannot be read: get_job_instance_st" in task.msg
        assert 10 <= task.clock.now() <= 15


def test_a_short_error_after_an_operation_is_not_a_lasting_rejection() -> None:
    with STANDINGS["asking"].reached() as (place, run):
        place.server.faults.add(do="error", code=9900403, call="get_job_instance_status", nth=2)
        task = operate(place, run, "confirm", operate_timeout=500)
        assert (task.kind, task.result["changed"]) == (None, True)


def test_a_stop_that_takes_long() -> None:
    with bench([{"seconds": 50, "stop_seconds": 900}], [FIRST]) as place:
        run = place.plan()
        place.clock.advance(1)
        task = operate(place, run, "terminate", operate_timeout=10)
        assert (task.kind, task.result["changed"], task.result["status"]) == ("wait_timeout", True, "terminating")
        assert "was accepted, but after 10 s it is terminating" in task.msg
        # The second one sees it to its end.
        task = operate(place, run, "terminate", operate_timeout=1000)
        assert (task.kind, task.result["changed"], task.result["status"]) == (None, False, "terminated")
        assert task.result["note"] == "No change: another user terminated it."


def test_a_job_that_ends_by_itself_while_it_is_being_stopped() -> None:
    with bench([{"seconds": 2}], [FIRST]) as place:
        run = place.plan()
        place.clock.advance(1)
        place.server.faults.add(do="close", call="operate_job_instance", next=5)
        task = operate(place, run, "terminate")
        assert (task.kind, task.result["changed"], task.result["status"]) == (None, False, "success")
        assert task.result["note"] == "No change: it ended by itself meanwhile: success."


def test_a_job_that_was_just_launched_can_be_stopped() -> None:
    with bench([{"seconds": 50}], [FIRST]) as place:
        run = place.plan()
        assert run.states == (1, [1])
        task = operate(place, run, "terminate")
        assert (task.kind, task.result["changed"], task.result["status"]) == (None, True, "terminated")


def test_a_job_that_was_only_created_is_not_waited_for_long() -> None:
    with STANDINGS["created"].reached() as (place, run):
        task = operate(place, run, "terminate")
        assert task.msg == f"terminate is not possible now: job instance {run.id} is pending; possible: start"
        assert task.clock.now() <= 10


def test_a_step_in_transition_is_read_again() -> None:
    with STANDINGS["failed"].reached() as (place, run):
        run.operate(2)
        assert run.states == (2, [4, 1])
        task = operate(place, run, "retry_failed_hosts")
        assert (task.kind, task.result["changed"], task.asked) == (None, False, [])
        assert "it was already retried" in str(task.result["note"])


def test_a_signal_ends_the_task_and_reports_its_state() -> None:
    def interrupt() -> None:
        raise Interrupted("SIGTERM")

    with STANDINGS["asking"].reached() as (place, run):
        task = Operate(place, run, API, "confirm", clock=Busy(place, interrupt))
        assert (task.kind, task.result["changed"]) == ("interrupted", True)
        assert task.msg.startswith("Interrupted by SIGTERM; confirm of step ")
        assert task.msg.endswith(" was accepted; it is waiting_confirmation")
    with STANDINGS["asking"].reached() as (place, run):
        place.server.faults.add(do="close", call="operate_step_instance")
        task = Operate(place, run, API, "confirm", clock=Busy(place, interrupt))
        assert (task.kind, task.result["changed"]) == ("interrupted", True)
        assert "is not known" in task.msg
    with STANDINGS["created"].reached() as (place, run):
        task = Operate(place, run, API, "terminate", clock=Busy(place, interrupt))
        assert (task.kind, task.result["changed"], task.msg) == (
            "interrupted",
            False,
            "Interrupted by SIGTERM; nothing was changed",
        )


def test_a_signal_ends_a_first_read_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(*_arguments: object, **_more: object) -> None:
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("the signal changed nothing")

    with STANDINGS["asking"].reached() as (place, run):
        monkeypatch.setattr(JobClient, "status", hangs)
        with Interrupts().installed() as interrupts:
            task = Operate(place, run, API, "confirm", context=TaskContext(interrupts=interrupts))
        assert (task.kind, task.msg) == ("interrupted", "Interrupted by SIGTERM; nothing was changed")
        assert (task.result["changed"], task.asked) == (False, [])


def test_a_bug_leaves_the_outcome_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with STANDINGS["asking"].reached() as (place, run):
        monkeypatch.setattr(JobClient, "operate", lambda *_arguments: 1 / 0)
        task = operate(place, run, "confirm")
        assert (task.kind, "division" in task.msg, task.result["status"]) == (
            "unknown_outcome",
            True,
            "waiting_confirmation",
        )


class TestTheStep:
    """Which step is meant."""

    def test_it_may_be_named(self) -> None:
        with STANDINGS["failed"].reached() as (place, run):
            number = run.step()["step_instance_id"]
            task = operate(place, run, "retry_failed_hosts", step_instance_id=number)
            assert (task.kind, task.result["changed"], task.result["step_instance_id"]) == (None, True, number)

    def test_it_may_be_in_the_wrong_state_or_of_the_wrong_kind(self) -> None:
        with STANDINGS["confirmed, running"].reached() as (place, run):
            confirmation, script = (run.step(number)["step_instance_id"] for number in (0, 1))
            task = operate(place, run, "retry_failed_hosts", step_instance_id=script)
            why = f"step {script} (second) of job instance {run.id} is running"
            assert task.msg == f"retry_failed_hosts is not possible now: {why}; possible: terminate"
            task = operate(place, run, "retry_failed_hosts", step_instance_id=confirmation)
            assert f"step {confirmation} (go live?) of job instance {run.id} is a confirmation" in task.msg
            task = operate(place, run, "confirm", step_instance_id=script)
            assert f"step {script} (second) of job instance {run.id} is not a confirmation" in task.msg
            assert task.result["step_instance_id"] == script

    def test_it_may_not_exist(self) -> None:
        with STANDINGS["failed"].reached() as (place, run):
            task = operate(place, run, "retry_failed_hosts", step_instance_id=4711)
            assert (task.kind, task.msg) == ("not_found", f"Job instance {run.id} has no step 4711")
            assert task.error is not None
            assert "(first): failed, step " in (task.error.hint or "")

    def test_several_are_listed(self) -> None:
        with STANDINGS["failed"].reached() as (place, run):
            steps = [{"step_instance_id": 30 + n, "name": f"part {n}", "type": 1, "status": 4} for n in range(20)]
            job = {"job_instance_id": run.id, "status": 4}
            data = {"finished": True, "job_instance": job, "step_instance_list": steps}
            body = {"code": 0, "result": True, "data": data}
            place.server.faults.add(do="answer", body=body, call="get_job_instance_status")
            task = operate(place, run, "ignore_error")
            assert (task.kind, task.result["changed"], task.asked) == ("validation", False, [])
            start = f"ignore_error needs step_instance_id: 20 steps of job instance {run.id} match: "
            assert task.msg.startswith(start + "step 30 (part 0): failed, step 31 (part 1): failed")
            assert task.error is not None
            assert (task.error.hint or "").endswith("step 41 (part 11): failed and 8 more.")


def test_all_errors_of_a_task_come_together() -> None:
    with STANDINGS["success"].reached() as (place, run):
        before = len(place.server.journal)
        task = operate(place, run, "terminate", job_instance_id=0, step_instance_id=5, operate_timeout=-1)
        assert task.msg.splitlines() == [
            "Invalid task, no request was sent (3 errors):",
            "- job_instance_id: is 0, must be 1 or more",
            "- operate_timeout: must be a number of seconds above 0, at most 2592000, not -1.0",
            "- step_instance_id: is not supported by terminate, which applies to the whole instance",
        ]
        assert set(task.result) >= {"changed", "operation", "note", "status", "status_before", "steps", "step_status"}
        task = Operate(place, run, API, None)
        assert "- operation: is required: one of terminate, start, retry_failed_hosts" in task.msg
        assert len(place.server.journal) == before


def test_an_instance_that_does_not_exist() -> None:
    with STANDINGS["success"].reached() as (place, run):
        task = operate(place, run, "terminate", job_instance_id=4711)
        assert (task.kind, task.error and task.error.code, task.result["changed"]) == ("not_found", 1244006, False)
        assert task.result["job_instance_id"] == 4711
        assert task.msg.startswith("The state of job instance 4711 cannot be read: get_job_instance_status: 1244006: ")
        assert task.clock.now() == 0


def test_the_result() -> None:
    with STANDINGS["failed"].reached() as (place, run):
        task = operate(place, run, "ignore_error", web_url="https://job.example.com")
        step = run.step()["step_instance_id"]
        assert task.result["job_instance_url"] == f"https://job.example.com/api_execute/{run.id}"
        assert {key: task.result[key] for key in ("operation", "note", "job_instance_name", "step_instance_id")} == {
            "operation": "ignore_error",
            "note": None,
            "job_instance_name": "plan",
            "step_instance_id": step,
        }
        assert (task.result["status_before"], task.result["status"]) == ("failed", "running")
        assert (task.result["step_status_before"], task.result["step_status"]) == ("failed", "ignored_error")
        assert done(place) == [(3, step)]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("state", "word", "before", "after"),
    [
        ("asking", "confirm", ("waiting_confirmation", "waiting_confirmation"), ("running", "success")),
        ("asking", "terminate", ("waiting_confirmation",) * 2, ("confirmation_refused",) * 2),
        ("running", "terminate", ("running", None), ("terminated", None)),
        ("terminated", "next_step", ("terminated", "terminated"), ("running", "skipped")),
        ("success", "terminate", ("success", None), ("success", None)),
    ],
)
def test_the_difference_as_text(state: str, word: str, before: Any, after: Any, check_mode: bool) -> None:
    with STANDINGS[state].reached() as (place, run):
        step = run.step()["step_instance_id"]
        task = operate(place, run, word, context=TaskContext(check_mode=check_mode, diff=True))

        def lines(job: str, of_step: str | None) -> str:
            return f"job instance {run.id}: {job}\n" + (f"step {step}: {of_step}\n" if of_step else "")

        # In the end the job may have changed again.
        job = after[0] if check_mode else task.result["status"]
        assert task.result["diff"] == {"before": lines(*before), "after": lines(job, after[1])}
        assert len(task.asked) == (not check_mode and before != after)


@pytest.mark.parametrize(
    ("delivery", "kind", "summary"),
    [
        (Delivery.REJECTED, "conflict", "terminate of job instance 17 failed: wrong state"),
        (
            Delivery.UNKNOWN,
            "unknown_outcome",
            "terminate of job instance 17 got no clear response; it is running: wrong state",
        ),
    ],
)
def test_a_stop_that_was_not_accepted_counts_more_than_a_state_that_cannot_be_read(
    delivery: Delivery, kind: str, summary: str
) -> None:
    instance, unreadable = JobInstance(17, 2, False), JobError("no permission", kind="permission")
    changed = delivery is Delivery.UNKNOWN
    record = OperationResult(OperationRequest(TERMINATE, 17, None, 60), instance=instance, changed=changed)
    last_error = JobError("wrong state", kind="conflict", delivery=delivery)
    error = not_stopped_error(record, StopResult(instance, last_error=last_error, unreadable=unreadable))
    assert (error.kind, error.summary) == (kind, summary)
