# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of read-only modules: which part of the history, which plans."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.dates import DAY_MS, Moment
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryFilter
from ansible_collections.blueking.job.plugins.module_utils.models.plan import PlanFilter
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO, PLAN_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.filters import (
    FILTERS,
    read_history_filter,
    read_plan_filter,
    reject_filters,
)
from ansible_collections.blueking.job.plugins.module_utils.options.reader import OptionReader
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.tests.unit.helpers.fakes import read_options


def fields_of(spec: Spec, options: dict[str, object]) -> OptionReader:
    return read_options(spec, options)


def history(**options: object) -> tuple[HistoryFilter, list[str]]:
    reader = fields_of(INSTANCE_INFO, options)
    return read_history_filter(reader), reader.problems.errors


def plans(**options: object) -> tuple[PlanFilter, list[str]]:
    reader = fields_of(PLAN_INFO, options)
    return read_plan_filter(reader), reader.problems.errors


def test_nothing_given() -> None:
    assert history() == (HistoryFilter(None, None, 100), [])
    assert plans() == (PlanFilter(None, None, True, None, True, 50), [])


def test_everything_given_as_a_survey_gives_it() -> None:
    wanted, errors = history(
        name="deploy",
        name_match="contains",
        operator="admin",
        status="failed, terminated,failed",
        type="file",
        launch_mode="cron",
        ip=" 10.0.0.1 ",
        since="3d",
        until="1d",
        limit="7",
    )
    assert errors == []
    assert wanted == HistoryFilter(
        since=Moment(3 * DAY_MS, relative=True),
        until=Moment(DAY_MS, relative=True),
        limit=7,
        name="deploy",
        exact_name=False,
        operator="admin",
        statuses=(4, 11),
        type=2,
        launch_mode=3,
        ip="10.0.0.1",
    )
    assert plans(name="deploy", job_template_id="7", details="no", limit="1000") == (
        PlanFilter(None, "deploy", True, 7, False, 1000),
        [],
    )


@pytest.mark.parametrize(
    ("options", "errors"),
    [
        ({"since": "soon"}, ["since: must be an age such as 2h"]),
        ({"until": "1769817600"}, ["until: must be an age such as 2h"]),
        ({"since": ""}, ["since: is empty"]),
        ({"since": "0s"}, ["since: must be before now"]),
        ({"since": "1h", "until": "1h"}, ["since: must be before until"]),
        ({"since": "1h", "until": "2h"}, ["since: must be before until"]),
        (
            {"since": "2026-01-02", "until": "2026-01-01"},
            ["since: must be before until (2026-01-02 00:00 and 2026-01-01"],
        ),
        ({"since": "1969-12-31", "until": "1970-01-02"}, ["since: must be 1970 or later"]),
        ({"since": "2025-01-01", "until": "2026-01-02"}, ["since: must be at most 366 days before until"]),
        ({"since": "53w"}, ["since: must be at most 366 days before now"]),
        ({"since": "999999999w"}, ["since: must be at most 366 days before now"]),
        ({"status": ["failed", "broken", 7]}, ["status[1]: must be one of pending, running", "status[2]: must be one"]),
        ({"ip": "10.0.0"}, ["ip: must be an IPv4 address"]),
        ({"ip": "fe80::1"}, ["ip: must be an IPv4 address"]),
        ({"limit": 0}, ["limit: is 0"]),
        ({"limit": 1001}, ["limit: is 1001"]),
        ({"name_match": "exact"}, ["name_match: requires name"]),
        ({"name": " "}, ["name: is empty"]),
        ({"hosts": "none", "logs": "all"}, ["hosts: requires job_instance_id", "logs: requires job_instance_id"]),
        ({"log_max_bytes_total": 0}, ["log_max_bytes_total: requires job_instance_id"]),
        ({"log_max_bytes_per_host": 1}, ["log_max_bytes_per_host: requires job_instance_id"]),
        ({"variables": True}, ["variables: requires job_instance_id"]),
    ],
)
def test_errors(options: dict[str, object], errors: list[str]) -> None:
    reader = read_options(INSTANCE_INFO, options)
    read_history_filter(reader)
    found = reader.problems.errors
    assert len(found) == len(errors), found
    assert all(text.startswith(start) for text, start in zip(found, errors, strict=True)), found


def test_a_window_of_one_day_is_a_window() -> None:
    wanted, errors = history(since="2026-01-31", until="2026-01-31")
    assert errors == []
    assert wanted.since is not None and wanted.until is not None
    assert wanted.until.ms - wanted.since.ms == DAY_MS - 1


def test_a_window_that_only_the_server_can_judge_passes() -> None:
    assert history(since="2h", until="2026-01-31")[1] == []
    assert history(since="2999-01-31")[1] == []


def test_filters_make_no_sense_beside_one_run() -> None:
    given: dict[str, object] = {
        name: "5" for name in FILTERS if name not in ("name_match", "status", "type", "launch_mode")
    }
    given |= {"name_match": "exact", "status": "failed", "type": "plan", "launch_mode": "api"}
    reader = fields_of(INSTANCE_INFO, {**given, "job_instance_id": "17"})
    reject_filters(reader)
    assert reader.problems.errors == [f"{name}: is mutually exclusive with job_instance_id" for name in FILTERS]


def test_filters_make_no_sense_beside_one_plan() -> None:
    wanted, errors = plans(job_plan_id="7", name="a", name_match="exact", job_template_id=1, limit=5)
    assert wanted.job_plan_id == 7
    assert [error.partition(":")[0] for error in errors] == ["name", "name_match", "job_template_id", "limit"]
    assert plans(bk_job_id=7, details=False) == (PlanFilter(7, details=False), [])
