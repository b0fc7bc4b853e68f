# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling execution: the hosts of each batch of a step, and the start times of batches.

JOB API: an expression is made of tokens between single blanks: "5" hosts, "10%" of all hosts, rounded up, "+5" more
than the batch before, "*2" times as many; the last token repeats until all hosts are assigned.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .errors import JobError

STOP_AT_FAILURE, GO_ON, ASK = 1, 2, 3
MAX_SERIAL_BATCHES, MAX_PARALLEL_BATCHES = 501, 200
OVER_TARGETS, OVER_SOURCES, PARALLEL = 1, 2, 2
MAX_SHARE, MAX_NUMBER = 100, 2**31 - 1
_TOKEN = re.compile(r"([0-9]+)%|[+*]?([0-9]+)")
WAITS = ("batch_start_wait_fixed_ms", "batch_start_wait_random_min_ms", "batch_start_wait_random_max_ms")


@dataclass(frozen=True)
class Rolling:
    """Rolling of a step. Parallel batches have start times, in milliseconds after the step's; serial ones a mode."""

    mode: int
    sizes: tuple[int, ...]
    starts: tuple[int, ...] | None = None
    over_sources: bool = False
    """Every batch has all hosts, and a part of the files."""

    def batches(self) -> Iterator[int]:
        """Return the batch number of each host in turn."""
        return (number for number, size in enumerate(self.sizes) for _turn in range(size))


def parallel(config: dict[str, Any]) -> bool:
    """Return whether a rolling configuration requests parallel batches."""
    return bool(config["execution_mode"] == PARALLEL)


def check_waits(config: dict[str, Any]) -> None:
    """JOB API: the maximum waiting time of parallel batches may not be below the minimum."""
    if parallel(config) and config[WAITS[2]] < config[WAITS[1]]:
        raise JobError(1241012, WAITS[2])


def plan(config: dict[str, Any], hosts: int) -> Rolling | None:
    """Return the rolling of that many hosts; None for a configuration that does not roll over targets."""
    if config["type"] not in (None, OVER_TARGETS):
        return None
    sizes = tuple(batch_sizes(config["expression"], hosts))
    if not parallel(config):
        if len(sizes) > MAX_SERIAL_BATCHES:
            raise JobError(1244027, str(len(sizes)))
        return Rolling(config["mode"] if config["mode"] in (GO_ON, ASK) else STOP_AT_FAILURE, sizes)
    if len(sizes) > MAX_PARALLEL_BATCHES:
        raise JobError(1241012, f"more than {MAX_PARALLEL_BATCHES} batches")
    fixed, least, most = (config[name] for name in WAITS)
    starts, dice = [0], random.Random(hosts)
    for _turn in sizes[1:]:
        # The documents do not define the start of the waiting time; here it is the start of the batch before.
        starts.append(starts[-1] + fixed + dice.randint(least, most))
    return Rolling(STOP_AT_FAILURE, sizes, tuple(starts))


def batch_sizes(expression: str, hosts: int) -> list[int]:
    """Return the sizes of all batches, or raise for an invalid expression."""
    tokens = expression.split(" ")
    if not all(_readable(token) for token in tokens):
        raise JobError(1244026, expression)
    sizes: list[int] = []
    left, wanted = hosts, None
    while left > 0:
        wanted = _size(tokens[min(len(sizes), len(tokens) - 1)], wanted, hosts)
        sizes.append(min(wanted, left))
        left -= sizes[-1]
    return sizes


def _readable(token: str) -> bool:
    """JOB API: numbers are at least 1, and shares at most 100 %; leading zeros are allowed."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return False
    share, number = match.groups()
    return 1 <= int(share) <= MAX_SHARE if share else 1 <= int(number) <= MAX_NUMBER


def _size(token: str, before: int | None, hosts: int) -> int:
    """Return the size of a batch after one of size C(before). JOB API: "+5" begins with 5 hosts, and so does "*5"."""
    if token.endswith("%"):
        return -(-hosts * int(token[:-1]) // 100)
    if token[0] == "+":
        return (before or 0) + int(token[1:])
    if token[0] == "*":
        return (before or 1) * int(token[1:])
    return int(token)
