# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Result of a launch or wait, on success and on failure alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..models.history import HistoryEntry
from ..models.launch import FILE_RUN, SCRIPT_RUN
from ..models.launch_record import LaunchRecord
from ..models.run import JobInstance
from ..models.settings import FAILED_ONCE, ReportSettings
from ..models.status import JOB_SUCCESS, is_host_failed, job_status_name
from .failed_hosts import failed_host_lines
from .host_list import HostSelection, count_hosts, host_entry, list_steps
from .size_limit import (
    MAX_FAILED_RESULT_BYTES,
    MAX_REQUEST_BYTES,
    MAX_RESULT_BYTES,
    MAX_STEPS_BYTES,
    MIN_HOSTS_BYTES,
    RESERVED_BYTES,
    RESERVED_FAILURE_BYTES,
    json_size,
)

# Keys of the result whose values are fixed texts and times of the collection.
UNREDACTED_KEYS = frozenset(
    {
        *("launch_outcome", "status", "failure_kind", "type", "kind", "launch_mode", "script_language"),
        *("create_time", "start_time", "end_time", "last_modify_time", "since", "until"),
    }
)
# The part of a result that the list of steps may take.
_STEPS_SHARE = 3


@dataclass
class RunResult:
    """All that is known about one launch. Filled step by step, so that a failure can report everything in it.

    Every outcome returns every key, so that a playbook can always use C(failed_hosts).
    """

    settings: ReportSettings
    web_url: str | None = None
    launch_record: LaunchRecord = field(default_factory=LaunchRecord)
    # Type of run that was launched; None for a wait.
    run_type: int | None = None
    instance: JobInstance | None = None
    logs_complete: bool = False
    request: dict[str, object] | None = None
    # The task ended the job, or may have.
    stopped: bool = False
    # The task fails because of the run. Set before hosts are selected.
    failed: bool = False
    # Maximum size of everything but the request (bytes of JSON); less for one of several runs.
    max_bytes: int = MAX_RESULT_BYTES - RESERVED_BYTES
    _host_selection: tuple[JobInstance, HostSelection] | None = field(default=None, init=False, repr=False)

    def result(self) -> dict[str, object]:
        """Return the result of a launch or wait without C(msg) and C(error). What is not known is null."""
        result = {**self._launch_keys(), **self.state()}
        if self.request is not None:
            result["request"] = self.request
        return result

    def state(self) -> dict[str, object]:
        """Return the keys about the instance, with its hosts and logs."""
        return {**self._without_hosts(), **self._hosts()}

    def host_selection(self) -> HostSelection:
        """Return the hosts that the result lists, and the bytes left for their logs. Computed once per instance."""
        instance = self.instance or JobInstance(0, 0, False)
        if self._host_selection is None or self._host_selection[0] is not instance:
            self._host_selection = (instance, HostSelection(instance, self.report(), self._bytes_for_hosts()))
        return self._host_selection[1]

    def report(self) -> ReportSettings:
        """Return the settings for the known state of the run: C(hosts) and C(logs) are not C(auto).

        A success and a run that has not ended list all hosts. A failed run lists its failed hosts, and only once.
        """
        instance, hosts, logs = self.instance, self.settings.hosts, self.settings.logs
        ended = instance is not None and instance.ended
        if hosts == "auto":
            has_failed = instance is not None and (self.failed or instance.status != JOB_SUCCESS)
            hosts = FAILED_ONCE if ended and has_failed else "all"
        if logs == "auto":
            logs = "failed" if ended else "none"
        return self.settings._replace(hosts=hosts, logs=logs)

    def truncation(self) -> str | None:
        """Describe how many hosts the result lists, if a limit cut its lists."""
        selection, instance = self.host_selection(), self.instance
        selection.complete()
        if not selection.truncated or instance is None:
            return None
        every = [host for step in instance.steps for host in step.hosts or ()]
        hosts = self.report().hosts
        key = "failed_hosts" if hosts == FAILED_ONCE else "hosts"
        which = "hosts" if hosts == "all" else "failed hosts"
        total = len(every) if hosts == "all" else sum(is_host_failed(host.status) for host in every)
        return f"{key} lists {len(selection.hosts)} of {total} {which} of job instance {instance.job_instance_id}"

    def failure_lines(self) -> tuple[str, ...]:
        """Return lines about the failed hosts for the message of a failed task."""
        if self.instance is None:
            return ()
        selection = self.host_selection()
        selection.complete()
        listed = sum(is_host_failed(host.status) for _step, host in selection.hosts)
        return failed_host_lines(self.instance, self.settings.hosts, listed)

    def _bytes_for_hosts(self) -> int:
        # With --diff the result contains the request twice.
        request_bytes = 2 * min(json_size(self.request), MAX_REQUEST_BYTES)
        used_bytes = json_size({**self._launch_keys(), **self._without_hosts()})
        maximum = self.max_bytes - used_bytes - request_bytes
        if self.failed and self.settings.hosts == "auto":
            return min(maximum, max(MIN_HOSTS_BYTES, MAX_FAILED_RESULT_BYTES - used_bytes - RESERVED_FAILURE_BYTES))
        return maximum

    def _launch_keys(self) -> dict[str, object]:
        return {
            "changed": self.launch_record.changed or self.stopped,
            "launch_outcome": self.launch_record.outcome,
            "candidates": [_candidate(entry) for entry in self.launch_record.candidates],
            "pending_duplicates": self.launch_record.pending_duplicates,
            "reattached": self.launch_record.reattached,
            "previous_job_instance_id": self.launch_record.previous_job_instance_id,
            "step_instance_id": self._only_step(),
        }

    def _without_hosts(self) -> dict[str, object]:
        launched = self.launch_record.launched
        job_instance_id = launched.job_instance_id if launched else None
        instance = self.instance or self.launch_record.instance
        max_steps_bytes = min(MAX_STEPS_BYTES, self.max_bytes // _STEPS_SHARE)
        result = instance_result(job_instance_id, instance, self.web_url, max_steps_bytes)
        return {**result, "job_instance_name": self._name(), "logs_complete": self.logs_complete}

    def _name(self) -> str | None:
        """Return the name that the launch set; for another user's instance the one that its state contains."""
        launched = self.launch_record.launched
        named = launched.job_instance_name if launched else None
        return self.instance.name if named is None and self.instance is not None else named

    def _only_step(self) -> int | None:
        launched = self.launch_record.launched
        known = launched.step_instance_id if launched else None
        # Scripts and files have one step. A recovered launch does not return its id, nor does push_config_file.
        if known is None and self.run_type in (SCRIPT_RUN, FILE_RUN) and self.instance and self.instance.steps:
            return self.instance.steps[0].step_instance_id
        return known

    def _hosts(self) -> dict[str, object]:
        steps = self.instance.steps if self.instance else []
        host_selection = self.host_selection()
        host_selection.complete()
        hosts = [host_entry(step, host) for step, host in host_selection.hosts]
        if self.run_type == FILE_RUN:
            for entry in hosts:
                del entry["exit_code"], entry["tag"]
        known = any(step.hosts is not None for step in steps)
        return {
            "hosts": [] if self.report().hosts == FAILED_ONCE else hosts,
            "failed_hosts": [entry for entry in hosts if entry["failure_kind"] is not None],
            "hosts_truncated": host_selection.truncated,
            "counts": count_hosts(host for step in steps for host in step.hosts or ()) if known else None,
        }


def instance_result(
    job_instance_id: int | None,
    instance: JobInstance | None,
    web_url: str | None,
    max_steps_bytes: int = MAX_STEPS_BYTES,
    *,
    counts: bool = True,
) -> dict[str, object]:
    """Return the keys about an instance that all results share; null, or an empty list, if it was never seen."""
    steps, steps_truncated = list_steps(instance, max_steps_bytes, counts=counts) if instance else ([], False)
    result: dict[str, object] = {
        "job_instance_id": job_instance_id,
        "job_instance_name": instance.name if instance else None,
        "status": job_status_name(instance.status) if instance else None,
        "status_code": instance.status if instance else None,
        "finished": instance.finished if instance else False,
        "create_time": instance.create_time if instance else None,
        "start_time": instance.start_time if instance else None,
        "end_time": instance.end_time if instance else None,
        "total_time": instance.total_time if instance else None,
        "steps": steps,
        "steps_truncated": steps_truncated,
    }
    if web_url and job_instance_id is not None:
        result["job_instance_url"] = f"{web_url}/api_execute/{job_instance_id}"
    return result


def _candidate(entry: HistoryEntry) -> dict[str, object]:
    return {
        "job_instance_id": entry.job_instance_id,
        "name": entry.name,
        "operator": entry.operator,
        "status": job_status_name(entry.status),
        "create_time": entry.create_time,
    }
