# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every documented example runs in check mode, through real Ansible, and the journal knows of no write call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.doc_examples import MODULES, Example, ad_hoc, tasks
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import (
    PRELOAD,
    print_results,
    printed_results,
    run_playbook,
)
from ansible_collections.blueking.job.tests.unit.helpers.tls_authority import Authority

TASKS = tasks()
COMMANDS = ad_hoc()
LAUNCHING = ("bk_job_plan", "bk_fast_script", "bk_fast_file")
SCOPE = ("bk_scope_type", "bk_scope_id", "bk_biz_id")
# A task that writes, so that the tests of the journal can fail. Examples use the result of others.
LAUNCH: dict[str, Any] = {
    "blueking.job.bk_fast_script": {
        **{"bk_scope_id": 2, "account_alias": "root", "script_content": "hostname", "ip_list": "10.0.0.1"},
        "poll_interval": 0.05,
    },
    "check_mode": False,
}
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


def known_here(server: JobServer, folder: Path) -> dict[str, str]:
    """Return the options whose values in examples lead nowhere, with values for this server."""
    authority = Authority(folder / "tls")
    certificate, key, _both = authority.client()
    # The server takes requests for a proxy as well as its own.
    here = {**WHO, "api_url": server.url, "proxy": server.url}
    return {**here, "ca_path": authority.path, "client_cert": certificate, "client_key": key}


def task_of(example: Example, here: Mapping[str, str], folder: Path) -> dict[str, Any]:
    options = {key: here.get(key, value) for key, value in example.options.items()}
    script = folder / str(options.get("script_path", "none"))
    if "script_path" in options:
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text("true\n", encoding="utf-8")
    keywords = {key: value for key, value in example.keywords.items() if key != "register"}
    return {f"blueking.job.{example.module}": options, **keywords}


def variables_of(examples: list[Example]) -> dict[str, object]:
    """Return the variables that examples use; where they use the result of another, that of the first task."""
    text = json.dumps([[each.options, each.keywords] for each in examples], default=str)
    words = set(re.findall(r"{{\s*([a-z]\w*)", text))
    # A loop over names may look up what they name.
    words |= {str(item) for each in examples for item in each.keywords.get("loop", ()) if str(item).isidentifier()}
    registered = {each.keywords["register"] for each in examples if "register" in each.keywords}
    earlier = {"job_instance_id": "{{ result_0.job_instance_id }}", "step_instance_id": None}
    return {word: earlier if word in registered else "some text" for word in words - {"item", "lookup", "now"}}


def play(server: JobServer, folder: Path, tasks: list[dict[str, Any]], variables: Mapping[str, object]) -> str:
    """Run tasks in check mode, the failed ones too, and print their results."""
    names = [f"result_{position}" for position in range(len(tasks))]
    registered = [{**task, "register": name, "ignore_errors": True} for task, name in zip(tasks, names, strict=True)]
    book = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": dict(variables),
        "tasks": [*registered, print_results(names)],
    }
    playbook = folder / "examples.yml"
    playbook.write_text(yaml.safe_dump([book]), encoding="utf-8")
    who = {name.upper(): WHO[name] for name in ("bk_app_code", "bk_app_secret", "bk_username")}
    return run_playbook(folder, "--check", "--diff", str(playbook), BK_JOB_API_URL=server.url, **who, **PRELOAD)


@dataclass
class Checked:
    """Results of all examples and commands in check mode, and what the server saw and did."""

    examples: list[dict[str, Any]]
    commands: list[dict[str, Any]]
    journal: list[dict[str, Any]]
    counters: dict[str, Any]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Everything in one playbook, after a task that does write. Starting Ansible for each takes long."""
    folder = tmp_path_factory.mktemp("examples")
    for _source, command in COMMANDS:
        assert [*command[:3], command[4]] == ["ansible", "localhost", "-m", "-a"]
        assert len(command) == 6
    with JobServer(Estate().inventory()) as server:
        here = known_here(server, folder)
        examples = [task_of(example, here, folder) for example in TASKS]
        commands = [{command[3]: command[5]} for _source, command in COMMANDS]
        output = play(server, folder, [LAUNCH, *examples, *commands], variables_of(TASKS))
        results = printed_results(output)
        return Checked(results[1 : len(TASKS) + 1], results[len(TASKS) + 1 :], server.journal, server.counters)


def test_examples_are_found() -> None:
    assert {example.module for example in TASKS} == set(MODULES)
    sources = [example.source for example in TASKS]
    assert all(sources.count(module) >= 3 for module in LAUNCHING)
    assert any(source.startswith("README.md") for source in sources)
    assert any(source.startswith("docs/try_without_a_platform.md") for source in sources)
    assert {source for source, _command in COMMANDS} >= {*LAUNCHING}


def test_nothing_is_written_in_check_mode(checked: Checked) -> None:
    # What is seen of the task that does write.
    assert len(writes(checked.journal)) == 1
    assert [checked.counters[name] for name in ("created", "started")] == [1, 1]


def test_every_example_runs_in_check_mode(checked: Checked) -> None:
    for example, result in zip(TASKS, checked.examples, strict=True):
        for each in result.get("results", [result]):
            is_right(example, each)


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


def test_every_command_runs_in_check_mode(checked: Checked) -> None:
    """As tasks, with the arguments in the same form."""
    for (source, command), result in zip(COMMANDS, checked.commands, strict=True):
        if command[3].removeprefix("blueking.job.") in LAUNCHING:
            assert result["launch_outcome"] == "check_mode", f"{source}: {result}"
        else:
            # What it asks about may not be there; how it asks is right.
            assert result.get("error", {}).get("kind") in (None, "not_found"), f"{source}: {result}"
