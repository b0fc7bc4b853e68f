# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the lazily imported modules, for a process that runs many tasks.

Private to the collection blueking.job: no stable interface for others.

A module's process lives for one task and compiles each room that it imports, so it imports no more than the task needs.
A process that forks for every task imports all of them once before, and its children find them there.
"""

from __future__ import annotations

from importlib import import_module

LAZY_MODULES = (
    "api.error_codes",
    "api.error_response",
    "api.gateway_apigw",
    "api.gateway_esb",
    "api.shared_variables",
    "api.transport_errors",
    "api.v2.instances",
    "api.v2.plans",
    "api.v2.schema",
    "api.v3.history",
    "api.v3.instances",
    "api.v3.plans",
    "api.v3.schema",
    "common.paths",
    "jobs.launch_recovery",
    "jobs.monitor",
    "jobs.plan_variables",
    "options.plan",
)


def preload() -> None:
    """Import what functions import."""
    for module in LAZY_MODULES:
        import_module(f"..{module}", __package__)
