# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collecting logs: only of the hosts asked for, failed hosts first, the tail of each, within a budget of bytes.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Sequence

from .client import JobClient
from .clock import Deadline
from .errors import JobError
from .models import HostKey, HostLog, HostResult, JobInstance, ReportPlan, Scope
from .status import is_host_failed
from .wire.base import StepHost


class LogCollector:
    """Puts logs into the host results of an instance."""

    def __init__(self, client: JobClient, scope: Scope, plan: ReportPlan) -> None:
        self._client = client
        self._scope = scope
        self._plan = plan
        self._left = plan.bytes_total
        self.error: JobError | None = None

    def collect(self, instance: JobInstance, deadline: Deadline) -> bool:
        """Fill in what the plan asks for. An error of a log call is kept in C(error) and never undoes anything.

        Returns:
            Whether the log of every host that was asked for is there in full.
        """
        everyone = [(step.step_instance_id, host) for step in instance.steps for host in step.hosts or ()]
        wanted = self._wanted(everyone)
        details = self._client.schema.results_need_logs and bool(everyone) and self._plan.hosts != "none"
        if not wanted and not details:
            return True
        for batch in self._client.log_batches(self._scope, instance.job_instance_id, wanted):
            if self._left <= 0 and not details:
                return False
            if deadline.left() <= 0:
                self.error = self.error or JobError("no time was left to read them", kind="wait_timeout")
                return False
            try:
                logs = self._client.logs(batch, deadline)
            except JobError as error:
                self.error = self.error or error
                continue
            if details:
                _fill_details(everyone, logs)
            self._fill_texts(batch.hosts, logs)
        # A log that is absent may be one that was never written, or one that cannot be had: nobody can tell.
        return not any(host.log is None or host.log_truncated for _step_id, host in wanted)

    def _wanted(self, everyone: list[StepHost]) -> list[StepHost]:
        """The hosts that the result lists and whose logs were asked for, failed ones first."""
        choices = {self._plan.hosts, self._plan.logs}
        if "none" in choices:
            return []
        failed = [host for host in everyone if is_host_failed(host[1].status)]
        if "failed" in choices:
            return failed
        return failed + [host for host in everyone if not is_host_failed(host[1].status)]

    def _fill_texts(self, hosts: Sequence[StepHost], logs: list[HostLog]) -> None:
        found = _by_host(logs)
        for step_id, host in hosts:
            log = _find(found, step_id, host.key)
            if log is None or log.text is None:
                continue
            host.log, host.log_truncated = tail(log.text, min(self._plan.bytes_per_host, self._left))
            self._left -= len(host.log.encode("utf-8"))


def tail(text: str, limit: int) -> tuple[str, bool]:
    """The end of a text within a number of UTF-8 bytes, cut at a character, and whether something was cut.

    What no UTF-8 can hold (half of a surrogate pair) becomes a question mark.
    """
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode("utf-8"), False
    kept = data[len(data) - limit :] if limit > 0 else b""
    return kept.decode("utf-8", "ignore"), True


def _by_host(logs: list[HostLog]) -> dict[tuple[int, object], HostLog]:
    found: dict[tuple[int, object], HostLog] = {}
    for log in logs:
        for name in _names(log.key):
            found.setdefault((log.step_instance_id, name), log)
    return found


def _find(found: dict[tuple[int, object], HostLog], step_id: int, key: HostKey) -> HostLog | None:
    return next((found[step_id, name] for name in _names(key) if (step_id, name) in found), None)


def _names(key: HostKey) -> list[object]:
    """What a host answers to: its id, and its address. Two hosts may share an ip, but not in one cloud area."""
    names: list[object] = []
    if key.bk_host_id is not None:
        names.append(key.bk_host_id)
    if key.ip is not None:
        names.append((key.bk_cloud_id, key.ip))
    return names


def _fill_details(everyone: list[StepHost], logs: list[HostLog]) -> None:
    found = _by_host(logs)
    for step_id, host in everyone:
        log = _find(found, step_id, host.key)
        if log is not None:
            _copy_details(host, log)


def _copy_details(host: HostResult, log: HostLog) -> None:
    host.exit_code, host.tag = log.exit_code, log.tag
    host.start_time, host.end_time, host.total_time = log.start_time, log.end_time, log.total_time
