# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of read-only modules are as their documentation describes them, at every level and on every path."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.read_only_tasks import connection, estate, fails, launched, run

NAMES: dict[Task, str] = {instance_info: "bk_job_instance_info", plan_info: "bk_job_plan_info"}
RETURNS = "tests/tools/returns.yml"
ONLY_SOMETIMES = {"error", "job_instance_url", "skipped"}
KINDS = {
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "list": lambda value: isinstance(value, list),
    "dict": lambda value: isinstance(value, dict),
}


def described(task: Task) -> dict[str, Any]:
    module = importlib.import_module(f"ansible_collections.blueking.job.plugins.modules.{NAMES[task]}")
    returned: dict[str, Any] = yaml.safe_load(module.RETURN)
    return returned


def differences(value: Mapping[str, Any], texts: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Keys that only one side has, and values of another type than described."""
    for name in set(value) ^ set(texts):
        if path or name not in ONLY_SOMETIMES:
            if name in texts:
                yield f"{path}{name} is described, but not returned: return it in results/, or remove it from {RETURNS}"
            else:
                yield f"{path}{name} is returned, but not described: describe it in {RETURNS}, and run make format"
    for name in set(value) & set(texts):
        found, text = value[name], texts[name]
        if found is not None and not KINDS[text["type"]](found):
            yield f"{path}{name} is not of type {text['type']}: {found!r}"
        for element in found if isinstance(found, list) else [] if found is None else [found]:
            if "contains" in text:
                yield from differences(element, text["contains"], f"{path}{name}.")
            elif text.get("elements") and not KINDS[text["elements"]](element):
                yield f"{path}{name} has an element that is not of type {text['elements']}: {element!r}"


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(estate()) as running:
        yield running


@pytest.mark.parametrize("api_case", ["ESB v2", "API gateway v3"])
def test_what_comes_back_is_what_is_described(server: JobServer, api_case: str) -> None:
    words = connection(server, api_case)
    number = launched(server, words, job_plan, job_plan_id=2)
    results: list[tuple[Task, dict[str, Any]]] = [
        (
            instance_info,
            run(instance_info, words, job_instance_id=number, variables=True, logs="all", web_url="https://a"),
        ),
        (instance_info, fails(instance_info, words, job_instance_id=4711).result),
        (instance_info, fails(instance_info, words, since="soon").result),
        (plan_info, run(plan_info, words)),
        (plan_info, run(plan_info, words, details=False)),
        (plan_info, fails(plan_info, words, job_plan_id=4711).result),
        (plan_info, fails(plan_info, words, limit=0).result),
    ]
    if api_case != "ESB v2":
        results.append((instance_info, run(instance_info, words)))
    for task, result in results:
        changed = result.pop("changed")
        assert changed is False
        assert list(differences(result, described(task))) == []


@pytest.mark.parametrize("task", NAMES)
def test_errors_have_one_shape(task: Task) -> None:
    assert set(described(task)["error"]["contains"]) == set(JobError("x", kind="y").payload())


@pytest.mark.parametrize("task", NAMES)
def test_samples_are_of_the_kind_that_is_described(task: Task) -> None:
    assert list(wrong_samples(described(task))) == []


def wrong_samples(texts: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name, text in texts.items():
        if text.get("sample") is not None and not KINDS[text["type"]](text["sample"]):
            yield f"{path}{name}"
        yield from wrong_samples(text.get("contains", {}), f"{path}{name}.")
