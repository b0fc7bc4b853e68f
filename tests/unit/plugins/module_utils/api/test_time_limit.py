# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that gets no response: the user is notified, and it ends if the server does not respond to others."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api import time_limit
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.time_limit import (
    UnresponsiveServer,
    run_with_time_limit,
)

RESPONSE = HttpResponse(200, {}, b"")
LONG = 180.0


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let a request be checked at once; the event ends it, in any case after the test."""
    monkeypatch.setattr(time_limit, "NOTICE_SECONDS", 0.0)
    monkeypatch.setattr(time_limit, "PROBE_AFTER_SECONDS", 0.0)
    event = threading.Event()
    yield event
    event.set()


def kept(released: threading.Event, _timed_out: threading.Event) -> HttpResponse:
    """A request that has no response until the event is set."""
    released.wait(LONG)
    return RESPONSE


def test_the_user_is_notified_once(released: threading.Event) -> None:
    assert run_with_time_limit(LONG, lambda over: kept(released, over), released.set, lambda _left: True) is RESPONSE
    assert released.is_set()


def test_a_server_that_responds_to_others_is_waited_for(released: threading.Event) -> None:
    left: list[float] = []

    def is_alive(seconds: float) -> bool:
        left.append(seconds)
        released.set()
        return True

    assert run_with_time_limit(LONG, lambda over: kept(released, over), lambda: None, is_alive) is RESPONSE
    assert len(left) == 1
    assert 0 < left[0] <= LONG + time_limit.GRACE_SECONDS


def test_a_server_that_responds_to_nothing_is_given_up(released: threading.Event) -> None:
    with pytest.raises(UnresponsiveServer):
        run_with_time_limit(LONG, lambda over: kept(released, over), lambda: None, lambda _left: False)


def test_a_response_that_comes_while_others_get_none_counts(released: threading.Event) -> None:
    threads: list[threading.Thread] = []
    begun = threading.Event()

    def call(timed_out: threading.Event) -> HttpResponse:
        threads.append(threading.current_thread())
        begun.set()
        return kept(released, timed_out)

    def is_alive(_seconds: float) -> bool:
        released.set()
        assert begun.wait(LONG)
        for thread in threads:
            thread.join(LONG)
        return False

    assert run_with_time_limit(LONG, call, lambda: None, is_alive) is RESPONSE


def test_a_request_that_ends_in_time_is_not_checked() -> None:
    checks: list[str] = []

    def is_alive(_seconds: float) -> bool:
        checks.append("is_alive")
        return False

    assert run_with_time_limit(LONG, lambda _over: RESPONSE, lambda: checks.append("slow"), is_alive) is RESPONSE
    assert checks == []
