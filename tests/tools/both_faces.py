# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the same tasks gave the same results inside the controller's process and as modules, key by key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

# Different in every run, whichever face runs: moments, durations, and what is made anew for each run.
VOLATILE_KEYS = frozenset(
    {"create_time", "start_time", "end_time", "total_time", "since", "until", "request_id", "attempts"}
)
VOLATILE_TEXT = re.compile(
    r"""
    ansible-\d{8}T\d{6}Z-[0-9a-f]{12}               # generated names of runs
    | \d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?     # moments
    | \b[0-9a-f]{32}\b                              # request ids
    | \d+\ looks?\b                                 # how many of them failed is a matter of time
    | 127\.0\.0\.1:\d+                              # the port of the server
    | (?:/[^\s/'",]+)*/(?:ansible-test|test)-[^\s'",]*  # folders of the run
    | (?:/[^\s/'",]+)*/output/[^\s'",]*(?:\ \d+)?   # one of them with the id of a process
    """,
    re.VERBOSE,
)
# What has become of a run by the time of a look after an operation, or while it runs, is a matter of milliseconds.
RACED_KEYS = frozenset({"counts", "failed_hosts", "finished", "hosts", "status", "status_code", "step_status", "steps"})
# What Ansible adds: facts about the interpreter that it found for a module, and traces or a word about their absence.
ADDED_KEYS = frozenset({"ansible_facts", "exception", "failed_when_suppressed_exception"})


def differences(one: Path, other: Path) -> Iterator[str]:
    """What two runs of the same tasks recorded differently, in words."""
    first, second = recorded(one), recorded(other)
    if len(first) != len(second):
        yield f"{len(first)} results inside the process, {len(second)} of modules"
    for (task, result), (same_task, same_result) in zip(first, second, strict=False):
        if task != same_task:
            yield f"{task} ran where the module {same_task} did"
            return
        for path, mine, its in differing(result, same_result, ""):
            yield f"{task}: {path} is {mine!r:.300} inside the process and {its!r:.300} of the module"


def recorded(path: Path) -> list[tuple[str, object]]:
    """The results of a run in order, each with its task, without what differs in every run."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    tasks = [(re.sub(r".*/targets/", "", line["task"]), line["result"]) for line in lines]
    return [(task, steady(result, raced="/under_way.yml" in task)) for task, result in tasks]


def steady(value: object, *, raced: bool = False) -> object:
    """A value without what differs in every run; whether it was there is kept."""
    if isinstance(value, dict):
        volatile = VOLATILE_KEYS | (RACED_KEYS if raced or "operation" in value else frozenset())
        kept = {key: each for key, each in value.items() if key not in ADDED_KEYS and not key.startswith("_ansible_")}
        return {key: "there" if key in volatile else steady(each, raced=raced) for key, each in kept.items()}
    if isinstance(value, list):
        return [steady(each, raced=raced) for each in value]
    return VOLATILE_TEXT.sub("<volatile>", value) if isinstance(value, str) else value


def differing(one: object, other: object, path: str) -> Iterator[tuple[str, object, object]]:
    """Every key, with its path, whose values are not the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}, key=str):
            yield from differing(one.get(key, "nothing"), other.get(key, "nothing"), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for position, (mine, its) in enumerate(zip(one, other, strict=True)):
            yield from differing(mine, its, f"{path}[{position}]")
    elif one != other or type(one) is not type(other):
        yield path, one, other
