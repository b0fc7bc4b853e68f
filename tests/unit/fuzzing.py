# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two lengths of every generated test: short and always the same in C(make test), long and random in C(make fuzz)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import settings

Test = TypeVar("Test", bound=Callable[..., None])
LONG = os.environ.get("FUZZ") == "long"


def count(short: int, long: int) -> int:
    """Number of examples to generate in this run."""
    return long if LONG else short


def fuzz(short: int, long: int = 2000) -> Callable[[Test], Test]:
    """Decorate a property test with its number of examples."""
    chosen = settings(max_examples=count(short, long), deadline=None, derandomize=not LONG)

    def decorate(test: Test) -> Test:
        marked: Test = pytest.mark.fuzz(chosen(test))
        return marked

    return decorate
