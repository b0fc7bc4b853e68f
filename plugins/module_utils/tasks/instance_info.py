# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read one job instance, or search the history: M(blueking.job.bk_job_instance_info).

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..api.client import JobClient
from ..api.session import READ_PATIENCE
from ..common.clock import Deadline
from ..common.dates import iso
from ..jobs.context import Face
from ..jobs.history_search import HistoryView, HistoryWalk
from ..jobs.monitor import Follower
from ..models.connection import Scope
from ..models.history import HistoryEntry, HistoryFilter
from ..models.launch import Launched
from ..models.status import LAUNCH_MODES, RUN_TYPES, is_job_final, job_word, word_of
from ..options.connection import read_connection, read_scope
from ..options.filters import read_history_filter, read_one_instance
from ..options.wait import read_report_plan
from ..results.run_result import Outcome
from ..results.size_limit import fitting
from .read_only import look, told_of

# So long (seconds) the history may be read.
_HISTORY_SECONDS = 300.0
_VALUES_SECONDS = 60.0
# What a result says of a launch, which is none of this module's business.
_OF_LAUNCHES = frozenset({"launch_outcome", "candidates", "pending_duplicates", "step_instance_id"})
_V2 = "v2 has no history of executions: use v3, or name one run by job_instance_id"


@dataclass
class _Seen:
    """What was seen so far, of one instance or of the history."""

    outcome: Outcome
    variables: dict[str, str] | None = None
    view: HistoryView = field(default_factory=HistoryView)

    def result(self) -> dict[str, object]:
        """All of it. What was not asked for is null, or an empty list."""
        one = {key: value for key, value in self.outcome.result().items() if key not in _OF_LAUNCHES}
        entries = [_entry(entry, self.outcome.web_url) for entry in self.view.entries]
        kept = fitting(entries)
        return {
            **one,
            "variables": self.variables,
            "instances": kept,
            "total": self.view.total,
            "truncated": self.view.truncated or len(kept) < len(entries),
            "since": None if self.view.since is None else iso(self.view.since),
            "until": None if self.view.until is None else iso(self.view.until),
        }


def instance_info(params: Mapping[str, object], face: Face) -> dict[str, object]:
    """Tell of one instance, or list those of the history.

    Raises:
        JobError: the task fails; C(result) of the error holds what is known.
    """
    fields = face.fields(params)
    scope, connection = read_scope(fields), read_connection(fields)
    report = read_report_plan(fields)
    seen = _Seen(Outcome(report, connection.web_url))
    job_instance_id = read_one_instance(fields)
    if fields.given("job_instance_id"):
        with_variables = fields.flag("variables") is True

        def one(client: JobClient) -> None:
            _look_at(client, scope, job_instance_id or 0, seen, face, with_variables)

        return look(face, connection, one, seen.result)
    wanted = read_history_filter(fields, report)
    if connection.api_version == "v2":
        fields.fault("api_version", _V2)

    def history(client: JobClient) -> None:
        _look_through(client, scope, wanted, seen, face)

    return look(face, connection, history, seen.result)


def _look_at(
    client: JobClient, scope: Scope, job_instance_id: int, seen: _Seen, face: Face, with_variables: bool
) -> None:
    outcome = seen.outcome
    outcome.launch.launched = Launched(job_instance_id)
    if face.check_mode:
        # Looking is the same, but not a file is written.
        outcome.plan = replace(outcome.plan, log_dir=None)
    with told_of(f"Job instance {job_instance_id} of {scope} cannot be read"):
        Follower(client, scope, job_instance_id, outcome, face).look()
    if outcome.instance is not None:
        outcome.launch.launched = Launched(job_instance_id, outcome.instance.name)
    if with_variables:
        deadline = Deadline(face.clock, _VALUES_SECONDS)
        with told_of(f"The variables of job instance {job_instance_id} cannot be read"):
            steps = client.string_values(scope, job_instance_id, deadline, patience=READ_PATIENCE)
        # What a step leaves is what the next one finds, so the last one has the say. Names are the user's, and may be
        # the same as names of ours under which nobody looks for secrets.
        seen.variables = face.secrets.hide(next(filter(None, reversed(steps)), {}))


def _look_through(client: JobClient, scope: Scope, wanted: HistoryFilter, seen: _Seen, face: Face) -> None:
    past = client.schema.past
    if past is not None:
        walk = HistoryWalk(client, past, scope, wanted, Deadline(face.clock, _HISTORY_SECONDS))
        with told_of(f"The history of {scope} cannot be read"):
            walk.into(seen.view)


def _entry(entry: HistoryEntry, web_url: str | None) -> dict[str, object]:
    return {
        "job_instance_id": entry.job_instance_id,
        "name": entry.name,
        "type": word_of(RUN_TYPES, entry.type),
        "job_plan_id": _positive(entry.job_plan_id),
        "job_template_id": _positive(entry.job_template_id),
        "launch_mode": word_of(LAUNCH_MODES, entry.launch_mode),
        "operator": entry.operator,
        "status": job_word(entry.status),
        "status_code": entry.status,
        "finished": is_job_final(entry.status, True),
        "create_time": entry.create_time,
        "start_time": entry.start_time,
        "end_time": entry.end_time,
        "total_time": entry.total_time,
        "job_instance_url": f"{web_url}/api_execute/{entry.job_instance_id}" if web_url else None,
    }


def _positive(number: int | None) -> int | None:
    """The number of a plan or template; for runs of scripts JOB gives one that is none."""
    return number if number is not None and number > 0 else None
