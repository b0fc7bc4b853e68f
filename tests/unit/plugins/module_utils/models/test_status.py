# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Status numbers and words."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models import status


@pytest.mark.parametrize("code", [3, 4, 5, 6, 8, 9, 11, 13, 14])
def test_ends(code: int) -> None:
    assert code in status.JOB_ENDS


@pytest.mark.parametrize("code", [1, 2, 7, 10, 15, 12, 0, 99, -1])
def test_what_is_not_an_end(code: int) -> None:
    assert code not in status.JOB_ENDS


def test_words() -> None:
    assert [status.job_status_name(code) for code in (3, 7, 15, 12)] == [
        "success",
        "waiting_confirmation",
        "rolling_waiting",
        "unknown_12",
    ]
    assert status.step_type_name(3) == "confirm"
    assert status.step_type_name(None) is None
    assert status.step_type_name(9) == "unknown_9"
    assert status.host_status_name(4711) == "unknown_4711"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (9, None),
        (3, None),
        (5, None),
        (7, None),
        (104, "script"),
        (101, "script"),
        (102, "timeout"),
        (310, "agent"),
        (18, "agent"),
        (403, "terminated"),
        (321, "file"),
        (12, "platform"),
        (4711, "platform"),
    ],
)
def test_kinds_of_failure(code: int, kind: str | None) -> None:
    assert status.failure_kind(code) == kind
    assert status.is_host_failed(code) is (kind is not None)


def test_every_failure_status_has_a_name() -> None:
    assert set(status._FAILURE_KIND_OF) <= set(status.HOST_STATUS_NAMES)
    assert len(set(status.JOB_STATUS_NAMES.values())) == len(status.JOB_STATUS_NAMES)
