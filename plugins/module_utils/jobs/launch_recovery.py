# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch recovery: find the instance of a launch that got no clear response.

Private to the collection blueking.job: no stable interface for others.

JOB has no request key that would make a repeated launch harmless, so the only way to know is to look into the history
of executions: for scripts under their task name, for plans by plan, user, way of launching, moment and variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..api.client import JobClient
from ..common.clock import Clock, Deadline
from ..errors import JobError
from ..models.history import HistoryEntry, HistoryQuery
from ..models.launch import PlanLaunch, ScriptLaunch

if TYPE_CHECKING:
    from ..api.protocols import HistorySchema

# The server may still be writing, so one looks again after these pauses (seconds).
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
# So far (seconds) the clocks of gateway and database may be apart. What the history lists from before the launch is
# shown as a candidate and never taken for ours, as it may be the run before; a name that nobody else has is proof.
_SKEW = 5.0
_SKEW_WITH_UNIQUE_NAME = 300.0
_BY_API = 2
_PLAN, _SCRIPT = 0, 1
_NO_MOMENT = "the server's answers carry no date, so the moment of the launch is not known"


@dataclass
class Findings:
    """What the history had to say: the one instance that is ours, or why there is none."""

    match: HistoryEntry | None = None
    candidates: list[HistoryEntry] = field(default_factory=list)
    reason: str = ""


class Search:
    """Looks for the instance of one launch.

    Args:
        client: JOB.
        what: the launch.
        operator: the user under whom JOB files it, None if that is not known.
        sent_at: when it was sent, on the task's clock.
        clock: time.
    """

    def __init__(
        self, client: JobClient, what: PlanLaunch | ScriptLaunch, operator: str | None, sent_at: float, clock: Clock
    ) -> None:
        self._client = client
        self._what = what
        self._operator = operator
        self._sent_at = sent_at
        self._clock = clock
        self._values: dict[int, dict[str, str]] = {}
        # When it was sent, on the server's clock, milliseconds: at the earliest, as its dates have no fractions.
        self._sent_ms = 0

    def run(self, deadline: Deadline) -> Findings:
        """Look until exactly one instance can be ours, or the pauses or the deadline are over."""
        past = self._client.schema.past
        if past is None:
            return Findings(reason="this API generation has no history of executions")
        seen: int | None = None
        findings = Findings(reason="the history could not be read in time")
        pauses = iter(PAUSES)
        while True:
            try:
                findings = self._look(past, deadline)
            except JobError as error:
                findings.reason = f"the history cannot be read: {error.summary}"
                if not error.transient:
                    return findings
            else:
                # What others may launch as well is looked at twice: ours may appear only after theirs.
                found = findings.match
                if found is not None:
                    settled = self._has_unique_name() or found.job_instance_id == seen
                    if settled and self._is_certain(found):
                        return findings
                    seen = found.job_instance_id
            pause = next(pauses, None)
            if pause is None or pause >= deadline.left():
                return findings
            self._clock.sleep(self._clock.jitter(pause))

    def glimpse(self, deadline: Deadline) -> HistoryEntry | None:
        """The instance, if it has a name that nobody else uses and one look shows it.

        Before a create is repeated: saves a duplicate, and a second start should the server's version be a mistake.
        """
        past = self._client.schema.past
        if past is None or not (isinstance(self._what, ScriptLaunch) and self._what.unique_name):
            return None
        try:
            return self._look(past, deadline).match
        except JobError:
            return None

    def all_of_it(self, deadline: Deadline) -> list[HistoryEntry]:
        """The instances that can be of this launch, in whatever state.

        Raises:
            JobError: the history cannot be read.
        """
        past = self._client.schema.past
        query = None if past is None else self._query(past, deadline)
        if past is None or query is None:
            raise JobError(_NO_MOMENT, kind="protocol")
        entries, _total = self._client.history(past, query, deadline)
        return [entry for entry in entries if self._fits(entry) and self._is_late_enough(entry)]

    def _look(self, past: HistorySchema, deadline: Deadline) -> Findings:
        query = self._query(past, deadline)
        if query is None:
            return Findings(reason=_NO_MOMENT)
        entries, total = self._client.history(past, query, deadline)
        found = [entry for entry in entries if self._fits(entry)]
        late = [entry for entry in found if self._is_late_enough(entry)]
        same = [entry for entry in late if self._has_our_values(entry, deadline)]
        if total > len(entries):
            return Findings(candidates=found, reason=f"the history lists {total} instances of that moment, too many")
        if len(same) == 1:
            return Findings(match=same[0], candidates=same)
        where = f"between {_words(query.created_from_ms)} and {_words(query.created_to_ms)}"
        if same:
            return Findings(candidates=same, reason=f"the history lists {len(same)} instances {where} that may be it")
        before = ", apart from what was there before the launch" if len(late) < len(found) else ""
        return Findings(candidates=found, reason=f"the history lists no such instance {where}{before}")

    def _query(self, past: HistorySchema, deadline: Deadline) -> HistoryQuery | None:
        now = self._client.learn_epoch(past, self._what.scope, deadline)
        if now is None:
            return None
        script = self._what if isinstance(self._what, ScriptLaunch) else None
        skew = _SKEW_WITH_UNIQUE_NAME if self._has_unique_name() else _SKEW
        sent = now - (self._clock.now() - self._sent_at)
        self._sent_ms = max(self._sent_ms, int(sent * 1000))
        return HistoryQuery(
            scope=self._what.scope,
            created_from_ms=int((sent - skew) * 1000),
            created_to_ms=int((now + skew) * 1000),
            name_part=script.task_name if script else None,
            operator=self._operator,
            launch_mode=_BY_API,
            type=_SCRIPT if script else _PLAN,
        )

    def _fits(self, entry: HistoryEntry) -> bool:
        if isinstance(self._what, PlanLaunch):
            return entry.job_plan_id == self._what.job_plan_id
        return entry.name == self._what.task_name

    def _is_late_enough(self, entry: HistoryEntry) -> bool:
        """Whether it was not there before ours was sent."""
        return self._has_unique_name() or (entry.created_ms or 0) >= self._sent_ms

    def _has_unique_name(self) -> bool:
        return isinstance(self._what, ScriptLaunch) and self._what.unique_name

    def _has_our_values(self, entry: HistoryEntry, deadline: Deadline) -> bool:
        """Whether the values of its string variables, where they are known, are those that were sent."""
        sent = _string_values(self._what)
        if not sent:
            return True
        if not self._values.get(entry.job_instance_id):
            steps = self._client.string_values(self._what.scope, entry.job_instance_id, deadline)
            self._values[entry.job_instance_id] = next(filter(None, steps), {})
        known = self._values[entry.job_instance_id]
        return all(known.get(name, value) == value for name, value in sent.items())

    def _is_certain(self, entry: HistoryEntry) -> bool:
        """Whether nothing that could still tell it from another launch is missing."""
        return not _string_values(self._what) or bool(self._values.get(entry.job_instance_id))


def _string_values(what: PlanLaunch | ScriptLaunch) -> Mapping[str, str]:
    """The values by which an instance can be recognised; secret ones are never shown by the server."""
    variables = (what.variables or ()) if isinstance(what, PlanLaunch) else ()
    return {each.name: each.value for each in variables if each.name and each.value is not None and not each.secret}


def _words(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
