# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting and reporting options."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.settings import ReportSettings, WaitSettings
from ansible_collections.blueking.job.plugins.module_utils.options.wait import read_report_settings, read_wait_settings
from ansible_collections.blueking.job.tests.unit.helpers.fakes import report_settings, script_fields, wait_settings


def test_defaults_are_the_documented_ones() -> None:
    reader = script_fields({})
    assert read_wait_settings(reader) == WaitSettings(
        wait=True,
        timeout=7500.0,
        interval=1.0,
        max_interval=60.0,
        terminate_on_timeout=False,
        terminate_on_interrupt=False,
        fail_on_confirmation=True,
        fail_on_any_host=False,
        progress=True,
    )
    assert read_report_settings(reader) == ReportSettings("auto", "all", 8192, 262144, None)
    assert reader.problems.errors == []


def test_what_is_given_counts_also_if_it_is_0_or_false() -> None:
    reader = script_fields(
        {
            **{"wait": False, "wait_timeout": "2.5", "poll_interval": 0.1, "progress": "no"},
            **{"log_max_bytes_per_host": 0, "hosts": "none"},
        }
    )
    assert read_wait_settings(reader) == wait_settings(wait=False, timeout=2.5, interval=0.1, progress=False)
    assert read_report_settings(reader) == report_settings(hosts="none", bytes_per_host=0)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"wait_timeout": 0}, "wait_timeout"),
        ({"wait_timeout": -1}, "wait_timeout"),
        ({"wait_timeout": "long"}, "wait_timeout"),
        ({"poll_interval": 0}, "poll_interval"),
        ({"poll_interval": 5, "poll_max_interval": 4}, "poll_max_interval"),
        ({"log_max_bytes_per_host": -1}, "log_max_bytes_per_host"),
        ({"log_max_bytes_total": 262145}, "log_max_bytes_total"),
        ({"hosts": "some"}, "hosts"),
        ({"logs": "some"}, "logs"),
    ],
)
def test_errors(given: dict[str, object], option: str) -> None:
    reader = script_fields(given)
    read_wait_settings(reader)
    read_report_settings(reader)
    assert [error.split(":")[0] for error in reader.problems.errors] == [option]
