# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Job instances with their steps and hosts."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.run import JobInstance, StepResult


@pytest.mark.parametrize(
    ("status", "finished", "ended"), [(3, True, True), (3, False, False), (2, True, False), (12, True, False)]
)
def test_a_job_has_ended_if_the_server_reports_so_and_its_status_is_a_known_end(
    status: int, finished: bool, ended: bool
) -> None:
    assert JobInstance(1, status, finished).ended is ended


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Restart", "step 5 (Restart)"),
        (None, "step 5 (without name)"),
        ("", "step 5 (without name)"),
        ("x" * 41, f"step 5 ({'x' * 37}...)"),
    ],
)
def test_a_step_is_named_by_its_id_and_its_name(name: str | None, label: str) -> None:
    assert StepResult(5, name, 2).label() == label
