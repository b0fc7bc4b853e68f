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
from ..common.text import one_line, valid
from ..errors import JobError
from ..models.run import JobInstance, StepResult
from ..models.status import JOB_RUNNING, is_host_active, is_host_failed, is_job_final, job_word
from ..results.verdict import has_hosts
from .context import Face
from .poller import Read, step_in

# Of steps on more hosts than these, answers with hosts are too large to be fetched for a line.
MOST_HOSTS = 1000
# So long (seconds) nobody stays without a line.
_EVERY = 30.0
# A look that comes so shortly (seconds) before a line is due brings it, else one more would follow at once.
_NEARLY = 1.0
# So long (seconds) JOB may take to tell of hosts. If it takes longer, it is not asked again; nor is it asked when less
# than that is left of the wait.
_HOSTS_SECONDS = 5.0
# A wait that is over so soon (seconds) has one line at most: what comes next is the result of its task.
_AT_ONCE = 1.0
_NAME_LENGTH = 60

ReadHosts = Callable[[Deadline], JobInstance]


class Progress:
    """The lines of one wait, and what is read for them.

    Args:
        who: what a line begins with.
        face: where lines go, and how secrets are hidden in them.
        deadline: the end of the wait.
        read_hosts: one look with hosts. None where hosts come with every look, or are too many to be asked for.
    """

    def __init__(self, who: str, face: Face, deadline: Deadline, read_hosts: ReadHosts | None) -> None:
        self._who = who
        self._tell = face.tell
        self._clock = face.clock
        self._hide = face.secrets.hide
        self._deadline = deadline
        self._read_hosts = read_hosts
        self._began = self._told_at = face.clock.now()
        self._told = False
        self._last: JobInstance | None = None
        # What the last line was about: states of the job and of the step at which it stands.
        self._standing: tuple[int | None, ...] = ()
        # Whether hosts were asked for since the last look began, and the answer.
        self._asked = False
        self._detailed: JobInstance | None = None

    def look(self, read: Read) -> JobInstance:
        """One look of the wait, made with hosts if a line is due; they stay here, as the wait knows nothing of them.

        Raises:
            JobError: the state cannot be read.
        """
        self._asked, self._detailed = False, None
        step = _standing_at(self._last) if self._last is not None and self._is_due() else None
        if step is not None:
            self._ask(step)
        if self._detailed is not None:
            return _without_hosts(self._detailed)
        try:
            return read()
        except JobError:
            if self._is_due():
                self._line(self._place(self._last), "out of sight")
            raise

    def see(self, instance: JobInstance) -> None:
        """Tell of a state, if there is something to tell; of the end only after a wait that people have noticed."""
        self._last = instance
        if self._tell is None:
            return
        if is_job_final(instance.status, instance.finished):
            if self._told and self._clock.now() - self._began >= _AT_ONCE:
                self._line(self._who, job_word(instance.status))
            return
        step = _standing_at(instance)
        standing = (instance.status, step.step_instance_id, step.status) if step else (instance.status,)
        if standing != self._standing or self._is_due():
            self._standing = standing
            self._line(self._place(instance), _state(instance, step), self._counts(step))

    def clip(self, pause: float) -> float:
        """A pause after which the next line does not come too late."""
        return pause if self._tell is None else min(pause, self._due_in())

    def _due_in(self) -> float:
        return max(0.0, self._told_at + _EVERY - self._clock.now())

    def _is_due(self) -> bool:
        return self._tell is not None and self._due_in() < _NEARLY

    def _ask(self, step: StepResult) -> None:
        """Read the hosts, once for each look, where that makes sense. Costs nothing but the counts if it fails."""
        if self._asked or self._read_hosts is None or not has_hosts(step) or self._deadline.left() < _HOSTS_SECONDS:
            return
        self._asked, limit = True, Deadline(self._clock, _HOSTS_SECONDS)
        try:
            self._detailed = self._read_hosts(limit)
        except JobError:
            self._detailed = None
        many = any(len(each.hosts or ()) > MOST_HOSTS for each in self._detailed.steps) if self._detailed else False
        if self._detailed is not None and many:
            self._detailed = _without_hosts(self._detailed)
        if many or limit.left() <= 0:
            self._read_hosts = None

    def _counts(self, step: StepResult | None) -> str:
        if step is None:
            return ""
        hosts = step.hosts
        if hosts is None:
            self._ask(step)
            known = self._detailed.steps if self._detailed is not None else []
            hosts = next((each.hosts for each in known if each.step_instance_id == step.step_instance_id), None)
        if not hosts:
            return ""
        done = sum(not is_host_active(host.status) for host in hosts)
        failed = sum(is_host_failed(host.status) for host in hosts)
        return f"{done}/{len(hosts)} hosts, {failed} failed"

    def _place(self, instance: JobInstance | None) -> str:
        """The run, and the step at which it stands. Its name is the only word in a line that is not ours."""
        step = _standing_at(instance) if instance is not None else None
        if step is None or instance is None:
            return self._who
        number = [each.step_instance_id for each in instance.steps].index(step.step_instance_id) + 1
        name = one_line(self._hide(valid(step.name or "")), _NAME_LENGTH)
        return f"{self._who} [{f'step {number}/{len(instance.steps)} {name}'.rstrip()}]"

    def _line(self, place: str, *facts: str) -> None:
        now = self._clock.now()
        self._told_at, self._told = now, True
        line = f"{place} {', '.join(filter(None, [*facts, _duration(now - self._began)]))}"
        try:
            if self._tell is not None:
                self._tell(one_line(line))
        except Exception:
            # A terminal that is gone, say. Nobody listens any more, and the wait goes on.
            self._tell = None


def _without_hosts(instance: JobInstance) -> JobInstance:
    return replace(instance, steps=[replace(step, hosts=None) for step in instance.steps])


def _standing_at(instance: JobInstance) -> StepResult | None:
    """The step in the state of the job, else the first that has not ended."""
    return step_in(instance) or next((step for step in instance.steps if not is_job_final(step.status, True)), None)


def _state(instance: JobInstance, step: StepResult | None) -> str:
    """The state in a word; nothing for a step that runs."""
    status = step.status if step is not None and instance.status == JOB_RUNNING else instance.status
    return "" if step is not None and status == JOB_RUNNING else job_word(status)


def _duration(seconds: float) -> str:
    """Seconds as people write them: 7s, 1m20s, 2h05m."""
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
    return f"{minutes // 60}h{minutes % 60:02}m"
