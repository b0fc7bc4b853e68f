# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a unique key."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import UniqueKey
from ansible_collections.blueking.job.plugins.module_utils.options.plan import read_plan_launch
from ansible_collections.blueking.job.plugins.module_utils.options.script import read_script_launch
from ansible_collections.blueking.job.tests.unit.helpers.fakes import plan_fields, script_fields

SCOPE = Scope("biz", "2")
DAY_MS = 86_400_000
SCRIPT = {"script_content": "hostname", "account_alias": "root", "ip_list": ["10.0.0.1"]}


def script_problems(**options: object) -> list[str]:
    reader = script_fields({**SCRIPT, **options})
    read_script_launch(reader, SCOPE, "made-up")
    return reader.problems.errors


def plan_problems(**options: object) -> list[str]:
    reader = plan_fields({"job_plan_id": 1, **options})
    read_plan_launch(reader, SCOPE)
    return reader.problems.errors


def test_the_key_is_part_of_the_task_name() -> None:
    reader = script_fields({**SCRIPT, "unique_key": "night.1", "task_name": "Nightly"})
    launch = read_script_launch(reader, SCOPE, "made-up")
    assert (launch.task_name, launch.unique_name) == ("Nightly [night.1]", False)
    assert launch.unique_key == UniqueKey("night.1", DAY_MS)
    assert (
        read_script_launch(script_fields({**SCRIPT, "unique_key": 7}), SCOPE, "made-up").task_name
        == "bk_fast_script [7]"
    )
    assert read_script_launch(script_fields(SCRIPT), SCOPE, "made-up").task_name == "made-up"


def test_the_name_is_cut_to_fit_the_key() -> None:
    assert not script_problems(unique_key="k" * 64, task_name="n" * 445)
    assert script_problems(unique_key="k" * 64, task_name="n" * 446) == [
        "task_name: is 446 characters long, at most 445 are allowed"
    ]


def test_the_window_and_the_existing_run() -> None:
    options = {"job_plan_id": 1, "unique_key": "k", "unique_key_variable": "run_key"}
    launch = read_plan_launch(plan_fields({**options, "unique_window": "1d 12h", "on_existing": "fail"}), SCOPE)
    assert launch.unique_key == UniqueKey("k", DAY_MS * 3 // 2, True, "run_key")


@pytest.mark.parametrize("key", ["k" * 65, "a b", "ключ", "a%", "a[b]", "a\n", "a/b", "a\\"])
def test_a_key_of_other_characters(key: str) -> None:
    assert [problem.partition(",")[0] for problem in script_problems(unique_key=key)] == [
        "unique_key: must be 1 to 64 letters (A-Z"
    ]


def test_an_empty_key_is_not_a_key() -> None:
    assert script_problems(unique_key="") == ["unique_key: is empty; omit it or set a value"]


@pytest.mark.parametrize("window", ["0s", "31d", "2026-01-31", "a day", "24", "-1h"])
def test_an_invalid_window(window: str) -> None:
    assert [problem.partition(",")[0] for problem in script_problems(unique_key="k", unique_window=window)] == [
        "unique_window: must be a span such as 2h or 1d 12h"
    ]


def test_options_that_need_a_key() -> None:
    assert script_problems(unique_window="2h", on_existing="fail") == [
        "unique_window: requires unique_key",
        "on_existing: requires unique_key",
    ]
    assert plan_problems(unique_key_variable="run_key") == ["unique_key_variable: requires unique_key"]
    assert plan_problems(unique_key="k") == ["unique_key_variable: is required"]


def test_api_v2_has_no_history() -> None:
    assert script_problems(unique_key="k", api_version="v2") == [
        "unique_key: is not supported by API v2, which has no execution history: use api_version v3"
    ]
