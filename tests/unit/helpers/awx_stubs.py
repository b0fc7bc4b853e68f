# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stubs for the modules of awx.awx: they accept the documented options of those, and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_NAMED = {"name": {"required": True}, "description": {}, "organization": {}, "state": {"default": "present"}}
_YES_OR_NO: dict[str, Any] = {"type": "bool"}
_DICT: dict[str, Any] = {"type": "dict"}
_SURVEY = {
    "survey_enabled": _YES_OR_NO,
    "survey_spec": _DICT,
    "extra_vars": _DICT,
    "allow_simultaneous": _YES_OR_NO,
    "ask_variables_on_launch": _YES_OR_NO,
    "inventory": {},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "credential_type": {
        "name": {"required": True},
        "description": {},
        "kind": {"choices": ["ssh", "vault", "net", "scm", "cloud", "insights"]},
        "inputs": _DICT,
        "injectors": _DICT,
        "state": {"default": "present"},
    },
    "credential": {**_NAMED, "credential_type": {}, "inputs": {"type": "dict", "no_log": True}},
    "inventory": {**_NAMED, "variables": _DICT},
    "project": {
        **_NAMED,
        "scm_type": {"choices": ["manual", "git", "svn", "insights", "archive"]},
        "scm_url": {},
        "scm_branch": {},
        "default_environment": {},
    },
    "job_template": {
        **_NAMED,
        **_SURVEY,
        "job_type": {"choices": ["run", "check"]},
        "project": {},
        "playbook": {},
        "credentials": {"type": "list", "elements": "str"},
        "execution_environment": {},
        "timeout": {"type": "int"},
    },
    "workflow_job_template": {
        **_NAMED,
        **_SURVEY,
        "schema": {"type": "list", "elements": "dict", "aliases": ["workflow_nodes"]},
        "destroy_current_schema": {"type": "bool", "aliases": ["destroy_current_nodes"]},
    },
}
# As action plugins, so that no process is started for each of them.
_ACTION = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        _validation, options = self.validate_argument_spec(argument_spec={options!r})
        with open({journal!r}, "a", encoding="utf-8") as journal:
            given = {{name: value for name, value in options.items() if value is not None}}
            journal.write(json.dumps([{name!r}, given]) + "\\n")
        return dict(changed=True)
"""


class StandIns:
    """A directory of collections with awx.awx in it, whose modules record their options."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._journal = folder / "journal"
        actions = folder / "ansible_collections" / "awx" / "awx" / "plugins" / "action"
        actions.mkdir(parents=True)
        for name, options in OPTIONS.items():
            text = _ACTION.format(options=options, journal=str(self._journal), name=name)
            (actions / f"{name}.py").write_text(text, encoding="utf-8")

    def given(self, module: str) -> list[dict[str, Any]]:
        """Return the options of all tasks with a module."""
        entries = [json.loads(line) for line in self._journal.read_text(encoding="utf-8").splitlines()]
        return [options for name, options in entries if name == module]
