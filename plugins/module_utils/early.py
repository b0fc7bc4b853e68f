# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms that are otherwise imported when they are needed, for a process that lives through many tasks.

Private to the collection blueking.job: no stable interface for others.

A module's process lives for one task and compiles each room that it imports, so it imports no more than the task needs.
A process that forks for every task imports all of them once before, and its children find them there.
"""

from __future__ import annotations

from importlib import import_module

ROOMS = (
    *("codes", "follow", "logfiles", "normalize.plan", "reconcile", "unanswered", "variables"),
    *("wire.apigw", "wire.catalog_v2", "wire.catalog_v3", "wire.esb", "wire.failure", "wire.history"),
    *("wire.instances_v2", "wire.instances_v3", "wire.v2", "wire.v3", "wire.values"),
)


def import_all() -> None:
    """Import what functions import."""
    for room in ROOMS:
        import_module(f"{__package__}.{room}")
