# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Result of a wait for several runs: the result of each, and what they amount to together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..common.text import one_line
from ..errors import JobError
from ..models.launch_record import LaunchRecord
from ..models.settings import ReportSettings
from ..models.status import job_status_name
from .run_result import RunResult
from .size_limit import MAX_FAILED_RESULT_BYTES, MAX_RESULT_BYTES, RESERVED_BYTES, RUN_TEXT_BYTES, json_size

# Maximum number of failed runs that the message names after the worst one.
_MAX_LINES = 5
# Kinds of errors, worst first. A run that failed is worse than one that may still succeed; "" is any other kind.
_KINDS = ("interrupted", "job_failed", "terminated", "", "waiting_confirmation", "wait_timeout")


@dataclass
class GroupResult:
    """Results of several runs, in the order of the task.

    C(failures) has the errors of those that did not succeed, by position. C(omits_hosts) is true if the hosts of runs
    that succeeded are left out.
    """

    settings: ReportSettings
    runs: Sequence[RunResult] = ()
    failures: Mapping[int, JobError] = field(default_factory=dict)
    omits_hosts: bool = False

    def __post_init__(self) -> None:
        for run in self.runs:
            run.max_bytes = (MAX_RESULT_BYTES - RESERVED_BYTES) // len(self.runs) - RUN_TEXT_BYTES

    def result(self) -> dict[str, object]:
        """Return the keys of a wait for one run, which describe all runs here, and C(runs) with the result of each.

        What belongs to one run, such as its hosts and its times, is null or empty.
        """
        runs = [self._run(position) for position in range(len(self.runs))]
        counts: Counter[str] = Counter()
        for run in runs:
            counts.update(run["counts"] if isinstance(run["counts"], dict) else {})
        instances = [run.instance for run in self.runs]
        ended = [each is not None and each.ended for each in instances]
        finished, worst = bool(ended) and all(ended), self._worst()
        instance = instances[worst] if worst is not None else instances[0] if finished else None
        return {
            **RunResult(self.settings, launch_record=LaunchRecord(None)).result(),
            "changed": any(run["changed"] for run in runs),
            "status": None if instance is None else job_status_name(instance.status),
            "status_code": None if instance is None else instance.status,
            "finished": finished,
            "steps_truncated": any(run["steps_truncated"] for run in runs),
            "hosts_truncated": any(run["hosts_truncated"] for run in runs),
            "counts": dict(counts) or None,
            "logs_complete": bool(runs) and all(run["logs_complete"] for run in runs),
            "runs": runs,
        }

    def failure(self) -> JobError | None:
        """Return the error of the task: the worst one, with the first lines of others. None if all runs succeeded."""
        worst = self._worst()
        if worst is None:
            return None
        error, others = self.failures[worst], [each for key, each in self.failures.items() if key != worst]
        summary = f"{len(self.failures)} of {len(self.runs)} runs did not succeed. {error.summary}"
        failure = error.rephrased(summary)
        if others:
            lines = [f"- {each.summary}" for each in others[:_MAX_LINES]]
            more = len(others) - len(lines)
            failure.details = (*lines, f"- {more} more, see runs") if more else tuple(lines)
        return failure

    def omit_hosts(self) -> int:
        """Leave out the hosts of runs that succeeded if the failed task would print too much. Return their number."""
        if self.settings.hosts != "auto" or not self.failures:
            return 0
        succeeded = [run for position, run in enumerate(self.runs) if position not in self.failures]
        self.omits_hosts = json_size([run.result() for run in self.runs]) > MAX_FAILED_RESULT_BYTES
        return len(succeeded) if self.omits_hosts else 0

    def _run(self, position: int) -> dict[str, object]:
        failure = self.failures.get(position)
        result = self.runs[position].result()
        if failure is None:
            omitted = {"hosts": [], "hosts_truncated": True} if self.omits_hosts and result["hosts"] else {}
            return {**result, **omitted, "failed": False, "msg": None, "error": None}
        message = "\n".join(map(one_line, (failure.summary, *failure.details)))
        return {**result, "failed": True, "msg": message, "error": failure.payload()}

    def _worst(self) -> int | None:
        """Return the position of the run whose error is the worst one; None if all succeeded."""
        return min(self.failures, key=lambda position: (_rank(self.failures[position]), position), default=None)


def _rank(error: JobError) -> int:
    return _KINDS.index(error.kind if error.kind in _KINDS else "")
