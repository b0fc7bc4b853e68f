# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hints name the environment variables of the options that they ask to check."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.transport import Transport
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs import context as context_module
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT
from ansible_collections.blueking.job.plugins.module_utils.options.problems import Problems
from ansible_collections.blueking.job.plugins.module_utils.tasks.execute import TaskCall, execute_task
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script
from ansible_collections.blueking.job.plugins.module_utils.tasks.option_sources import add_source_hint
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeTransport, http

SOURCES = {
    "api_url": "BK_JOB_API_URL",
    "bk_token": "BK_TOKEN",
    "gateway": "BK_JOB_GATEWAY",
    "proxy": "BK_JOB_PROXY",
}


@pytest.mark.parametrize(
    ("hint", "added"),
    [
        ("Check api_url.", " From environment variables: api_url (BK_JOB_API_URL)."),
        ("Check api_url: bk_token.", " From environment variables: api_url (BK_JOB_API_URL), bk_token (BK_TOKEN)."),
        ("Check that this is a gateway, and the proxy.", ""),
        ("Check bk_tokens and my_api_url.", ""),
        ("", ""),
    ],
)
def test_only_options_that_the_hint_names_are_added(hint: str, added: str) -> None:
    error = JobError("no", kind="auth", hint=hint)
    add_source_hint(error, Problems(sources=SOURCES))
    assert error.hint == hint + added


def test_an_option_of_the_task_has_no_variable() -> None:
    error = JobError("no", kind="auth", hint="Check api_url.")
    add_source_hint(error, Problems())
    assert error.hint == "Check api_url."


def test_a_wrong_address_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def transport(_connection: object) -> Transport:
        return FakeTransport(http(b"", 404))  # type: ignore[return-value]

    monkeypatch.setattr(context_module, "Transport", transport)
    options = {"bk_app_code": "a", "bk_app_secret": "b", "bk_username": "c", "bk_scope_id": "2"}
    script = {"account_alias": "root", "ip_list": "10.0.0.1", "script_content": "uptime"}
    environment = {"BK_JOB_API_URL": "http://127.0.0.1:1"}
    response = execute_task(TaskCall(fast_script, FAST_SCRIPT, {**options, **script}, environment), TaskContext())
    error: dict[str, str] = response.result["error"]  # type: ignore[assignment]
    assert error["hint"].endswith(" From environment variables: api_url (BK_JOB_API_URL).")
