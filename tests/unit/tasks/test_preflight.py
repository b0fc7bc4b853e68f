# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole tasks, against the JOB simulator: what is read before a launch, and that no launch follows."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.api.client import JobClient
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.common.redaction import MASK
from ansible_collections.blueking.job.plugins.module_utils.common.signals import Interrupts
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask, JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import PLAN_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, run_task

INVENTORY = """
apps:
  - {code: app, secret: app_secret, login_exempt: true}
  - code: narrow
    secret: app_secret
    login_exempt: true
    denied_calls: [get_job_plan_detail, get_job_detail, get_job_plan_list, get_job_list, check_script]
users: [{name: alice}, {name: bob}]
denied: [{user: bob, action: view_job_plan}]
scopes: [{type: biz, id: "2", name: demo}]
hosts: [{id: 101, ip: 10.0.0.1, scope: "2"}]
accounts: [{id: 1, alias: root, scope: "2"}]
high_risk:
  - {pattern: 'rm\\s+-rf\\s+/', description: removes everything}
  - {pattern: tmp, description: matter of taste, level: 1, intercept: false}
plans:
  - id: 1
    scope: "2"
    name: deploy
    template_id: 8
    variables:
      - {id: 11, name: targets, type: host, required: true, server: {host_id_list: [101]}}
      - {id: 12, name: version, type: string, value: "1.0"}
      - {id: 13, name: password, type: cipher, value: plan-password}
      - {id: 14, name: words, type: indexed_array, value: (default)}
    steps:
      - name: show
        account: root
        target: {variable: targets}
        content: 'echo "$version:$password:${words[*]}"'
  - id: 2
    scope: "2"
    name: deploy-web
    template_id: 8
    variables: [{id: 21, name: region, type: string, required: true}]
    steps: [{name: show, account: root, target: {host_id_list: [101]}, content: 'echo "$region"'}]
  - &twin
    id: 3
    scope: "2"
    name: twin
    template_id: 8
    steps: [{name: a, account: root, content: echo, target: {host_id_list: [101]}}]
  - {<<: *twin, id: 4, template_id: 9}
"""
APIS = {
    "ESB v2": {"gateway": "esb", "api_version": "v2"},
    "ESB v3": {"gateway": "esb", "api_version": "v3"},
    "API gateway v3": {"gateway": "apigw", "api_version": "v3"},
}
SPECS: dict[Task, Spec] = {fast_script: FAST_SCRIPT, job_plan: JOB_PLAN, plan_info: PLAN_INFO}
READS = {"get_job_plan_list", "get_job_plan_detail", "get_job_list", "get_job_detail", "check_script"}
NO_SUCH = "plan 1 (deploy) has no variable"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobServer]:
    inventory = tmp_path_factory.mktemp("inventory") / "plans.yml"
    inventory.write_text(INVENTORY, encoding="utf-8")
    with JobServer(inventory) as running:
        yield running


class Caller:
    """Run tasks over one API generation, and return what the server saw of the last one."""

    def __init__(self, server: JobServer, words: dict[str, str]) -> None:
        self._server = server
        self._url = server.url + ("/api/bk-job/prod" if words["gateway"] == "apigw" else "")
        self._words = words
        self._before = 0
        self.context = TaskContext()
        self.clock = Clock()
        self.v2 = words["api_version"] == "v2"

    def run(
        self,
        task: Task,
        check_mode: bool = False,
        diff: bool = False,
        interrupts: Interrupts | None = None,
        **options: object,
    ) -> dict[str, Any]:
        given = {
            "api_url": self._url,
            "bk_app_code": "app",
            "bk_app_secret": "app_secret",
            "bk_username": "alice",
            "bk_scope_id": "2",
            **({"poll_interval": 0.02} if "poll_interval" in SPECS[task] else {}),
            **self._words,
            **options,
        }
        self.context = TaskContext(check_mode, diff, self.clock, interrupts or Interrupts())
        self._before = len(self._server.journal)
        return run_task(task, SPECS[task], given, self.context)

    def fails(self, task: Task, **options: Any) -> JobError:
        """The error of a task; nothing but reads has reached the server, in check mode or not."""
        for check_mode in (True, False):
            with pytest.raises(JobError) as caught:
                self.run(task, check_mode=check_mode, **options)
            assert set(self.calls) <= READS
            result = caught.value.result
            assert (result["changed"], result["launch_outcome"], result["job_instance_id"]) == (False, "not_sent", None)
        return caught.value

    @property
    def calls(self) -> list[str]:
        """The calls of the last task."""
        return [entry["call"] for entry in self._server.journal[self._before :]]

    @property
    def warnings(self) -> list[str]:
        return self.context.problems.warnings


@pytest.fixture(params=list(APIS))
def caller(request: pytest.FixtureRequest, server: JobServer) -> Caller:
    return Caller(server, APIS[request.param])


def test_every_error_at_once_and_no_launch(caller: Caller) -> None:
    wrong = [
        {"name": "verison", "value": "2"},
        {"id": 99, "value": "2"},
        {"id": 12, "name": "words", "value": "2"},
        {"name": "targets", "value": "10.0.0.1"},
        {"name": "words", "server": {"ip_list": ["10.0.0.1"]}},
        {"name": "password", "value": "******"},
        {"id": 14, "value": {"a": 1}},
    ]
    error = caller.fails(job_plan, job_plan_name="deploy", global_var_list=wrong)
    assert isinstance(error, InvalidTask)
    assert error.kind == "validation"
    assert error.errors == [
        "global_var_list[4].name: words is set already by global_var_list[2].name; "
        "JOB would use the last and ignore the rest",
        f"global_var_list[0].name: {NO_SUCH} 'verison'; did you mean version?",
        f"global_var_list[1].id: {NO_SUCH} with the id 99; it has targets, version, password, words",
        "global_var_list[2].name: is 'words', but the id 12 belongs to version, and JOB uses only the id",
        "global_var_list[3].value: targets is a host variable: set its hosts with server, not with a value",
        "global_var_list[4].server: words is an indexed array and accepts no hosts: use value",
        "global_var_list[5].value: is the mask that JOB shows in place of a cipher; "
        "leave password out to keep the plan's value",
        "global_var_list[6].value: words (id 14) is an indexed array and accepts a list, not a dictionary",
        "global_var_list[6].id: words has the id 14 and is set already by global_var_list[4].name; "
        "JOB would use one and ignore the other",
    ]


def test_a_variable_given_twice_is_rejected_without_reading_the_plan(caller: Caller) -> None:
    twice = [{"name": "version", "value": "1"}, {"name": "version", "value": "2"}]
    for options, calls in (
        ({"validate_variables": False}, 0),
        ({"validate_variables": False, "job_plan_name": "deploy", "job_plan_id": None}, 0),
        ({"wait_timeout": 0}, 0),
        ({}, 1),
        ({"bk_username": "bob"}, 1),
    ):
        error = caller.fails(job_plan, **{"job_plan_id": 1, "global_var_list": twice, **options})
        assert isinstance(error, InvalidTask)
        assert "version is set already by global_var_list[0].name" in error.summary
        assert len(caller.calls) == calls


def test_required_variables(caller: Caller) -> None:
    if caller.v2:
        # v2 does not return what is required, and JOB itself does not check it.
        assert caller.run(job_plan, job_plan_id=2)["status"] == "success"
        return
    assert "requires a value for region" in caller.fails(job_plan, job_plan_id=2).summary
    error = caller.fails(job_plan, job_plan_id=2, global_var_list=[{"id": 21, "value": ""}])
    assert "region (id 21) is required" in error.summary


def test_a_good_plan_by_its_name(caller: Caller) -> None:
    options: dict[str, Any] = {
        "job_plan_name": "deploy",
        "global_var_list": [{"name": "version", "value": "2.0"}, {"id": 14, "value": ["a", "b c"]}],
    }
    checked = caller.run(job_plan, check_mode=True, **options)
    reads = ["get_job_list", "get_job_detail"] if caller.v2 else ["get_job_plan_list", "get_job_plan_detail"]
    assert caller.calls == reads
    assert checked["request"]["body"]["bk_job_id" if caller.v2 else "job_plan_id"] == 1
    result = caller.run(job_plan, diff=True, logs="all", **options)
    assert caller.calls[:3] == [*reads, "execute_job" if caller.v2 else "execute_job_plan"]
    assert result["hosts"][0]["log"] == "2.0:plan-password:a b c\n"
    assert result["request"] == checked["request"]
    assert (result["launch_outcome"], checked["launch_outcome"]) == ("started", "check_mode")
    assert caller.warnings == []


def test_without_validation_jobs_silence_stays_what_it_is(caller: Caller) -> None:
    options: dict[str, Any] = {
        "job_plan_id": 1,
        "global_var_list": [{"name": "verison", "value": "2.0"}],
        "logs": "all",
    }
    result = caller.run(job_plan, validate_variables=False, **options)
    assert result["hosts"][0]["log"] == "1.0:plan-password:default\n"
    assert not READS & set(caller.calls)


def test_a_cipher_is_secret_with_every_option(caller: Caller) -> None:
    options: dict[str, Any] = {"job_plan_id": 1, "global_var_list": [{"name": "password", "value": "planted-word"}]}
    for check_mode in (True, False):
        result = caller.run(job_plan, check_mode=check_mode, diff=True, **options)
        body = result["request"]["body"]
        assert body["global_vars" if caller.v2 else "global_var_list"] == [{"name": "password", "value": MASK}]
        assert caller.context.secrets.knows("planted-word")
    error = caller.fails(
        job_plan, job_plan_id=1, global_var_list=[*options["global_var_list"], {"id": 5, "value": "x"}]
    )
    assert "planted-word" not in error.summary
    assert caller.context.secrets.knows("planted-word")


@pytest.mark.parametrize("who", [{"bk_username": "bob"}, {"bk_app_code": "narrow"}])
def test_a_user_who_may_not_read_the_plan_may_launch_it(caller: Caller, who: dict[str, str]) -> None:
    options: dict[str, Any] = {"job_plan_id": 1, "global_var_list": [{"name": "verison", "value": "2.0"}], **who}
    assert caller.run(job_plan, check_mode=True, **options)["launch_outcome"] == "check_mode"
    (warning,) = caller.warnings
    assert caller.run(job_plan, **options)["status"] == "success"
    assert [text[:60] for text in caller.warnings] == [warning[:60]]
    assert warning.startswith("Plan 1 cannot be read, so its variables are not checked, and values of its ciphers")


def test_who_may_not_list_must_give_the_number(caller: Caller) -> None:
    error = caller.fails(job_plan, job_plan_name="deploy", bk_app_code="narrow")
    assert error.kind == "permission"
    assert "job_plan_id" in (error.hint or "")


def test_names_that_do_not_name_one_plan(caller: Caller) -> None:
    error = caller.fails(job_plan, job_plan_name="twin")
    assert error.kind == "validation"
    assert ("twin (3), twin (4)" if caller.v2 else "twin (3, template 8), twin (4, template 9)") in error.summary
    for name in ("deplo", "depoly"):
        error = caller.fails(job_plan, job_plan_name=name)
        assert (error.kind, error.code) == ("not_found", None)
        assert ("deploy (1)" if caller.v2 else "deploy (1, template 8)") in error.summary


@pytest.mark.parametrize("api_case", APIS)
def test_names_with_characters_of_like_patterns(api_case: str) -> None:
    names = ["back\\slash", "100%", "a_b", "end\\"]
    steps = [{"name": "a", "account": "root", "content": "echo", "target": {"host_id_list": [101]}}]
    neighbors = [f"{name.replace('_', '-')} too" for name in names]
    plans = [{"id": n, "scope": "2", "name": name, "steps": steps} for n, name in enumerate([*names, *neighbors], 1)]
    with JobServer({**yaml.safe_load(INVENTORY), "plans": plans}) as server:
        caller = Caller(server, APIS[api_case])
        for number, name in enumerate(names, 1):
            request = caller.run(job_plan, check_mode=True, job_plan_name=name)["request"]
            assert request["body"]["bk_job_id" if caller.v2 else "job_plan_id"] == number
            assert [plan["job_plan_id"] for plan in caller.run(plan_info, name=name)["plans"]] == [number]


def test_plans_that_do_not_exist(caller: Caller) -> None:
    error = caller.fails(job_plan, job_plan_id=4711)
    assert (error.kind, error.code) == ("not_found", 1243009)
    assert "plan 4711" in error.summary
    assert error.request_id is not None


def test_trouble_with_the_reads(caller: Caller, server: JobServer) -> None:
    call = "get_job_detail" if caller.v2 else "get_job_plan_detail"
    server.faults.add(do="close", call=call, next=2)
    try:
        caller.run(job_plan, job_plan_id=1, wait=False)
    finally:
        server.faults.clear()
    assert caller.calls[:3] == [call] * 3


def test_trouble_with_the_reads_that_stays(caller: Caller, server: JobServer) -> None:
    server.faults.add(do="garbage", call="get_job_detail" if caller.v2 else "get_job_plan_detail", every=1)
    caller.clock = FakeClock()
    try:
        error = caller.fails(job_plan, job_plan_id=1)
    finally:
        server.faults.clear()
    assert (error.kind, len(caller.calls) > 3) == ("protocol", True)


def test_reads_and_launch_share_one_time_limit(caller: Caller, server: JobServer) -> None:
    reading, launching = ("get_job_detail", "execute_job") if caller.v2 else ("get_job_plan_detail", "execute_job_plan")
    server.faults.add(do="error", code=1240002, call=reading, next=4)
    server.faults.add(do="error", code=1244032, call=launching, every=1)
    caller.clock = clock = FakeClock()
    try:
        with pytest.raises(JobError) as caught:
            caller.run(job_plan, job_plan_id=1, launch_timeout=20)
    finally:
        server.faults.clear()
    assert (caught.value.kind, caught.value.result["launch_outcome"]) == ("quota", "rejected")
    assert (caller.calls.count(reading), launching in caller.calls) == (5, True)
    assert sum(clock.slept) <= 20


def test_check_mode_asks_about_the_script(caller: Caller) -> None:
    options = {"account_alias": "root", "ip_list": ["10.0.0.1"], "script_content": "echo\nrm -rf /tmp/x\n"}
    result = caller.run(fast_script, check_mode=True, **options)
    assert result["launch_outcome"] == "check_mode"
    assert caller.calls == ([] if caller.v2 else ["check_script"])
    found = "JOB's rules for scripts, line 2 (fatal): removes everything"
    assert caller.warnings == ([] if caller.v2 else [found])
    caller.run(fast_script, check_mode=True, bk_app_code="narrow", **options)
    assert [warning[:30] for warning in caller.warnings] == ([] if caller.v2 else ["The script was not checked aga"])
    with pytest.raises(JobError) as caught:
        caller.run(fast_script, **options)
    assert caught.value.kind == "script_rejected"
    assert caller.calls == ["fast_execute_script"]


def test_a_signal_ends_the_read_of_a_plan_at_once(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_arguments: object, **_more: object) -> None:
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("the signal changed nothing")

    monkeypatch.setattr(JobClient, "plan", slow)
    with caller.context.interrupts.installed() as interrupts, pytest.raises(JobError) as caught:
        caller.run(job_plan, interrupts=interrupts, job_plan_id=1)
    assert (caught.value.kind, caught.value.summary) == ("interrupted", "Interrupted by SIGTERM; nothing was launched")
    assert caught.value.result["launch_outcome"] == "not_sent"
    assert caller.calls == []
