# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time limit of a request, independent of how long a busy machine needs to send it."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api import time_limit
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS


def end_time_limit(after: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time limit of a request end before an event, such as that the server has received the request."""

    def start(exchange: threading.Thread) -> None:
        threading.Thread.start(exchange)
        after.wait(LIMIT_SECONDS)

    monkeypatch.setattr(time_limit._RequestThread, "start", start)
