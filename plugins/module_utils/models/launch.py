# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Launches: plans, scripts and files to start, and their target hosts.

C(None) means "not given": such a field is never sent. Times are ISO 8601 text, durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeAlias

from .connection import Scope
from .rolling import RollingConfig

# Types of runs in the history (JOB API: get_job_instance_list).
PLAN_RUN, SCRIPT_RUN, FILE_RUN = 0, 1, 2
# Code of the operation that starts a pending run (JOB API: operate_job_instance).
START_OPERATION = 2
# Values of transfer_mode (JOB API: fast_transfer_file); every other value does the same as 2.
TRANSFER_MODES = {"strict": 1, "force": 2}


class HostAddress(NamedTuple):
    """An IPv4 address in a cloud area (0 is the default area)."""

    bk_cloud_id: int
    ip: str


class TopoNode(NamedTuple):
    """A node of the CMDB topology, such as a module or a set; its hosts are resolved at launch time."""

    id: int
    node_type: str


class TargetServer(NamedTuple):
    """Hosts: the union of all four lists."""

    host_ids: tuple[int, ...] = ()
    addresses: tuple[HostAddress, ...] = ()
    dynamic_groups: tuple[str, ...] = ()
    topo_nodes: tuple[TopoNode, ...] = ()

    @property
    def explicit_host_count(self) -> int:
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


class UniqueKey(NamedTuple):
    """Key that joins repeated tasks to one run: the runs of the last C(window_ms) milliseconds are searched for it.

    The task name of a script or of files contains the key. The name of a plan's run cannot be chosen, so the string
    variable C(variable) of the plan has the key as its value.
    """

    key: str
    window_ms: int
    fail_on_existing: bool = False
    variable: str | None = None


@dataclass(frozen=True)
class PlanLaunch:
    """A job plan to start. If C(job_plan_name) names it, the id is 0 until the name has been resolved."""

    module: ClassVar[str] = "bk_job_plan"
    # JOB names the run, so its name identifies nothing.
    task_name: ClassVar[str | None] = None
    has_unique_name: ClassVar[bool] = False
    run_type: ClassVar[int] = PLAN_RUN
    has_start_task: ClassVar[bool] = True

    scope: Scope
    job_plan_id: int
    variables: tuple[GlobalVariable, ...] | None = None
    callback_url: str | None = None
    job_plan_name: str | None = None
    validate_variables: bool = True
    unique_key: UniqueKey | None = None

    @property
    def explicit_host_count(self) -> int:
        """Return how many hosts are named for one step; variables of hosts may be for several steps."""
        return max(
            (variable.server.explicit_host_count for variable in self.variables or () if variable.server), default=0
        )


class _NamedLaunch:
    """Common properties of scripts and files, whose task name the collection makes up if the task does not set it."""

    target: TargetServer
    unique_name: bool
    unique_key: UniqueKey | None

    @property
    def has_unique_name(self) -> bool:
        """Return whether no other launch has the task name, except one with the same unique key."""
        return self.unique_name or self.unique_key is not None

    @property
    def explicit_host_count(self) -> int:
        """Return how many targets are named one by one."""
        return self.target.explicit_host_count


@dataclass(frozen=True)
class ScriptLaunch(_NamedLaunch):
    """A script to run on hosts. Content and parameter are base64 text, as every API generation sends them.

    C(script_language) is JOB's code, C(timeout) the limit on each host in seconds (JOB API: fast_execute_script).
    """

    module: ClassVar[str] = "bk_fast_script"
    run_type: ClassVar[int] = SCRIPT_RUN
    has_start_task: ClassVar[bool] = True

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
    unique_name: bool = False
    unique_key: UniqueKey | None = None


class FileSource(NamedTuple):
    """Files to send: paths on hosts, with the account that reads them, or in a third-party file source."""

    files: tuple[str, ...]
    server: TargetServer | None = None
    account_alias: str | None = None
    file_source_id: int | None = None
    file_source_code: str | None = None

    @property
    def is_third_party(self) -> bool:
        """Return whether the files are in a file source, not on hosts."""
        return self.server is None


class FileContent(NamedTuple):
    """A file whose content is in the task, as base64 text."""

    file_name: str
    content: str


@dataclass(frozen=True)
class FileLaunch(_NamedLaunch):
    """Files to send to hosts: those of C(sources), or those of C(contents), never both.

    C(transfer_mode) is a value of C(TRANSFER_MODES), C(timeout) is in seconds, the limits are MB/s; None is JOB's
    default (JOB API: fast_transfer_file, push_config_file).
    """

    module: ClassVar[str] = "bk_fast_file"
    run_type: ClassVar[int] = FILE_RUN

    scope: Scope
    target: TargetServer
    file_target_path: str = ""
    sources: tuple[FileSource, ...] = ()
    contents: tuple[FileContent, ...] = ()
    file_target_name: str | None = None
    transfer_mode: int | None = None
    timeout: int | None = None
    upload_speed_limit: int | None = None
    download_speed_limit: int | None = None
    account_alias: str | None = None
    account_id: int | None = None
    task_name: str | None = None
    rolling_config: RollingConfig | None = None
    callback_url: str | None = None
    unique_name: bool = False
    unique_key: UniqueKey | None = None

    @property
    def has_start_task(self) -> bool:
        """Return whether the call can create the job without starting it (JOB API: push_config_file cannot)."""
        return not self.contents


Launch: TypeAlias = "PlanLaunch | ScriptLaunch | FileLaunch"


class LaunchedJob(NamedTuple):
    """Response of the server to a launch. Launches of plans have no C(step_instance_id)."""

    job_instance_id: int
    job_instance_name: str | None = None
    step_instance_id: int | None = None
