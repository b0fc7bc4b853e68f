# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Result of a launch or wait, on success and on failure alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..models.history import HistoryEntry
from ..models.launch import FILE_RUN, SCRIPT_RUN, LaunchRecord
from ..models.run import JobInstance
from ..models.settings import ReportSettings
from ..models.status import job_status_name
from .host_list import HostSelection, count_hosts, host_entry, list_steps
from .size_limit import MAX_REQUEST_BYTES, MAX_RESULT_BYTES, RESERVED_BYTES, json_size

# Keys of the result whose values are fixed texts and times of the collection.
UNREDACTED_KEYS = frozenset(
    {
        *("launch_outcome", "status", "failure_kind", "type", "kind", "launch_mode", "script_language"),
        *("create_time", "start_time", "end_time", "last_modify_time", "since", "until"),
    }
)


@dataclass
class RunResult:
    """All that is known about one launch. Filled step by step, so that a failure can report everything in it.

    Every outcome returns every key, so that a playbook can always use C(failed_hosts).
    """

    settings: ReportSettings
    web_url: str | None = None
    launch: LaunchRecord = field(default_factory=LaunchRecord)
    # Type of run that was launched; None for a wait.
    run_type: int | None = None
    instance: JobInstance | None = None
    logs_complete: bool = False
    request: dict[str, object] | None = None
    # The task ended the job, or may have.
    stopped: bool = False
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
            # With --diff the result contains the request twice.
            request_bytes = 2 * min(json_size(self.request), MAX_REQUEST_BYTES)
            used_bytes = json_size({**self._launch_keys(), **self._without_hosts()}) + request_bytes + RESERVED_BYTES
            self._host_selection = (instance, HostSelection(instance, self.settings, MAX_RESULT_BYTES - used_bytes))
        return self._host_selection[1]

    def _launch_keys(self) -> dict[str, object]:
        return {
            "changed": self.launch.changed or self.stopped,
            "launch_outcome": self.launch.outcome,
            "candidates": [_candidate(entry) for entry in self.launch.candidates],
            "pending_duplicates": self.launch.pending_duplicates,
            "reattached": self.launch.reattached,
            "previous_job_instance_id": self.launch.previous_job_instance_id,
            "step_instance_id": self._only_step(),
        }

    def _without_hosts(self) -> dict[str, object]:
        launched = self.launch.launched
        job_instance_id = launched.job_instance_id if launched else None
        result = instance_result(job_instance_id, self.instance or self.launch.instance, self.web_url)
        return {**result, "job_instance_name": self._name(), "logs_complete": self.logs_complete}

    def _name(self) -> str | None:
        """Return the name that the launch set; for another user's instance the one that its state contains."""
        launched = self.launch.launched
        named = launched.job_instance_name if launched else None
        return self.instance.name if named is None and self.instance is not None else named

    def _only_step(self) -> int | None:
        launched = self.launch.launched
        known = launched.step_instance_id if launched else None
        # Scripts and files have one step. A recovered launch does not return its id, nor does push_config_file.
        if known is None and self.run_type in (SCRIPT_RUN, FILE_RUN) and self.instance and self.instance.steps:
            return self.instance.steps[0].step_instance_id
        return known

    def _hosts(self) -> dict[str, object]:
        steps = self.instance.steps if self.instance else []
        host_selection = self.host_selection()
        host_selection.add_others()
        hosts = [host_entry(step, host) for step, host in host_selection.hosts]
        if self.run_type == FILE_RUN:
            for entry in hosts:
                del entry["exit_code"], entry["tag"]
        known = any(step.hosts is not None for step in steps)
        return {
            "hosts": hosts,
            "failed_hosts": [entry for entry in hosts if entry["failure_kind"] is not None],
            "hosts_truncated": host_selection.truncated,
            "counts": count_hosts(host for step in steps for host in step.hosts or ()) if known else None,
        }


def instance_result(
    job_instance_id: int | None, instance: JobInstance | None, web_url: str | None
) -> dict[str, object]:
    """Return the keys about an instance that all results share; null, or an empty list, if it was never seen."""
    steps, steps_truncated = list_steps(instance) if instance else ([], False)
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
