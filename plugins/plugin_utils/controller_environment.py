# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Environment variables that are set for ansible-playbook and missing where a module runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..module_utils.options.spec import Spec

_HINT = (
    "{} set for ansible-playbook, but not where the task runs: become, another host and the keyword environment change "
    "the environment of a task. Set the options in the task, for example {}: \"{{{{ lookup('ansible.builtin.env', "
    "'{}') }}}}\"."
)


def explain_environment(result: dict[str, Any], spec: Spec, environment: Mapping[str, str]) -> None:
    """Add a hint to a failed result of a module if options are missing that the controller's environment has.

    Args:
        result: result of the module.
        spec: options of the module.
        environment: environment variables of the controller.
    """
    error = result.get("error")
    if not isinstance(error, dict) or error.get("kind") != "validation" or error.get("hint"):
        return
    wanted = set(re.findall(r"\bBK_[A-Z_]+\b", str(result.get("msg"))))
    found = {option["env"]: name for name, option in spec.items() if option.get("env") in wanted}
    names = [variable for variable in found if environment.get(variable)]
    if names:
        are = f"{', '.join(names)} {'are' if len(names) > 1 else 'is'}"
        error["hint"] = _HINT.format(are, found[names[0]], names[0])
