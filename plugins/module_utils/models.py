# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What travels through the house: launches, instances, steps and hosts, free of any wire format.

Private to the collection blueking.job: no stable interface for others.

C(None) means "not given": such a field is never sent. Times are ISO 8601 text, durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# The platform reads business numbers of this range as business sets (JOB API: bk_biz_id).
BIZ_SET_NUMBERS = range(8000000, 10000000)


@dataclass(frozen=True)
class Scope:
    """A CMDB business (C(biz)), business set (C(biz_set)) or tenant set (C(tenant_set))."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


@dataclass(frozen=True)
class HostAddress:
    """An IPv4 address in a cloud area (0 is the default area)."""

    bk_cloud_id: int
    ip: str


@dataclass(frozen=True)
class TopoNode:
    """A node of the CMDB topology, such as a module or a set; its hosts are found at launch time."""

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
        """How many hosts are named one by one; what groups and nodes hold is not known."""
        return len(self.host_ids) + len(self.addresses)


@dataclass(frozen=True)
class GlobalVariable:
    """A value for one global variable of a plan: text or hosts. The server looks at the id only, if there is one."""

    id: int | None = None
    name: str | None = None
    value: str | None = None
    server: TargetServer | None = None
    secret: bool = False
    # What was written in place of text: list, dictionary, or numbered (a dictionary with whole numbers as keys).
    literal: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class PlanLaunch:
    """A job plan to start. Where it is named by C(job_plan_name), the id is 0 until the name has been looked up."""

    scope: Scope
    job_plan_id: int
    variables: tuple[GlobalVariable, ...] | None = None
    callback_url: str | None = None
    job_plan_name: str | None = None
    validate_variables: bool = True


@dataclass(frozen=True)
class RollingConfig:
    """How a script goes over its hosts in batches (JOB API: rolling_config)."""

    type: int | None = None
    mode: int | None = None
    expression: str | None = None
    execution_mode: int | None = None
    batch_start_wait_fixed_ms: int | None = None
    batch_start_wait_random_min_ms: int | None = None
    batch_start_wait_random_max_ms: int | None = None


@dataclass(frozen=True)
class ScriptLaunch:
    """A script to run on hosts. Content and parameter are base64 text, as every wire format carries them."""

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
    # Whether no other launch has this task name.
    unique_name: bool = False


@dataclass(frozen=True)
class Credentials:
    """Who calls: an application, and for whom it calls."""

    bk_app_code: str | None = None
    bk_app_secret: str | None = None
    bk_token: str | None = None
    bk_ticket: str | None = None
    bk_access_token: str | None = None
    bk_username: str | None = None


@dataclass(frozen=True)
class Connection:
    """How the server is reached. Timeouts are seconds for one request."""

    api_url: str
    gateway: str = "esb"
    api_version: str = "v3"
    credentials: Credentials = field(default_factory=Credentials)
    bk_tenant_id: str | None = None
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    proxy: str | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 75.0
    language: str = "en"
    web_url: str | None = None


@dataclass(frozen=True)
class WaitPlan:
    """How long to wait for the end and how often to look, in seconds, and what to do when the job does not just end."""

    wait: bool = True
    timeout: float = 7500.0
    interval: float = 1.0
    max_interval: float = 60.0
    terminate_on_timeout: bool = False
    terminate_on_interrupt: bool = False
    fail_on_confirmation: bool = True
    fail_on_any_host: bool = False
    # Whether lines for people are wanted while it waits.
    progress: bool = True


@dataclass(frozen=True)
class ReportPlan:
    """Which hosts the result lists, whose logs it carries, and how much of them (UTF-8 bytes, the tail is kept).

    C(log_dir) is a folder for the whole logs.
    """

    hosts: str = "all"
    logs: str = "failed"
    bytes_per_host: int = 8192
    bytes_total: int = 262144
    log_dir: str | None = None


@dataclass(frozen=True)
class Launched:
    """What the server answered to a launch."""

    job_instance_id: int
    job_instance_name: str | None = None
    step_instance_id: int | None = None


@dataclass(frozen=True, slots=True)
class HostKey:
    """What a host is recognised by: its id if known, else cloud area and ip (two hosts may share an ip)."""

    bk_host_id: int | None
    bk_cloud_id: int | None
    ip: str | None


@dataclass(slots=True)
class HostResult:
    """One host in one step. Filled once at the end of the job; the log comes in later.

    There may be 50 000 of them, so times stay as the server gave them: milliseconds since the epoch, or ISO 8601.
    """

    bk_host_id: int | None
    bk_cloud_id: int | None
    ip: str | None
    status: int
    exit_code: int | None = None
    tag: str | None = None
    start_time: int | str | None = None
    end_time: int | str | None = None
    total_time: float | None = None
    log: str | None = None
    log_truncated: bool = False
    log_path: str | None = None

    @property
    def key(self) -> HostKey:
        """What the host is recognised by."""
        return HostKey(self.bk_host_id, self.bk_cloud_id, self.ip)


@dataclass
class StepResult:
    """One step of an instance. C(hosts) is None as long as nobody asked for them."""

    step_instance_id: int
    name: str | None
    status: int
    type: int | None = None
    execute_count: int | None = None
    create_time: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None
    hosts: list[HostResult] | None = None


@dataclass
class JobInstance:
    """One run of a plan or script, as one status answer tells it."""

    job_instance_id: int
    status: int
    finished: bool
    name: str | None = None
    create_time: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None
    steps: list[StepResult] = field(default_factory=list)
