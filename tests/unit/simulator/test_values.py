# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What steps leave in string variables: for the next step, and for whoever reads the values of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.support.simulator.errors import InventoryError
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import CONFIRM, SCRIPT, bench
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import estate as small_estate
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, steps_of

CALL = "get_job_instance_global_var_value"
VARIABLES = [
    {"id": 1, "name": "v", "type": "string", "value": "one"},
    {"id": 2, "name": "w", "type": "string"},
    {"id": 3, "name": "key", "type": "cipher", "value": "k"},
    {"id": 4, "name": "place", "type": "namespace", "value": "p"},
]
SHOW = 'echo "v=$v w=$w place=$place args=$*"'


def step(content: str, hosts: Sequence[int] = (1,), **more: Any) -> dict[str, Any]:
    return {"account": "root", "target": {"host_id_list": list(hosts)}, "content": content, **more}


def with_variables(steps: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"id": 1, "scope": "2", "name": "plan", "variables": VARIABLES, "steps": list(steps)}]


@contextmanager
def real(*steps: dict[str, Any]) -> Iterator[Client]:
    """A server that really runs plan 1 with these steps."""
    named = [{"name": f"step {number}", **entry} for number, entry in enumerate(steps)]
    inventory = {**small_estate(), "executor": "process", "clock": "flowing", "plans": with_variables(named)}
    del inventory["outcomes"]
    with JobServer(inventory) as server:
        yield Client(server)


def values(client: Client, job_id: int) -> list[dict[str, Any] | None]:
    """The values of each step that is shown; v2 has to say the same as v3."""
    newer = client.data(CALL, job_instance_id=job_id)["step_instance_var_list"]
    older = client.v2(CALL, job_instance_id=job_id)["data"]["job_instance_var_values"]
    ids = [entry["step_instance_id"] for entry in client.status(job_id)["step_instance_list"]]
    shown = [entry["step_instance_id"] for entry in newer]
    assert shown == [number for number in ids if number in shown]
    assert [entry["step_instance_id"] for entry in older] == shown
    for new, old in zip(newer, older, strict=True):
        assert {entry["type"] for entry in new["global_var_list"]} == {1}
        values = [{"name": one["name"], "value": one["value"], "type": one["category"]} for one in _of(old)]
        assert values == new["global_var_list"]
    return [{one["name"]: one["value"] for one in entry["global_var_list"]} for entry in newer]


def _of(entry: dict[str, Any]) -> Any:
    return entry["step_instance_var_values"]


def test_what_a_step_leaves_reaches_the_next_one() -> None:
    with real(step("v=two; key=lost; place=here"), step(SHOW, param="${v} ${key}"), step("w='$v'; exit 0")) as client:
        job_id = client.plan(1)
        assert steps_of(client.finished(job_id)) == [3, 3, 3]
        assert client.logs(job_id, step=1) == {1: "v=two w= place=here args=two k\n"}
        assert values(client, job_id) == [{"v": "two", "w": None}, {"v": "two", "w": None}, {"v": "two", "w": "$v"}]


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("v=$'a\\n\\'b\" $(no) \\\\ ü\\n'", "a\n'b\" $(no) \\ ü\n"),
        ("v=", ""),
        ("set -u; unset v", ""),
        ("set -eC; unset place; v=kept", "kept"),
        ("cd /; printf() { :; }; v=elsewhere; job_success well", "elsewhere"),
        ("(v=inside)", "one"),
        ("trap - EXIT; v=lost", "one"),
    ],
)
def test_any_text_can_be_left(script: str, left: str) -> None:
    with real(step(script, ignore_error=True), step('printf "[%s]" "$v"')) as client:
        job_id = client.plan(1)
        client.finished(job_id)
        assert client.logs(job_id, step=1) == {1: f"[{left}]"}
        assert [entry["v"] for entry in values(client, job_id) if entry] == [left, left]


def test_of_several_hosts_the_last_one_that_changed_it_counts() -> None:
    script = 'case "$(hostname)" in node-3) ;; *) v="of $(hostname)" ;; esac; [ "$(hostname)" != node-1 ] || w=set'
    with real(step(script, (1, 2, 3)), step(SHOW, (1, 2))) as client:
        job_id = client.plan(1)
        client.finished(job_id)
        assert values(client, job_id) == [{"v": "of node-2", "w": "set"}] * 2
        line = "v=of node-2 w=set place=p args=\n"
        assert client.logs(job_id, step=1) == {1: line, 2: line}


def test_other_languages_leave_and_change_nothing() -> None:
    with real(step("v=two"), step("v = 'three'", language=4), step(SHOW)) as client:
        job_id = client.plan(1)
        client.finished(job_id)
        assert [entry["v"] for entry in values(client, job_id) if entry] == ["two", "two", "two"]
        assert client.logs(job_id, step=2)[1].startswith("v=two ")


def test_a_failed_step_leaves_its_values_to_later_steps() -> None:
    with real(step("v=two; exit 3"), step(SHOW)) as client:
        job_id = client.plan(1)
        assert steps_of(client.finished(job_id)) == [4, 1]
        assert values(client, job_id) == [{"v": "two", "w": None}] * 2


def test_a_script_that_was_ended_by_force_leaves_nothing() -> None:
    with real(step("v=two; sleep 60", timeout=1, ignore_error=True), step(SHOW)) as client:
        job_id = client.plan(1)
        client.finished(job_id)
        assert [entry["v"] for entry in values(client, job_id) if entry] == ["one", "one"]


@pytest.mark.parametrize(("script", "left"), [("w=good", "good"), ("trap - EXIT", None)])
def test_a_retry_begins_as_the_first_time_and_replaces_what_was_left(script: str, left: str | None) -> None:
    once = f'[ "$v" = one ] || exit 9; if [ -e again ]; then {script}; else touch again; v=bad; exit 1; fi'
    with real(step(once), step(SHOW)) as client:
        job_id = client.plan(1)
        first = client.finished(job_id)["step_instance_list"][0]["step_instance_id"]
        assert values(client, job_id) == [{"v": "bad", "w": None}] * 2
        client.data("operate_step_instance", job_instance_id=job_id, step_instance_id=first, operation_code=2)
        client.until(job_id, 3)
        assert values(client, job_id) == [{"v": "one", "w": left}] * 2


def test_a_launch_value_is_where_it_begins() -> None:
    with real(step(SHOW), step("v=two")) as client:
        job_id = client.plan(1, {"name": "v", "value": "sent"})
        client.finished(job_id)
        assert [entry["v"] for entry in values(client, job_id) if entry] == ["sent", "two"]


def test_a_fast_script_has_no_values() -> None:
    with real(step("true")) as client:
        job_id = client.script("v=two", [1])
        client.finished(job_id)
        assert client.data(CALL, job_instance_id=job_id) == {"job_instance_id": job_id, "step_instance_var_list": []}
        older = client.v2(CALL, job_instance_id=job_id)["data"]
        assert older == {"job_instance_id": job_id, "job_instance_var_values": []}


def test_played_runs_leave_the_results_of_their_rules() -> None:
    steps = [{**SCRIPT, "name": "set"}, CONFIRM, {**SCRIPT, "name": "read"}, {**SCRIPT, "name": "slow"}]
    rules = [
        {"step": "set", "hosts": [2], "sets": {"v": "two", "nobody": "x"}, "seconds": 5},
        {"step": "set", "hosts": [3], "sets": {"w": 7}},
        {"step": "slow", "seconds": 101, "sets": {"v": "too late"}},
    ]
    with bench(rules, plans=with_variables(steps)) as desk:
        run = desk.plan()
        assert values(desk.client, run.id) == [{"v": "one", "w": None}] * 3
        desk.clock.advance(1)
        # While a step runs, its hosts that are done count.
        assert values(desk.client, run.id) == [{"v": "one", "w": "7"}] * 3
        desk.clock.advance(100)
        left = {"v": "two", "w": "7"}
        assert values(desk.client, run.id) == [left, left, left]
        assert run.operate(6, 1) == 0
        assert run.done() == (4, [3, 3, 3, 4])
        assert values(desk.client, run.id) == [left, left, left]


@pytest.mark.parametrize("wrong", ["v", ["v"], {"v": None}, {"": "x"}])
def test_rules_that_set_something_else(wrong: Any) -> None:
    with pytest.raises(InventoryError, match=r"outcomes\[0\]\.sets"):
        JobServer(small_estate([{"sets": wrong}]))
