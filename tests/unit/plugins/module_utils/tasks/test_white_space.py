# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that begin or end in white space, named by tasks that JOB or a gateway rejects."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE, FAST_SCRIPT
from ansible_collections.blueking.job.plugins.module_utils.options.problems import Problems
from ansible_collections.blueking.job.plugins.module_utils.tasks.execute import TaskCall, execute_task
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file, fast_script
from ansible_collections.blueking.job.plugins.module_utils.tasks.white_space import add_white_space_hint
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

CALLER = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin", "bk_scope_id": "2"}
HERE = {"account_alias": "root", "ip_list": ["10.0.0.1"]}
SCRIPT = {**HERE, "script_content": "uptime\n"}
FROM_HOST = {"file_list": ["/data/a"], "ip_list": ["10.0.0.1"], "account_alias": "root\n"}
FILES = {**HERE, "file_target_path": "/in", "file_source_list": [FROM_HOST]}


def hint_of(kind: str, http_status: int | None, **values: object) -> str:
    error = JobError("no", kind=kind, http_status=http_status, hint="Check it.")
    add_white_space_hint(error, values, Problems(written_names={"account_alias": "account"}))
    return error.hint or ""


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"bk_app_secret": "s3cret\n"}, "bk_app_secret begins or ends"),
        ({"bk_token": "\tt", "bk_app_code": "a "}, "bk_token, bk_app_code begin or end"),
        ({"account_alias": "root "}, "account begins or ends"),
        (
            {"file_source_list": [{"account_alias": "root"}, {"file_source_code": "cos\n", "file_list": ["/a "]}]},
            "file_source_list[1].file_source_code, file_source_list[1].file_list[0] begin or end",
        ),
    ],
)
def test_options_are_named_and_their_values_are_not(values: dict[str, object], names: str) -> None:
    assert hint_of("auth", 200, **values) == f"Check it. Note that {names} in white space."


@pytest.mark.parametrize(
    ("kind", "http_status", "values"),
    [
        ("auth", 200, {"bk_app_secret": "s3 cret"}),
        ("validation", 200, {"script_content": "ls\n", "script_param": " a", "task_name": "t ", "timeout": 7}),
        ("validation", 200, {"content_list": [{"content": "port = 80\n"}], "global_var_list": [{"value": "a\n"}]}),
        ("server_error", 500, {"bk_app_secret": "s3cret\n"}),
        # Without a response no option was compared.
        ("validation", None, {"bk_app_secret": "s3cret\n"}),
    ],
)
def test_white_space_that_explains_nothing_is_not_named(
    kind: str, http_status: int | None, values: dict[str, object]
) -> None:
    assert hint_of(kind, http_status, **values) == "Check it."


def test_rejected_tasks_name_them() -> None:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as server:

        def fails(task: Any, spec: Any, **options: object) -> dict[str, Any]:
            call = TaskCall(task, spec, {**CALLER, "api_url": server.url, **options}, {})
            response = execute_task(call, TaskContext())
            assert response.failure is not None
            assert response.result["launch_outcome"] == "rejected"
            return dict(response.result["error"])  # type: ignore[call-overload]

        secret = fails(fast_script, FAST_SCRIPT, **SCRIPT, bk_app_secret="demo_secret\n")
        assert secret["kind"] == "auth"
        assert secret["hint"].endswith("Note that bk_app_secret begins or ends in white space.")
        alias = fails(fast_script, FAST_SCRIPT, **{**SCRIPT, "account_alias": "root\n"})
        assert alias["hint"].endswith("Note that account_alias begins or ends in white space.")
        source = fails(fast_file, FAST_FILE, **FILES)
        assert source["hint"].endswith("Note that file_source_list[0].account_alias begins or ends in white space.")
