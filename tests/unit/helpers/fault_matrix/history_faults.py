# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lost responses whose instance is searched in an execution history with faults of its own."""

from __future__ import annotations

from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import UNFINDABLE, UNKNOWN, Fault
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.responses import success


def _history(why: str, means: str, words: dict[str, Any]) -> Fault:
    sees = f"no response, and the history {why}"
    return Fault(sees, means, {"do": "close"}, acts=(True,), then={**words, "call": "get_job_instance_list"})


_NO_ENTRIES = success({"start": 0, "length": 20, "total": 0, "data": None})
_NO_PERMISSION = {"do": "error", "code": 9900403}
LOOKED_UP = [
    _history("ends its connection once", UNKNOWN, {"do": "close"}),
    _history("breaks off twice", UNKNOWN, {"do": "cut", "bytes": -1, "next": 2}),
    _history("is garbage twice", UNKNOWN, {"do": "garbage", "next": 2}),
    _history("is a web page with status 503 twice", UNKNOWN, {"do": "html", "http": 503, "next": 2}),
    _history("is asked too often, twice", UNKNOWN, {"do": "rate_limit", "next": 2}),
    _history("has an internal error twice", UNKNOWN, {"do": "error", "code": 1240002, "next": 2}),
    _history("does not show it at first", UNKNOWN, {**_NO_ENTRIES, "next": 3}),
    _history("never shows it", UNFINDABLE, {**_NO_ENTRIES, "every": 1}),
    _history("is never a response", UNFINDABLE, {"do": "garbage", "every": 1}),
    _history("breaks off every time", UNFINDABLE, {"do": "reset", "every": 1}),
    _history("may not be read", UNFINDABLE, {**_NO_PERMISSION, "every": 1}),
]
