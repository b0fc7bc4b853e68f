# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the lazily imported modules, for a process that runs many tasks.

Private to the collection blueking.job: no stable interface for others.

The process of a module runs one task and compiles each module that it imports, so it imports only what the task needs.
Modules imported lazily elsewhere are preloaded here before Ansible forks workers.
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
    """Import the modules that functions import lazily."""
    for module in LAZY_MODULES:
        import_module(f"..{module}", __package__)
