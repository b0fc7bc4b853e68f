# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: a survey of AWX that asks for the variables of a job plan."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_form
short_description: Creates a survey of AWX from the variables of a BlueKing JOB plan
version_added: 1.0.0
author:
  - BlueKing JOB collection contributors (@blueking)
description:
  - Returns the survey that asks for each variable of the plan, and the extra variables with which the playbook
    C(blueking.job.launch_plan) reads the answers. The playbook C(extensions/awx/plan_form.yml) creates a workflow with
    them.
options:
  _input:
    description: A plan, as RV(blueking.job.bk_job_plan_info#module:plans) contains it.
    type: dict
    required: true
  hosts:
    description: Addresses or host ids to choose from. Without them, hosts are entered as text.
    type: list
    elements: str
    default: []
seealso:
  - module: blueking.job.bk_job_plan_info
"""

EXAMPLES = r"""
- name: Read the plan
  blueking.job.bk_job_plan_info:
    bk_scope_id: "2"
    job_plan_id: 1001
  register: found

- name: Show the questions of its survey
  ansible.builtin.debug:
    msg: "{{ (found.plans[0] | blueking.job.plan_form).survey_spec.spec | map(attribute='question_name') }}"
"""

RETURN = r"""
_value:
  description: The survey and the extra variables.
  type: dict
  contains:
    survey_spec:
      description: Survey in the format of AWX.
      type: dict
    extra_vars:
      description: V(plan_id) and V(plan_form), for the playbook C(blueking.job.launch_plan).
      type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError

_HINT_HOSTS = "Addresses like 10.0.0.1, or 3:10.0.0.1 in cloud area 3; or host ids. Not both kinds."
_HINT_TEXT = "Put a lone number, date or true in quotes, such as '2.10'."
_HINT_ARRAYS = {
    "indexed_array": "A shell literal, such as (a b).",
    "associative_array": "A shell literal, such as ([a]=1 [b]=2).",
}


def plan_form(plan: Any, hosts: Sequence[object] = ()) -> dict[str, Any]:
    """Return the survey and the extra variables of a plan.

    Raises:
        AnsibleFilterError: the plan is not one of bk_job_plan_info with its variables.
    """
    if not isinstance(plan, Mapping) or plan.get("job_plan_id") is None or plan.get("variables") is None:
        raise AnsibleFilterError(
            "the filter needs a plan as blueking.job.bk_job_plan_info returns it, with its variables (details: true)"
        )
    variables = plan["variables"]
    choices = [str(host) for host in hosts]
    return {
        "survey_spec": {"name": "", "description": "", "spec": [_question(each, choices) for each in variables]},
        "extra_vars": {
            "plan_id": plan["job_plan_id"],
            "plan_form": [
                {"question": _question_variable(each), "name": each["name"], "kind": _kind(each)} for each in variables
            ],
        },
    }


def _question_variable(variable: Mapping[str, Any]) -> str:
    """Return the name of the extra variable with the answer. Names of JOB can be invalid in Ansible."""
    return f"plan_variable_{variable['id']}"


def _kind(variable: Mapping[str, Any]) -> str:
    return {"host": "hosts", "cipher": "secret"}.get(variable["type"], "text")


def _question(variable: Mapping[str, Any], choices: list[str]) -> dict[str, Any]:
    kind, value = _kind(variable), variable.get("value") or ""
    has_default = bool(variable.get("server") if kind == "hosts" else value)
    is_long = variable["type"] in _HINT_ARRAYS or "\n" in value
    question: dict[str, Any] = {
        "question_name": variable["name"],
        "question_description": " ".join(filter(None, [variable.get("description"), *_hints(variable, choices)])),
        "variable": _question_variable(variable),
        "type": "textarea" if is_long else "text",
        "required": bool(variable.get("required")) and not has_default,
        "default": _quoted(value),
    }
    if kind == "secret":
        return {**question, "type": "password", "default": ""}
    if kind == "hosts" and choices:
        return {**question, "type": "multiselect", "choices": choices, "default": ""}
    return {**question, "type": "textarea", "default": ""} if kind == "hosts" else question


def _hints(variable: Mapping[str, Any], choices: list[str]) -> list[str]:
    """Return what the user of the form must know."""
    kind = _kind(variable)
    if kind == "hosts":
        hints = [] if choices else [_HINT_HOSTS]
        return [*hints, "Blank: the plan's own hosts."] if variable.get("server") else hints
    if kind == "secret":
        return [_HINT_TEXT, "Blank: the plan's own value."] if variable.get("value") else [_HINT_TEXT]
    return [_HINT_ARRAYS.get(variable["type"], _HINT_TEXT)]


def _quoted(value: str) -> str:
    """Return a default as the user would enter it: in quotes if Ansible would not read it as text."""
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    return value if not value or tag == "tag:yaml.org,2002:str" else f"'{value}'"


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by their names."""
        return {"plan_form": plan_form}
