# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executor that runs nothing: hosts end by the inventory's rules, on the server's clock.

Hosts that end alike share one scheduled action, and logs are generated on request, so that a run of tens
of thousands of hosts needs no thread and no file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from .execution_rounds import Round
from .host_outcomes import ENGINE_FAULTS, SUCCESS_AT_ONCE, Ending, Rule
from .host_tasks import HOST_RUNNING, HostTask, Verdict
from .scheduler import Timeline

_WORDS = b"all work and no play is what makes a log file grow "


@dataclass(frozen=True)
class ScriptedOutput:
    """The logs of all hosts that one rule matches in one round."""

    rule: Rule
    step: str
    seconds: float
    now: Callable[[], int]

    def text(self, task: HostTask) -> str:
        """JOB API: a log grows while its host runs and is complete when the host is done."""
        if task.clock.started is None or not (self.rule.log or self.rule.log_bytes):
            return ""
        full = self._full(task)
        if task.status != HOST_RUNNING or not self.seconds:
            return full
        lines = full.splitlines(keepends=True)
        share = (self.now() - task.clock.started) / (self.seconds * 1000)
        return "".join(lines[: int(len(lines) * min(share, 1))])

    def _full(self, task: HostTask) -> str:
        return expanded(self.rule, task, self.step)


def expanded(rule: Rule, task: HostTask, step: str, file: str = "") -> str:
    """Return the log of a rule for one host, filled up to its size."""
    text = rule.log
    values = {"host_id": task.host.id, "ip": task.host.ip, "name": task.host.name}
    for name, value in {**values, "step": step, "execution": task.execution, "file": file}.items():
        text = text.replace(f"{{{name}}}", str(value))
    missing = rule.log_bytes - len(text.encode())
    return text if missing <= 0 else text + _filler(task.host.name, missing)


def _filler(name: str, size: int) -> str:
    """Return that many bytes of lines."""
    line = name.encode() + b": " + _WORDS
    line = line[:79] + b"\n"
    block = (line * (size // len(line) + 1))[: size - 1] + b"\n"
    return block.decode("utf-8", "replace") if name.isascii() else block.decode("utf-8", "ignore").ljust(size)[:size]


class ScriptedExecutor:
    """Gives hosts the outcomes of an inventory."""

    def __init__(self, rules: Sequence[Rule], timeline: Timeline) -> None:
        self._rules = rules
        self._timeline = timeline

    def run(self, work: Round) -> None:
        """Schedule the outcomes of the hosts."""
        groups: dict[tuple[int, Ending], list[HostTask]] = {}
        outputs: dict[tuple[int, float], ScriptedOutput] = {}
        rules = self._rules_for(work)
        for task in work.sort_out():
            rule = next((rule for rule in rules if rule.fits_host(task.host)), SUCCESS_AT_ONCE)
            if rule.engine is not None and rule.engine != "refused":
                status, wait = ENGINE_FAULTS[rule.engine], rule.seconds[0] if rule.seconds else 0
                self._timeline.after(wait, partial(work.fail, status))
                return
            ending = rule.ending(task.host, work.work.timeout)
            key = (id(rule), ending.ends - (ending.begins or 0))
            if key not in outputs:
                outputs[key] = ScriptedOutput(rule, work.step.name, key[1], self._timeline.now_ms)
            task.output = outputs[key]
            groups.setdefault((id(rule), ending), []).append(task)
        for (_rule, ending), tasks in groups.items():
            self._put(work, ending, tasks)

    def stop(self, work: Round) -> None:
        """JOB API: how long stopping takes depends on the agents; the slowest host of the round decides."""
        rules = self._rules_for(work)
        open_hosts = [task.host for task in work.tasks if not task.final]
        waits = (next((rule.stop_seconds for rule in rules if rule.fits_host(host)), 0.0) for host in open_hosts)
        self._timeline.after(max(waits, default=0.0), work.stopped)

    def close(self) -> None:
        """Do nothing: there are no processes."""

    def _rules_for(self, work: Round) -> list[Rule]:
        step = work.step
        return [rule for rule in self._rules if rule.fits_step(step.name, work.work.content, step.execute_count)]

    def _put(self, work: Round, ending: Ending, tasks: Iterable[HostTask]) -> None:
        def end() -> None:
            note = "" if ending.reason is None else work.line(ending.reason)
            # A host that could not start, because the run is being stopped, does not end by itself either.
            done = [task for task in tasks if ending.begins is None or task.clock.started is not None]
            work.finish(
                done, Verdict(ending.status, ending.exit_code, ending.error_code, ending.tag, note, ending.sets)
            )

        if ending.begins is not None:
            self._timeline.after(ending.begins, lambda: work.begin(tasks))
        self._timeline.after(ending.ends, end)
