# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Read one job instance, or search the history: M(blueking.job.bk_job_instance_info)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..api.client import JobClient
from ..api.session import READ_RETRY_SECONDS
from ..common.clock import Deadline
from ..common.dates import iso8601_utc
from ..jobs.context import TaskContext
from ..jobs.history_search import HistoryMatches, HistorySearch
from ..jobs.monitor import JobMonitor
from ..models.connection import Scope
from ..models.launch import LaunchedJob
from ..options.connection import read_connection, read_scope
from ..options.filters import read_history_filter, reject_filters
from ..options.operate import read_instance_id
from ..options.reader import OptionReader
from ..options.wait import read_report_settings
from ..results.history_entry import history_entry
from ..results.run_result import RunResult
from ..results.size_limit import fitting_entries
from .null_instance import run_without_instance
from .read_only import error_context, run_read_only

_NO_HISTORY_IN_V2 = "v2 has no execution history: use v3, or set job_instance_id"


@dataclass
class _InstanceInfo:
    """What was read so far about one instance, or about the history."""

    run_result: RunResult
    variables: dict[str, str] | None = None
    matches: HistoryMatches = field(default_factory=HistoryMatches)

    def result(self) -> dict[str, object]:
        """Return all of it. What was not requested is null, or an empty list."""
        entries = [history_entry(entry, self.run_result.web_url) for entry in self.matches.entries]
        kept = fitting_entries(entries)
        return {
            "changed": False,
            **self.run_result.state(),
            "variables": self.variables,
            "instances": kept,
            "total": self.matches.total,
            "truncated": self.matches.truncated or len(kept) < len(entries),
            "since": None if self.matches.since is None else iso8601_utc(self.matches.since),
            "until": None if self.matches.until is None else iso8601_utc(self.matches.until),
        }


def instance_info(reader: OptionReader, context: TaskContext) -> dict[str, object]:
    """Read one instance, or list those of the history.

    Raises:
        JobError: the task fails; C(result) of the error contains what is known.
    """
    scope, connection = read_scope(reader), read_connection(reader)
    info = _InstanceInfo(RunResult(read_report_settings(reader), connection.web_url))
    job_instance_id = read_instance_id(reader, check_mode=context.check_mode, required=False)
    deadline = Deadline(context.clock, reader.seconds("info_timeout"))
    if reader.present("job_instance_id") or reader.is_null("job_instance_id"):
        reject_filters(reader)
        if job_instance_id is None:
            return run_without_instance(context, info.result)
        with_variables = reader.flag("variables") is True

        def one(client: JobClient) -> None:
            _read_instance(client, scope, job_instance_id, info, context, deadline)
            if with_variables:
                _read_variables(client, scope, job_instance_id, info, context, deadline)

        return run_read_only(context, connection, one, info.result)
    filters = read_history_filter(reader)
    if connection.api_version == "v2":
        reader.add_error("api_version", _NO_HISTORY_IN_V2)

    def search(client: JobClient) -> None:
        with error_context(f"The history of {scope} cannot be read"):
            HistorySearch(client, scope, filters, deadline).fill(info.matches)

    return run_read_only(context, connection, search, info.result)


def _read_instance(
    client: JobClient,
    scope: Scope,
    job_instance_id: int,
    info: _InstanceInfo,
    context: TaskContext,
    deadline: Deadline,
) -> None:
    run_result = info.run_result
    run_result.launch_record.launched = LaunchedJob(job_instance_id)
    if context.check_mode:
        # Check mode reads the same, but writes no file.
        run_result.settings = run_result.settings._replace(log_dir=None)
    with error_context(f"Job instance {job_instance_id} of {scope} cannot be read"):
        JobMonitor(client, scope, job_instance_id, run_result, context).read_once(deadline)
    if run_result.instance is not None:
        run_result.launch_record.launched = LaunchedJob(job_instance_id, run_result.instance.name)


def _read_variables(
    client: JobClient,
    scope: Scope,
    job_instance_id: int,
    info: _InstanceInfo,
    context: TaskContext,
    deadline: Deadline,
) -> None:
    with error_context(f"The variables of job instance {job_instance_id} cannot be read"):
        steps = client.string_values(scope, job_instance_id, deadline, retry_for=READ_RETRY_SECONDS)
    # A step passes its values to the next one, so those of the last step count. The keys are chosen by users and may
    # equal keys of ours that are not redacted.
    info.variables = context.secrets.redact(next(filter(None, reversed(steps)), {}))
