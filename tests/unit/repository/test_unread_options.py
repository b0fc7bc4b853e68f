# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every declared option is read by its task, and its value is used."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Connection
from ansible_collections.blueking.job.plugins.module_utils.models.launch import FileLaunch, PlanLaunch, ScriptLaunch
from ansible_collections.blueking.job.plugins.module_utils.models.settings import (
    LaunchSettings,
    ReportSettings,
    WaitSettings,
)
from ansible_collections.blueking.job.plugins.module_utils.options import argspec
from ansible_collections.blueking.job.plugins.module_utils.options.reader import OptionReader
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Option, Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file, fast_script, job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, run_task
from ansible_collections.blueking.job.tests.unit.repository.test_option_sweep import GOOD, SPECS

READERS = "plugins/module_utils/options"
# Where the options that several modules share are read, and where a module's own.
SHARED_READERS = [
    (argspec.CONNECTION, "connection.py"),
    (argspec.SCOPE, "connection.py"),
    (argspec.WAIT, "wait.py"),
    (argspec.REPORT, "wait.py"),
    (argspec.LAUNCH, "launch.py"),
    (argspec.TARGET_SERVER, "targets.py"),
]
OWN_READER: dict[Task, str] = {
    job_plan: "plan.py",
    fast_script: "script.py",
    fast_file: "files.py",
    job_wait: "wait.py",
    job_operate: "operate.py",
    instance_info: "filters.py",
    plan_info: "filters.py",
}
SOME_VALUE: dict[str, object] = {"int": 1, "float": 1.0, "str": "x", "path": "/x", "bool": True, "raw": "x"}


class RecordingValues(dict[str, object]):
    """Option values that record which of them are read."""

    def __init__(self, values: Mapping[str, object], path: str, names_read: set[str]) -> None:
        super().__init__(values)
        self._path, self._names_read = path, names_read

    def get(self, name: str, default: object = None) -> object:
        self._names_read.add(f"{self._path}.{name}".lstrip("."))
        return super().get(name, default)


def option_paths(spec: Spec, path: str = "") -> Iterator[tuple[str, Spec]]:
    """The full name of every option without list indexes, and the spec in which it is."""
    for name, option in spec.items():
        yield f"{path}{name}", spec
        yield from option_paths(option.get("options", {}), f"{path}{name}.")


def filled(spec: Spec) -> dict[str, object]:
    return {name: some_value(option) for name, option in spec.items()}


def some_value(option: Option) -> object:
    if option.get("type") == "list":
        return [some_value({"type": option.get("elements", "raw"), "options": option.get("options", {})})]
    if option.get("choices"):
        return option["choices"][0]
    return filled(option.get("options", {})) if option.get("type") == "dict" else SOME_VALUE[option["type"]]


@pytest.mark.parametrize("task", SPECS, ids=lambda task: task.__name__)
def test_every_declared_option_is_read(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    names_read: set[str] = set()
    create = OptionReader.__init__

    def recording(self: OptionReader, spec: Spec, values: Mapping[str, object], problems: Any, path: str = "") -> None:
        create(self, spec, RecordingValues(values, re.sub(r"\[\d+\]", "", path), names_read), problems, path)

    monkeypatch.setattr(OptionReader, "__init__", recording)
    # All options at once exclude each other, so the task fails before it sends anything; the few it needs are enough
    # for what is read only if others are absent.
    for params in (filled(SPECS[task]), GOOD[task]):
        with contextlib.suppress(JobError):
            run_task(task, SPECS[task], {**params, "api_url": "wrong"}, TaskContext())
    for path, spec in option_paths(SPECS[task]):
        name = path.rpartition(".")[2]
        reader = next((file for shared, file in SHARED_READERS if name in shared and spec[name] is shared[name]), None)
        assert path in names_read, (
            f"option {path} of {task.__name__} is declared and nothing reads it: "
            f"read it in {READERS}/{reader or OWN_READER[task]}, or remove it from {READERS}/argspec*.py"
        )


@pytest.mark.parametrize(
    "model", [Connection, WaitSettings, ReportSettings, LaunchSettings, PlanLaunch, ScriptLaunch, FileLaunch]
)
def test_every_value_of_an_option_is_used(model: type) -> None:
    """Reading an option into a model changes nothing; a file outside options and models, or a method, must use it."""
    utils = ROOT / "plugins" / "module_utils"
    users = [path for path in utils.rglob("*.py") if path.relative_to(utils).parts[0] not in ("options", "models")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in users)
    text += re.sub(r"\.(?<!self\.)", " ", inspect.getsource(model))
    unused = [name for name in inspect.signature(model).parameters if not re.search(rf"\.{name}\b", text)]
    file = "/".join(model.__module__.split(".")[-2:])
    assert unused == [], (
        f"{unused} of {model.__name__} are read from options and used by nothing: use them in "
        f"plugins/module_utils/{{jobs,api,results,tasks}}, or remove them from plugins/module_utils/{file}.py"
    )
