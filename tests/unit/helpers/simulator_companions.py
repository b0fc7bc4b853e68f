# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs used in recorded requests, created over the API, and the requests and responses with their ids.

Placeholders in the recordings: A and As a run and its step; A succeeded on hosts 1 and 2, B failed on host 1, C is
running, N succeeded without any log, D and D2 (plan 101) and Q (plan 106) wait for a confirmation, E (plan 100) is
pending, P (plan 100) succeeded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, b64

DATA = Path(__file__).resolve().parents[1] / "simulator" / "data"
PAIRS: list[dict[str, Any]] = json.loads((DATA / "companions.json").read_text(encoding="utf-8"))
_ESTATE = yaml.safe_load((DATA / "companions.yml").read_text(encoding="utf-8"))
CREDENTIALS = {"bk_app_code": "my_app", "bk_app_secret": "my_secret", "bk_token": "alice-token"}
INSIDE = {"X-Username": "alice", "X-AppCode": "my_app", "Blueking-Language": "en"}
_SCRIPTS = {"A": "plain", "B": "broken", "C": "endless", "N": "silent"}
_PLANS = {"D": 101, "D2": 101, "E": 100, "P": 100, "Q": 106}
_TIME_LIMIT, _GIVE_UP_SECONDS = 100, 300
_DAY = 24 * 3600 * 1000
_SPANS = {"list 30d": (-31 * _DAY, -_DAY), "list 30d+1": (-31 * _DAY, -_DAY + 1)}
"""Spans of the history in milliseconds from now, for recordings about their length."""
_AROUND_NOW = (-3_600_000, 3_600_000)
_SCOPE = {"bk_scope_type": "biz", "bk_scope_id": "2"}
_SCRIPT = {"script_content": b64("echo 1"), "script_language": 1, "account_alias": "root"}
"""Other fields of requests of which only the rolling configuration was recorded."""


class World:
    """A server with every run of the recordings in its state."""

    def __init__(self, server: JobServer) -> None:
        self.server, self.client = server, Client(server)
        self._ids: dict[str, int] = {}
        for name, content in _SCRIPTS.items():
            reader = {"script_content": b64(content), "task_name": f"run-{name}", "timeout": _TIME_LIMIT}
            target = {"host_id_list": [1, 2]}
            self._launched(name, self.call("fast_execute_script", **{**_SCRIPT, **reader, "target_server": target}))
        for name, plan_id in _PLANS.items():
            self._launched(name, self.call("execute_job_plan", job_plan_id=plan_id, start_task=name != "E"))
        server.clock.advance((_TIME_LIMIT + _GIVE_UP_SECONDS) / 2)

    def call(self, name: str, **reader: Any) -> Any:
        """Return the data of a call at the API gateway that must succeed."""
        response = self.client.gateway(name, {**_SCOPE, **reader}, CREDENTIALS).json
        assert response["result"] is True, response
        return response["data"]

    def _launched(self, name: str, launched: dict[str, Any]) -> None:
        job_id = self._ids[name] = launched["job_instance_id"]
        found = self.call("get_job_instance_status", job_instance_id=job_id)
        steps = [step["step_instance_id"] for step in found["step_instance_list"]]
        self._ids[f"{name}s"] = steps[0]
        self._ids |= {f"{name}s{position}": step_id for position, step_id in enumerate(steps)}

    def filled(self, value: Any) -> Any:
        """Return a recorded value with the ids of this server's runs."""
        if isinstance(value, dict):
            return {name: self.filled(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [self.filled(entry) for entry in value]
        match = re.fullmatch("<([A-Z][A-Za-z0-9]*)>", value) if isinstance(value, str) else None
        return value if match is None else self._ids[match[1]]

    def request(self, pair: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a recorded request."""
        reader = dict(self.filled(pair["request"]))
        if "hosts" in reader:
            reader |= {**_SCOPE, **_SCRIPT, "target_server": {"host_id_list": list(range(1, reader.pop("hosts") + 1))}}
        begin, end = _SPANS.get(pair["why"], _AROUND_NOW)
        for name, distance in (("create_time_start", begin), ("create_time_end", end)):
            if reader.get(name) == "<ms>":
                reader[name] = self.server.clock.now_ms() + distance
        if pair["why"] == "batch 501 ips":
            reader["ip_list"] = [{"bk_cloud_id": 0, "ip": f"10.1.{n // 250}.{n % 250}"} for n in range(501)]
        return reader

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs, newest first."""
        now = self.server.clock.now_ms()
        found = self.call(
            "get_job_instance_list", create_time_start=now - _DAY, create_time_end=now + _DAY, length=1000
        )
        return list(found["data"])

    def batch_sizes(self, launched: dict[str, Any]) -> list[int]:
        """Return the number of hosts in each batch of a run."""
        ids = {name: launched[name] for name in ("job_instance_id", "step_instance_id")}
        sizes: list[int] = []
        while True:
            found = self.call("get_step_instance_status", **ids, batch=len(sizes) + 1)
            size = sum(group["host_size"] for group in found["step_result_group_list"])
            if size == 0:
                return sizes
            sizes.append(size)


@contextmanager
def world() -> Iterator[World]:
    """Yield a new server with all runs."""
    with JobServer(_ESTATE) as server:
        yield World(server)
