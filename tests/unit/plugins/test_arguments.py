# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the raw values of options can tell."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.arguments import (
    FAST_SCRIPT,
    JOB_PLAN,
    raw_faults,
    raw_structures,
    unknown_fault,
)


def paths(given: dict[str, object]) -> list[str]:
    return [path for path, _text in raw_faults(JOB_PLAN, given)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"job_plan_id": 1, "bk_job_id": 1}, []),
        ({"job_plan_id": 1, "bk_job_id": 2}, ["bk_job_id"]),
        ({"global_vars": [{"server": {"host_id_list": [1]}, "target_server": {}}]}, ["global_vars[0].target_server"]),
        ({"job_plan_id": None, "bk_job_id": 2}, []),
        ({"bk_username": True}, ["bk_username"]),
        ({"wait_timeout": False}, ["wait_timeout"]),
        ({"wait": True, "validate_certs": False}, []),
        ({"ca_path": True}, ["ca_path"]),
        ({"global_var_list": [{"name": "a", "value": True}]}, []),
        ({"global_var_list": [{"name": True}]}, ["global_var_list[0].name"]),
        (
            {"global_var_list": [{"server": {"topo_node_list": [{"node_type": True}]}}]},
            ["global_var_list[0].server.topo_node_list[0].node_type"],
        ),
        ({"global_var_list": "text"}, []),
    ],
)
def test_booleans_and_disagreeing_aliases(given: dict[str, object], expected: list[str]) -> None:
    assert paths(given) == expected


def test_structures_keep_what_ansible_would_leave_out() -> None:
    given = {
        "global_vars": [{"target_server": {"host_id_list": [101, "web-1"], "custom_query_id": ["g"]}}, 7],
        "job_plan_id": "x",
        "wait": "no",
    }
    assert raw_structures(JOB_PLAN, given) == {
        "global_var_list": [{"server": {"host_id_list": [101, "web-1"], "dynamic_group_list": ["g"]}}, 7]
    }
    assert raw_structures(FAST_SCRIPT, {"target_server": "{}", "ip_list": "10.0.0.1"}) == {}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("script_contents", "script_content"),
        ("job_plan", None),
        ("target_server.host_ids", "host_id_list"),
        ("rolling_config.expresion", "expression"),
        ("nowhere.at_all", None),
    ],
)
def test_unknown_options_name_the_nearest(name: str, nearest: str | None) -> None:
    text = unknown_fault(FAST_SCRIPT, name)
    assert text.startswith("is no option here")
    if nearest:
        assert f"did you mean {nearest}?" in text
