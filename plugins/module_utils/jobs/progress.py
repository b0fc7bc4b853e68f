# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress output while a task waits: a line on every change, and at least every 30 seconds.

Private to the collection blueking.job: no stable interface for others.

Lines are told from the looks that the wait takes anyway. Hosts are not part of these, so their counts may cost one more
look for a line; when a line is due by time, the look itself is made with hosts. Nothing here can end a wait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..common.clock import Deadline
from ..common.text import one_line, valid_utf8
from ..errors import JobError
from ..models.run import JobInstance, StepResult
from ..models.status import JOB_RUNNING, is_host_active, is_host_failed, is_job_finished, job_status_name
from ..results.verdict import runs_on_hosts
from .context import TaskContext
from .poller import ReadInstance, current_step

# Of steps on more hosts than these, answers with hosts are too large to be fetched for a line.
MAX_HOSTS = 1000
# So long (seconds) nobody stays without a line.
_INTERVAL_SECONDS = 30.0
# A look that comes so shortly (seconds) before a line is due brings it, else one more would follow at once.
_EARLY_SECONDS = 1.0
# So long (seconds) JOB may take to tell of hosts. If it takes longer, it is not asked again; nor is it asked when less
# than that is left of the wait.
_HOSTS_TIMEOUT_SECONDS = 5.0
# A wait that is over so soon (seconds) has one line at most: what comes next is the result of its task.
_SILENT_SECONDS = 1.0
_MAX_NAME_LENGTH = 60

ReadHosts = Callable[[Deadline], JobInstance]


class ProgressOutput:
    """The lines of one wait, and what is read for them.

    Args:
        prefix: what a line begins with.
        context: where lines go, and how secrets are hidden in them.
        deadline: the end of the wait.
        read_hosts: one look with hosts. None where hosts come with every look, or are too many to be asked for.
    """

    def __init__(self, prefix: str, context: TaskContext, deadline: Deadline, read_hosts: ReadHosts | None) -> None:
        self._prefix = prefix
        self._emit = context.emit_progress
        self._clock = context.clock
        self._redact = context.secrets.redact
        self._deadline = deadline
        self._read_hosts = read_hosts
        self._began = self._last_line_at = context.clock.now()
        self._emitted = False
        self._last: JobInstance | None = None
        # What the last line was about: states of the job and of the step at which it stands.
        self._last_state: tuple[int | None, ...] = ()
        # Whether hosts were asked for since the last look began, and the answer.
        self._hosts_requested = False
        self._instance_with_hosts: JobInstance | None = None

    def poll(self, read: ReadInstance) -> JobInstance:
        """One look of the wait, made with hosts if a line is due; they stay here, as the wait knows nothing of them.

        Raises:
            JobError: the state cannot be read.
        """
        self._hosts_requested, self._instance_with_hosts = False, None
        step = _active_step(self._last) if self._last is not None and self._is_due() else None
        if step is not None:
            self._request_hosts(step)
        if self._instance_with_hosts is not None:
            return _without_hosts(self._instance_with_hosts)
        try:
            return read()
        except JobError:
            if self._is_due():
                self._line(self._label(self._last), "out of sight")
            raise

    def report(self, instance: JobInstance) -> None:
        """Tell of a state, if there is something to tell; of the end only after a wait that people have noticed."""
        self._last = instance
        if self._emit is None:
            return
        if is_job_finished(instance.status, instance.finished):
            if self._emitted and self._clock.now() - self._began >= _SILENT_SECONDS:
                self._line(self._prefix, job_status_name(instance.status))
            return
        step = _active_step(instance)
        state = (instance.status, step.step_instance_id, step.status) if step else (instance.status,)
        if state != self._last_state or self._is_due():
            self._last_state = state
            self._line(self._label(instance), _state_name(instance, step), self._counts(step))

    def clip(self, pause: float) -> float:
        """A pause after which the next line does not come too late."""
        return pause if self._emit is None else min(pause, self._due_in())

    def _due_in(self) -> float:
        return max(0.0, self._last_line_at + _INTERVAL_SECONDS - self._clock.now())

    def _is_due(self) -> bool:
        return self._emit is not None and self._due_in() < _EARLY_SECONDS

    def _request_hosts(self, step: StepResult) -> None:
        """Read the hosts, once for each look, where that makes sense. Costs nothing but the counts if it fails."""
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
        """The run, and the step at which it stands. Its name is the only word in a line that is not ours."""
        step = _active_step(instance) if instance is not None else None
        if step is None or instance is None:
            return self._prefix
        number = [each.step_instance_id for each in instance.steps].index(step.step_instance_id) + 1
        name = one_line(self._redact(valid_utf8(step.name or "")), _MAX_NAME_LENGTH)
        return f"{self._prefix} [{f'step {number}/{len(instance.steps)} {name}'.rstrip()}]"

    def _line(self, label: str, *facts: str) -> None:
        now = self._clock.now()
        self._last_line_at, self._emitted = now, True
        line = f"{label} {', '.join(filter(None, [*facts, _format_duration(now - self._began)]))}"
        try:
            if self._emit is not None:
                self._emit(one_line(line))
        except Exception:
            # A terminal that is gone, say. Nobody listens any more, and the wait goes on.
            self._emit = None


def _without_hosts(instance: JobInstance) -> JobInstance:
    return replace(instance, steps=[replace(step, hosts=None) for step in instance.steps])


def _active_step(instance: JobInstance) -> StepResult | None:
    """The step in the state of the job, else the first that has not ended."""
    return current_step(instance) or next(
        (step for step in instance.steps if not is_job_finished(step.status, True)), None
    )


def _state_name(instance: JobInstance, step: StepResult | None) -> str:
    """The state in a word; nothing for a step that runs."""
    status = step.status if step is not None and instance.status == JOB_RUNNING else instance.status
    return "" if step is not None and status == JOB_RUNNING else job_status_name(status)


def _format_duration(seconds: float) -> str:
    """Seconds as people write them: 7s, 1m20s, 2h05m."""
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
    return f"{minutes // 60}h{minutes % 60:02}m"
