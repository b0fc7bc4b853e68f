# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Launches: plans and scripts to start, their target hosts, and what is known about a launch.

C(None) means "not given": such a field is never sent. Times are ISO 8601 text, durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .connection import Scope
from .history import HistoryEntry
from .run import JobInstance

# Outcomes after which an instance exists on the server, may exist, or would exist.
_CHANGED_OUTCOMES = frozenset({"started", "created", "recovered", "unknown", "check_mode"})


@dataclass(frozen=True)
class HostAddress:
    """An IPv4 address in a cloud area (0 is the default area)."""

    bk_cloud_id: int
    ip: str


@dataclass(frozen=True)
class TopoNode:
    """A node of the CMDB topology, such as a module or a set; its hosts are resolved at launch time."""

    id: int
    node_type: str


@dataclass(frozen=True)
class TargetServer:
    """Hosts: the union of all four lists."""

    host_ids: tuple[int, ...] = ()
    addresses: tuple[HostAddress, ...] = ()
    dynamic_groups: tuple[str, ...] = ()
    topo_nodes: tuple[TopoNode, ...] = ()

    @property
    def named(self) -> int:
        """Return the number of hosts named one by one; the hosts of groups and nodes are not known."""
        return len(self.host_ids) + len(self.addresses)


@dataclass(frozen=True)
class GlobalVariable:
    """A value for one global variable of a plan: text or hosts. The server uses only the id, if there is one."""

    id: int | None = None
    name: str | None = None
    value: str | None = None
    server: TargetServer | None = None
    secret: bool = False
    # YAML type given instead of text: list, dictionary, or numbered (a dictionary with whole numbers as keys).
    literal: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class UniqueKey:
    """Key that joins repeated tasks to one run: the runs of the last C(window_ms) milliseconds are searched for it.

    The task name of a script contains the key. The name of a plan's run cannot be chosen, so the string variable
    C(variable) of the plan has the key as its value.
    """

    key: str
    window_ms: int
    fail_on_existing: bool = False
    variable: str | None = None


@dataclass(frozen=True)
class PlanLaunch:
    """A job plan to start. If C(job_plan_name) names it, the id is 0 until the name has been resolved."""

    scope: Scope
    job_plan_id: int
    variables: tuple[GlobalVariable, ...] | None = None
    callback_url: str | None = None
    job_plan_name: str | None = None
    validate_variables: bool = True
    unique_key: UniqueKey | None = None


@dataclass(frozen=True)
class RollingConfig:
    """Rolling execution: how a script runs on its hosts in batches (JOB API: rolling_config)."""

    type: int | None = None
    mode: int | None = None
    expression: str | None = None
    execution_mode: int | None = None
    batch_start_wait_fixed_ms: int | None = None
    batch_start_wait_random_min_ms: int | None = None
    batch_start_wait_random_max_ms: int | None = None


@dataclass(frozen=True)
class ScriptLaunch:
    """A script to run on hosts. Content and parameter are base64 text, as every API generation sends them."""

    scope: Scope
    target: TargetServer
    script_version_id: int | None = None
    script_id: str | None = None
    script_content: str | None = None
    script_language: int | None = None
    script_param: str | None = None
    is_param_sensitive: bool | None = None
    timeout: int | None = None
    account_alias: str | None = None
    account_id: int | None = None
    task_name: str | None = None
    windows_interpreter: str | None = None
    rolling_config: RollingConfig | None = None
    callback_url: str | None = None
    # The collection made up this task name; no other launch has it.
    unique_name: bool = False
    unique_key: UniqueKey | None = None

    @property
    def has_unique_name(self) -> bool:
        """Return whether no other launch has the task name, except one with the same unique key."""
        return self.unique_name or self.unique_key is not None


@dataclass(frozen=True)
class LaunchedJob:
    """Response of the server to a launch."""

    job_instance_id: int
    job_instance_name: str | None = None
    step_instance_id: int | None = None


@dataclass
class LaunchRecord:
    """State of the launch as known at the moment. Filled step by step, so that it can be reported at any time.

    C(outcome) is a value of the documented key C(launch_outcome), None for a task that launches nothing. C(instance) is
    the state before the start.
    C(candidates) are instances of which one may be ours. C(pending_duplicates) are instances that repeated creates left
    pending; they never start by themselves.
    C(previous) is the newest earlier run with the same unique key. C(reattached) is true if the task continues that run
    instead of launching another.
    """

    outcome: str | None = "not_sent"
    launched: LaunchedJob | None = None
    instance: JobInstance | None = None
    candidates: list[HistoryEntry] = field(default_factory=list)
    pending_duplicates: list[int] = field(default_factory=list)
    previous: HistoryEntry | None = None
    reattached: bool = False

    @property
    def previous_job_instance_id(self) -> int | None:
        """Return the id of the newest earlier run with the same unique key, unless the task continues it."""
        return None if self.previous is None or self.reattached else self.previous.job_instance_id

    @property
    def changed(self) -> bool:
        """Return whether something was changed on the server, may have been, or (in check mode) would be."""
        return self.outcome in _CHANGED_OUTCOMES
