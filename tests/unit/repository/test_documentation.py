# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options, documentation and fragments say the same, and everything that is promised is described."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.models.status import HOST_STATUS_NAMES, JOB_STATUS_NAMES
from ansible_collections.blueking.job.plugins.module_utils.options import argspec, argspec_info, argspec_operate
from ansible_collections.blueking.job.plugins.module_utils.version import VERSION
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, report_settings

SPECS = {
    "bk_job_plan": argspec.JOB_PLAN,
    "bk_fast_script": argspec.FAST_SCRIPT,
    "bk_fast_file": argspec.FAST_FILE,
    "bk_job_wait": argspec.JOB_WAIT,
    "bk_job_operate": argspec_operate.JOB_OPERATE,
    "bk_job_instance_info": argspec_info.INSTANCE_INFO,
    "bk_job_plan_info": argspec_info.PLAN_INFO,
}
LAUNCHING = ("bk_job_plan", "bk_fast_script", "bk_fast_file")
ABOUT_RUNS = [name for name in SPECS if name != "bk_job_plan_info"]
BASE = "ansible_collections.blueking.job.plugins"


@cache
def module(name: str) -> ModuleType:
    return importlib.import_module(f"{BASE}.modules.{name}")


@cache
def documentation(name: str) -> dict[str, Any]:
    """The documentation with its fragments, as ansible-doc puts it together."""
    own: dict[str, Any] = yaml.safe_load(module(name).DOCUMENTATION)
    for fragment in own["extends_documentation_fragment"]:
        name_of_fragment, _dot, part = fragment.removeprefix("blueking.job.").partition(".")
        fragments = importlib.import_module(f"{BASE}.doc_fragments.{name_of_fragment}").ModuleDocFragment
        text = yaml.safe_load(getattr(fragments, part.upper() or "DOCUMENTATION"))
        own["options"] = {**text["options"], **own["options"]}
        own["attributes"] = {**text.get("attributes", {}), **own.get("attributes", {})}
    return own


def walk(spec: Mapping[str, Any], docs: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every option with its documentation, deep first names last."""
    for name in sorted({*spec, *docs}):
        option, text = spec.get(name), docs.get(name)
        yield f"{path}{name}", option, text
        if option and text:
            yield from walk(option.get("options", {}), text.get("suboptions", {}), f"{path}{name}.")


def test_every_module_is_known_here() -> None:
    assert {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} == set(SPECS), (
        "add the module to SPECS in tests/unit/repository/test_documentation.py"
    )


@pytest.mark.parametrize("name", SPECS)
def test_options_are_documented_as_they_are(name: str) -> None:
    where = f"plugins/modules/{name}.py (or the fragment in plugins/doc_fragments that lists its neighbors)"
    for path, option, text in walk(SPECS[name], documentation(name)["options"]):
        assert option is not None, (
            f"{path} is documented in {where} but is not an option: "
            "declare it in options/argspec*.py, or remove it there"
        )
        assert text is not None, f"{path} is not documented: write description and type under options in {where}"
        for key in ("type", "elements", "default", "choices", "aliases"):
            expected = option.get(key)
            assert text.get(key) == expected, (
                f"{path}: options/argspec*.py has {key} {expected!r}, the documentation {text.get(key)!r}: "
                f"fix it in {where}"
            )
        assert text["description"], path
        assert "required" not in text, f"{path}: what is required is checked where options are read"


@pytest.mark.parametrize("name", SPECS)
def test_environment_variables_are_documented(name: str) -> None:
    for path, option, text in walk(SPECS[name], documentation(name)["options"]):
        assert option and text, f"{path}: declare it in options/argspec*.py and describe it in the documentation"
        named = re.findall(r"E\((\w+)\)", " ".join(text["description"]))
        expected = [option["env"]] if "env" in option else []
        assert named == expected, (
            f"{path}: the last sentence of its description in plugins/doc_fragments or plugins/modules/{name}.py "
            f"must name the environment variables {expected}, not {named}"
        )


@pytest.mark.parametrize("name", SPECS)
def test_secrets_are_masked_by_ansible_too(name: str) -> None:
    secret = re.compile(r"(secret|token|ticket|password)")
    for path, option, _text in walk(SPECS[name], documentation(name)["options"]):
        if option and secret.search(path.split(".")[-1]):
            assert option.get("no_log") is True, f'{path}: add "no_log": True in options/argspec*.py'


def test_every_option_is_read() -> None:
    """A declared option that no code names has no effect."""
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "plugins" / "module_utils").rglob("*.py")
        if not path.name.startswith("argspec")
    )
    for name in SPECS:
        for path, option, _text in walk(SPECS[name], documentation(name)["options"]):
            assert not option or f'"{path.split(".")[-1]}"' in sources, (
                f"{path} of {name} is declared but no code reads it: read it in plugins/module_utils/options/*.py"
            )


@pytest.mark.parametrize("name", SPECS)
def test_attributes_are_described(name: str) -> None:
    attributes = documentation(name)["attributes"]
    assert {"check_mode", "diff_mode", "idempotent", "action_group", "async", "platform"} <= set(attributes)


def test_the_action_groups_contain_the_modules_that_have_their_options() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    options_of_groups = {
        "job": {**argspec.CONNECTION, **argspec.SCOPE},
        "launch": argspec.LAUNCH,
        "wait": {**argspec.WAIT, **argspec.REPORT},
    }
    assert runtime["action_groups"] == {
        group: sorted(name for name, spec in SPECS.items() if set(options) <= set(spec))
        for group, options in options_of_groups.items()
    }
    for name in SPECS:
        groups = {f"blueking.job.{group}" for group, names in runtime["action_groups"].items() if name in names}
        assert set(documentation(name)["attributes"]["action_group"]["membership"]) == groups
    assert runtime["requires_ansible"] == ">=2.17.0"


@pytest.mark.parametrize("name", ABOUT_RUNS)
def test_names_in_results_are_the_real_ones(name: str) -> None:
    returned = yaml.safe_load(module(name).RETURN)
    words = set(re.findall(r"\bV\((\w+)\)", " ".join(returned["status"]["description"])))
    assert words == set(JOB_STATUS_NAMES.values()), f"fix the list of V(...) of status under RETURN in {name}.py"
    if "hosts" in returned:
        for word in re.findall(r"V\((\w+)\)", returned["hosts"]["contains"]["status"]["description"]):
            assert word in HOST_STATUS_NAMES.values()


def test_results_really_have_the_described_keys() -> None:
    from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
    from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryEntry
    from ansible_collections.blueking.job.plugins.module_utils.models.launch import FILE_RUN, LaunchedJob
    from ansible_collections.blueking.job.plugins.module_utils.models.launch_record import LaunchRecord
    from ansible_collections.blueking.job.plugins.module_utils.models.operations import OPERATIONS, OperationRequest
    from ansible_collections.blueking.job.plugins.module_utils.models.run import HostResult, JobInstance, StepResult
    from ansible_collections.blueking.job.plugins.module_utils.results.group_result import GroupResult
    from ansible_collections.blueking.job.plugins.module_utils.results.operation_result import OperationResult
    from ansible_collections.blueking.job.plugins.module_utils.results.run_result import RunResult
    from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import _OperateState

    instance = JobInstance(1, 3, True, steps=[StepResult(2, "s", 3, 1, hosts=[HostResult(1, 0, "x", 9)])])
    entry = HistoryEntry(1, 2, "n", "o", 3, None)
    outcome = RunResult(report_settings(), "https://a", LaunchRecord("started", LaunchedJob(1), None, [entry]))
    outcome.instance, outcome.request = instance, {}
    launched: Any = outcome.result()
    outcome.run_type = FILE_RUN
    sent: Any = outcome.result()
    waited = {key: value for key, value in launched.items() if key != "request"}
    request = OperationRequest(OPERATIONS["start"], 1, None, 1.0)
    outcome.run_type = None
    # With C(wait), which adds keys.
    operated: Any = _OperateState(OperationResult(request, "https://a", instance=instance), outcome).result()
    several: Any = GroupResult(report_settings(), [replace(outcome, request=None)]).result()
    described = waited.keys() | {"failed", "msg", "error"}
    assert several["runs"][0].keys() == described, "describe the new keys of runs in tests/tools/returns.yml"
    others = {"bk_fast_file": sent, "bk_job_wait": {**waited, **several, **waited}, "bk_job_operate": operated}
    results = {**dict.fromkeys(LAUNCHING, launched), **others}
    error = JobError("x", kind="y").payload()
    wrong = []
    for name in results:
        returned, result = yaml.safe_load(module(name).RETURN), results[name]
        wrong += differences(name, "", result.keys() - {"changed"}, returned.keys() - {"error", "skipped"})
        wrong += differences(name, "error.", error, returned["error"]["contains"])
        for key in ("candidates", "steps", "hosts"):
            if "contains" in returned.get(key, {}):
                wrong += differences(name, f"{key}[].", result[key][0], returned[key]["contains"])
    assert not wrong, "in tests/tools/returns.yml (then run make format):\n" + "\n".join(wrong)


def differences(name: str, path: str, actual: Iterable[str], described: Iterable[str]) -> Iterator[str]:
    """Compare keys of a result with those under RETURN."""
    missing, gone = sorted({*actual} - {*described}), sorted({*described} - {*actual})
    if missing:
        yield f"describe {[path + key for key in missing]} for {name}: description, returned, type, sample"
    if gone:
        yield f"remove {[path + key for key in gone]} for {name}, which no result has, or return them"


def test_the_version_is_one() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == VERSION
    assert (galaxy["namespace"], galaxy["name"]) == ("blueking", "job")


@pytest.mark.parametrize("name", SPECS)
def test_every_module_has_an_integration_target(name: str) -> None:
    assert (ROOT / "tests" / "integration" / "targets" / name / "aliases").is_file()


@pytest.mark.parametrize("name", SPECS)
def test_examples_are_yaml_and_use_options_that_exist(name: str) -> None:
    examples = yaml.safe_load(module(name).EXAMPLES)
    assert len(examples) >= 3
    known = {alias for option, words in SPECS[name].items() for alias in (option, *words.get("aliases", ()))}
    for example in examples:
        task = example[f"blueking.job.{name}"]
        assert set(task) <= known
    assert "ansible localhost -m" in module(name).EXAMPLES
