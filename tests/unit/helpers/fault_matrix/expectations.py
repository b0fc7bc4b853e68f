# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expected outcomes in three tables: at the launch, at the start of a two-step launch, on older servers.

JOB API: "classifying one launch attempt", "reconciling an unknown outcome", "two-step launch".
"""

from __future__ import annotations

from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import (
    ACCEPTED,
    ALWAYS,
    LATER,
    NOT_DELIVERED,
    ONCE,
    REFUSED,
    STARTED_BEFORE,
    UNFINDABLE,
    UNKNOWN,
    Fault,
    Verdict,
)

# Repeated creates whose responses were all lost: none of them starts by itself.
NOTHING_BUT_CREATES = Verdict("unknown", True, "unknown_outcome", False, created=None, started=0)
# The instance exists, and it is unknown whether the server will still start it.
ASKED_FOR = Verdict("unknown", True, "unknown_outcome", True, created=1, started=0)
# Placeholder for the kind of error of the fault.
_ITS_OWN = "its own"

STARTED = Verdict("started", True, None, True, created=1, started=1)
# The response was lost, the instance was found in the history.
RECOVERED = Verdict("recovered", True, None, True, created=1, started=1)
# Nothing was found, or there is no history: the outcome is unknown, and nothing is retried.
UNCLEAR = Verdict("unknown", True, "unknown_outcome", False, created=0, started=0)
# The same, although an instance exists and runs.
UNSEEN = Verdict("unknown", True, "unknown_outcome", False, created=1, started=1)
# Two creates, of which the first one, whose response was lost, stays pending forever.
REPEATED = Verdict("started", True, None, True, created=2, started=1, duplicates=1)
REJECTED = Verdict("rejected", False, _ITS_OWN, False, created=0, started=0)
NOT_SENT = Verdict("not_sent", False, _ITS_OWN, False, created=0, started=0)
# The instance exists, and it was surely not started.
CREATED = Verdict("created", True, _ITS_OWN, True, created=1, started=0)

# "named" is "repeatable" for scripts and files, which have a unique name: one search before the retry finds it.
_EVERYWHERE = ("v2", "single", "two_step", "repeatable", "named")


def _on_all(verdict: Verdict) -> dict[str, Verdict]:
    return dict.fromkeys(_EVERYWHERE, verdict)


AT_LAUNCH: dict[tuple[str, bool, str], dict[str, Verdict]] = {
    # (meaning of the fault, whether the request is carried out, how often the fault applies) -> by the way
    (ACCEPTED, False, ONCE): _on_all(STARTED),
    (ACCEPTED, True, ONCE): _on_all(STARTED),
    (REFUSED, False, ONCE): _on_all(REJECTED),
    (LATER, False, ONCE): _on_all(STARTED),
    (LATER, False, ALWAYS): _on_all(REJECTED),
    (NOT_DELIVERED, False, ONCE): _on_all(STARTED),
    (NOT_DELIVERED, False, ALWAYS): _on_all(NOT_SENT),
    (UNKNOWN, False, ONCE): {
        **{"v2": UNCLEAR, "single": UNCLEAR, "two_step": UNCLEAR},
        **{"repeatable": STARTED, "named": STARTED},
    },
    (UNKNOWN, True, ONCE): {
        **{"v2": UNSEEN, "single": RECOVERED, "two_step": RECOVERED},
        **{"repeatable": REPEATED, "named": RECOVERED},
    },
    (UNKNOWN, False, ALWAYS): {"repeatable": UNCLEAR, "named": UNCLEAR},
    (UNKNOWN, True, ALWAYS): {"repeatable": NOTHING_BUT_CREATES, "named": RECOVERED},
    (UNFINDABLE, True, ONCE): {"single": UNSEEN, "two_step": NOTHING_BUT_CREATES},
}

AT_START: dict[tuple[str, bool, str], Verdict] = {
    (ACCEPTED, False, ONCE): STARTED,
    (ACCEPTED, True, ONCE): STARTED,
    (REFUSED, False, ALWAYS): CREATED,
    (LATER, False, ONCE): STARTED,
    (LATER, False, ALWAYS): CREATED,
    (NOT_DELIVERED, False, ONCE): STARTED,
    (NOT_DELIVERED, False, ALWAYS): CREATED,
    (UNKNOWN, False, ONCE): STARTED,
    (UNKNOWN, True, ONCE): STARTED,
    (UNKNOWN, False, ALWAYS): ASKED_FOR,
    (UNKNOWN, True, ALWAYS): STARTED,
    (STARTED_BEFORE, True, ONCE): STARTED,
}


def at_launch(fault: Fault, acts: bool, often: str, way: str) -> tuple[Verdict, ...]:
    """Return the verdict on a fault of the launch or create call."""
    return tuple(_of(fault, AT_LAUNCH[means, acts, often][way]) for means in _meanings(fault))


def at_start(fault: Fault, acts: bool, often: str) -> tuple[Verdict, ...]:
    """Return the verdict on a fault of the start of a created instance."""
    return tuple(_of(fault, AT_START[means, acts, often]) for means in _meanings(fault))


def on_older_server(fault: Fault, acts: bool, often: str) -> tuple[Verdict, ...]:
    """Return the verdict on a fault of a create call that already starts: the second step is irrelevant."""
    return at_launch(fault, acts, often, "single")


def _meanings(fault: Fault) -> tuple[str, ...]:
    return (fault.means,) if fault.or_means is None else (fault.means, fault.or_means)


def _of(fault: Fault, verdict: Verdict) -> Verdict:
    return verdict.of_kind(fault.kind) if verdict.kind == _ITS_OWN else verdict
