# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks in the playbooks of the collection name the variable that the user wrote, not the option made of it."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import LOGS_CHOICES
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from jinja2 import Environment

JINJA = Environment()
JINJA.filters["to_json"] = json.dumps


@pytest.mark.parametrize(("name", "variable"), [("run_script", "script_logs"), ("wait_for_run", "wait_logs")])
def test_a_wrong_choice_of_logs_names_its_variable(name: str, variable: str) -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8"))
    checks = [task["ansible.builtin.assert"] for task in play["tasks"] if "ansible.builtin.assert" in task]
    (check,) = (check for check in checks if variable in check["fail_msg"])
    is_valid = JINJA.compile_expression(check["that"])
    assert all(is_valid(logs=choice) for choice in LOGS_CHOICES)
    for value in (["all"], "al", False):
        assert not is_valid(logs=value)
        message = JINJA.from_string(check["fail_msg"]).render(logs=value)
        assert message == f"{variable} must be all, failed or none, not {json.dumps(value)}"
