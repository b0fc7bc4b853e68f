# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the cost of a task compared with Ansible's own modules, and the delay after its job: a Markdown table.

Tasks of all kinds alternate, so that a temporarily busy machine affects all of them. The cost of one task is
the difference between playbooks with many and with few of them.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

import requests
from ansible.release import __version__ as ansible_core
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script
from ansible_collections.blueking.job.tests.benchmarks.plays import MODULE_MODE, PING, Plays, host_of
from ansible_collections.blueking.job.tests.benchmarks.simulator import BASE_INVENTORY, served
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task

REPETITIONS = 5
FEW = 3
# A task in in-process mode is so short that the playbook's own time would outweigh a few of them.
MORE, MANY_MORE = 10, 100
LOOP = 100
# Measured in a small process: a child inherits the peak memory of the process that it was forked from.
PEAK = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
print(os.wait4(child, 0)[2].ru_maxrss, file=sys.stderr)
"""
# The end of a job falls anywhere between two polls: measure many jobs, with lengths (seconds) spread around these.
JOBS = {1: 9, 10: 27, 60: 45}
SPREAD = {
    length: [round(length * (0.9 + 0.2 * job / (jobs - 1)), 3) for job in range(jobs)] for length, jobs in JOBS.items()
}
# Pause (seconds) between starts, each of which keeps a core busy for about one second.
PAUSE = 2.0
LENGTHS = sorted({1, 3, 600, *(each for lengths in SPREAD.values() for each in lengths)})
INVENTORY = f"""{BASE_INVENTORY}
hosts:
""" + "".join(
    f'  - {{id: {host_of(length)}, ip: 10.0.0.{number}, scope: "2"}}\n' for number, length in enumerate(LENGTHS, 1)
)
OUTCOMES = "outcomes:\n" + "".join(f"  - {{hosts: [{host_of(length)}], seconds: {length}}}\n" for length in LENGTHS)
ROW = "| {} | {} | {} | {} |"
Samples = Mapping[str, list[float]]


def main() -> None:
    """Print the table."""
    python, cores = platform.python_version(), os.cpu_count()
    print(f"{date.today()}, {cores} cores, {platform.system()} {platform.machine()}, Python {python}, ", end="")
    print(f"ansible-core {ansible_core}, requests {requests.__version__}; medians of {REPETITIONS}\n")
    print(ROW.format("Measure", "Measured", "Target", "Met"))
    print("|---|---|---|---|")
    with served(INVENTORY + OUTCOMES) as (port, _process), tempfile.TemporaryDirectory() as directory:
        plays = Plays(Path(directory), port)
        # Compile now what is compiled once and cached.
        plays.seconds([PING, plays.uri_launch(1), plays.script(1, wait=False)])
        cost_of_a_task(plays)
        cost_of_a_loop(plays)
        wait_beside_until(plays)
        delays(plays)
        children(plays)
    with served(f"{INVENTORY}clock: manual\n{OUTCOMES}") as (port, _process):
        polls = polls_of_a_long_job(port)
    show("status requests for a job of 10 minutes", f"{polls}", "≤ 60", polls <= 60)


def show(measure: str, value: str, target: str = "", met: bool | None = None) -> None:
    """Print one row of the table."""
    word = {None: "", True: "met", False: "not met"}[met]
    print(ROW.format(measure, value, target, word), flush=True)


def show_ratio(measure: str, ours: float, other: float, target: float) -> None:
    """Print one row that compares two times (ms)."""
    value = f"{ours / other:.2f} ({ours * 1000:.0f} / {other * 1000:.0f} ms)"
    show(measure, value, f"≤ {target:.2f}", ours / other <= target)


def in_turns(kinds: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Return the median of each kind of measurement, alternating between kinds."""
    found: dict[str, list[float]] = defaultdict(list)
    for _turn in range(REPETITIONS):
        for name, measure in kinds.items():
            found[name].append(measure())
    return {name: statistics.median(values) for name, values in found.items()}


def cost_of_a_task(plays: Plays) -> None:
    """Measure a launch without wait, in both execution modes, compared with Ansible's own modules."""
    ours, uri = plays.script(1, wait=False), plays.uri_launch(1)

    def each(task: dict[str, object], environment: Mapping[str, str], more: int = MORE) -> float:
        few = plays.seconds([task] * FEW, environment)
        return (plays.seconds([task] * (FEW + more), environment) - few) / more

    cost = in_turns(
        {
            "ping": partial(each, PING, {}),
            "in process": partial(each, ours, {}, MANY_MORE),
            "uri": partial(each, uri, {}),
            "module": partial(each, ours, MODULE_MODE),
        }
    )
    show_ratio(
        "in-process `bk_fast_script`, `wait: false`, compared with `ping`", cost["in process"], cost["ping"], 0.10
    )
    show_ratio("the same compared with `uri` doing the POST", cost["in process"], cost["uri"], 0.10)
    show_ratio("module mode, `wait: false`, compared with `ping`", cost["module"], cost["ping"], 1.60)


def cost_of_a_loop(plays: Plays) -> None:
    """Measure launches in a loop, without the playbook's own time."""
    loop = {**plays.script(1, wait=False), "loop": list(range(LOOP))}
    took = in_turns({"nothing": partial(plays.seconds, []), "loop": partial(plays.seconds, [loop])})
    seconds = took["loop"] - took["nothing"]
    show(f"a loop of {LOOP} launches, in process", f"{seconds:.1f} s", "≤ 2 s", seconds <= 2)


def wait_beside_until(plays: Plays) -> None:
    """Measure launch and wait, compared with tasks that do not use the collection."""
    kinds = {
        "nothing": partial(plays.seconds, []),
        "ours": partial(plays.seconds, [plays.script(3, wait=True)]),
        "uri": partial(plays.seconds, [plays.uri_launch(3), plays.uri_wait()]),
    }
    took = in_turns(kinds)
    ours, other = took["ours"] - took["nothing"], took["uri"] - took["nothing"]
    show_ratio("launch and wait of a 3 s job compared with `uri` + `until`, delay 1", ours, other, 0.85)


def delays(plays: Plays) -> None:
    """Measure from the end of a job to the end of its task; all but the shortest run in parallel."""
    for length, jobs in JOBS.items():
        with ThreadPoolExecutor(1 if length == 1 else jobs) as pool:
            running = []
            for each in SPREAD[length]:
                running.append(pool.submit(plays.delay, each))
                # One after the other, so that they do not delay each other's polls.
                time.sleep(PAUSE)
            found = [task.result() for task in running]
        seconds, most = statistics.median(found), max(0.5, 0.05 * length)
        value = f"{seconds:.2f} s (most {max(found):.2f} s, {jobs} jobs)"
        show(
            f"from the end of a job of about {length} s to the end of its task", value, f"≤ {most:g} s", seconds <= most
        )


class Hurry(Clock):
    """Clock whose sleep moves the server's clock instead of waiting."""

    def __init__(self, port: int) -> None:
        self._control = f"http://127.0.0.1:{port}/control"
        self._moved = 0.0

    def now(self) -> float:
        """Return the seconds slept so far."""
        return self._moved

    def sleep(self, seconds: float) -> None:
        """Move the clocks without waiting."""
        if seconds > 0:
            requests.post(f"{self._control}/clock", json={"advance": seconds}, timeout=60).raise_for_status()
            self._moved += seconds

    def polls(self) -> int:
        """Return the number of status requests."""
        counters = requests.get(self._control, timeout=60).json()["counters"]
        return int(counters["by_call"].get("get_job_instance_status", 0))


def polls_of_a_long_job(port: int) -> int:
    """Return the median of status requests for a job of 10 minutes."""
    with tempfile.TemporaryDirectory() as directory:
        (options,) = Plays(Path(directory), port).script(600, wait=True).values()
    counts = []
    for _turn in range(REPETITIONS):
        clock = Hurry(port)
        before = clock.polls()
        given = dict(options)  # type: ignore[call-overload]
        run_task(fast_script, FAST_SCRIPT, given, TaskContext(clock=clock))
        counts.append(clock.polls() - before)
    return int(statistics.median(counts))


def children(plays: Plays) -> None:
    """Measure the process of a module alone: imports (ms) and peak memory (MiB)."""
    files = {"ping": plays.kept_module(PING), "ours": plays.kept_module(plays.script(1, wait=False))}
    imports = in_turns({name: partial(import_seconds, file) for name, file in files.items()})
    memory = in_turns({name: partial(peak, file) for name, file in files.items()})
    value = f"{imports['ours'] / imports['ping']:.2f} ({imports['ours'] * 1000:.0f} / {imports['ping'] * 1000:.0f} ms)"
    show("imports of the module's process compared with `ping`", value)
    value = f"{memory['ours'] / memory['ping']:.2f} ({memory['ours']:.0f} / {memory['ping']:.0f} MiB)"
    show("memory of the module's process at its peak compared with `ping`", value)


def import_seconds(file: Path) -> float:
    """Return the time that Python reports for imports."""
    command = [sys.executable, "-X", "importtime", str(file)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stderr.splitlines()
    return sum(int(found[1]) for line in lines if (found := re.match(r"import time: +(\d+) \|", line))) / 1e6


def peak(file: Path) -> float:
    """Return the peak memory of the process."""
    command = [sys.executable, "-c", PEAK, sys.executable, str(file)]
    return int(subprocess.run(command, check=True, capture_output=True).stderr) / 1024


if __name__ == "__main__":
    main()
