# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook that waits for a long script, send signals, and check the requests to the JOB simulator."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.executor.process.worker import WorkerProcess

# Only to end a hanging test; nothing here takes that long.
TIMEOUT_SECONDS = 60


class Playbook:
    """A running ansible-playbook."""

    # Tasks run in in-process mode, otherwise in module mode.
    in_process = True

    def __init__(self, server: dict[str, object], directory: Path, name: str, **variables: object) -> None:
        self.journal = Path(str(server["journal"]))
        self.before = len(self.entries())
        environment = {
            **os.environ,
            "BK_JOB_API_URL": str(server["url"]),
            "BK_APP_CODE": "test_app",
            "BK_APP_SECRET": "test_app_secret",
            "BK_USERNAME": "alice",
            "BK_SCOPE_ID": "2",
            "BK_JOB_IN_PROCESS": str(self.in_process),
            "ANSIBLE_FORCE_COLOR": "false",
        }
        self.output = directory / f"output-{time.monotonic_ns()}.txt"
        with self.output.open("wb") as stream:
            self.process = subprocess.Popen(
                ["ansible-playbook", name, "--extra-vars", json.dumps(variables), "-v"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def entries(self) -> list[dict[str, Any]]:
        """Return the journal since this playbook began, in order."""
        lines = self.journal.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines][getattr(self, "before", 0) :]

    def calls(self) -> list[str]:
        """Return the calls since this playbook began, in order."""
        return [entry["call"] for entry in self.entries()]

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until a required condition is true."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while not holds():
            if time.monotonic() > end:
                self.fail(f"never came to pass: {what}")
            time.sleep(0.05)

    def task(self) -> int:
        """Return the process of the task, a module or a worker: the youngest descendant of ansible-playbook."""
        youngest = self.process.pid
        while children := children_of(youngest):
            youngest = children[-1]
        return youngest

    def ends(self) -> str:
        """Return the output of ansible-playbook after its end."""
        try:
            self.process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.fail("ansible-playbook goes on")
        return self.output.read_text(encoding="utf-8")

    def fail(self, what: str) -> None:
        """Report, and stop all processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        sys.exit(f"FAIL: {what} {self.before}\n{self.calls()}\n{self.output.read_text(encoding='utf-8')}")

    def check(self, holds: bool, what: str) -> None:
        """Report a failed check."""
        if not holds:
            self.fail(what)


class Wait(Playbook):
    """An ansible-playbook that launches a script and waits for it."""

    def __init__(
        self, server: dict[str, object], directory: Path, on_interrupt: str, script: str = "sleep 3600", **more: object
    ) -> None:
        super().__init__(server, directory, "wait.yml", on_interrupt=on_interrupt, script=script, **more)
        launched = ["fast_execute_script", "get_job_instance_status"]
        self.until(lambda: self.calls()[:2] == launched, "the task polls the job")


def children_of(pid: int) -> list[int]:
    """Return child processes, oldest first."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def is_there(pid: int) -> bool:
    """Return whether a process is running. A zombie is not."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()[:1] not in ("", "Z")


def to_the_task(server: dict[str, object], directory: Path, number: int) -> None:
    """The task ends its wait and prints its result, whatever happens to the job."""
    # What happens to the job does not depend on the signal.
    policy, status, stops = ("terminate", "terminated", 1) if number == signal.SIGINT else ("leave", "running", 0)
    wait = Wait(server, directory, policy)
    os.kill(wait.task(), number)
    output, name = wait.ends(), signal.Signals(number).name
    wait.check(wait.calls().count("fast_execute_script") == 1, "one launch")
    wait.check(wait.calls().count("operate_job_instance") == stops, f"{stops} stops with on_interrupt {policy}")
    for text in ('"kind": "interrupted"', '"changed": true', '"job_instance_id": 2', f'"status": "{status}"', name):
        wait.check(text in output, f"{text} in the result with on_interrupt {policy}")


def to_the_playbook(server: dict[str, object], directory: Path, number: int) -> None:
    """Ctrl-C and SIGTERM of ansible-playbook reach the task; its result is not displayed."""
    wait = Wait(server, directory, "terminate")
    task = wait.task()
    # A terminal sends Ctrl-C to the whole group. Since 2.19 workers have groups of their own, and get a signal.
    send = os.killpg if number == signal.SIGINT else os.kill
    send(wait.process.pid, number)
    wait.ends()
    wait.until(lambda: not is_there(task), "the task ends after ansible-playbook")
    wait.check("operate_job_instance" in wait.calls(), f"{number} to ansible-playbook stops the job")


def left_behind(server: dict[str, object], directory: Path, number: int) -> None:
    """The terminal shows which run keeps running, and the task that stops it."""
    wait = Wait(server, directory, "leave")
    task = wait.task()
    send = os.killpg if number == signal.SIGINT else os.kill
    send(wait.process.pid, number)
    wait.ends()
    (job_instance_id,) = (entry["answer"]["started"] for entry in wait.entries() if entry["answer"]["started"])
    stop = f"{{operation: terminate, job_instance_id: {job_instance_id}, bk_scope_type: biz, bk_scope_id: '2'}}"
    texts = (
        f"Interrupted by {signal.Signals(number).name} while waiting for job instance {job_instance_id}\n",
        f"\nIt keeps running. To stop it, run this task: blueking.job.bk_job_operate: {stop}\n",
    )
    wait.until(lambda: not is_there(task), "the task ends after ansible-playbook")
    wait.until(lambda: all(text in wait.ends() for text in texts), "the run left behind is on the terminal")
    wait.check("operate_job_instance" not in wait.calls(), "the job is not stopped")


def killed(server: dict[str, object], directory: Path) -> None:
    """After SIGKILL the job keeps running, and another task can wait for it by its id."""
    go_on = directory / "go_on"
    # In the other execution mode.
    go_on.unlink(missing_ok=True)
    wait = Wait(server, directory, "terminate", f"until [ -e '{go_on}' ]; do sleep 0.1; done; echo went on")
    os.kill(wait.task(), signal.SIGKILL)
    os.killpg(wait.process.pid, signal.SIGKILL)
    wait.ends()
    wait.check("operate_job_instance" not in wait.calls(), "the job is not stopped")
    (job_instance_id,) = (entry["answer"]["started"] for entry in wait.entries() if entry["answer"]["started"])
    again = Playbook(server, directory, "wait_for.yml", job_instance_id=job_instance_id)
    again.until(lambda: again.calls()[:1] == ["get_job_instance_status"], "the second playbook looks at the job")
    go_on.touch()
    output = again.ends()
    again.check(again.process.returncode == 0, "the second playbook succeeds")
    for text in ('"status": "success"', '"changed": false', "went on", f'"job_instance_id": {job_instance_id}'):
        again.check(text in output, f"{text} in the result of the second playbook")
    again.check("fast_execute_script" not in again.calls(), "the second playbook launches nothing")
    wait.check(wait.calls().count("fast_execute_script") == 1, "the job was started once")


def in_a_loop(server: dict[str, object], directory: Path) -> None:
    """Nothing is launched after the signal: neither by further loop items, nor by retries."""
    wait = Wait(server, directory, "leave", rounds=["one", "two", "three"], retries=2)
    os.kill(wait.task(), signal.SIGTERM)
    output = wait.ends()
    wait.check(wait.calls().count("fast_execute_script") == 1, "one launch")
    wait.check(output.count('"launch_outcome": "not_sent"') >= 2, "rounds that were not begun say so")


def orphaned(server: dict[str, object], directory: Path) -> None:
    """After SIGKILL of ansible-playbook its worker notices, and ends the wait as at a signal."""
    wait = Wait(server, directory, "terminate", rounds=["one", "two"])
    task = wait.task()
    os.kill(wait.process.pid, signal.SIGKILL)
    wait.ends()
    wait.until(lambda: not is_there(task), "the task ends after ansible-playbook was killed")
    wait.check(wait.calls().count("operate_job_instance") == 1, "the job is stopped after ansible-playbook was killed")
    wait.check(wait.calls().count("fast_execute_script") == 1, "nothing is launched after ansible-playbook was killed")


def orphaned_early(server: dict[str, object], directory: Path) -> None:
    """Nothing is launched if ansible-playbook was killed while the task's options were templated."""
    begun, go_on = directory / "begun", directory / "nobody_left"
    script = f"touch '{begun}'; until [ -e '{go_on}' ]; do sleep 0.1; done"
    playbook = Playbook(
        server, directory, "wait.yml", on_interrupt="leave", script="{{ lookup('pipe', wait) }}", wait=script
    )
    playbook.until(begun.exists, "the task runs a lookup")
    worker = children_of(playbook.process.pid)[-1]
    os.kill(playbook.process.pid, signal.SIGKILL)
    playbook.process.wait()
    go_on.touch()
    playbook.until(lambda: not is_there(worker), "the task ends")
    playbook.check(not playbook.calls(), "nothing is launched after the end of ansible-playbook")


def silent(server: dict[str, object], directory: Path) -> None:
    """The last message of a task, as in left_behind, is not printed with no_log. Ansible 2.19 prints one of its own."""
    wait = Wait(server, directory, "terminate", no_log=True)
    os.kill(wait.task(), signal.SIGTERM)
    wait.check("[ERROR]: Interrupted by SIGTERM" not in wait.ends(), "no last word with no_log")


def over_time(server: dict[str, object], directory: Path) -> None:
    """The time limit of the task acts like a signal: the job is stopped, and the result is complete."""
    wait = Wait(server, directory, "terminate", seconds=2)
    output = wait.ends()
    wait.check(wait.calls().count("operate_job_instance") == 1, "one stop at the time limit")
    said = "Interrupted by the task's timeout of 2 s while waiting for job instance"
    texts = ('"kind": "interrupted"', '"changed": true', '"status": "terminated"', '"period": 2', said)
    for text in texts:
        wait.check(text in output, f"{text} in the result at the time limit")


def main() -> None:
    """Both signals, to the task and to ansible-playbook, in both execution modes."""
    # A shell lets background programs ignore SIGINT, and these would pass that on to ansible-playbook.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server, directory = json.loads(sys.argv[1]), Path(sys.argv[2])
    for Playbook.in_process in (True, False):
        for number in (signal.SIGINT, signal.SIGTERM):
            to_the_task(server, directory, number)
            # Before 2.19 SIGTERM ends only ansible-playbook, and only a task in in-process mode notices.
            if Playbook.in_process or number == signal.SIGINT or hasattr(WorkerProcess, "_term"):
                to_the_playbook(server, directory, number)
        left_behind(server, directory, signal.SIGINT)
        killed(server, directory)
    # Ansible passes none of these on to a module.
    Playbook.in_process = True
    left_behind(server, directory, signal.SIGTERM)
    in_a_loop(server, directory)
    orphaned(server, directory)
    orphaned_early(server, directory)
    silent(server, directory)
    over_time(server, directory)


if __name__ == "__main__":
    main()
