# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting and reporting options."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.settings import ReportSettings, WaitSettings
from ansible_collections.blueking.job.plugins.module_utils.options.wait import read_report_settings, read_wait_settings
from ansible_collections.blueking.job.tests.unit.helpers.fakes import script_fields


def test_defaults_are_the_documented_ones() -> None:
    reader = script_fields({})
    assert read_wait_settings(reader) == WaitSettings(True, 7500.0, 1.0, 60.0)
    assert read_report_settings(reader) == ReportSettings("all", "failed", 8192, 262144)
    assert reader.problems.errors == []


def test_what_is_given_counts_also_if_it_is_0_or_false() -> None:
    reader = script_fields(
        {
            **{"wait": False, "wait_timeout": "2.5", "poll_interval": 0.1, "progress": "no"},
            **{"log_max_bytes_per_host": 0, "hosts": "none"},
        }
    )
    assert read_wait_settings(reader) == WaitSettings(False, 2.5, 0.1, 60.0, progress=False)
    assert read_report_settings(reader) == ReportSettings("none", "failed", 0, 262144)


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
def test_faults(given: dict[str, object], option: str) -> None:
    reader = script_fields(given)
    read_wait_settings(reader)
    read_report_settings(reader)
    assert [fault.split(":")[0] for fault in reader.problems.errors] == [option]
