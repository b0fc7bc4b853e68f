# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation in every state: carried out once, so already, or refused with the right words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.models.operations import OPERATIONS
from ansible_collections.blueking.job.tests.unit.helpers.instance_states import (
    APIS,
    STANDINGS,
    LinkedClock,
    Operate,
    done,
)
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import Bench, Run

WORDS = [
    *("terminate", "start", "retry_failed_hosts", "retry_all_hosts", "ignore_error"),
    *("confirm", "refuse_confirmation", "restart_confirmation", "next_step", "skip_step", "continue_rolling"),
]
# Columns in the order of the words: "do" is carried out, "so" is so already, "-" is refused. "stays" is so already, and
# waited for in vain.
TABLE = """
                         term  start retryF retryA ignore confirm refuse restart next skip continue
created                  -     do    -      -      -      -       -      -       -    -    -
running                  do    so    -      -      -      -       -      -       -    -    so
running again            do    so    so     so     -      -       -      -       -    -    so
success                  so    so    so     -      -      -       -      -       -    -    -
failed                   so    so    do     do     do     -       -      -       -    -    -
error ignored, running   do    so    -      -      so     -       -      -       -    -    so
error ignored, success   so    so    so     -      so     -       -      -       -    -    -
abnormal                 so    so    do     do     -      -       -      -       -    -    -
abnormal, left running   do    so    do     do     -      -       -      -       -    -    -
abandoned                so    so    -      -      -      -       -      -       -    -    -
terminating              stays so    -      -      -      -       -      -       -    do   -
terminated               so    so    do     do     -      -       -      -       do   -    -
terminated after success so    so    -      -      -      -       -      -       -    -    -
left behind, running     do    so    -      -      -      -       -      -       so   so   so
left behind, success     so    so    so     -      -      -       -      -       so   so   -
asking                   do    so    -      -      -      do      do     so      -    -    -
asking, terminating      do    so    -      -      -      do      do     so      -    -    -
confirmed, running       do    so    -      -      -      so      -      -       -    -    so
confirmed, success       so    so    so     -      -      so      -      -       -    -    -
refused                  so    so    -      -      -      -       so     do      -    -    -
between batches          do    so    -      -      -      -       -      -       -    -    so
asking between batches   do    so    -      -      -      -       -      -       -    -    do
batch failed             so    so    do     do     do     -       -      -       -    -    -
rolling on               do    so    -      -      so     -       -      -       -    -    -
"""
ROWS = {line[:25].strip(): dict(zip(WORDS, line[25:].split(), strict=True)) for line in TABLE.splitlines()[2:]}
CELLS = [(state, word, row[word]) for state, row in ROWS.items() for word in WORDS]
REFUSED = [(state, word) for state, word, what in CELLS if what == "-"]
HARMFUL = [("abnormal", "ignore_error"), ("abnormal, left running", "ignore_error")]
STATE_WORDS = {
    1: "pending",
    2: "running",
    3: "success",
    4: "failed",
    5: "skipped",
    6: "ignored_error",
    7: "waiting_confirmation",
    9: "abnormal",
    10: "terminating",
    11: "terminated",
    13: "confirmation_refused",
    14: "abandoned",
    15: "rolling_waiting",
}
# What an operation makes of the step, where that lasts.
MAKES = {"ignore_error": 6, "confirm": 3, "refuse_confirmation": 13, "restart_confirmation": 7, "next_step": 5}
MAKES["skip_step"] = 5
V3_APIS = [api_case for api_case in APIS if api_case != "ESB v2"]


@pytest.fixture(scope="module")
def gallery() -> Iterator[dict[str, tuple[Bench, Run]]]:
    """A run in each state, for whoever leaves it as it is."""
    with ExitStack() as stack:
        yield {state: stack.enter_context(standing.reached()) for state, standing in STANDINGS.items()}


def test_the_table_is_complete() -> None:
    assert list(ROWS) == list(STANDINGS)
    assert list(OPERATIONS) == WORDS


def check_refused(task: Operate, state: str, word: str) -> None:
    assert (task.kind, task.result["changed"], task.asked) == ("validation", False, [])
    job, steps = STANDINGS[state].states
    assert task.msg.startswith(f"{word} is not possible now: ")
    assert STATE_WORDS[job] in task.msg
    possible = [each for each, what in ROWS[state].items() if what == "do"]
    assert task.error is not None
    assert task.error.hint is not None
    choice = (
        f"Choose an operation possible now: {', '.join(possible)}." if possible else "No operation is possible now."
    )
    assert choice in task.error.hint
    for status in steps:
        assert f"): {STATE_WORDS[status]}" in task.error.hint


def check_already(task: Operate, state: str) -> None:
    assert (task.kind, task.result["changed"], task.asked) == (None, False, [])
    assert str(task.result["note"]).startswith("No change: ")
    assert task.result["status"] == task.result["status_before"] == STATE_WORDS[STANDINGS[state].states[0]]


def check_stays(task: Operate) -> None:
    assert (task.kind, task.result["changed"], task.asked) == ("wait_timeout", False, [])
    assert "was being terminated already" in task.msg


def check_done(task: Operate, place: Bench, run: Run, state: str, word: str) -> None:
    job, steps = STANDINGS[state].states
    assert (task.kind, task.result["changed"]) == (None, True)
    assert len(task.asked) == 1
    assert task.result["status_before"] == STATE_WORDS[job]
    if word == "terminate":
        assert task.result["status"] == (
            "confirmation_refused" if state.startswith("asking,") or state == "asking" else "terminated"
        )
    elif word == "start":
        assert task.result["status"] != "pending"
    else:
        number = [run.step(n)["step_instance_id"] for n in range(len(steps))].index(task.result["step_instance_id"])
        assert task.result["step_status_before"] == STATE_WORDS[steps[number]]
        assert done(place)[-1] == (OPERATIONS[word].code, task.result["step_instance_id"])
        if word in MAKES and state != "batch failed":
            assert task.result["step_status"] == STATE_WORDS[MAKES[word]]
        elif word.startswith("retry"):
            assert run.step(number)["execute_count"] == 1
        else:
            assert task.result["step_status"] not in ("failed", "waiting_confirmation")


# What is carried out is so with both APIs; else each state and each operation meets both, one or the other in turn.
@pytest.mark.parametrize(
    ("state", "word", "expected", "api_case"),
    [
        (*cell, api_case)
        for number, cell in enumerate(CELLS)
        for turn, api_case in enumerate(V3_APIS)
        if cell[2] in ("do", "stays") or number % len(V3_APIS) == turn
    ],
    ids=lambda part: str(part).replace(" ", "_"),
)
def test_cell(state: str, word: str, expected: str, api_case: str, gallery: dict[str, tuple[Bench, Run]]) -> None:
    if expected == "do":
        with STANDINGS[state].reached() as (place, run):
            task = Operate(place, run, api_case, word, clock=LinkedClock(place.server))
            check_done(task, place, run, state, word)
        return
    place, run = gallery[state]
    task = Operate(place, run, api_case, word)
    if expected == "-":
        check_refused(task, state, word)
    elif expected == "so":
        check_already(task, state)
    else:
        check_stays(task)
    assert run.states == STANDINGS[state].states


@pytest.mark.parametrize(("state", "word", "expected"), CELLS, ids=lambda part: str(part).replace(" ", "_"))
def test_check_mode_reports_the_same_and_writes_nothing(
    state: str, word: str, expected: str, gallery: dict[str, tuple[Bench, Run]]
) -> None:
    place, run = gallery[state]
    task = Operate(place, run, "ESB v3", word, context=TaskContext(check_mode=True))
    assert (task.asked, run.states) == ([], STANDINGS[state].states)
    if expected == "-":
        check_refused(task, state, word)
    elif expected != "do":
        check_already(task, state)
    else:
        assert (task.kind, task.result["changed"]) == (None, True)
        assert task.result["status"] == task.result["status_before"] == STATE_WORDS[STANDINGS[state].states[0]]


def codes_of(run: Run, word: str) -> list[Any]:
    """The server's response to an operation, for each step if it is about steps."""
    operation = OPERATIONS[word]
    if operation.object_kind == "job":
        call = {"job_instance_id": run.id, "operation_code": operation.code}
        return [run.client.call("operate_job_instance", **call)["code"]]
    return [run.operate(operation.code, number) for number in range(len(run.states[1]))]


@pytest.mark.parametrize(("state", "word"), REFUSED, ids=lambda part: str(part).replace(" ", "_"))
def test_the_server_refuses_too(state: str, word: str, gallery: dict[str, tuple[Bench, Run]]) -> None:
    """What the module calls impossible JOB refuses for every step."""
    if (state, word) not in HARMFUL:
        assert set(codes_of(gallery[state][1], word)) == {1241003}


@pytest.mark.parametrize(("state", "word"), HARMFUL)
def test_what_the_server_takes_and_should_not(state: str, word: str) -> None:
    """The one exception: JOB takes it, does nothing, and leaves the job running for ever."""
    assert (state, word) in REFUSED
    with STANDINGS[state].reached() as (place, run):
        assert codes_of(run, word)[0] == 0
        place.clock.advance(3600)
        assert run.states == (2, [9, 1])


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("created", "start"),
        ("running", "terminate"),
        ("asking", "terminate"),
        ("failed", "retry_failed_hosts"),
        ("asking", "confirm"),
        ("terminated", "next_step"),
        ("success", "terminate"),
        ("running", "confirm"),
    ],
)
def test_the_legacy_api(state: str, word: str) -> None:
    with STANDINGS[state].reached() as (place, run):
        task = Operate(place, run, "ESB v2", word, clock=LinkedClock(place.server))
        expected = ROWS[state][word]
        if expected == "do":
            check_done(task, place, run, state, word)
        elif expected == "so":
            check_already(task, state)
        else:
            check_refused(task, state, word)
