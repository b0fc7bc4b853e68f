# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option, also inside others, given every wrong way: one clear error with its name, nothing sent, no crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import (
    FAST_FILE,
    FAST_SCRIPT,
    JOB_PLAN,
    JOB_WAIT,
)
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO, PLAN_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_operate import JOB_OPERATE
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Option, Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file, fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.unit.helpers.fakes import patch_module_args
from ansible_collections.blueking.job.tests.unit.helpers.message_style import wrong_words

# Nothing listens there: a task that passed would say "not_sent" and no option.
CONNECTION = {
    "api_url": "http://127.0.0.1:9",
    "bk_app_code": "a",
    "bk_app_secret": "planted-secret",
    "bk_username": "u",
    "bk_scope_id": "2",
}
# A task that accepts a wrong value must not try for minutes.
SHORT = {"launch_timeout": 0.1, "wait_timeout": 0.1}
SPECS: dict[Task, Spec] = {
    job_plan: JOB_PLAN,
    fast_script: FAST_SCRIPT,
    fast_file: FAST_FILE,
    job_wait: JOB_WAIT,
    job_operate: JOB_OPERATE,
    instance_info: INSTANCE_INFO,
    plan_info: PLAN_INFO,
}
SOURCE_HOSTS = {"ip_list": ["10.0.0.1"], "topo_node_list": [{"id": 1, "node_type": "set"}]}
GOOD: dict[Task, dict[str, Any]] = {
    job_plan: {**CONNECTION, **SHORT, "job_plan_id": 1},
    fast_script: {
        **CONNECTION,
        **SHORT,
        "script_content": "x",
        "account_alias": "a",
        "target_server": {"host_id_list": [1]},
    },
    fast_file: {
        **CONNECTION,
        **SHORT,
        "file_source_list": [{"file_list": ["/a"], "server": SOURCE_HOSTS, "account_alias": "a"}],
        "file_target_path": "/b",
        "account_alias": "a",
        "target_server": {"host_id_list": [1]},
    },
    job_wait: {**CONNECTION, "wait_timeout": 0.1, "job_instance_id": 1},
    job_operate: {**CONNECTION, "operate_timeout": 0.1, "job_instance_id": 1, "operation": "confirm"},
    instance_info: CONNECTION,
    plan_info: CONNECTION,
}
WRONG: dict[str, list[object]] = {
    "int": ["x", "", 1.5, True, [1, 2], {"a": 1}, 10**30, -1],
    "float": ["x", True, [1], {"a": 1}, 0, -1, 1e30],
    "str": [True, ["wrong-kind"], {"a": 1}],
    "path": [True, ["a"], {"a": 1}],
    "bool": ["maybe", 7, ["a"], {"a": 1}],
    "dict": [5, "no pairs", True, [101], [None], ["a"]],
    "list": [True, {"a": 1}],
}
ELEMENTS: dict[str, list[object]] = {
    "int": ["x", True, [1], {"a": 1}],
    "dict": [5, "no pairs", True, [1], None],
    "raw": [True, [1], {"a": 1}, 1.5],
    "str": [True, [1], {"a": 1}, "no such word"],
}


def spoiled(spec: Spec, path: str = "") -> Iterator[tuple[str, Any]]:
    """Option name as messages call it, and a value for the outermost option that spoils it."""
    for name, option in spec.items():
        full = f"{path}{name}"
        if full.endswith("global_var_list[0].value"):
            continue  # Takes nearly everything; its own tests say what not.
        for value in WRONG.get(option.get("type", ""), []):
            if name not in ("log_max_bytes_per_host", "log_max_bytes_total") or value != 0:
                yield full, value
        if option.get("type") == "list":
            yield from elements(full, option)
        elif option.get("options"):
            for inner, value in spoiled(option["options"], f"{full}."):
                yield inner, {inner.removeprefix(f"{full}.").split(".")[0].split("[")[0]: value}


def elements(full: str, option: Option) -> Iterator[tuple[str, Any]]:
    for element in ELEMENTS[option.get("elements", "raw")]:
        if isinstance(element, str) and option.get("elements") == "str" and not option.get("choices"):
            continue  # Any text is valid there.
        yield f"{full}[0]", [element]
    for inner, value in spoiled(option.get("options", {}), f"{full}[0]."):
        yield inner, [{inner.removeprefix(f"{full}[0].").split(".")[0].split("[")[0]: value}]


def cases() -> Iterator[tuple[Task, str, Any]]:
    """Yield each option with each wrong value, and each option of each module: modules share the code of an option."""
    same: dict[tuple[str, str], tuple[list[Any], list[Task]]] = {}
    for task, spec in SPECS.items():
        for name, found in groupby(spoiled(spec), key=itemgetter(0)):
            values = [value for _name, value in found]
            same.setdefault((name, repr(values)), (values, []))[1].append(task)
    for number, ((name, _values), (values, tasks)) in enumerate(same.items()):
        for turn in range(max(len(values), len(tasks))):
            # No module is preferred.
            yield tasks[(number + turn) % len(tasks)], name, values[turn % len(values)]


CASES = [pytest.param(*case, id=f"{case[0].__name__}-{case[1]}-{case[2]!r}"[:100]) for case in cases()]


@pytest.mark.parametrize(("task", "name", "value"), CASES)
def test_wrong_values(task: Task, name: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    outermost = name.split(".")[0].split("[")[0]
    with patch_module_args({**GOOD[task], outermost: value}), pytest.raises(SystemExit):
        run(task, SPECS[task])
    result = json.loads(capsys.readouterr().out)
    assert result.get("error", {}).get("kind") == "validation", (
        f"{name}: {value!r} was accepted: "
        "read the option in plugins/module_utils/options/*.py with a method of OptionReader"
    )
    assert (result["failed"], result["changed"]) == (True, False)
    assert result.get("launch_outcome") == ("not_sent" if task in (job_plan, fast_script, fast_file) else None)
    errors = result["msg"].splitlines()[1:]
    mine = [error for error in errors if error.startswith((f"- {name}: ", f"- {name}.", f"- {name}["))]
    assert mine, result["msg"]
    # Consequences of an error are not reported: there is no other error about the same option, by any name.
    assert [error for error in errors if error.startswith(f"- {name}: ")][1:] == []
    assert "planted-secret" not in json.dumps(result)
    assert wrong_words(result["msg"], result["error"], []) == []


def test_what_ansible_can_convert_is_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Surveys and command lines deliver text for everything."""
    given = {
        **GOOD[fast_script],
        "_ansible_check_mode": True,
        "wait": "no",
        "is_param_sensitive": "yes",
        "timeout": "60",
        "wait_timeout": "2.5",
        "bk_biz_id": "2",
        "target_server": '{"host_id_list": ["101", 102], "dynamic_group_list": "a,b"}',
        "ip_list": "10.0.0.1",
        "rolling_config": "expression=10% mode=2",
        "callback_url": None,
    }
    with patch_module_args(given), pytest.raises(SystemExit):
        run(fast_script, FAST_SCRIPT)
    result = json.loads(capsys.readouterr().out)
    assert result["launch_outcome"] == "check_mode"
    body = result["request"]["body"]
    assert (body["timeout"], body["is_param_sensitive"]) == (60, 1)
    assert body["rolling_config"] == {"expression": "10%", "mode": 2}
    groups = [{"id": "a"}, {"id": "b"}]
    assert body["target_server"] == {"dynamic_group_list": groups, "host_id_list": [101, 102]}
    shown = result["invocation"]["module_args"]
    assert (shown["timeout"], shown["wait"], shown["bk_app_secret"]) == (
        60,
        False,
        "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
    )


@pytest.mark.parametrize(("value", "errors"), [("", 0), ("5", 0), ("x", 1)])
def test_environment_variables(
    value: str, errors: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty one is none; one that is wrong is named."""
    for name in ("BK_BIZ_ID", "BK_JOB_GATEWAY", "BK_JOB_VALIDATE_CERTS", "BK_TOKEN"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("BK_BIZ_ID", value)
    given = {key: each for key, each in GOOD[job_plan].items() if key != "bk_scope_id"}
    given |= {"_ansible_check_mode": True, "validate_variables": False}
    given |= {"bk_scope_id": "5"} if value == "" else {}
    with patch_module_args(given), pytest.raises(SystemExit):
        run(job_plan, JOB_PLAN)
    result = json.loads(capsys.readouterr().out)
    assert ("from the environment variable BK_BIZ_ID" in result.get("msg", "")) is bool(errors)
    assert result["launch_outcome"] == ("not_sent" if errors else "check_mode")
    if not errors:
        assert result["request"]["body"]["bk_scope_id"] == "5"


def test_there_is_much_to_sweep() -> None:
    assert len(CASES) > 400
