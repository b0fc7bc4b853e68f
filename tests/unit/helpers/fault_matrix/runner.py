# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one cell of the fault matrix: the whole task against its own JOB simulator."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE, FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file, fast_script, job_plan
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers import unreachable_servers
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.cases import ALWAYS, ON_CONNECTIONS, Cell, Verdict
from ansible_collections.blueking.job.tests.unit.helpers.message_style import wrong_words

TASKS = {
    "plan": (job_plan, JOB_PLAN),
    "script": (fast_script, FAST_SCRIPT),
    "file": (fast_file, FAST_FILE),
    "contents": (fast_file, FAST_FILE),
}
_TARGETS = {"file_target_path": "/in", "account_alias": "root", "ip_list": ["10.0.0.1", "10.0.0.2"]}
WORK: dict[str, dict[str, Any]] = {
    "plan": {"job_plan_id": 1, "global_var_list": [{"name": "version", "value": "2.0"}]},
    "script": {"script_content": "hostname", "account_alias": "root", "ip_list": ["10.0.0.1", "10.0.0.2"]},
    "file": {
        **_TARGETS,
        "file_source_list": [{"file_list": ["/data/a"], "ip_list": ["10.0.0.1"], "account_alias": "root"}],
    },
    "contents": {**_TARGETS, "content_list": [{"file_name": "a", "content": "x"}]},
}
# Options of a launch with a unique key.
KEY: dict[str, dict[str, Any]] = {
    "plan": {"global_var_list": None, "unique_key": "night-1", "unique_key_variable": "version"},
    **dict.fromkeys(("script", "file", "contents"), {"unique_key": "night-1"}),
}
# Hosts are not reported, as they do not matter here.
REPORT = {"poll_interval": 60, "poll_max_interval": 60, "hosts": "none", "logs": "none"}
LONGEST_LINE = 200
AFTERWARDS = 3600
SOME_ATTEMPTS = 10


def estate(**settings: Any) -> dict[str, Any]:
    """Return two hosts on which everything takes 20 s, and a plan of two steps."""
    step = {"account": "root", "target": {"host_id_list": [1, 2]}, "content": "run"}
    return {
        "apps": [{"code": "shop", "secret": "shop-secret", "login_exempt": True}],
        "users": [{"name": name, "tokens": [f"{name}-token"]} for name in ("admin", "alice", "bob")],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
        "hosts": [{"generate": {"count": 2, "scope": "2", "name": "node-{n}"}}],
        "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
        "plans": [
            {
                "id": 1,
                "scope": "2",
                "name": "nightly",
                "variables": [{"id": 1, "name": "version", "type": "string", "value": "1.0"}],
                "steps": [{"name": "first", **step}, {"name": "second", **step}],
            }
        ],
        "executor": "scripted",
        "outcomes": [{"seconds": 20}],
        **settings,
    }


def connection(server: JobServer, gateway: str) -> dict[str, object]:
    """Return the connection of a task. By a name or by a token, since the operator can be known or not."""
    if gateway == "apigw":
        url, user = f"{server.url}/api/bk-job/prod", {"bk_token": "alice-token"}
    else:
        url, user = server.url, {"bk_username": "alice"}
    app = {"bk_app_code": "shop", "bk_app_secret": "shop-secret"}
    return {"api_url": url, "gateway": gateway, **app, **user, "bk_scope_id": "2"}


class ServerClock(Clock):
    """The server's own clock; sleeping moves it instead of waiting.

    With two clocks, a busy machine could let time pass on only one of them.
    """

    def __init__(self, server: JobServer, on_sleep: Callable[[], None] = lambda: None) -> None:
        self.slept = 0.0
        self._server = server
        self._on_sleep = on_sleep

    def now(self) -> float:
        return self._server.clock.now_ms() / 1000

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept += seconds
            self._server.clock.advance(seconds)
        self._on_sleep()

    def jitter(self, seconds: float) -> float:
        return seconds


@contextlib.contextmanager
def fresh_server(settings: Mapping[str, Any]) -> Iterator[JobServer]:
    """Run a new server, without waiting for its end."""
    server = JobServer(settings).start()
    try:
        yield server
    finally:
        threading.Thread(target=server.stop).start()


@dataclass(frozen=True)
class Seen:
    """Outcome of a run."""

    verdict: Verdict
    faults: list[str]
    """Other problems of the result."""
    summary: str


def perform(task: str, given: Mapping[str, object], clock: Clock) -> tuple[dict[str, Any], JobError | None]:
    """Run one task; return its result, and the error that it ends with."""
    function, spec = TASKS[task]
    try:
        return run_task(function, spec, {**WORK[task], **given}, TaskContext(clock=clock)), None
    except JobError as error:
        return error.result, error


def run_cell(cell: Cell) -> Seen:
    """Run a cell on a fresh server."""
    lane = cell.lane
    clock_kind = "manual" if lane.slow else "flowing"
    settings = estate(clock=clock_kind, honors_start_task=lane.honors_start_task)
    with fresh_server(settings) as server, _options(cell, server) as options:
        _set_fault(cell, server)
        # Connections are refused only until the first pause.
        lifts = cell.fault.words is not None and cell.fault.words["do"] == "refuse" and cell.often != ALWAYS
        clock = ServerClock(server, server.faults.clear if lifts else lambda: None)
        # A wait follows the launch; a few faults are enough to test it.
        given = {**REPORT, "wait": cell.fault.core, "api_version": lane.api_version, **options, **lane.options}
        if cell.keyed:
            given |= KEY[cell.task]
        limit = {"launch_timeout": SOME_ATTEMPTS} if cell.often == ALWAYS else {}
        result, error = perform(cell.task, {**given, **limit}, clock)
        # Late effects count as well.
        server.clock.advance(AFTERWARDS)
        seen = observe(cell, server, result, error)
        if cell.keyed:
            seen.faults.extend(_faults_of_repeated_task(cell, server, {**given, "wait": True}))
        return seen


def _faults_of_repeated_task(cell: Cell, server: JobServer, given: Mapping[str, object]) -> Iterator[str]:
    """Yield the problems after the same task was run again without faults: both tasks together start one run."""
    server.faults.clear()
    before = server.counters["started"]
    result, error = perform(cell.task, given, ServerClock(server))
    started = {act["job_instance_id"] for entry in server.journal for act in entry["did"] if act["act"] == "start"}
    if error is not None:
        yield f"the repeated task failed: {error.summary}"
    if len(started) != 1 or server.counters["started"] != 1:
        yield f"the two tasks started {sorted(started)}"
    found = (result["job_instance_id"], result["status"], result["launch_outcome"], result["changed"])
    wanted = (max(started), "success", *(("existing", False) if before else ("started", True)))
    if found != wanted:
        yield f"the repeated task reports {found}, expected {wanted}"


def _set_fault(cell: Cell, server: JobServer) -> None:
    if cell.fault.words is None:
        return
    words = dict(cell.fault.words)
    if words["do"] not in ON_CONNECTIONS:
        words |= {"acts": cell.acts, "call": cell.call}
    if words["do"] != "refuse":
        words |= {"every": 1} if cell.often == ALWAYS else {"next": 1}
    server.faults.add(words)
    if cell.fault.then is not None:
        server.faults.add(cell.fault.then)


@contextlib.contextmanager
def _options(cell: Cell, server: JobServer) -> Iterator[dict[str, object]]:
    """Return the options of the task; some faults depend on its address."""
    options: dict[str, object] = {**connection(server, cell.lane.gateway), **cell.fault.options}
    with contextlib.ExitStack() as stack:
        if cell.fault.options.get("api_url") == "https":
            options["api_url"] = stack.enter_context(unreachable_servers.no_tls())
        elif cell.fault.options.get("api_url") == "deaf":
            options |= {"api_url": stack.enter_context(unreachable_servers.deaf()), "connect_timeout": 0.1}
        if "proxy" in options:
            dead = stack.enter_context(unreachable_servers.closed())
            options["proxy"] = server.url if options["proxy"] == "server" else dead
        yield options


def observe(cell: Cell, server: JobServer, result: dict[str, Any], error: JobError | None) -> Seen:
    """Return the observed verdict, with checks of every result."""
    counters = server.counters
    duplicates = result.get("pending_duplicates") or []
    verdict = Verdict(
        outcome=result["launch_outcome"],
        changed=result["changed"],
        kind=error.kind if error else None,
        knows_id=result["job_instance_id"] is not None,
        created=counters["created"],
        started=counters["started"],
        duplicates=len(duplicates),
    )
    return Seen(verdict, list(_faults(cell, server, result, error)), error.summary if error else "")


def _faults(cell: Cell, server: JobServer, result: dict[str, Any], error: JobError | None) -> Iterator[str]:
    did = [act for entry in server.journal for act in entry["did"]]
    created = [act["job_instance_id"] for act in did if act["act"] == "create"]
    started = {act["job_instance_id"] for act in did if act["act"] == "start"}
    ours = result["job_instance_id"]
    if ours is not None and ours not in (started or created):
        yield f"the result names instance {ours}, started were {sorted(started)}, created {created}"
    if set(result.get("pending_duplicates") or []) - (set(created) - started):
        yield f"not all of {result['pending_duplicates']} are pending duplicates"
    if error is None and cell.fault.core and (result["status"], result["finished"]) != ("success", True):
        yield f"a success with status {result['status']}"
    if error is not None and str(ours or "") not in error.summary[:LONGEST_LINE]:
        yield f"the message does not name instance {ours}: {error.summary}"
    if error is not None:
        yield from wrong_words(error.summary, error.payload(), [])
    json.dumps([result, error.payload() if error else None])


def problems(cell: Cell, seen: Seen) -> list[str]:
    """Return what is wrong with the outcome of a cell."""
    found = list(seen.faults)
    if seen.verdict.started > 1:
        found.insert(0, f"started {seen.verdict.started} times")
    if not any(verdict.allows(seen.verdict) for verdict in cell.expected):
        wanted = " or ".join(map(str, cell.expected))
        found.append(f"expected {wanted}, found {seen.verdict}; {seen.summary}")
    return found
