# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the results of the same tasks in in-process mode and in module mode, key by key."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# Keys that differ in every run in either mode: times, durations, and values that are generated for each run.
VOLATILE_KEYS = frozenset(
    {"create_time", "start_time", "end_time", "total_time", "since", "until", "request_id", "attempts"}
)
# Ids of runs and steps count launches, and fewer APIs mean fewer launches.
FIRST_ID, LAST_ID = 20_000_000_000, 40_000_000_000
VOLATILE_TEXT = re.compile(
    r"""
    \b[23]0{5,}\d+\b |
    ansible-\d{8}T\d{6}Z-[0-9a-f]{12}               # generated names of runs
    | \d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?     # moments
    | \b[0-9a-f]{32}\b                              # request ids
    | \d+\ (?:looks?|polls?)\b                      # how many of them failed is a matter of time
    | 127\.0\.0\.1:\d+                              # the port of the server
    | (?:/[^\s/'",]+)*/(?:ansible-test|test)-[^\s'",]*  # directories of the run
    | (?:/[^\s/'",]+)*/output/[^\s'",]*(?:\ \d+)?   # one of them with the id of a process
    """,
    re.VERBOSE,
)
# Groups of cases, and targets, that run in in-process mode only. After the options were read both modes run the same
# code. Other groups compare how options are read, and how each kind of result, such as a refused launch, returns.
IN_PROCESS_ONLY = frozenset(
    {
        "bk_fast_file/failures",
        "bk_fast_file/only_v3",
        "bk_fast_file/refusals",
        "bk_job_operate/refused",
        "bk_job_plan/failures",
        "bk_job_plan/not_awaited",
        "bk_job_plan/only_v3",
        "bk_job_plan/refusals",
        "bk_job_plan_info/refusals",
        "bk_job_plan_info/several",
        "bk_job_plan_info/to_a_launch",
        "lost_server",
        "playbook_see_it_through",
        "playbooks/see_it_through",
        "validation_errors/connection",
        "validation_errors/sizes",
    }
)
# Keys of a running job, or one polled right after an operation: they depend on timing.
RACED_KEYS = frozenset({"counts", "failed_hosts", "finished", "hosts", "status", "status_code", "step_status", "steps"})
# After a wait that was too short, hosts are read within a second. On a busy machine that may fail in one of the modes.
UNREAD_HOSTS = re.compile(r"The hosts of job instance \S+ cannot be read")
# Keys added by Ansible: facts about a discovered interpreter, and tracebacks or a note about their absence.
ADDED_KEYS = frozenset({"ansible_facts", "exception", "failed_when_suppressed_exception"})


def differences(in_process: Path, modules: Path) -> Iterator[str]:
    """Compare the results of the same tasks in both execution modes.

    Tasks ran in module mode over at least one API, and in in-process mode over the same and perhaps others.

    Yields:
        Each difference, and each task that did not run in both modes.
    """
    inside, outside = recorded(in_process), recorded(modules)
    for task in sorted({task for task, _api in inside} - {task for task, _api in outside}):
        if not is_in_process_only(task):
            yield f"{task} ran inside the process only"
    for (task, api), results in outside.items():
        same = inside.get((task, api), [])
        if len(same) != len(results):
            yield f"{task} over {api} ran {len(same)} times inside the process, {len(results)} times as a module"
        for mine, its in zip(same, results, strict=False):
            if lacks_hosts(mine) or lacks_hosts(its):
                mine, its = without_hosts(mine), without_hosts(its)
            for path, one, other in differing(mine, its, ""):
                yield f"{task} over {api}: {path} is {one!r:.300} inside the process and {other!r:.300} of the module"


def is_in_process_only(task: str) -> bool:
    """Return whether a task, such as "bk_job_plan/tasks/refusals.yml:5", does not run in module mode."""
    target, _slash, file = task.partition("/")
    group = file.removeprefix("tasks/").partition(".yml")[0]
    return not IN_PROCESS_ONLY.isdisjoint({target, f"{target}/{group}"})


def recorded(path: Path) -> dict[tuple[str, str], list[object]]:
    """Read the results of a run by task and API, in order, without keys that differ in every run."""
    found: dict[tuple[str, str], list[object]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        task = re.sub(r".*/(?:targets|blueking/job)/", "", entry["task"])
        found[task, api_of(entry["result"])].append(steady(entry["result"], raced="/under_way.yml" in task))
    return found


def api_of(result: Mapping[str, Any]) -> str:
    """Name the API of a task; for a loop that of its first item."""
    options = result.get("results", [result])[0].get("invocation", {}).get("module_args", {})
    return f"{options.get('gateway')} {options.get('api_version')}"


def lacks_hosts(result: object) -> bool:
    """Return whether the hosts of a run could not be read in time."""
    warnings = result.get("warnings", ()) if isinstance(result, dict) else ()
    return any(UNREAD_HOSTS.search(str(warning)) for warning in warnings)


def without_hosts(result: object) -> object:
    """Return a result without what depends on the hosts of a run."""
    left_out = RACED_KEYS | {"warnings", "logs_complete"}
    return {key: each for key, each in result.items() if key not in left_out} if isinstance(result, dict) else result


def steady(value: object, *, raced: bool = False) -> object:
    """Return a value without what differs in every run, keeping whether it was there."""
    if isinstance(value, dict):
        volatile = VOLATILE_KEYS | (RACED_KEYS if raced or "operation" in value else frozenset())
        kept = {key: each for key, each in value.items() if key not in ADDED_KEYS and not key.startswith("_ansible_")}
        return {key: "there" if key in volatile else steady(each, raced=raced) for key, each in kept.items()}
    if isinstance(value, list):
        return [steady(each, raced=raced) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and FIRST_ID <= value < LAST_ID:
        return "<id>"
    return VOLATILE_TEXT.sub("<volatile>", value) if isinstance(value, str) else value


def differing(one: object, other: object, path: str) -> Iterator[tuple[str, object, object]]:
    """Yield every key, with its path, whose values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}, key=str):
            yield from differing(one.get(key, "nothing"), other.get(key, "nothing"), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for position, (mine, its) in enumerate(zip(one, other, strict=True)):
            yield from differing(mine, its, f"{path}[{position}]")
    elif one != other or type(one) is not type(other):
        yield path, one, other
