# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages name an option as the user wrote it."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.problems import as_written
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.tests.unit.helpers.fakes import read_options


@pytest.mark.parametrize(
    ("spec", "values", "path", "written"),
    [
        (FAST_SCRIPT, {"script_timeout": 0}, "timeout", "script_timeout"),
        (FAST_SCRIPT, {"timeout": 0}, "timeout", "timeout"),
        (FAST_SCRIPT, {"account": ""}, "account_alias", "account"),
        (FAST_SCRIPT, {}, "account_alias", "account_alias"),
        (
            FAST_SCRIPT,
            {"target_server": {"custom_query_id": [""]}},
            "target_server.dynamic_group_list[0]",
            "target_server.custom_query_id[0]",
        ),
        (JOB_PLAN, {"bk_job_id": 0}, "job_plan_id", "bk_job_id"),
        (
            JOB_PLAN,
            {"global_vars": [{"name": "a"}, {"target_server": {"ip_list": ["x"]}}]},
            "global_var_list[1].server.ip_list[0].ip",
            "global_vars[1].target_server.ip_list[0].ip",
        ),
        (JOB_PLAN, {"global_vars": [{"name": "a"}]}, "global_var_list[0].value", "global_vars[0].value"),
    ],
)
def test_messages_use_the_names_of_the_task(spec: Spec, values: dict[str, object], path: str, written: str) -> None:
    assert as_written(path, read_options(spec, values).problems.written_names) == written
