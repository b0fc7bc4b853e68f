# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Progress output while a task waits: a line on every change, and at least every 30 seconds.

Lines use the polls of the wait. These do not include hosts, so host counts may cost one more call per line; when a line
is due by time, the poll itself is made with hosts. No failure here ends a wait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..common.clock import Deadline
from ..common.text import one_line, valid_utf8
from ..errors import JobError
from ..models.run import JobInstance, StepResult
from ..models.status import JOB_ENDS, JOB_RUNNING, is_host_active, is_host_failed, job_status_name
from ..results.verdict import runs_on_hosts
from .context import TaskContext
from .poller import ReadInstance, current_step
from .progress_lines import ProgressLines

# Maximum number of hosts of a step whose counts are read for a line; larger responses are too expensive.
MAX_HOSTS = 1000
# Time limit (seconds) for reading hosts. After a timeout they are not read again; nor are they read if less time than
# this is left of the wait.
_HOSTS_TIMEOUT_SECONDS = 5.0
# A shorter wait (seconds) has at most one line: the result of its task follows.
_SILENT_SECONDS = 1.0
_MAX_NAME_LENGTH = 60

ReadHosts = Callable[[Deadline], JobInstance]


class ProgressOutput(ProgressLines):
    """Progress lines of one wait, and the calls that they need.

    Args:
        prefix: beginning of each line.
        context: receives the lines, and redacts secrets in them.
        deadline: end of the wait.
        read_hosts: reads the instance with hosts. None if every poll has hosts, or if there are too many.
    """

    def __init__(self, prefix: str, context: TaskContext, deadline: Deadline, read_hosts: ReadHosts | None) -> None:
        super().__init__(prefix, context)
        self._redact = context.secrets.redact
        self._deadline = deadline
        self._read_hosts = read_hosts
        self._last: JobInstance | None = None
        # States of the job and of its current step in the last line.
        self._last_state: tuple[int | None, ...] = ()
        # Hosts were requested since the last poll began, and the response.
        self._hosts_requested = False
        self._instance_with_hosts: JobInstance | None = None

    def poll(self, read: ReadInstance) -> JobInstance:
        """Poll once, with hosts if a line is due; the hosts are kept here and not returned.

        Raises:
            JobError: the state cannot be read.
        """
        self._hosts_requested, self._instance_with_hosts = False, None
        step = _active_step(self._last) if self._last is not None and self.is_due() else None
        if step is not None:
            self._request_hosts(step)
        if self._instance_with_hosts is not None:
            return _without_hosts(self._instance_with_hosts)
        try:
            return read()
        except JobError:
            if self.is_due():
                self.line(self._label(self._last), "in an unknown state")
            raise

    def report(self, instance: JobInstance) -> None:
        """Emit a line if the state changed or a line is due; for the end of the job only after a longer wait."""
        self._last = instance
        if not self.wanted:
            return
        if instance.ended:
            if self.emitted and self._clock.now() - self._began >= _SILENT_SECONDS:
                self.line(self.prefix, job_status_name(instance.status))
            return
        step = _active_step(instance)
        state = (instance.status, step.step_instance_id, step.status) if step else (instance.status,)
        if state != self._last_state or self.is_due():
            self._last_state = state
            self.line(self._label(instance), _state_name(instance, step), self._counts(step))

    def _request_hosts(self, step: StepResult) -> None:
        """Read the hosts, at most once per poll, if useful. A failure only omits the counts."""
        if (
            self._hosts_requested
            or self._read_hosts is None
            or not runs_on_hosts(step)
            or self._deadline.remaining() < _HOSTS_TIMEOUT_SECONDS
        ):
            return
        self._hosts_requested, limit = True, Deadline(self._clock, _HOSTS_TIMEOUT_SECONDS)
        try:
            self._instance_with_hosts = self._read_hosts(limit)
        except JobError:
            self._instance_with_hosts = None
        too_many = (
            any(len(each.hosts or ()) > MAX_HOSTS for each in self._instance_with_hosts.steps)
            if self._instance_with_hosts
            else False
        )
        if self._instance_with_hosts is not None and too_many:
            self._instance_with_hosts = _without_hosts(self._instance_with_hosts)
        if too_many or limit.remaining() <= 0:
            self._read_hosts = None

    def _counts(self, step: StepResult | None) -> str:
        if step is None:
            return ""
        hosts = step.hosts
        if hosts is None:
            self._request_hosts(step)
            known = self._instance_with_hosts.steps if self._instance_with_hosts is not None else []
            hosts = next((each.hosts for each in known if each.step_instance_id == step.step_instance_id), None)
        if not hosts:
            return ""
        done = sum(not is_host_active(host.status) for host in hosts)
        failed = sum(is_host_failed(host.status) for host in hosts)
        return f"{done}/{len(hosts)} hosts, {failed} failed"

    def _label(self, instance: JobInstance | None) -> str:
        """Name the run and its current step. The step's name is the only text that is not ours, so it is redacted."""
        step = _active_step(instance) if instance is not None else None
        if step is None or instance is None:
            return self.prefix
        number = [each.step_instance_id for each in instance.steps].index(step.step_instance_id) + 1
        name = one_line(self._redact(valid_utf8(step.name or "")), _MAX_NAME_LENGTH)
        return f"{self.prefix} [{f'step {number}/{len(instance.steps)} {name}'.rstrip()}]"


def _without_hosts(instance: JobInstance) -> JobInstance:
    return replace(instance, steps=[replace(step, hosts=None) for step in instance.steps])


def _active_step(instance: JobInstance) -> StepResult | None:
    """Return the step in the state of the job, else the first that has not ended."""
    return current_step(instance) or next((step for step in instance.steps if step.status not in JOB_ENDS), None)


def _state_name(instance: JobInstance, step: StepResult | None) -> str:
    """Return the status name; empty for a running step."""
    status = step.status if step is not None and instance.status == JOB_RUNNING else instance.status
    return "" if step is not None and status == JOB_RUNNING else job_status_name(status)
