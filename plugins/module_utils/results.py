# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented result, built in one place, on success and on failure alike.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import JobError
from .listing import Listing, counts, host_entry, listed_steps
from .models import HostResult, JobInstance, ReportPlan, StepResult
from .record import HistoryEntry, LaunchRecord
from .size import LAST_BYTES, REQUEST_BYTES, RESULT_BYTES, json_size
from .status import (
    JOB_PENDING,
    JOB_SUCCESS,
    JOB_TERMINATED,
    failure_kind,
    host_word,
    is_host_failed,
    job_word,
    step_type_word,
)
from .text import short

# Keys of the result that hold words and times of our own, whatever a server wrote.
OWN_WORDS = frozenset(
    {
        *("launch_outcome", "status", "failure_kind", "type", "kind", "launch_mode", "script_language"),
        *("create_time", "start_time", "end_time", "last_modify_time", "since", "until"),
    }
)


@dataclass
class Outcome:
    """All that is known of one launch so far. Filled step by step, so that a failure finds everything in it.

    Every path gives every key, so that a playbook can look at C(failed_hosts) whatever happened.
    """

    plan: ReportPlan
    web_url: str | None = None
    launch: LaunchRecord = field(default_factory=LaunchRecord)
    # A script has one step, whose id an adopted launch does not tell.
    is_script: bool = False
    instance: JobInstance | None = None
    logs_complete: bool = False
    request: dict[str, object] | None = None
    # Whether the task ended the job, or may have.
    stopped: bool = False
    _listed: tuple[JobInstance, Listing] | None = field(default=None, init=False, repr=False)

    def result(self) -> dict[str, object]:
        """The result without C(msg) and C(error). What is not known is null."""
        result = {**self._without_hosts(), **self._hosts()}
        if self.request is not None:
            result["request"] = self.request
        return result

    def listing(self) -> Listing:
        """Which hosts the result lists, and the room that is left for their logs. Decided once for each instance."""
        instance = self.instance or JobInstance(0, 0, False)
        if self._listed is None or self._listed[0] is not instance:
            # With --diff the request is shown twice.
            taken = json_size(self._without_hosts()) + 2 * min(json_size(self.request), REQUEST_BYTES) + LAST_BYTES
            self._listed = (instance, Listing(instance, self.plan, RESULT_BYTES - taken))
        return self._listed[1]

    def _without_hosts(self) -> dict[str, object]:
        launched, instance = self.launch.launched, self.instance or self.launch.instance
        steps, steps_truncated = listed_steps(instance) if instance else ([], False)
        result: dict[str, object] = {
            "changed": self.launch.changed or self.stopped,
            "launch_outcome": self.launch.outcome,
            "candidates": [_candidate(entry) for entry in self.launch.candidates],
            "pending_duplicates": self.launch.pending_duplicates,
            "job_instance_id": launched.job_instance_id if launched else None,
            "job_instance_name": self._name(),
            "step_instance_id": self._only_step(),
            "status": job_word(instance.status) if instance else None,
            "status_code": instance.status if instance else None,
            "finished": instance.finished if instance else False,
            "create_time": instance.create_time if instance else None,
            "start_time": instance.start_time if instance else None,
            "end_time": instance.end_time if instance else None,
            "total_time": instance.total_time if instance else None,
            "steps": steps,
            "steps_truncated": steps_truncated,
            "logs_complete": self.logs_complete,
        }
        if self.web_url and launched:
            result["job_instance_url"] = f"{self.web_url}/api_execute/{launched.job_instance_id}"
        return result

    def _name(self) -> str | None:
        """The name that the launch gave; of an instance that others launched its state tells it."""
        launched = self.launch.launched
        named = launched.job_instance_name if launched else None
        return self.instance.name if named is None and self.instance is not None else named

    def _only_step(self) -> int | None:
        launched = self.launch.launched
        known = launched.step_instance_id if launched else None
        if known is None and self.is_script and self.instance is not None and self.instance.steps:
            return self.instance.steps[0].step_instance_id
        return known

    def _hosts(self) -> dict[str, object]:
        steps = self.instance.steps if self.instance else []
        listing = self.listing()
        listing.add_others()
        hosts = [host_entry(step, host) for step, host in listing.hosts]
        known = any(step.hosts is not None for step in steps)
        return {
            "hosts": hosts,
            "failed_hosts": [entry for entry in hosts if entry["failure_kind"] is not None],
            "hosts_truncated": listing.truncated,
            "counts": counts(host for step in steps for host in step.hosts or ()) if known else None,
        }


def has_hosts(step: StepResult) -> bool:
    """Whether a step has been on hosts: it was started, and is no confirmation."""
    return step.status != JOB_PENDING and step_type_word(step.type) != "confirm"


def verdict(instance: JobInstance) -> JobError | None:
    """The error that an instance which did not succeed stands for; only status 3 is success."""
    if instance.status == JOB_SUCCESS:
        return None
    kind = "terminated" if instance.status == JOB_TERMINATED else "job_failed"
    return JobError(_failure_line(instance), kind=kind, hint=_failure_hint(instance))


def host_failures(instance: JobInstance) -> JobError | None:
    """The error that failed hosts behind a successful job stand for: ignored errors, batches that rolled on."""
    steps = [step for step in instance.steps if step.hosts]
    failed = [host for step in steps for host in step.hosts or () if is_host_failed(host.status)]
    instance_word = f"Job instance {instance.job_instance_id}: {job_word(instance.status)}"
    if failed:
        total = sum(len(step.hosts or ()) for step in steps)
        step = next(step for step in steps if failed[0] in (step.hosts or ()))
        return JobError(
            f"{instance_word}, but {len(failed)} of {total} hosts failed, first {_name_of(failed[0])} "
            f"({_why(failed[0])}) in step {step.step_instance_id} ({short(step.name or 'without name', 40)})",
            kind="job_failed",
            hint="JOB counts the job as successful, fail_on is any_host. See failed_hosts.",
        )
    if any(step.hosts is None and has_hosts(step) for step in instance.steps):
        return JobError(
            f"{instance_word}, but its hosts cannot be read, so nobody knows whether one failed",
            kind="server_error",
            hint="JOB counts the job as successful, fail_on is any_host. Look at the hosts in JOB.",
        )
    return None


def _failure_line(instance: JobInstance) -> str:
    """Instance, step, how many hosts, and the first of them."""
    line = f"Job instance {instance.job_instance_id}: {job_word(instance.status)}"
    step = _culprit(instance)
    if step is None:
        return line
    line += f" in step {step.step_instance_id} ({short(step.name or 'without name', 40)})"
    if step.hosts:
        failed = [host for host in step.hosts if is_host_failed(host.status)]
        line += f", {len(failed)} of {len(step.hosts)} hosts failed"
        if failed:
            line += f", first {_name_of(failed[0])} ({_why(failed[0])})"
    return line


def _failure_hint(instance: JobInstance) -> str | None:
    if instance.status == JOB_TERMINATED:
        return "Somebody stopped the job."
    step = _culprit(instance)
    failed = [host for host in (step.hosts if step else None) or [] if is_host_failed(host.status)]
    if failed and all(failure_kind(host.status) == "agent" for host in failed):
        return "No script ran on the failed hosts: their agents do not answer."
    return "See failed_hosts for exit codes and the ends of the logs." if failed else None


def _culprit(instance: JobInstance) -> StepResult | None:
    """The step that decided: the last one that went the way the job went."""
    candidates = [step for step in instance.steps if step.status == instance.status]
    return candidates[-1] if candidates else None


def _name_of(host: HostResult) -> str:
    return host.ip or f"host {host.bk_host_id}"


def _why(host: HostResult) -> str:
    return f"exit code {host.exit_code}" if host.exit_code else host_word(host.status)


def _candidate(entry: HistoryEntry) -> dict[str, object]:
    return {
        "job_instance_id": entry.job_instance_id,
        "name": entry.name,
        "operator": entry.operator,
        "status": job_word(entry.status),
        "create_time": entry.create_time,
    }
