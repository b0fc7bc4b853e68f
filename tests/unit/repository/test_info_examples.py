# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the documentation of read-only modules run as they are written, in real playbooks."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.read_only_tasks import connection, estate, launched

NAMES = ("bk_job_instance_info", "bk_job_plan_info")
SCRIPTS = Path(sys.executable).parent
APP = {"code": "my_app", "secret": "my-secret", "login_exempt": True}
# Addresses that documentation may name, and those used here.
ADDRESSES = {"https://bkapi.example.com": "{url}", "https://paas.example.com": "{url}"}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    plans = estate()["plans"]
    inventory = estate(
        apps=[APP, *estate()["apps"]],
        users=[{"name": "alice", "tokens": ["alice-token"], "access_tokens": ["alice-access"]}, {"name": "admin"}],
        denied=[],
        plans=[*plans, {**plans[1], "id": 1001, "name": "deploy-web", "template_id": 101}],
    )
    with JobServer(inventory) as running:
        yield running


def examples_of(name: str, server: JobServer) -> str:
    text: str = importlib.import_module(f"ansible_collections.blueking.job.plugins.modules.{name}").EXAMPLES
    for address, here in ADDRESSES.items():
        text = text.replace(address, here.format(url=server.url))
    return text


def call(*command: str, home: Path, server: JobServer) -> str:
    """Run one of Ansible's programs with what AWX would inject."""
    environment = {
        "HOME": str(home),
        "PATH": f"{SCRIPTS}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
        "BK_JOB_API_URL": server.url,
        "BK_APP_CODE": APP["code"],
        "BK_APP_SECRET": APP["secret"],
        "BK_USERNAME": "alice",
    }
    run = subprocess.run(
        command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, check=False
    )  # type: ignore[arg-type]
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_examples_run(server: JobServer, tmp_path: Path) -> None:
    number = launched(server, connection(server, "ESB v3"), job_plan, job_plan_id=1001)
    tasks = [task for name in NAMES for task in yaml.safe_load(examples_of(name, server))]
    checks = [
        {
            "name": "Nothing was changed, and everything brought a result",
            "ansible.builtin.assert": {"that": [f"{task['register']} is not changed" for task in tasks]},
        }
    ]
    book = tmp_path / "examples.yml"
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [*tasks, *checks]}
    book.write_text(yaml.safe_dump([play]), encoding="utf-8")
    values = {
        "started": {"job_instance_id": number},
        "vault_bk_app_secret": APP["secret"],
        "vault_bk_access_token": "alice-access",
    }
    before = len(server.journal)
    output = call("ansible-playbook", str(book), "-e", json.dumps(values), home=tmp_path, server=server)
    assert len(server.journal) - before >= len(tasks)
    assert all(entry["did"] == [] for entry in server.journal[before:])
    assert "my-secret" not in output
