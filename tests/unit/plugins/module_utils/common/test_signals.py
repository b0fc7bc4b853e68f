# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals: deferred, raised where allowed, raised once."""

from __future__ import annotations

import os
import signal

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.signals import InterruptibleClock, Interrupts
from ansible_collections.blueking.job.plugins.module_utils.errors import Interrupted


def raise_here(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_it_is_allowed(number: int) -> None:
    interrupts = Interrupts()
    reached = False
    with interrupts.installed():
        raise_here(number)
        reached = True
        with pytest.raises(Interrupted) as caught, interrupts.interruptible():
            reached = False
    assert reached
    assert caught.value.signal == signal.Signals(number).name


def test_a_signal_ends_what_may_be_ended_and_only_the_first_one_does() -> None:
    interrupts = Interrupts()
    clock = InterruptibleClock(interrupts)
    with interrupts.installed():
        with pytest.raises(Interrupted), interrupts.interruptible():
            raise_here(signal.SIGTERM)
            pytest.fail("the signal changed nothing")
        raise_here(signal.SIGINT)
        with interrupts.interruptible():
            clock.sleep(0.001)


def test_every_pause_may_be_ended() -> None:
    interrupts = Interrupts()
    with interrupts.installed():
        raise_here(signal.SIGINT)
        with pytest.raises(Interrupted):
            InterruptibleClock(interrupts).sleep(3600)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts().installed():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_was_ignored_before_changes_nothing() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupts = Interrupts()
        with interrupts.installed():
            raise_here(signal.SIGINT)
            interrupts.check()
            raise_here(signal.SIGTERM)
            with pytest.raises(Interrupted, match="SIGTERM"):
                interrupts.check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_nothing_takes_an_interrupt_for_an_error_of_a_call() -> None:
    assert not issubclass(Interrupted, Exception)


def test_other_signals_count_under_a_name_of_their_own() -> None:
    interrupts = Interrupts({signal.SIGALRM: "The time limit"})
    with interrupts.installed():
        raise_here(signal.SIGALRM)
        with pytest.raises(Interrupted, match="The time limit"):
            interrupts.check()
    assert interrupts.received == signal.SIGALRM


def test_a_signal_that_came_before_is_raised_as_well() -> None:
    interrupts = Interrupts(received=signal.SIGTERM)
    with pytest.raises(Interrupted, match="SIGTERM"):
        interrupts.check()
    interrupts.check()
