# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the options of a task: add environment variables, and set apart values that Ansible cannot convert.

Private to the collection blueking.job: no stable interface for others.

Ansible ends a task at the first option that it cannot convert, sometimes without naming it. So Ansible gets only values
that it can convert; the others are kept as written, and the option reader reports all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .list_forms import Normalizer
from .raw_checks import option_names, with_canonical_names
from .spec import Option, Spec

AnsibleSpec = dict[str, dict[str, object]]


@dataclass
class CollectedOptions:
    """Options as the user wrote them, separated by whether Ansible can convert them.

    C(raw_values) are all of them, with those from the environment; C(sources) names the environment variable of such
    an option. C(problems) are invalid forms, by full option name. C(convertible) is for Ansible's validation,
    C(unconvertible) for the option reader.
    """

    raw_values: dict[str, object]
    sources: dict[str, str] = field(default_factory=dict)
    convertible: dict[str, object] = field(default_factory=dict)
    unconvertible: dict[str, object] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def collect_options(spec: Spec, task_options: Mapping[str, object], environment: Mapping[str, str]) -> CollectedOptions:
    """Separate the options of a task.

    Args:
        spec: argument spec of the module.
        task_options: options of the task; None for an option that is not given.
        environment: environment variables that supply options.
    """
    options = CollectedOptions({name: value for name, value in task_options.items() if value is not None})
    for name, option in spec.items():
        _add_environment(options, name, option, environment)
        for used_name in option_names(name, option):
            if used_name not in options.raw_values:
                continue
            normalizer = Normalizer()
            value = options.raw_values[used_name] = normalizer.value(name, option, options.raw_values[used_name], name)
            options.problems.update(normalizer.problems)
            if not normalizer.problems and _is_convertible(name, option, value):
                options.convertible[used_name] = value
            else:
                options.unconvertible[name] = with_canonical_names(option, value)
    return options


def ansible_spec(spec: Mapping[str, Option]) -> AnsibleSpec:
    """Return Ansible's argument spec: without C(env), because environment variables are read here."""
    return {name: _ansible_option(option) for name, option in spec.items()}


def _add_environment(options: CollectedOptions, name: str, option: Option, environment: Mapping[str, str]) -> None:
    variable = option.get("env", "")
    # An empty variable counts as not set: AWX renders a blank credential field that way.
    if environment.get(variable) and not any(
        used_name in options.raw_values for used_name in option_names(name, option)
    ):
        options.raw_values[name] = environment[variable]
        options.sources[name] = variable


def _is_convertible(name: str, option: Option, value: object) -> bool:
    """Return whether Ansible can convert the value; some other values make its validation crash."""
    validator = ArgumentSpecValidator(ansible_spec({name: option}))
    try:
        return not validator.validate({name: value}).error_messages
    except Exception:
        return False


def _ansible_option(option: Option) -> dict[str, object]:
    converted: dict[str, object] = {key: value for key, value in option.items() if key not in ("env", "options")}
    if "options" in option:
        converted["options"] = ansible_spec(option["options"])
    return converted
