# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect logs: failed hosts first, tails into the result, whole logs into files.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from ..api.calls import HostLog, LogBatch, StepHost
from ..api.client import JobClient
from ..common.clock import Deadline
from ..errors import JobError
from ..models.connection import Scope
from ..models.run import HostKey, HostResult, JobInstance
from ..models.settings import ReportPlan
from ..models.status import may_have_log
from ..results.host_list import Listing, by_importance, log_size, logs_of
from ..results.log_files import LogFolder

# So many hosts that are missing in an answer are asked for one by one.
_SINGLE_CALLS = 50
# After so many calls that failed there is no sense in others.
_MOST_FAILURES = 3

# What one answer tells: the log of a host in a step, under each of the host's names.
Found = dict[tuple[int, object], HostLog]


class LogCollector:
    """Puts logs into the host results of an instance, and whole logs into files.

    Args:
        plan: whose logs, and how much of them.
        listing: tells which hosts the result lists, and how much room it has for their logs. Asked when all but the
            logs is known of them.
    """

    def __init__(self, client: JobClient, scope: Scope, plan: ReportPlan, listing: Callable[[], Listing]) -> None:
        self._client = client
        self._scope = scope
        self._plan = plan
        self._logs_of = logs_of(plan)
        self._listing = listing
        self._bytes_left = plan.bytes_total
        self._folder = None if plan.log_dir is None else LogFolder(plan.log_dir)
        self._single_calls = _SINGLE_CALLS
        self._failed_calls = self._failed_files = 0
        self._troubles: dict[str, str] = {}

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the logs, as ends of sentences: of each kind the first. It never changes the verdict."""
        return list(self._troubles.values())

    def collect(self, instance: JobInstance, deadline: Deadline) -> bool:
        """Fill in what the plan asks for.

        Returns:
            Whether the log of every host that was asked for is there in full, and will not grow any more.
        """
        details = (
            self._client.schema.results_need_logs
            and self._plan.hosts != "none"
            and any(step.hosts for step in instance.steps)
        )
        if self._logs_of == "none" and not details:
            return instance.finished
        wanted = (
            (step.step_instance_id, host)
            for step, host in by_importance(instance, self._logs_of)
            if details or self._folder is not None or host in self._listing()
        )
        there = 0
        try:
            for batch in self._client.log_batches(self._scope, instance.job_instance_id, wanted):
                if not details and not self._goes_on(deadline):
                    break
                there += self._batch(instance, batch, deadline, details)
        finally:
            if self._folder is not None:
                self._folder.close()
        if there < sum(1 for _host in by_importance(instance, self._logs_of)):
            return False
        # A call that failed was made good by others.
        self._troubles.clear()
        return instance.finished

    def _goes_on(self, deadline: Deadline) -> bool:
        """Whether more logs can be had, and there is a place for them."""
        if self._failed_calls >= _MOST_FAILURES:
            return False
        if deadline.left() <= 0:
            self._trouble("time", "are missing: there was no time to read them all")
            return False
        return self._usable_folder() is not None or (self._bytes_left > 0 and self._listing().room > 0)

    def _batch(self, instance: JobInstance, batch: LogBatch, deadline: Deadline, details: bool) -> int:
        """Take what one call brings; how many of its hosts have their log in full now, or surely have none."""
        found = self._ask(batch, deadline)
        if details:
            _fill_details(instance, found)
        there = 0
        for step_id, host in batch.hosts:
            log = self._settled(instance.job_instance_id, (step_id, host), _find(found, step_id, host.key), deadline)
            if log is not None:
                there += log.text is None or self._take(step_id, host, log.text)
        return there

    def _settled(self, job_instance_id: int, host: StepHost, log: HostLog | None, deadline: Deadline) -> HostLog | None:
        """A host's log, or that it surely has none; None if that cannot be found out.

        JOB does not tell in an answer about many hosts whether a host has no log or was forgotten, so such a host is
        asked for alone, where there is a call for it.
        """
        if log is not None and log.text is not None:
            return log
        if not may_have_log(host[1].status):
            return HostLog(host[1].key, None)
        single = self._client.single_log(self._scope, job_instance_id, host)
        if single is None:
            return log
        if self._single_calls <= 0 or not self._goes_on(deadline):
            return None
        self._single_calls -= 1
        return _find(self._ask(single, deadline), host[0], host[1].key)

    def _ask(self, batch: LogBatch, deadline: Deadline) -> Found:
        try:
            return _by_host(self._client.logs(batch, deadline))
        except JobError as error:
            self._trouble("call", f"are missing: {error.summary}")
            self._failed_calls += 1
            return {}

    def _take(self, step_id: int, host: HostResult, text: bytes) -> bool:
        """Keep a log; whether it is there in full."""
        if host in self._listing():
            kept, host.log_truncated = tail(text, min(self._plan.bytes_per_host, self._bytes_left))
            host.log = self._fitting(host, kept)
            host.log_truncated = host.log_truncated or len(host.log) < len(kept)
            self._bytes_left -= len(host.log.encode("utf-8"))
            self._listing().room -= log_size(host, host.log)
        if self._plan.log_dir is None:
            return not host.log_truncated
        return self._write(step_id, host, text)

    def _fitting(self, host: HostResult, text: str) -> str:
        """As much of a text's end as there is room for in the result, where it may be six times as large."""
        room = self._listing().room
        if log_size(host, text) <= room:
            return text
        starts = range(len(text) + 1)
        return text[bisect_left(starts, True, key=lambda start: log_size(host, text[start:]) <= room) :]

    def _trouble(self, kind: str, text: str) -> None:
        self._troubles.setdefault(kind, text)

    def _usable_folder(self) -> LogFolder | None:
        """The folder for logs, unless none is wanted or writing there fails again and again."""
        return self._folder if self._failed_files < _MOST_FAILURES else None

    def _write(self, step_id: int, host: HostResult, text: bytes) -> bool:
        folder = self._usable_folder()
        if folder is None:
            return False
        try:
            path = folder.write(step_id, host.key, text)
        except OSError as error:
            self._trouble("file", f"cannot be written to {self._plan.log_dir}: {error.strerror or error}")
            self._failed_files += 1
            return False
        if host in self._listing():
            host.log_path = path
        return True


def tail(data: bytes, limit: int) -> tuple[str, bool]:
    """The end of a UTF-8 text within a number of bytes, cut at a character, and whether something was cut.

    NUL characters, which many programs take for the end of a text, are dropped.
    """
    kept = data[max(0, len(data) - limit) :]
    return kept.decode("utf-8", "ignore").replace("\0", ""), len(data) > limit


def _by_host(logs: list[tuple[int, HostLog]]) -> Found:
    found: Found = {}
    for step_id, log in logs:
        for name in _names(log.key):
            found.setdefault((step_id, name), log)
    return found


def _find(found: Found, step_id: int, key: HostKey) -> HostLog | None:
    return next((found[step_id, name] for name in _names(key) if (step_id, name) in found), None)


def _names(key: HostKey) -> list[object]:
    """What a host answers to: its id, and its address. Two hosts may share an ip, but not in one cloud area."""
    names: list[object] = []
    if key.bk_host_id is not None:
        names.append(key.bk_host_id)
    if key.ip is not None:
        names.append((key.bk_cloud_id, key.ip))
    return names


def _fill_details(instance: JobInstance, found: Found) -> None:
    for step in instance.steps:
        for host in step.hosts or ():
            log = _find(found, step.step_instance_id, host.key)
            if log is not None:
                host.exit_code, host.tag = log.exit_code, log.tag
                host.start_time, host.end_time, host.total_time = log.start_time, log.end_time, log.total_time
