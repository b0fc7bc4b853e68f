# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every documented example runs in check mode, through real Ansible, and the journal knows of no write call."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.doc_examples import MODULES, Example, ad_hoc, tasks
from ansible_collections.blueking.job.tests.unit.helpers.tls_authority import Authority

TASKS = tasks()
COMMANDS = ad_hoc()
LAUNCHING = ("bk_job_plan", "bk_fast_script", "bk_fast_file")
SCOPE = ("bk_scope_type", "bk_scope_id", "bk_biz_id")
# The simulator does not know the caller of the examples, so a known one replaces it.
WHO = {
    "bk_app_code": "app",
    "bk_app_secret": "app-secret",
    "bk_token": "token",
    "bk_ticket": "ticket",
    "bk_access_token": "access-token",
    "access_token": "access-token",
    "bk_username": "admin",
}


def is_read(call: str | None) -> bool:
    """Whether a call of JOB is one of those that merely read."""
    return call is not None and (call.startswith(("get_", "batch_get_")) or call == "check_script")


def writes(journal: Iterable[Mapping[str, Any]]) -> list[str]:
    """What in a journal is more than reading: by the name of the call, or by what the server has done."""
    return [f"{entry['method']} {entry['target']}" for entry in journal if not is_read(entry["call"]) or entry["did"]]


class Estate:
    """A server on which the examples find the scopes and plans that they name."""

    def __init__(self) -> None:
        self._scopes: dict[tuple[str, str], dict[str, Any]] = {}
        self._plans: dict[tuple[Any, str], dict[str, Any]] = {}
        for example in TASKS:
            self._add(example)

    def inventory(self) -> dict[str, Any]:
        return {
            "apps": [{"code": "app", "secret": "app-secret", "login_exempt": True}],
            "users": [{"name": "admin", "tokens": ["token"], "tickets": ["ticket"], "access_tokens": ["access-token"]}],
            "scopes": list(self._scopes.values()),
            "hosts": [{"id": 101, "ip": "10.0.0.1", "name": "web-1", "scope": "2"}],
            "accounts": [{"id": 1, "alias": "root", "scope": "2"}],
            "plans": list(self._plans.values()),
            "executor": "scripted",
        }

    def _add(self, example: Example) -> None:
        options = example.options
        kind, number = options.get("bk_scope_type", "biz"), str(options.get("bk_scope_id", options.get("bk_biz_id", 2)))
        self._scopes[kind, number] = {"type": kind, "id": number, "name": f"{kind} {number}"}
        plan = options.get("job_plan_id", options.get("bk_job_id", options.get("job_plan_name")))
        if plan is None:
            return
        steps = [{"name": "run", "account": "root", "target": {"host_id_list": [101]}, "content": "true"}]
        new = {
            "id": plan if isinstance(plan, int) else 7000 + len(self._plans),
            "name": str(options.get("job_plan_name", f"plan {plan}")),
            "scope": f"{kind}:{number}",
            "variables": [],
            "steps": steps,
        }
        variables = self._plans.setdefault((plan, number), new)["variables"]
        for variable in options.get("global_var_list", options.get("global_vars", ())):
            if variable.get("name") not in [known["name"] for known in variables]:
                entry = {"id": variable.get("id", len(variables) + 1), "name": variable.get("name", "unnamed")}
                variables.append({**entry, "type": self._type_of(variable)})

    @staticmethod
    def _type_of(variable: Mapping[str, Any]) -> str:
        if "secret_value" in variable:
            return "cipher"
        value = variable.get("value")
        if value is None:
            return "host"
        return {dict: "associative_array", list: "indexed_array"}.get(type(value), "string")


class Ansible:
    """Real Ansible in a folder of its own, where the server is known from the environment."""

    def __init__(self, server: JobServer, folder: Path) -> None:
        self._server, self._folder = server, folder
        authority = Authority(folder / "tls")
        certificate, key, _both = authority.client()
        # The server takes requests for a proxy as well as its own.
        self._here = {**WHO, "api_url": server.url, "proxy": server.url}
        self._here |= {"ca_path": authority.path, "client_cert": certificate, "client_key": key}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "HOME": str(self._folder),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "BK_JOB_API_URL": self._server.url,
            **{name.upper(): WHO[name] for name in ("bk_app_code", "bk_app_secret", "bk_username")},
        }
        return subprocess.run(
            command,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def check(self, examples: list[Example], earlier: object) -> list[dict[str, Any]]:
        """The results of all tasks in check mode; C(earlier) is what they find where they use the result of another."""
        text = json.dumps([[each.options, each.keywords] for each in examples], default=str)
        words = set(re.findall(r"{{\s*([a-z]\w*)", text))
        # A loop over names may look up what they name.
        words |= {str(item) for each in examples for item in each.keywords.get("loop", ()) if str(item).isidentifier()}
        registered = {each.keywords["register"] for each in examples if "register" in each.keywords}
        variables = {word: earlier if word in registered else "some text" for word in words - {"item", "lookup", "now"}}
        return self.play([self._task(example) for example in examples], variables)

    def play(self, tasks: list[dict[str, Any]], variables: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return the results of tasks in check mode, of failed ones too."""
        out = self._folder / "results.json"
        names = [f"result_{position}" for position in range(len(tasks))]
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": dict(variables),
            "tasks": [
                *({**task, "register": name, "ignore_errors": True} for task, name in zip(tasks, names, strict=True)),
                {
                    "ansible.builtin.copy": {
                        "content": f"{{{{ [{', '.join(names)}] | to_json }}}}",
                        "dest": str(out),
                        "mode": "0600",
                    },
                    "check_mode": False,
                },
            ],
        }
        playbook = self._folder / "examples.yml"
        playbook.write_text(yaml.safe_dump([play]), encoding="utf-8")
        run = self.run("ansible-playbook", "--check", "--diff", str(playbook))
        assert run.returncode == 0, run.stdout + run.stderr
        results: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))
        return results

    def _task(self, example: Example) -> dict[str, Any]:
        options = {key: self._here.get(key, value) for key, value in example.options.items()}
        script = self._folder / str(options.get("script_path", "none"))
        if "script_path" in options:
            script.parent.mkdir(parents=True, exist_ok=True)
            script.write_text("true\n", encoding="utf-8")
        keywords = {key: value for key, value in example.keywords.items() if key != "register"}
        return {f"blueking.job.{example.module}": options, **keywords}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(Estate().inventory()) as running:
        yield running


@pytest.fixture
def ansible(server: JobServer, tmp_path: Path) -> Ansible:
    return Ansible(server, tmp_path)


def test_examples_are_found() -> None:
    assert {example.module for example in TASKS} == set(MODULES)
    sources = [example.source for example in TASKS]
    assert all(sources.count(module) >= 3 for module in LAUNCHING)
    assert any(source.startswith("README.md") for source in sources)
    assert any(source.startswith("docs/try_without_a_platform.md") for source in sources)
    assert {source for source, _command in COMMANDS} >= {*LAUNCHING}


def test_no_example_writes_anything_in_check_mode(server: JobServer, ansible: Ansible) -> None:
    launched = ansible.run(
        "ansible",
        "localhost",
        "-m",
        "blueking.job.bk_fast_script",
        "-a",
        "bk_scope_id=2 account_alias=root script_content=hostname ip_list=10.0.0.1 poll_interval=0.05",
    )
    assert launched.returncode == 0, launched.stdout + launched.stderr
    # What would be seen of an example that did write.
    assert len(writes(server.journal)) == 1
    (instance,) = {entry["answer"]["started"] for entry in server.journal} - {None}
    before, counters = len(server.journal), server.counters
    results = ansible.check(TASKS, {"job_instance_id": instance, "step_instance_id": None})
    assert len(results) == len(TASKS)
    for example, result in zip(TASKS, results, strict=True):
        for each in result.get("results", [result]):
            is_right(example, each)
    assert writes(server.journal[before:]) == []
    assert [server.counters[name] for name in ("created", "started")] == [
        counters[name] for name in ("created", "started")
    ]


def is_right(example: Example, result: dict[str, Any]) -> None:
    place = f"{example.source}: {result}"
    if example.module in LAUNCHING:
        assert (result["changed"], result["launch_outcome"]) == (True, "check_mode"), place
        assert set(result["request"]) == {"method", "path", "body"}, place
        assert result["diff"]["after_header"] == f"POST {result['request']['path']}", place
        for secret in ("app-secret", "access-token"):
            assert secret not in json.dumps(result), place
    else:
        # What it asks about may not be there; how it asks is right.
        assert result.get("error", {}).get("kind") in (None, "not_found"), place


def test_no_command_writes_anything_in_check_mode(server: JobServer, ansible: Ansible) -> None:
    """As tasks of one playbook, with the arguments in the same form; starting Ansible for each takes long."""
    before = len(server.journal)
    for _source, command in COMMANDS:
        assert [*command[:3], command[4]] == ["ansible", "localhost", "-m", "-a"]
        assert len(command) == 6
    results = ansible.play([{command[3]: command[5]} for _source, command in COMMANDS], {})
    for (source, command), result in zip(COMMANDS, results, strict=True):
        if command[3].removeprefix("blueking.job.") in LAUNCHING:
            assert result["launch_outcome"] == "check_mode", f"{source}: {result}"
        else:
            # What it asks about may not be there; how it asks is right.
            assert result.get("error", {}).get("kind") in (None, "not_found"), f"{source}: {result}"
    assert writes(server.journal[before:]) == []
