# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Protocols (types) of gateways and schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from ..models.connection import Connection, Scope
from ..models.history import HistoryEntry, HistoryQuery
from ..models.launch import Launch, LaunchedJob, ScriptLaunch
from ..models.plan import PlanDetail, PlanPage, ScriptRisk
from ..models.run import JobInstance
from .calls import Call, HttpRequest, LogBatch, StepHost


class HistorySchema(Protocol):
    """Calls of the execution history of one API generation."""

    def list_instances(self, query: HistoryQuery) -> Call[tuple[list[HistoryEntry], int]]:
        """Return the call that lists the instances of a page, and their total."""


# Name to value of the string variables after one step; empty if not known yet.
StepVariables = dict[str, str]


class PlanSchema(Protocol):
    """Calls of one API generation before a launch: plans, accounts, script checks."""

    knows_templates: bool

    def plan_page(self, scope: Scope, name: str | None, start: int, template_id: int | None = None) -> Call[PlanPage]:
        """Return the call that lists plans whose names contain C(name), beginning at offset C(start).

        It uses the template only if C(knows_templates) is true.
        """

    def plan(self, scope: Scope, plan_id: int) -> Call[PlanDetail | None]:
        """Return the call for a plan with its variables, or for None if the response contains no plan."""

    def accounts(self, scope: Scope) -> Call[dict[int, str]] | None:
        """Return the call for the account aliases of a scope by id; None if steps of plans contain aliases."""

    def script_check(self, launch: ScriptLaunch) -> Call[list[ScriptRisk]] | None:
        """Return the call that checks a script; None if there is no such call."""


class InstancesSchema(Protocol):
    """Calls of one API generation for an instance, its hosts and their logs."""

    def status(self, scope: Scope, job_instance_id: int, with_hosts: bool) -> Call[JobInstance]:
        """Return the call for the state of an instance."""

    def log_batches(self, scope: Scope, job_instance_id: int, hosts: Iterable[StepHost]) -> Iterator[LogBatch]:
        """Return the calls for the logs of hosts, most important hosts first."""

    def single_log(self, scope: Scope, job_instance_id: int, host: StepHost) -> LogBatch | None:
        """Return the call for the log of one host; None if there is no such call."""


class Schema(Protocol):
    """One API generation. Plans and instances are imported on first use, because not every launch needs them."""

    generation: str
    esb_system: str
    # Exit codes and host times are part of the logs, so logs are read in any case.
    results_need_logs: bool
    # Per-host results are part of every status response.
    always_returns_hosts: bool

    @property
    def plans(self) -> PlanSchema:
        """Return the calls for plans and for script checks."""

    @property
    def instances(self) -> InstancesSchema:
        """Return the calls for instances."""

    @property
    def history(self) -> HistorySchema | None:
        """Return the calls for the execution history; None if this generation has none."""

    def unsupported(self, launch: Launch) -> list[tuple[str, str]]:
        """Return the options that this generation does not support: (option, advice)."""

    def launch(self, launch: Launch, start: bool = True) -> Call[LaunchedJob]:
        """Return the call that creates a job, and starts it unless C(start) is false."""

    def operate(
        self, scope: Scope, job_instance_id: int, step_instance_id: int | None, operation: int
    ) -> Call[LaunchedJob]:
        """Return the call for an operation on a step, or on the whole instance if C(step_instance_id) is None."""

    def variable_values(self, scope: Scope, job_instance_id: int) -> Call[list[StepVariables]]:
        """Return the call for the values of string variables after each step that ran, in order."""


class Gateway(Protocol):
    """Addresses of calls, and placement of credentials."""

    def request(self, call: Call[object], schema: Schema, connection: Connection) -> HttpRequest:
        """Return the request for a call, with credentials."""

    def secret_keys(self) -> frozenset[str]:
        """Return the keys of the body whose values are secrets."""
