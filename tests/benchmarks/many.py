# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure many runs at once: a run for each of 200 hosts, and a wait for 100 runs; rows of a Markdown table."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.benchmarks.execution_modes import Hurry, show
from ansible_collections.blueking.job.tests.benchmarks.plays import Plays, Task
from ansible_collections.blueking.job.tests.benchmarks.simulator import BASE_INVENTORY, Client, served
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task

HOSTS, FORKS, SHORT = 200, 50, 5
RUNS, LOOPED, LONG = 100, 20, 60
INVENTORY = f"""{BASE_INVENTORY}
hosts: {{generate: {{count: {HOSTS}, scope: "2"}}}}
"""
TasksOf = Callable[[Plays], Sequence[Task]]
# Pause (seconds) between two looks at the memory of a process tree.
LOOK_SECONDS = 0.5


def main() -> None:
    """Print the rows."""
    for_each_host()
    wait_for_many()
    with served(f"{INVENTORY}clock: manual\noutcomes: [{{seconds: [{LONG - 5}, {LONG + 5}]}}]\n") as (port, _process):
        together, single = requests_of_waits(port)
    share = together / (RUNS * single)
    value = f"{share:.0%} ({together} / {RUNS} × {single} requests)"
    show(f"one wait for {RUNS} runs of about {LONG} s compared with {RUNS} waits", value, "≤ 25 %", share <= 0.25)


@dataclass
class Load:
    """One playbook: its duration, its memory at its peak, and the moments of its requests at the server."""

    seconds: float
    mebibytes: float
    moments: list[float] = field(default_factory=list)

    def spike(self) -> float:
        """Return the requests of the busiest second compared with those of an average second."""
        by_second = Counter(int(moment - self.moments[0]) for moment in self.moments)
        return max(by_second.values()) * (self.moments[-1] - self.moments[0]) / len(self.moments)

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s, {self.mebibytes:.0f} MiB, {len(self.moments)} requests"


def for_each_host() -> None:
    """Launch and wait on many inventory hosts at the same time, with the collection and with uri."""
    play = {"hosts": "all", "strategy": "free"}
    inventory = ",".join(f"host-{number}" for number in range(HOSTS))
    arguments = ["--inventory", inventory, "--forks", str(FORKS)]
    outcome = f"outcomes: [{{seconds: {SHORT}}}]\n"
    ours = loaded(outcome, play, arguments, lambda plays: [plays.script(0.001, wait=True)])
    uri = loaded(outcome, play, arguments, lambda plays: [plays.uri_launch(0.001), plays.uri_wait()])
    what = f"{HOSTS} hosts × launch and wait of a {SHORT} s job, {FORKS} forks, `strategy: free`"
    show(what, str(ours), "time of `uri`", ours.seconds <= uri.seconds)
    show("the same with `uri` + `until`, delay 1", str(uri))
    show("busiest second of the server compared with the mean", f"{ours.spike():.1f}", "≤ 3", ours.spike() <= 3)


def wait_for_many() -> None:
    """Launch many runs in a loop without waiting, then wait for each in a loop, or for all in one task."""
    outcome, play, arguments = f"outcomes: [{{seconds: {LOOPED}}}]\n", {"hosts": "localhost"}, ["-i", "localhost,"]

    def tasks(plays: Plays, options: Mapping[str, object], more: Task) -> list[Task]:
        launch = {**plays.script(0.001, wait=False), "loop": list(range(RUNS)), "register": "launched"}
        return [launch, {"blueking.job.bk_job_wait": {**plays.connection(), **options}, **more}]

    each, loop_over = {"job_instance_id": "{{ item.job_instance_id }}"}, {"loop": "{{ launched.results }}"}
    ids = {"job_instance_ids": "{{ launched.results | map(attribute='job_instance_id') }}"}
    loop = loaded(outcome, play, arguments, lambda plays: tasks(plays, each, dict(loop_over)))
    one = loaded(outcome, play, arguments, lambda plays: tasks(plays, ids, {}))
    show(f"{RUNS} launches of {LOOPED} s jobs, then a wait for each in a loop", str(loop))
    show("the same, then one wait with `job_instance_ids`", str(one), "time of the loop", one.seconds <= loop.seconds)


def loaded(outcome: str, play: Mapping[str, object], arguments: Sequence[str], tasks: TasksOf) -> Load:
    """Run a playbook against a server of its own."""
    with tempfile.TemporaryDirectory() as directory:
        journal = Path(directory, "journal")
        with served(INVENTORY + outcome, journal) as (port, _process):
            plays = Plays(Path(directory), port)
            command, environment = plays.command(tasks(plays), play)
            began = time.perf_counter()
            process = subprocess.Popen([*command, *arguments], stdout=subprocess.DEVNULL, env=environment)
            peak = Peak(process.pid)
            if process.wait() != 0:
                raise SystemExit("a playbook of the benchmark failed")
            load = Load(time.perf_counter() - began, peak.stop())
        entries = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    load.moments = sorted(datetime.fromisoformat(entry["time"]).timestamp() for entry in entries if entry.get("call"))
    return load


class Peak:
    """Watches the memory of a process and its children. Pages that they share count once."""

    def __init__(self, pid: int) -> None:
        self._pid, self._ended, self._mebibytes = pid, threading.Event(), 0.0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> float:
        """Return the highest memory that was seen, MiB."""
        self._ended.set()
        self._thread.join()
        return self._mebibytes

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._mebibytes = max(self._mebibytes, sum(map(_memory, _tree(self._pid))) / 1024)


def _tree(pid: int) -> list[int]:
    """Return a process with its children, as far as they are still there."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        children = []
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _memory(pid: int) -> int:
    """Return the proportional memory of a process, KiB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def requests_of_waits(port: int) -> tuple[int, int]:
    """Return the requests of one wait for all runs, and of a wait for one; the server's clock does not wait."""
    client = Client(port)
    counts = []
    for number in (RUNS, 1):
        ids = [client.launch({"host_id_list": [host]}) for host in range(1, number + 1)]
        options = {**Plays(Path(tempfile.gettempdir()), port).connection(), "progress": False}
        before = total(client)
        which = {"job_instance_ids": ids} if number > 1 else {"job_instance_id": ids[0]}
        run_task(job_wait, JOB_WAIT, {**options, **which}, TaskContext(clock=Hurry(port)))
        counts.append(total(client) - before)
    return counts[0], counts[1]


def total(client: Client) -> int:
    """Return the number of API calls that the server has counted."""
    return sum(client.send("GET", "/control")["counters"]["by_call"].values())


if __name__ == "__main__":
    main()
