# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Launch recovery: find the instance of a launch that got no clear response.

JOB has no request key that would make a repeated launch harmless. The only way to find out is to search the execution
history: for scripts and files by task name, for plans by plan, user, launch mode, time and variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..api.client import JobClient
from ..api.session import PROTOCOL_RETRY_SECONDS
from ..common.clock import Clock, Deadline
from ..common.dates import iso8601_utc
from ..errors import JobError
from ..models.history import CLOCK_SKEW_MS, HistoryEntry, HistoryQuery, exact_name_filter
from ..models.launch import Launch, PlanLaunch
from ..models.status import LAUNCHED_BY_API

# Pauses (seconds) between searches: JOB may still be writing the instance.
PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)
# Maximum difference (seconds) between the clocks of gateway and database. An instance from before the launch may be an
# earlier run, so it is reported as a candidate and never adopted. A unique name proves that it is ours: then the limit
# is CLOCK_SKEW_MS.
_CLOCK_SKEW_SECONDS = 5.0
_SEEN_ONCE = "the history has listed job instance {0} only once, and another launch may belong to it"
_NO_LAUNCH_TIME = "responses have no Date header, so the time of the launch is not known"


@dataclass
class RecoveryResult:
    """Result of a search: the one instance of the launch, or why there is none."""

    instance: HistoryEntry | None = None
    candidates: list[HistoryEntry] = field(default_factory=list)
    reason: str = ""


class LaunchRecovery:
    """Search for the instance of one launch.

    Args:
        client: JOB.
        launch: the launch.
        operator: user that JOB records for the launch, None if not known.
        sent_at: time of the request, on the task's clock.
        clock: time.
        previous: newest run with the same unique key from before the launch, None if there is none.
    """

    def __init__(
        self,
        client: JobClient,
        launch: Launch,
        operator: str | None,
        sent_at: float,
        clock: Clock,
        previous: HistoryEntry | None = None,
    ) -> None:
        self._client = client
        self._launch = launch
        self._operator = operator
        self._sent_at = sent_at
        self._clock = clock
        self._previous = previous
        self._values: dict[int, dict[str, str]] = {}
        # Earliest time of the request on the server's clock (milliseconds); its dates have no fractions.
        self._sent_ms = 0

    def run(self, deadline: Deadline) -> RecoveryResult:
        """Search until exactly one instance matches, or until the pauses or the deadline are over."""
        if not self._client.has_history:
            return RecoveryResult(reason="this API generation has no execution history")
        result = RecoveryResult(reason="the history could not be read in time")
        seen: int | None = None
        pauses = iter(PAUSES_SECONDS)
        not_job_deadline = deadline.within(self._sent_at + PROTOCOL_RETRY_SECONDS - self._clock.now())
        while True:
            limit = deadline
            try:
                result = self._find(deadline)
            except JobError as error:
                result = RecoveryResult(
                    candidates=result.candidates, reason=f"the history cannot be read: {error.summary}"
                )
                if not error.transient:
                    return result
                # An address that has never responded as JOB does has no history either.
                if error.kind == "protocol" and not self._client.is_job:
                    limit = not_job_deadline
            found = result.instance
            if found is not None:
                # Without a unique name the same match is needed twice: ours may appear after another user's.
                if not self._launch.has_unique_name and found.job_instance_id != seen:
                    result = RecoveryResult(
                        candidates=result.candidates, reason=_SEEN_ONCE.format(found.job_instance_id)
                    )
                elif self._is_certain(found):
                    return result
                seen = found.job_instance_id
            pause = next(pauses, None)
            if pause is None or pause >= deadline.remaining() or limit.remaining() <= 0:
                return result
            self._clock.sleep(limit.clip(self._clock.jitter(pause)))

    def find_once(self, deadline: Deadline) -> HistoryEntry | None:
        """Return the instance if it has a unique name and one search finds it.

        Call it before a create is repeated: it avoids a duplicate, and a second start if the server's version is wrong.
        """
        if not self._client.has_history or not self._launch.has_unique_name:
            return None
        try:
            return self._find(deadline).instance
        except JobError:
            return None

    def find_all(self, deadline: Deadline) -> list[HistoryEntry]:
        """Return the instances that may belong to this launch, in any state.

        Raises:
            JobError: the history cannot be read.
        """
        query = self._query(deadline)
        if query is None:
            raise JobError(_NO_LAUNCH_TIME, kind="protocol")
        entries, _total = self._client.history_page(query, deadline)
        return [entry for entry in entries if self._matches(entry) and self._is_late_enough(entry)]

    def _find(self, deadline: Deadline) -> RecoveryResult:
        query = self._query(deadline)
        if query is None:
            return RecoveryResult(reason=_NO_LAUNCH_TIME)
        entries, total = self._client.history_page(query, deadline)
        found = [entry for entry in entries if self._matches(entry)]
        late = [entry for entry in found if self._is_late_enough(entry)]
        same = [entry for entry in late if self._has_our_values(entry, deadline)]
        if total > len(entries):
            return RecoveryResult(
                candidates=found, reason=f"the history lists too many instances of that time ({total})"
            )
        if len(same) == 1:
            return RecoveryResult(instance=same[0], candidates=same)
        where = f"between {iso8601_utc(query.created_from_ms)} and {iso8601_utc(query.created_to_ms)}"
        if same:
            return RecoveryResult(
                candidates=same, reason=f"the history lists {len(same)} instances {where} that may be the launched one"
            )
        before = ", except those from before the launch" if len(late) < len(found) else ""
        return RecoveryResult(candidates=found, reason=f"the history lists no such instance {where}{before}")

    def _query(self, deadline: Deadline) -> HistoryQuery | None:
        now = self._client.learn_epoch(self._launch.scope, deadline)
        if now is None:
            return None
        skew = CLOCK_SKEW_MS / 1000 if self._launch.has_unique_name else _CLOCK_SKEW_SECONDS
        sent = now - (self._clock.now() - self._sent_at)
        key, name = self._launch.unique_key, self._launch.task_name
        # Runs older than unique_window were not searched before the launch, so one could be mistaken for this launch.
        earliest = sent - (skew if key is None else min(skew, key.window_ms / 1000))
        self._sent_ms = max(self._sent_ms, int(sent * 1000))
        return HistoryQuery(
            scope=self._launch.scope,
            created_from_ms=int(earliest * 1000),
            created_to_ms=int((now + skew) * 1000),
            name_part=None if name is None else exact_name_filter(name),
            operator=self._operator,
            launch_mode=LAUNCHED_BY_API,
            type=self._launch.run_type,
        )

    def _matches(self, entry: HistoryEntry) -> bool:
        if self._previous is not None and _age_order(entry) <= _age_order(self._previous):
            return False
        if isinstance(self._launch, PlanLaunch):
            return entry.job_plan_id == self._launch.job_plan_id
        return entry.name == self._launch.task_name

    def _is_late_enough(self, entry: HistoryEntry) -> bool:
        """Return whether the instance was created after the launch request was sent."""
        return self._launch.has_unique_name or (entry.created_ms or 0) >= self._sent_ms

    def _has_our_values(self, entry: HistoryEntry, deadline: Deadline) -> bool:
        """Return whether the values of its string variables, if known, equal those that were sent."""
        sent = _string_values(self._launch)
        if not sent:
            return True
        if not self._values.get(entry.job_instance_id):
            steps = self._client.string_values(self._launch.scope, entry.job_instance_id, deadline)
            self._values[entry.job_instance_id] = next(filter(None, steps), {})
        known = self._values[entry.job_instance_id]
        return all(known.get(name, value) == value for name, value in sent.items())

    def _is_certain(self, entry: HistoryEntry) -> bool:
        """Return whether every value that distinguishes it from another launch is known."""
        return not _string_values(self._launch) or bool(self._values.get(entry.job_instance_id))


def _string_values(launch: Launch) -> Mapping[str, str]:
    """Return the values that identify an instance; the server never returns secret ones."""
    variables = (launch.variables or ()) if isinstance(launch, PlanLaunch) else ()
    return {each.name: each.value for each in variables if each.name and each.value is not None and not each.secret}


def _age_order(entry: HistoryEntry) -> tuple[int, int]:
    """Return a sort key: creation time, then id."""
    return entry.created_ms or 0, entry.job_instance_id
