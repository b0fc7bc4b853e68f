# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator and a credential for jobs of the emulated AWX, and what such jobs did."""

from __future__ import annotations

from typing import Any, Protocol

from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.support.leaks import leaks
from ansible_collections.blueking.job.tests.support.simulator import JobServer

SECRETS = {"app": "planted-app-secret-1", "token": "planted-token-2", "given": "planted value 'three'"}
PLAN_STEP = {"name": "run", "account": "root", "target": {"variable": "targets"}}
SHORT = 'echo "version $version, ${#password} characters, on $(hostname)"'
PLANS = {"short": SHORT, "long": "sleep 3600", "broken": "echo lost; exit 3"}


class HasEvents(Protocol):
    """A job, or one play of it."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events of ansible-runner, in order."""


def inventory(**more: Any) -> dict[str, Any]:
    """Return the inventory of a simulator with the plans C(short), C(long) and C(broken)."""
    variables = [
        {"id": 1, "name": "targets", "type": "host", "server": {"host_id_list": [1]}},
        {"id": 2, "name": "version", "type": "string", "value": "1.0"},
        {"id": 3, "name": "password", "type": "cipher", "value": "nobody-knows"},
    ]
    return {
        "apps": [{"code": "shop", "secret": SECRETS["app"]}],
        "users": [{"name": "alice", "tokens": [SECRETS["token"]]}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
        "hosts": [{"generate": {"count": 3, "scope": "2", "name": "node-{n}"}}],
        "accounts": [{"id": 1, "alias": "root", "scope": "2"}],
        "plans": [
            {
                "id": number,
                "name": name,
                "scope": "2",
                "variables": variables,
                "steps": [{**PLAN_STEP, "content": text}],
            }
            for number, (name, text) in enumerate(PLANS.items(), 1)
        ],
        **more,
    }


def credential(server: JobServer, **more: object) -> dict[str, object]:
    """Return the fields of a credential of which most were left blank."""
    return {
        **{"api_url": server.url, "gateway": "esb", "bk_app_code": "shop", "bk_app_secret": SECRETS["app"]},
        **{"bk_token": SECRETS["token"], "bk_scope_type": "biz", "bk_scope_id": "2", "proxy": "", "ca_certificate": ""},
        **more,
    }


def calls(server: JobServer) -> list[str]:
    """Return the names of all calls, in order."""
    return [entry["call"] for entry in server.journal]


def acts(server: JobServer) -> list[str]:
    """Return what the server has done beyond responding, in order."""
    return [act["act"] for entry in server.journal for act in entry["did"]]


def results(job: HasEvents) -> list[dict[str, Any]]:
    """Return the results of all modules of the collection, in order."""
    ends = ("runner_on_ok", "runner_on_failed", "runner_retry")
    found = [each["event_data"] for each in job.events if each["event"] in ends]
    return [dict(each["res"]) for each in found if each["resolved_action"].startswith("blueking.job.")]


def assert_no_secret(job: awx.Job) -> None:
    """Check all that ansible-runner keeps of a job, except for its own record of the environment."""
    kept = [path for path in job.artifacts_folder.rglob("*") if path.is_file() and path.name != "command"]
    assert kept
    # All together, because each search takes its time.
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in kept]
    assert leaks("\n".join(texts), SECRETS.values()) == []
