# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executor of file steps by rules: nothing is copied.

Rules about sources define which files are missing and how JOB's own fetching ends; all others are about targets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from .deliveries import NO_SUCH_FILE, TASK_ERROR, TIMED_OUT, FileResult, usual_code
from .execution_rounds import Round
from .file_rounds import FileRound, verdict_on
from .host_outcomes import ENGINE_FAULTS, SUCCESS_AT_ONCE, Ending, Rule
from .host_tasks import HOST_BAD_EXIT, HOST_NO_RESULT, HOST_SUCCESS, HOST_TIMEOUT, HostTask, Verdict
from .instances import FAILED, STOPPING
from .scheduler import Timeline
from .scripted_executor import expanded
from .step_work import FileItem

MAX_PREPARATION = 1800
"""JOB API: files that JOB has not fetched after 30 minutes have failed, whatever the time limit of the step."""
_ARRIVED = FileResult(size=1024)
_MISSING = FileResult(NO_SUCH_FILE, "the file does not exist on the source")
_NOT_FETCHED = FileResult(NO_SUCH_FILE, "the file could not be fetched")


class ScriptedTransfers:
    """Gives the sources and targets of file steps the outcomes of an inventory."""

    def __init__(self, rules: Sequence[Rule], timeline: Timeline) -> None:
        self._rules = rules
        self._timeline = timeline
        self._preparing: set[Round] = set()

    def run(self, work: Round) -> None:
        """Fetch the files that need it, and schedule the outcomes of the targets."""
        files = FileRound(work)
        rules = self._rules_for(work)
        status = files.impossible
        if status is not None:
            files.fetch(_NOT_FETCHED)
            work.fail(status, timed=False)
            return
        rule = next((rule for rule in rules if rule.prepare is not None), None)
        if rule is None or all(item.source.prepared for item in files.items):
            self._send(files, rules)
            return
        files.fetch(None)
        self._preparing.add(work)
        seconds = math.inf if rule.seconds is None else rule.seconds[0]
        failed = rule.prepare == "failed" or seconds > MAX_PREPARATION
        self._timeline.after(min(seconds, MAX_PREPARATION), partial(self._prepared, files, rules, failed))

    def stop(self, work: Round) -> None:
        """JOB API: files that are being fetched are fetched to the end first; then the agents get nothing."""
        if work in self._preparing:
            return
        rules = [rule for rule in self._rules_for(work) if not rule.about_sources]
        open_hosts = [task.host for task in work.tasks if not task.final]
        waits = (next((rule.stop_seconds for rule in rules if rule.fits_host(host)), 0.0) for host in open_hosts)
        self._timeline.after(max(waits, default=0.0), work.stopped)

    def close(self) -> None:
        """Do nothing: nothing is copied."""

    def _rules_for(self, work: Round) -> list[Rule]:
        step = work.step
        assert step.transfer is not None
        return [rule for rule in self._rules if rule.fits_transfer(step.name, step.transfer, step.execute_count)]

    def _prepared(self, files: FileRound, rules: Sequence[Rule], failed: bool) -> None:
        work = files.work
        with work.job.lock:
            self._preparing.discard(work)
            if work.job.status == STOPPING:
                work.stopped()
            elif failed:
                files.fetch(_NOT_FETCHED)
                work.fail(FAILED, timed=False)
            elif not work.closed:
                self._send(files, rules)

    def _send(self, files: FileRound, rules: Sequence[Rule]) -> None:
        missing = [rule for rule in rules if rule.missing]
        about_targets = [rule for rule in rules if not rule.about_sources]
        engine = next((rule for rule in about_targets if rule.engine is not None), None)
        if engine is not None and engine.engine is not None:
            self._timeline.after(_least(engine), partial(files.work.fail, ENGINE_FAULTS[engine.engine]))
            return
        uploads = [_MISSING if any(_names(rule, item) for rule in missing) else _ARRIVED for item in files.items]
        groups: dict[tuple[int, Ending], tuple[Rule, list[HostTask]]] = {}
        for task in files.begin(uploads):
            rule = next((rule for rule in about_targets if rule.fits_host(task.host)), SUCCESS_AT_ONCE)
            ending = rule.ending(task.host, files.transfer.timeout)
            groups.setdefault((id(rule), ending), (rule, []))[1].append(task)
        for (_rule, ending), (rule, tasks) in groups.items():
            if ending.begins is not None:
                self._timeline.after(ending.begins, partial(files.work.begin, tasks))
            self._timeline.after(ending.ends, partial(_end, files, rule, ending, tasks))


def _least(rule: Rule) -> float:
    return rule.seconds[0] if rule.seconds else 0.0


def _names(rule: Rule, item: FileItem) -> bool:
    """Return whether a rule about sources is about a file."""
    return rule.fits_host(item.host) and (rule.file is None or rule.file in item.path)


def _end(files: FileRound, rule: Rule, ending: Ending, tasks: Sequence[HostTask]) -> None:
    """Set the results of targets that end alike."""
    # A host that could not start, because the run is being stopped, does not end by itself either.
    done = [task for task in tasks if ending.begins is None or task.clock.started is not None]
    status, code = _status(rule, ending)
    if status == HOST_SUCCESS and not rule.log and not rule.log_bytes:
        files.finish(done, files.uploads)
        return
    for task in done:
        results = [_result(files, rule, task, number, (status, code)) for number in range(len(files.items))]
        verdict = verdict_on(results)
        if status != HOST_SUCCESS and any(result.code == code for result in results):
            verdict = Verdict(status, None, rule.error_code or max(code, 0))
        files.finish([task], results, verdict)


def _status(rule: Rule, ending: Ending) -> tuple[int, int]:
    """Return status and code of a target. JOB API: the statuses of scripts are none of files."""
    if ending.status == HOST_TIMEOUT and rule.status is None:
        return 303, TIMED_OUT
    if ending.status == HOST_BAD_EXIT and rule.status is None:
        return 399, TASK_ERROR
    return ending.status, 0 if ending.status == HOST_SUCCESS else usual_code(ending.status)


def _result(files: FileRound, rule: Rule, task: HostTask, number: int, failure: tuple[int, int]) -> FileResult:
    """Return what a target gets of one file; a rule with a file is about the files of this name only."""
    item, sent = files.items[number], files.uploads[number]
    log = expanded(rule, task, files.work.step.name, item.path)
    status, code = failure
    if status == HOST_SUCCESS or (rule.file is not None and rule.file not in item.path):
        return FileResult(sent.code, sent.reason, sent.size, log)
    reason = "no result came from the agent in time" if status == HOST_NO_RESULT else "the transfer failed"
    return FileResult(code, reason, None, log)
