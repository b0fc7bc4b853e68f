# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module pages guide a reader: options by purpose, "Required" in front, and a minimal example first."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task
from ansible_collections.blueking.job.tests.unit.repository.test_documentation import SPECS, documentation, module
from ansible_collections.blueking.job.tests.unit.repository.test_option_sweep import SPECS as SPEC_OF_TASK

# Options that several modules have, by purpose. A module's description lists those that it has, in this order.
SHARED = {
    "Wait": "wait wait_timeout poll_interval poll_max_interval on_timeout on_interrupt on_confirmation fail_on "
    "progress",
    "Report": "hosts logs log_max_bytes_per_host log_max_bytes_total log_dir redact",
    "Launch": "unique_key unique_window on_existing launch_mode server_version launch_timeout",
    "Scope": "bk_scope_type bk_scope_id bk_biz_id",
    "Connection": "api_url gateway api_version bk_app_code bk_app_secret bk_token bk_ticket bk_access_token "
    "bk_username bk_tenant_id validate_certs ca_path client_cert client_key proxy connect_timeout read_timeout "
    "info_timeout language web_url",
}
# A task as wrong as can be: nothing that is required is given, at any level.
WRONG = {
    "global_var_list": [{}, {"name": "targets", "server": {"topo_node_list": [{}]}}],
    "target_server": {"topo_node_list": [{}]},
    "rolling_config": {"execution_mode": 2},
}


@pytest.mark.parametrize("name", SPECS)
def test_the_description_lists_options_by_purpose(name: str) -> None:
    lines = [line for line in documentation(name)["description"] if line.startswith("B(")]
    shared = [line for line in lines if line.partition(")")[0].removeprefix("B(") in SHARED]
    own = [option for line in lines if line not in shared for option in re.findall(r"\bO\((\w+)\)", line)]
    expected = []
    for title, names in SHARED.items():
        options = [option for option in names.split() if option in SPECS[name] and option not in own]
        if options:
            expected.append(f"B({title}) - {', '.join(f'O({option})' for option in options)}.")
    where = f"plugins/modules/{name}.py: in description, write the line"
    assert shared == expected, "\n".join(f"{where} - {line}" for line in expected if line not in shared)
    listed = own + re.findall(r"\bO\((\w+)\)", " ".join(shared))
    missing, twice = set(SPECS[name]) - set(listed), {option for option in listed if listed.count(option) > 1}
    assert not missing, f"plugins/modules/{name}.py: add {sorted(missing)} to the line B(...) of their purpose"
    assert not twice, f"plugins/modules/{name}.py: list {sorted(twice)} in one line B(...) only"


@pytest.mark.parametrize("task", SPEC_OF_TASK, ids=lambda task: str(getattr(task, "__name__", task)))
def test_descriptions_of_required_options_begin_so(task: Task) -> None:
    spec = SPEC_OF_TASK[task]
    (name,) = (name for name, each in SPECS.items() if each is spec)
    given = {option: value for option, value in WRONG.items() if option in spec}
    with pytest.raises(JobError) as raised:
        run_task(task, spec, given, TaskContext())
    required = set(re.findall(r"^- (\S+): is required(?! together)", str(raised.value), re.MULTILINE))
    assert {"api_url", "bk_app_code", "bk_app_secret", "bk_token", "bk_scope_id"} <= required
    for path in required:
        text = description(name, re.sub(r"\[\d+\]", "", path))
        assert text.startswith("Required"), f'{path} of {name}: begin its description with "Required."'


def description(name: str, path: str) -> str:
    """Return the first sentence or paragraph about an option."""
    options: dict[str, Any] = {"suboptions": documentation(name)["options"]}
    for part in path.split("."):
        options = options["suboptions"][part]
    return str(options["description"][0])


@pytest.mark.parametrize("name", SPECS)
def test_the_first_example_is_minimal(name: str) -> None:
    example = yaml.safe_load(module(name).EXAMPLES)[0][f"blueking.job.{name}"]
    assert len(example) <= 5, f"plugins/modules/{name}.py: begin EXAMPLES with a task of five options or fewer"
