# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Collect logs: failed hosts first, ends of logs into the result, complete logs into files."""

from __future__ import annotations

from collections.abc import Callable

from ..api.calls import HostLog, LogBatch, StepHost
from ..api.client import JobClient
from ..common.clock import Deadline
from ..errors import JobError
from ..models.connection import Scope
from ..models.run import HostResult, JobInstance
from ..models.settings import ReportSettings
from ..models.status import HOST_NEVER_ATTEMPTED, is_host_failed, may_have_log
from ..results.failed_hosts import last_line
from ..results.host_list import HostSelection, hosts_by_priority, log_scope
from ..results.log_files import LogDirectory
from .logs_by_host import LogsByHost, fill_details, find_log, index_by_host

# Maximum number of hosts missing in a response whose logs are read one by one.
_MAX_SINGLE_CALLS = 50
# Give up after this many failed calls.
_MAX_FAILURES = 3

# Time limit (seconds) of one log call, and maximum time (seconds) without any log before giving up.
_CALL_SECONDS = 20.0
_SILENCE_SECONDS = 30.0


class LogCollector:
    """Add logs to the host results of an instance, and write complete logs to files.

    Args:
        settings: hosts whose logs are wanted, and limits. C(hosts) is not C(auto).
        host_selection: returns the hosts that the result lists, and the bytes left for their logs. Called when all but
                the logs is known about them.
    """

    def __init__(
        self, client: JobClient, scope: Scope, settings: ReportSettings, host_selection: Callable[[], HostSelection]
    ) -> None:
        self._client = client
        self._scope = scope
        self._settings = settings
        self._log_scope = log_scope(settings)
        self._host_selection = host_selection
        self._bytes_left = settings.bytes_total
        self._directory = None if settings.log_dir is None else LogDirectory(settings.log_dir)
        self._single_calls = _MAX_SINGLE_CALLS
        self._failed_calls = self._failed_files = 0
        self._problems: dict[str, str] = {}
        # By step: what its sources report. It is the same for all hosts to which nothing was sent.
        self._source_logs: dict[int, bytes | None] = {}
        self._silence: Deadline | None = None

    @property
    def problems(self) -> list[str]:
        """Return the problems with the logs, the first of each kind, as ends of sentences. They never fail a task."""
        return list(self._problems.values())

    def collect(self, instance: JobInstance, deadline: Deadline) -> bool:
        """Add the logs that the settings ask for.

        Returns:
            True if the log of every requested host is complete and final.
        """
        details = (
            self._client.schema.results_need_logs
            and self._settings.hosts != "none"
            and any(step.hosts for step in instance.steps)
        )
        if self._log_scope == "none" and not details:
            return instance.finished
        requested = (
            (step.step_instance_id, host)
            for step, host in hosts_by_priority(instance, self._log_scope)
            if details or self._directory is not None or host in self._host_selection()
        )
        complete = 0
        try:
            for batch in self._client.log_batches(self._scope, instance.job_instance_id, requested):
                if not details and not self._can_fetch_more(deadline):
                    break
                complete += self._batch(instance, batch, deadline, details)
        finally:
            if self._directory is not None:
                self._directory.close()
        if complete < sum(1 for _host in hosts_by_priority(instance, self._log_scope)):
            return False
        # Later calls returned the logs of a failed one.
        self._problems.clear()
        return instance.finished

    def _can_fetch_more(self, deadline: Deadline) -> bool:
        """Return whether more logs can be read, and the result or a file can take them."""
        if self._failed_calls >= _MAX_FAILURES:
            return False
        if deadline.remaining() <= 0 or (self._silence is not None and self._silence.remaining() <= 0):
            self._add_problem("time", "are incomplete: timed out while reading them")
            return False
        return self._usable_directory() is not None or (
            self._bytes_left > 0 and self._host_selection().remaining_bytes > 0
        )

    def _batch(self, instance: JobInstance, batch: LogBatch, deadline: Deadline, details: bool) -> int:
        """Process one call; return how many of its hosts have a complete log, or are known to have none."""
        found = self._fetch(batch, deadline)
        if details:
            fill_details(instance, found)
        complete = 0
        for step_id, host in batch.hosts:
            log = self._resolve_log(
                instance.job_instance_id, (step_id, host), find_log(found, step_id, host.key), deadline
            )
            if log is None:
                continue
            if is_host_failed(host.status):
                host.kept_log().last_line = last_line(log.text or b"")
            if self._store_files(host, log) and self._store(step_id, host, log.text):
                complete += 1
        return complete

    def _resolve_log(
        self, job_instance_id: int, host: StepHost, log: HostLog | None, deadline: Deadline
    ) -> HostLog | None:
        """Return a host's log, also if it is known to be empty; None if that cannot be found out.

        A response for many hosts does not distinguish a host without log from one left out. So such a host is read with
        a call of its own, if the API has one.
        """
        if log is not None and log.text is not None:
            return log
        if not may_have_log(host[1].status):
            return HostLog(host[1].key, None)
        never_attempted = host[1].status == HOST_NEVER_ATTEMPTED
        if never_attempted and host[0] in self._source_logs:
            return HostLog(host[1].key, self._source_logs[host[0]])
        single = self._client.single_log(self._scope, job_instance_id, host)
        if single is None:
            return log
        if self._single_calls <= 0 or not self._can_fetch_more(deadline):
            return None
        self._single_calls -= 1
        found = find_log(self._fetch(single, deadline), host[0], host[1].key)
        if never_attempted and found is not None:
            self._source_logs[host[0]] = found.text
        return found

    def _fetch(self, batch: LogBatch, deadline: Deadline) -> LogsByHost:
        if self._silence is None:
            self._silence = self._client.deadline(_SILENCE_SECONDS)
        seconds = min(deadline.clip(_CALL_SECONDS), self._silence.remaining())
        try:
            found = index_by_host(self._client.logs(batch, self._client.deadline(seconds)))
            if any(log.text is not None for log in found.values()):
                self._silence = self._client.deadline(_SILENCE_SECONDS)
            return found
        except JobError as error:
            self._add_problem("call", f"are missing: {error.summary}")
            self._failed_calls += 1
            return {}

    def _store_files(self, host: HostResult, log: HostLog) -> bool:
        """Store the files of a host; return whether they fit into the result."""
        if log.files is None or host not in self._host_selection():
            return True
        size = self._host_selection().files_size(host, log.files)
        if size > self._host_selection().remaining_bytes:
            return False
        host.kept_log().files = log.files
        self._host_selection().remaining_bytes -= size
        return True

    def _store(self, step_id: int, host: HostResult, text: bytes | None) -> bool:
        """Store a log; return whether it is complete."""
        if text is None:
            return True
        truncated = False
        if host in self._host_selection():
            end, truncated = tail(text, min(self._settings.bytes_per_host, self._bytes_left))
            fitting = self._fitting(host, end)
            truncated = truncated or len(fitting) < len(end)
            kept = host.kept_log()
            kept.text, kept.truncated = fitting, truncated
            self._bytes_left -= len(fitting.encode("utf-8"))
            self._host_selection().remaining_bytes -= self._host_selection().log_size(host, fitting)
        if self._settings.log_dir is None:
            return not truncated
        return self._write(step_id, host, text)

    def _fitting(self, host: HostResult, text: str) -> str:
        """Return as much of the end of a text as fits into the result; JSON may take six times its size."""
        selection = self._host_selection()
        if selection.log_size(host, text) <= selection.remaining_bytes:
            return text
        # Search for the first start from which the text fits, by halves.
        first, last = 0, len(text)
        while first < last:
            middle = (first + last) // 2
            if selection.log_size(host, text[middle:]) <= selection.remaining_bytes:
                last = middle
            else:
                first = middle + 1
        return text[first:]

    def _add_problem(self, kind: str, text: str) -> None:
        self._problems.setdefault(kind, text)

    def _usable_directory(self) -> LogDirectory | None:
        """Return the directory for logs; None if not wanted or after repeated write errors."""
        return self._directory if self._failed_files < _MAX_FAILURES else None

    def _write(self, step_id: int, host: HostResult, text: bytes) -> bool:
        directory = self._usable_directory()
        if directory is None:
            return False
        try:
            path = directory.write(step_id, host.key, text)
        except OSError as error:
            self._add_problem("file", f"cannot be written to {self._settings.log_dir}: {error.strerror or error}")
            self._failed_files += 1
            return False
        if self._host_selection().may_list(host):
            host.kept_log().path = path
        return True


def tail(data: bytes, limit: int) -> tuple[str, bool]:
    """Return the end of a UTF-8 text, at most C(limit) bytes, cut at a character, and whether it was cut.

    NUL characters are dropped, because many programs take them for the end of a text.
    """
    kept = data[max(0, len(data) - limit) :]
    return kept.decode("utf-8", "ignore").replace("\0", ""), len(data) > limit
