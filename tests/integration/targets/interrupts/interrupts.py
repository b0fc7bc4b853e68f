# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run playbooks that wait for long scripts, send signals, and check the requests to the JOB simulator.

A start of ansible-playbook takes longer than all that is tested, so each has a host for each case.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.executor.process.worker import WorkerProcess

# Only to end a hanging test; nothing here takes that long, however busy the machine is.
TIMEOUT_SECONDS = 600
# Host variables: what happens to the job at a signal, and the execution mode.
STOP, LEAVE = {"on_interrupt": "terminate"}, {"on_interrupt": "leave"}
MODULE = {"bk_job_in_process": False}


class Playbook:
    """A running ansible-playbook, with a host for each case."""

    def __init__(
        self, server: dict[str, object], directory: Path, name: str, hosts: Mapping[str, Mapping[str, object]]
    ) -> None:
        self.journal = Path(str(server["journal"]))
        self.before = len(self.entries())
        environment = {
            **os.environ,
            "BK_JOB_API_URL": str(server["url"]),
            "BK_APP_CODE": "test_app",
            "BK_APP_SECRET": "test_app_secret",
            "BK_USERNAME": "alice",
            "BK_SCOPE_ID": "2",
            "ANSIBLE_FORCE_COLOR": "false",
            "ANSIBLE_FORKS": str(len(hosts)),
        }
        usual = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = directory / f"hosts-{time.monotonic_ns()}.json"
        variables = {host: {**usual, **more} for host, more in hosts.items()}
        inventory.write_text(json.dumps({"all": {"hosts": variables}}), encoding="utf-8")
        self.output = directory / f"output-{time.monotonic_ns()}.txt"
        with self.output.open("wb") as stream:
            self.process = subprocess.Popen(
                ["ansible-playbook", "-i", str(inventory), name, "-v"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def entries(self) -> list[dict[str, Any]]:
        """Return the journal since this playbook began, in order."""
        # The server may be writing: what follows the last newline is the beginning of an entry.
        lines = self.journal.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines][getattr(self, "before", 0) :]

    def launches(self, host: str) -> list[dict[str, Any]]:
        """Return the launches of a host, which wait.yml names after it."""
        launched = [entry for entry in self.entries() if entry["call"] == "fast_execute_script"]
        return [entry for entry in launched if entry["json"]["task_name"].split()[0] == host]

    def run_of(self, host: str) -> int:
        """Return the id of the run that a host launched."""
        return int(self.launches(host)[0]["answer"]["started"])

    def calls(self, call: str, run: int) -> int:
        """Return how often a call named a run."""
        named = [{**entry["query"], **(entry["json"] or {})} for entry in self.entries() if entry["call"] == call]
        return sum(str(parameters.get("job_instance_id")) == str(run) for parameters in named)

    def stops(self, host: str) -> int:
        """Return how often the run of a host was stopped."""
        return self.calls("operate_job_instance", self.run_of(host))

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until a required condition is true."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while not holds():
            if time.monotonic() > end:
                self.fail(f"never came to pass: {what}")
            time.sleep(0.05)

    def until_polled(self, *hosts: str) -> None:
        """Wait until the tasks of these hosts know the state of their runs."""
        for host in hosts:
            self.until(lambda host=host: bool(self.launches(host)), f"{host} launches")
            run = self.run_of(host)
            # A poll is in the journal before its response was sent. A second one shows that the first was read.
            self.until(lambda run=run: self.calls("get_job_instance_status", run) > 1, f"{host} polls its run")

    def task(self, host: str) -> int:
        """Return the process of a task, its worker or the youngest descendant of that, a module."""
        youngest = int(self.launches(host)[0]["json"]["task_name"].split()[1])
        while children := children_of(youngest):
            youngest = children[-1]
        return youngest

    def interrupt(self, number: int) -> None:
        """Interrupt the playbook as a terminal or an operator does."""
        # A terminal sends Ctrl-C to the whole group. Since 2.19 workers have groups of their own, and get a signal.
        send = os.killpg if number == signal.SIGINT else os.kill
        send(self.process.pid, number)

    def ends(self) -> str:
        """Return the output of ansible-playbook after its end."""
        try:
            self.process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.fail("ansible-playbook goes on")
        # Tasks that outlive it may be writing.
        return self.output.read_text(encoding="utf-8", errors="replace")

    def result(self, host: str) -> str:
        """Return the results of a host in the output, one line each."""
        return "\n".join(line for line in self.ends().splitlines() if f": [{host}]" in line)

    def fail(self, what: str) -> None:
        """Report, and stop all processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        calls = [(entry["call"], entry["query"], entry["json"]) for entry in self.entries()]
        sys.exit(f"FAIL: {what}\n{calls}\n{self.output.read_text(encoding='utf-8', errors='replace')}")

    def check(self, holds: bool, what: str) -> None:
        """Report a failed check."""
        if not holds:
            self.fail(what)


def children_of(pid: int) -> list[int]:
    """Return child processes, oldest first."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def is_there(pid: int) -> bool:
    """Return whether a process is running. A zombie is not."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()[:1] not in ("", "Z")


def to_the_task(server: dict[str, object], directory: Path) -> None:
    """The task ends its wait and prints its result, whatever happens to the job."""
    # What happens to the job does not depend on the signal.
    signals = {
        "sigint": signal.SIGINT,
        "sigint-module": signal.SIGINT,
        "sigterm": signal.SIGTERM,
        "sigterm-module": signal.SIGTERM,
        "loop": signal.SIGTERM,
    }
    hosts = {
        "sigint": STOP,
        "sigint-module": {**STOP, **MODULE},
        "sigterm": LEAVE,
        "sigterm-module": {**LEAVE, **MODULE},
        "loop": {**LEAVE, "rounds": ["one", "two", "three"], "retries": 2},
        # Ansible does not pass its time limit on to a module. It is long enough for a slow machine.
        "limited": {**STOP, "seconds": 10},
    }
    wait = Playbook(server, directory, "wait.yml", hosts)
    wait.until_polled(*hosts)
    for host, number in signals.items():
        os.kill(wait.task(host), number)
    for host, number in signals.items():
        status, stops = ("terminated", 1) if hosts[host]["on_interrupt"] == "terminate" else ("running", 0)
        run, name = wait.run_of(host), signal.Signals(number).name
        texts = ['"kind": "interrupted"', '"changed": true', f'"job_instance_id": {run}', f'"status": "{status}"', name]
        for text in texts if host != "loop" else ():
            wait.check(text in wait.result(host), f"{text} in the result of {host}")
        wait.check(wait.stops(host) == stops, f"{stops} stops by {host}")
    # Nothing is launched after the signal: neither by further loop items, nor by retries.
    for host in hosts:
        wait.check(len(wait.launches(host)) == 1, f"one launch by {host}")
    wait.check(wait.result("loop").count('"launch_outcome": "not_sent"') >= 2, "rounds that were not begun say so")
    # The time limit of the task acts like a signal: the job is stopped, and the result is complete.
    said = f"Interrupted by the task's timeout of 10 s while waiting for job instance {wait.run_of('limited')}"
    for text in ('"kind": "interrupted"', '"changed": true', '"status": "terminated"', '"period": 10', said):
        wait.check(text in wait.result("limited"), f"{text} in the result at the time limit")
    wait.check(wait.stops("limited") == 1, "one stop at the time limit")


def to_the_playbook(server: dict[str, object], directory: Path, number: int) -> None:
    """Ctrl-C and SIGTERM of ansible-playbook reach the tasks; their results are not displayed.

    The terminal shows which run keeps running, and the task that stops it.
    """
    hosts = {"stop": STOP, "leave": LEAVE, "silent": {**STOP, "no_log": True}}
    # Before 2.19 SIGTERM ends only ansible-playbook, and only a task in in-process mode notices.
    if number == signal.SIGINT or hasattr(WorkerProcess, "_term"):
        hosts["stop-module"] = {**STOP, **MODULE}
    if number == signal.SIGINT:
        hosts["leave-module"] = {**LEAVE, **MODULE}
    wait = Playbook(server, directory, "wait.yml", hosts)
    wait.until_polled(*hosts)
    tasks = {host: wait.task(host) for host in hosts}
    wait.interrupt(number)
    wait.ends()
    for host, task in tasks.items():
        wait.until(lambda task=task: not is_there(task), f"{host} ends after ansible-playbook")
        stops = 0 if host.startswith("leave") else 1
        wait.check(wait.stops(host) == stops, f"{stops} stops by {host} after a signal to ansible-playbook")
        if stops:
            continue
        run = wait.run_of(host)
        stop = f"{{operation: terminate, job_instance_id: {run}, bk_scope_type: biz, bk_scope_id: '2'}}"
        texts = (
            f"Interrupted by {signal.Signals(number).name} while waiting for job instance {run}\n",
            f"\nIt keeps running. To stop it, run this task: blueking.job.bk_job_operate: {stop}\n",
        )
        wait.until(lambda texts=texts: all(text in wait.ends() for text in texts), f"{host} is on the terminal")
    # Ansible 2.19 prints a message of its own with no_log, which has no id.
    wait.check(str(wait.run_of("silent")) not in wait.ends(), "no last word with no_log")


def killed(server: dict[str, object], directory: Path) -> None:
    """A run survives SIGKILL of its task; workers act on SIGKILL of ansible-playbook as on a signal."""
    begun, go_on, nobody_left = directory / "begun", directory / "go_on", directory / "nobody_left"
    script = {"script": f"until [ -e '{go_on}' ]; do sleep 0.1; done; echo went on"}
    # Its options are still templated when ansible-playbook is killed.
    lookup = f"echo $PPID >'{begun}.new'; mv '{begun}.new' '{begun}'; until [ -e '{nobody_left}' ]; do sleep 0.1; done"
    hosts = {
        "killed": {**STOP, **script},
        "killed-module": {**STOP, **MODULE, **script},
        "orphaned": {**STOP, "rounds": ["one", "two"]},
        "orphaned-early": {**LEAVE, "script": "{{ lookup('pipe', wait) }}", "wait": lookup},
    }
    wait = Playbook(server, directory, "wait.yml", hosts)
    wait.until_polled("killed", "killed-module", "orphaned")
    wait.until(begun.exists, "a task runs a lookup")
    orphaned, early = wait.task("orphaned"), int(begun.read_text(encoding="utf-8"))
    # It cannot notice what happens to its tasks.
    os.kill(wait.process.pid, signal.SIGSTOP)
    for host in ("killed", "killed-module"):
        os.kill(wait.task(host), signal.SIGKILL)
    os.kill(wait.process.pid, signal.SIGKILL)
    wait.ends()
    nobody_left.touch()
    wait.until(lambda: not is_there(orphaned), "the task ends after ansible-playbook was killed")
    wait.until(lambda: not is_there(early), "the task that was templated ends")
    for host, launches, stops in (("killed", 1, 0), ("killed-module", 1, 0), ("orphaned", 1, 1)):
        wait.check(len(wait.launches(host)) == launches, f"{host} launches nothing after the kill")
        wait.check(wait.stops(host) == stops, f"{stops} stops by {host}")
    wait.check(not wait.launches("orphaned-early"), "nothing is launched after the end of ansible-playbook")
    wait_again(server, directory, go_on, [wait.run_of("killed"), wait.run_of("killed-module")])


def wait_again(server: dict[str, object], directory: Path, go_on: Path, runs: list[int]) -> None:
    """Another task can wait for the run of a killed task by its id."""
    hosts = {"module": {"job_instance_id": runs[0], **MODULE}, "in-process": {"job_instance_id": runs[1]}}
    again = Playbook(server, directory, "wait_for.yml", hosts)
    for run in runs:
        again.until(lambda run=run: again.calls("get_job_instance_status", run) > 0, "the task polls the run")
    go_on.touch()
    again.ends()
    again.check(again.process.returncode == 0, "the second playbook succeeds")
    for host, run in zip(hosts, runs, strict=True):
        for text in ('"status": "success"', '"changed": false', "went on", f'"job_instance_id": {run}'):
            again.check(text in again.result(host), f"{text} in the result of {host}")
    launched = [entry for entry in again.entries() if entry["call"] == "fast_execute_script"]
    again.check(not launched, "the second playbook launches nothing")


def main() -> None:
    """Both signals, to the task and to ansible-playbook, in both execution modes."""
    # A shell lets background programs ignore SIGINT, and these would pass that on to ansible-playbook.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server, directory = json.loads(sys.argv[1]), Path(sys.argv[2])
    to_the_task(server, directory)
    for number in (signal.SIGINT, signal.SIGTERM):
        to_the_playbook(server, directory, number)
    killed(server, directory)


if __name__ == "__main__":
    main()
