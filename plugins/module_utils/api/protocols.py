# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protocols (types) of gateways and schemas. Not imported at run time.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from ..models.connection import Connection, Scope
from ..models.history import HistoryEntry, HistoryQuery
from ..models.launch import LaunchedJob, PlanLaunch, ScriptLaunch
from ..models.plan import PlanDetail, PlanPage, ScriptRisk
from ..models.run import JobInstance
from .calls import Call, HttpRequest, LogBatch, StepHost


class HistorySchema(Protocol):
    """The words of a generation that has a history of executions."""

    def list_instances(self, query: HistoryQuery) -> Call:
        """The call that lists instances."""

    def read_instances(self, data: object) -> tuple[list[HistoryEntry], int]:
        """The instances of a page, and how many there are in all."""


# Name to value of the string variables, as one step left them; empty if they are not known yet.
StepVariables = dict[str, str]


class VariablesSchema(Protocol):
    """How one API generation is asked what steps left in string variables."""

    def call(self, scope: Scope, job_instance_id: int) -> Call:
        """The call that asks for the values of an instance's string variables."""

    def read(self, data: object) -> list[StepVariables]:
        """The answer to it: the values after each step that ran, in order."""


class PlanSchema(Protocol):
    """How one API generation is asked, before a launch, about plans and about its rules for scripts."""

    knows_templates: bool

    def plan_page(self, scope: Scope, name: str | None, start: int, template_id: int | None = None) -> Call:
        """The call that lists plans whose names hold C(name), from number C(start) on.

        Only where C(knows_templates) is true it looks at the template.
        """

    def read_plan_page(self, data: object) -> PlanPage:
        """The answer to it."""

    def plan(self, scope: Scope, plan_id: int) -> Call:
        """The call that asks for a plan with its variables."""

    def read_plan(self, data: object) -> PlanDetail | None:
        """The answer to it; None if it says that there is no such plan."""

    def accounts(self, scope: Scope) -> Call | None:
        """The call that lists the accounts of a scope; None if steps of plans name theirs."""

    def read_accounts(self, data: object) -> dict[int, str]:
        """The aliases by id."""

    def script_check(self, launch: ScriptLaunch) -> Call | None:
        """The call that asks for an opinion about a script; None where there is no such call."""

    def read_script_check(self, data: object) -> list[ScriptRisk]:
        """The answer to it."""


class InstancesSchema(Protocol):
    """How one API generation is asked about an instance, its hosts and their logs."""

    def status(self, scope: Scope, job_instance_id: int, with_hosts: bool) -> Call:
        """The call that asks for the state of an instance."""

    def read_status(self, data: object) -> JobInstance:
        """The answer to it."""

    def log_batches(self, scope: Scope, job_instance_id: int, hosts: Iterable[StepHost]) -> Iterator[LogBatch]:
        """The calls that fetch the logs of hosts, most important hosts first."""

    def single_log(self, scope: Scope, job_instance_id: int, host: StepHost) -> LogBatch | None:
        """The call for the log of one host; None where there is no such call."""


class Schema(Protocol):
    """The words of one API generation. A launch needs none of its parts: they are imported when they are asked for."""

    generation: str
    esb_system: str
    # Whether exit codes and host times come with the logs only, so that the logs are read in any case.
    results_need_logs: bool
    # Whether per-host results come with every look at an instance, asked for or not.
    always_returns_hosts: bool

    @property
    def plans(self) -> PlanSchema:
        """The words for plans, and for the rules for scripts."""

    @property
    def instances(self) -> InstancesSchema:
        """The words for instances."""

    @property
    def values(self) -> VariablesSchema:
        """The words for the values of variables."""

    @property
    def history(self) -> HistorySchema | None:
        """The words for the history of executions; None where a generation has no such thing."""

    def unsupported(self, launch: PlanLaunch | ScriptLaunch) -> list[tuple[str, str]]:
        """What this generation cannot carry: (option, what to do instead)."""

    def launch(self, launch: PlanLaunch | ScriptLaunch, start: bool = True) -> Call:
        """The call that creates a job, and starts it unless told otherwise."""

    def operate_job(self, scope: Scope, job_instance_id: int, operation: int) -> Call:
        """The call for an operation on an instance."""

    def operate_step(self, scope: Scope, job_instance_id: int, step_instance_id: int, operation: int) -> Call:
        """The call for an operation on a step."""

    def read_launched(self, data: object) -> LaunchedJob:
        """The answer to a launch."""


class Gateway(Protocol):
    """Where calls go, and where credentials stand."""

    def request(self, call: Call, schema: Schema, connection: Connection) -> HttpRequest:
        """The request for a call, with credentials."""

    def secret_keys(self) -> frozenset[str]:
        """Keys of the body whose values are secrets."""
