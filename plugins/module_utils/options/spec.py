# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Types of argument specs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class Option(TypedDict, total=False):
    """One option, with Ansible's keys, and C(env) in place of a fallback."""

    type: str
    elements: str
    default: object
    choices: list[str]
    aliases: list[str]
    no_log: bool
    options: dict[str, Option]
    env: str


Spec = dict[str, Option]
AnsibleSpec = dict[str, dict[str, object]]


def option_names(name: str, option: Option) -> tuple[str, ...]:
    """Return all names of an option, the canonical one first."""
    return (name, *option.get("aliases", ()))


def ansible_spec(spec: Mapping[str, Option]) -> AnsibleSpec:
    """Return Ansible's argument spec: without C(env), because environment variables are read here."""
    return {name: _ansible_option(option) for name, option in spec.items()}


def _ansible_option(option: Option) -> dict[str, object]:
    converted: dict[str, object] = {key: value for key, value in option.items() if key not in ("env", "options")}
    if "options" in option:
        converted["options"] = ansible_spec(option["options"])
    return converted
