# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted servers for the tests: a small estate, outcomes by rule, and a manual clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, b64, hosts_of, steps_of

HOSTS = {"host_id_list": [1, 2, 3, 4]}
SCRIPT = {"account": "root", "content": "run", "target": HOSTS, "timeout": 100}
CONFIRM = {"name": "ask", "type": "confirm"}


def estate(outcomes: Sequence[Any] = (), steps: Sequence[Any] = (), **more: Any) -> dict[str, Any]:
    """Return an inventory of eight hosts (number 9 lacks an agent), and plan 1 with the given steps."""
    return {
        "apps": [{"code": "shop", "secret": "shop-secret"}],
        "users": [{"name": "admin", "tokens": ["admin-token"]}, {"name": "carol", "tokens": ["carol-token"]}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
        "hosts": [
            {"generate": {"count": 8, "scope": "2", "name": "node-{n}"}},
            {"id": 9, "ip": "10.9.9.9", "scope": "2", "agent": "none"},
            {"id": 10, "ip": "10.9.9.10", "scope": "2", "agent": "down"},
        ],
        "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
        "plans": [{"id": 1, "scope": "2", "name": "plan", "steps": list(steps)}],
        "executor": "scripted",
        "clock": "manual",
        "outcomes": list(outcomes),
        **more,
    }


class Run:
    """One run on a scripted server, with its current state."""

    def __init__(self, client: Client, job_id: int) -> None:
        self.client, self.id = client, job_id

    @property
    def status(self) -> Any:
        return self.client.status(self.id)

    @property
    def states(self) -> tuple[int, list[int]]:
        """Return the status codes of the job and of its steps."""
        found = self.status
        return found["job_instance"]["status"], steps_of(found)

    def hosts(self, step: int = 0) -> dict[int, int]:
        """Return the status code of each host of a step."""
        return {host: state for host, (state, _code) in hosts_of(self.status, step).items()}

    def step(self, number: int = 0) -> Any:
        return self.status["step_instance_list"][number]

    def operate(self, code: int, step: int = 0, **auth: Any) -> int:
        """Operate a step; return the code of the response."""
        reader = {"job_instance_id": self.id, "step_instance_id": self.step(step)["step_instance_id"]}
        reader |= {"bk_scope_type": "biz", "bk_scope_id": "2", "operation_code": code}
        response = self.client.gateway("operate_step_instance", reader, **auth).json
        return int(response["code"])

    def stop(self) -> int:
        response = self.client.call("operate_job_instance", job_instance_id=self.id, operation_code=1)
        return int(response["code"])

    def done(self) -> tuple[int, list[int]]:
        """Run all scheduled actions; return the states after them."""
        self.client.server.clock.advance(100_000)
        return self.states


class Bench:
    """A scripted server with its client and clock."""

    def __init__(self, server: JobServer) -> None:
        self.server, self.client, self.clock = server, Client(server), server.clock

    def plan(self, **reader: Any) -> Run:
        return Run(self.client, self.client.plan(1, **reader))

    def script(self, hosts: Sequence[int] = (1, 2, 3, 4), content: str = "run", **reader: Any) -> Run:
        return Run(self.client, self.client.script(content, list(hosts), **reader))

    def roll(self, expression: str, mode: int = 1, **config: Any) -> Run:
        return self.script(rolling_config={"expression": expression, "mode": mode, **config})


@contextmanager
def bench(outcomes: Sequence[Any] = (), steps: Sequence[Any] = (), **more: Any) -> Iterator[Bench]:
    with JobServer(estate(outcomes, steps, **more)) as server:
        yield Bench(server)


__all__ = ["CONFIRM", "HOSTS", "SCRIPT", "Bench", "Run", "b64", "bench", "estate"]
