# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time limit of a request, independent of how long a busy machine needs to send it."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api import transport
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS


def begin_time_limit(at: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time limits of all requests of a test begin with an event, such as that the server has the request."""

    class Call(threading.Thread):
        def join(self, timeout: float | None = None) -> None:
            at.wait(LIMIT_SECONDS)
            super().join(timeout)

    names = SimpleNamespace(Thread=Call, Event=threading.Event, Lock=threading.Lock)
    monkeypatch.setattr(transport, "threading", names)
