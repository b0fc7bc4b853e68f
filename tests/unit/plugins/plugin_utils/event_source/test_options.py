# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the event source: errors all at once, environment, redaction."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.dates import Moment
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import (
    SECRET_VARIABLE,
    SourceOptions,
    read_source_options,
)

ENVIRONMENT = {
    "BK_JOB_API_URL": "https://job.example.com/",
    "BK_APP_CODE": "shop",
    "BK_APP_SECRET": "planted-secret",
    "BK_TOKEN": "planted-token",
    "BK_SCOPE_ID": "2",
    SECRET_VARIABLE: "from-the-environment",
}


def read(environment: Mapping[str, str] = ENVIRONMENT, **args: object) -> SourceOptions:
    return read_source_options(args, environment).options


def errors(environment: Mapping[str, str] = ENVIRONMENT, **args: object) -> list[str]:
    with pytest.raises(InvalidTask) as raised:
        read(environment, **args)
    assert "the event source did not start" in raised.value.summary
    return raised.value.errors


def test_the_environment_supplies_what_it_supplies_to_modules() -> None:
    options = read(status=None, name=None)
    assert (options.connection.api_url, options.scope) == ("https://job.example.com", Scope("biz", "2"))
    assert (options.connection.credentials.bk_token, options.callback, options.state_file) == (
        "planted-token",
        None,
        None,
    )
    # Every final status, and no other one.
    assert options.statuses == {3, 4, 5, 6, 8, 9, 11, 13, 14}
    assert options.start == Moment(0, relative=True)


def test_values_as_rulebooks_pass_them() -> None:
    options = read(interval="2", status="failed,waiting_confirmation", window="1.5", start="1s", feedback="no")
    assert (options.interval, options.window_ms, options.feedback) == (2.0, 1500, False)
    assert (options.statuses, options.start) == ({4, 7}, Moment(1000, relative=True))


def test_all_errors_at_once_with_the_messages_of_the_modules(tmp_path: Path) -> None:
    found = errors(
        {},
        status="broken",
        name_match="exact",
        interval=0.5,
        window=31 * 86400,
        start="soon",
        state_file="runs.json",
        feedback=True,
        api_version="v2",
        intervall=3,
        callback={"port": 70000, "secret": "short", "keyfile": str(tmp_path / "key")},
    )
    names = [error.partition(":")[0] for error in found]
    assert sorted(names) == sorted(
        ["intervall", "bk_scope_id", "api_url", "bk_app_code", "bk_app_secret", "bk_token", "api_version"]
        + ["status[0]", "name_match", "interval", "window", "start", "state_file"]
        + ["callback.port", "callback.secret", "callback.keyfile"]
    )
    assert "intervall: unsupported option; did you mean interval?" in found
    assert "api_version: v2 has no execution history: use v3" in found


@pytest.mark.parametrize("callback", [{}, None, ""])
def test_an_empty_callback_is_off(callback: object) -> None:
    assert read(callback=callback).callback is None


def test_the_secret_of_the_callback_may_come_from_the_environment() -> None:
    callback = read(callback={"port": 5000}).callback
    assert callback is not None
    assert (callback.host, callback.port, callback.secret) == ("127.0.0.1", 5000, "from-the-environment")
    given = read(callback={"port": 5000, "secret": "g" * 16}).callback
    assert given is not None
    assert given.secret == "g" * 16
    assert "g" * 16 not in repr(given)
    assert read(callback='{"port": 5000, "secret": null}').callback == callback
    without = {name: value for name, value in ENVIRONMENT.items() if name != SECRET_VARIABLE}
    (missing,) = errors(without, callback={"port": 5000})
    assert missing.startswith(f"callback.secret: is required (or the environment variable {SECRET_VARIABLE}")


def test_secrets_are_redacted_in_errors_and_warnings() -> None:
    assert all("planted" not in error for error in errors(start="planted-secret", bk_ticket="planted-ticket"))
    # A warning about a plain address, without the password of a proxy.
    result = read_source_options(
        {"api_url": "http://planted-proxy.example.com"},
        {**ENVIRONMENT, "HTTPS_PROXY": "http://user:planted-proxy@proxy"},
    )
    assert len(result.warnings) == 1
    assert "planted-proxy" not in result.warnings[0]


def test_the_state_file_is_absolute_and_not_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, outside = tmp_path / "project", tmp_path / "state"
    working.mkdir()
    outside.mkdir()
    monkeypatch.chdir(working)
    assert read(state_file=str(outside / "runs")).state_file == outside / "runs"
    # The link is kept, and its target replaced.
    (outside / "link").symlink_to(outside / "target")
    assert read(state_file=str(outside / "link")).state_file == outside / "target"
    (outside / "inward").symlink_to(working / "runs")
    for path in (working / "runs", working / "deep" / ".." / "runs", outside / "inward"):
        if "deep" in str(path):
            (working / "deep").mkdir()
        (error,) = errors(state_file=str(path))
        assert error.startswith("state_file: must not be in the working directory"), path
    assert "is a directory" in errors(state_file=str(outside))[0]
    assert "does not exist" in errors(state_file=str(outside / "none" / "runs"))[0]
    monkeypatch.chdir("/")
    assert read(state_file=str(outside / "runs")).state_file == outside / "runs"


def test_feedback_needs_a_state_file() -> None:
    assert errors(feedback=True) == ["feedback: requires state_file"]


def test_a_start_before_the_window_is_an_error() -> None:
    assert errors(start="2d") == ["start: is longer ago than window (86400 s)"]
