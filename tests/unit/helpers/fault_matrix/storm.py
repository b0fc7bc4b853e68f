# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in which every second read fails, each time in another way: drawn by a seed, reproducible."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.runner import estate
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import SCOPE, Client

HOSTS = 6
READS = ("get_job_instance_status", "get_job_instance_list", "batch_get_job_instance_ip_log", "get_job_instance_log")
STRUCK_READS = 60
CONFIRM = {"name": "ask", "type": "confirm"}
TERMINATE, REFUSE = 1, 9
LONGEST = 3000

_APIS = (("esb", "v2"), ("esb", "v3"), ("apigw", "v3"))


@dataclass(frozen=True)
class Ending:
    """End of a job: its rules, and the expected report of the task."""

    status: str
    kind: str | None
    outcome: dict[str, Any]
    """Outcome of some of the hosts; the others succeed."""
    needs: str | None = None
    """The only task with this ending."""


ENDINGS = (
    Ending("success", None, {}),
    Ending("failed", "job_failed", {"exit_code": 3}),
    Ending("failed", "job_failed", {"status": 310, "log": ""}),
    Ending("failed", "job_failed", {"seconds": "never"}),
    Ending("abnormal", "job_failed", {"engine": "abnormal", "seconds": 90}),
    Ending("abandoned", "job_failed", {"engine": "abandoned", "seconds": 90}),
    Ending("terminated", "terminated", {"seconds": 6000}),
    Ending("confirmation_refused", "job_failed", {}, needs="plan"),
)


@dataclass(frozen=True)
class Storm:
    """One drawn run."""

    task: str
    gateway: str
    api_version: str
    ending: Ending
    inventory: dict[str, Any]
    faults: list[dict[str, Any]]
    options: dict[str, Any]

    @property
    def response_is_lost(self) -> bool:
        """Return whether the launch itself has to be recovered."""
        return any(fault["call"] not in READS for fault in self.faults)


def draw(seed: int) -> Storm:
    """Draw one run. The endings alternate, everything else is random."""
    chance = random.Random(seed)
    ending = ENDINGS[seed % len(ENDINGS)]
    task = ending.needs or chance.choice(("plan", "script"))
    gateway, version = chance.choice(_APIS)
    unlucky = sorted(chance.sample(range(1, HOSTS + 1), chance.randint(1, HOSTS - 1)))
    log = "this is {name}\n"
    least = chance.randint(1, 600)
    usual = {"seconds": [least, least + chance.randint(0, 600)], "log": log}
    outcomes = [{**usual, "hosts": unlucky, **ending.outcome}, usual] if ending.outcome else [usual]
    step = {
        "account": "root",
        "target": {"host_id_list": list(range(1, HOSTS + 1))},
        "content": "run",
        "timeout": LONGEST,
    }
    steps = [CONFIRM] if ending.status == "confirmation_refused" else []
    plan = {"id": 1, "scope": "2", "name": "nightly", "steps": [{"name": "first", **step}, *steps]}
    inventory = estate(
        hosts=[{"generate": {"count": HOSTS, "scope": "2", "name": "node-{n}"}}],
        plans=[plan],
        outcomes=outcomes,
        clock=chance.choice(("manual", "flowing")),
    )
    at = {"gateway": gateway}
    faults = [{**_fault(chance, gateway), **at, "call": call, "nth": 2 * turn} for turn, call in _struck()]
    if version != "v2" and chance.random() < 0.5:
        call = "fast_execute_script" if task == "script" else "execute_job_plan"
        faults.append({"do": "close", "acts": True, "call": call, **at})
    return Storm(task, gateway, version, ending, inventory, faults, _options(task))


def _struck() -> Iterator[tuple[int, str]]:
    return ((turn, call) for call in READS for turn in range(1, STRUCK_READS + 1))


def _options(task: str) -> dict[str, Any]:
    options = {"logs": "all", "on_confirmation": "wait", "poll_max_interval": 60}
    if task == "plan":
        return {**options, "global_var_list": None}
    return {**options, "ip_list": [f"10.0.0.{n}" for n in range(1, HOSTS + 1)], "timeout": LONGEST}


def _fault(chance: random.Random, gateway: str) -> dict[str, Any]:
    """Return a fault of a read that carries no information about the job."""
    anywhere = chance.choice((0, 1, 12, 60, 150, -1, -2, -20))
    incomplete = chance.choice((None, {}, [], {"finished": True}, {"finished": True, "job_instance": {"status": 3}}))
    elsewhere = {"job_instance_id": 20_000_000_999, "status": 3}
    kinds: list[dict[str, Any]] = [
        {"do": "close"},
        {"do": "reset", "bytes": anywhere},
        {"do": "cut", "bytes": anywhere},
        {"do": "truncate", "bytes": chance.choice((None, 0, -1, 7))},
        {"do": "garbage"},
        {"do": "html", "http": chance.choice((200, 500, 502, 503, 504))},
        {"do": "bad_gateway"},
        {"do": "gateway_timeout"},
        {"do": "error", "code": chance.choice((1240001, 1240002, 1246001))},
        {"do": "rate_limit", "seconds": chance.choice((0, 1, 20))},
        {"do": "delay", "seconds": 0.002},
        {"do": "drip", "seconds": 0.0002, "bytes": 200},
        {"do": "answer", "body": {"code": 0, "result": True, "data": incomplete}},
        {"do": "answer", "body": {"code": 0, "result": True, "data": {"finished": True, "job_instance": elsewhere}}},
        {"do": "answer", "body": chance.choice(("", "null", "[]", "{}", '{"code": 0}'))},
    ]
    if gateway == "esb":
        kinds.append({"do": "esb_unreachable"})
    return {name: value for name, value in chance.choice(kinds).items() if value is not None}


class Insider:
    """Calls JOB behind its gateways, without injected faults."""

    def __init__(self, server: JobServer) -> None:
        self._client = Client(server)

    def call(self, name: str, **reader: Any) -> Any:
        """Return the body of a response."""
        headers = {"X-Username": "admin", "X-AppCode": "shop", "Content-Type": "application/json"}
        return self._client.raw("POST", f"/esb/api/v3/{name}", json.dumps({**SCOPE, **reader}), headers).json

    def status(self, job: int) -> Any:
        """Return the state of a run, with its hosts."""
        return self.call("get_job_instance_status", job_instance_id=job, return_ip_result=True)["data"]

    def end(self, job: int, ending: str) -> None:
        """End a run as a user would, if possible at the moment."""
        if ending == "terminated":
            self.call("operate_job_instance", job_instance_id=job, operation_code=TERMINATE)
        elif ending == "confirmation_refused":
            ask = self.status(job)["step_instance_list"][-1]["step_instance_id"]
            self.call("operate_step_instance", job_instance_id=job, step_instance_id=ask, operation_code=REFUSE)
