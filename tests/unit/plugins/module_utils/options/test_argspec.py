# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the options as they were written can tell."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.raw_checks import (
    find_raw_problems,
    with_canonical_names,
)


def paths(given: dict[str, object]) -> list[str]:
    return [path for path, _text in find_raw_problems(JOB_PLAN, given)]


@pytest.mark.parametrize(
    "given",
    [
        {"job_plan_id": 1, "bk_job_id": 1},
        {"job_plan_id": 1, "bk_job_id": "1"},
        {"global_vars": [{"name": "a", "value": "1"}], "global_var_list": [{"name": "a", "value": 1}]},
        {"job_plan_id": None, "bk_job_id": 2},
        {"wait": True, "validate_certs": False},
        {"global_var_list": [{"name": "a", "value": True}]},
        {"global_var_list": [{"server": {"dynamic_group_list": [{"id": "g"}], "custom_query_id": "g"}}]},
        {"global_var_list": [{"server": {"dynamic_group_list": ["a", "b"], "custom_query_id": "a, b"}}]},
        {"global_var_list": "text"},
        {"bk_username": 5},
    ],
)
def test_what_is_no_fault(given: dict[str, object]) -> None:
    assert paths(given) == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"job_plan_id": 1, "bk_job_id": 2}, "job_plan_id"),
        ({"global_vars": [{"server": {"host_id_list": [1]}, "target_server": {}}]}, "global_var_list[0].server"),
        ({"bk_username": True}, "bk_username"),
        ({"bk_username": ["a"]}, "bk_username"),
        ({"access_token": {"a": 1}}, "bk_access_token"),
        ({"wait_timeout": False}, "wait_timeout"),
        ({"ca_path": True}, "ca_path"),
        ({"global_var_list": True}, "global_var_list"),
        ({"global_var_list": [{"name": True}]}, "global_var_list[0].name"),
        ({"global_var_list": [{"name": "a"}, {"valu": 1}]}, "global_var_list[1].valu"),
        ({"global_var_list": [{"custom_query_id": True}]}, "global_var_list[0].custom_query_id"),
        (
            {"global_var_list": [{"server": {"topo_node_list": [{"node_type": True}]}}]},
            "global_var_list[0].server.topo_node_list[0].node_type",
        ),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_faults_have_the_canonical_name(given: dict[str, object], path: str) -> None:
    assert paths(given) == [path]


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ({"script_contents": 1}, "script_content"),
        ({"job_plan": 1}, None),
        ({"target_server": {"host_ids": 1}}, "host_id_list"),
        ({"rolling_config": {"expresion": 1}}, "expression"),
    ],
)
def test_unknown_options_name_the_nearest(given: dict[str, object], nearest: str | None) -> None:
    ((_path, text),) = find_raw_problems(FAST_SCRIPT, given)
    assert text == "unsupported option" + (f"; did you mean {nearest}?" if nearest else "")


def test_structures_keep_their_values_and_get_canonical_names() -> None:
    value = [{"target_server": {"host_id_list": [101, "web-1"], "custom_query_id": ["g"]}, "nonsense": 1}, 7]
    assert with_canonical_names(JOB_PLAN["global_var_list"], value) == [
        {"server": {"host_id_list": [101, "web-1"], "dynamic_group_list": ["g"]}},
        7,
    ]
    assert with_canonical_names(FAST_SCRIPT["target_server"], "{}") == "{}"
    assert with_canonical_names(FAST_SCRIPT["timeout"], [1]) == [1]
