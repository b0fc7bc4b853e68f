# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Types of argument specs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class Option(TypedDict, total=False):
    """One option, with Ansible's keys, C(env) in place of a fallback, and C(masked).

    The value of a masked option is not part of the shown invocation. Unlike one with C(no_log) it is not a secret that
    is searched in other texts.
    """

    type: str
    elements: str
    default: object
    choices: list[str]
    aliases: list[str]
    no_log: bool
    options: dict[str, Option]
    env: str
    masked: bool


Spec = dict[str, Option]
# Keys that Ansible does not know, or that are converted.
_OWN_KEYS = frozenset({"env", "masked", "options"})
AnsibleSpec = dict[str, dict[str, object]]


def option_names(name: str, option: Option) -> tuple[str, ...]:
    """Return all names of an option, the canonical one first."""
    return (name, *option.get("aliases", ()))


def choices_with_codes(codes: Mapping[str, int]) -> list[str]:
    """Return the choices of an option that takes names, or JOB's codes for them."""
    return [*codes, *(str(code) for code in codes.values())]


def ansible_spec(spec: Mapping[str, Option]) -> AnsibleSpec:
    """Return Ansible's argument spec, without the keys that Ansible does not know."""
    return {name: _ansible_option(option) for name, option in spec.items()}


def _ansible_option(option: Option) -> dict[str, object]:
    converted: dict[str, object] = {key: value for key, value in option.items() if key not in _OWN_KEYS}
    if "options" in option:
        converted["options"] = ansible_spec(option["options"])
    return converted
