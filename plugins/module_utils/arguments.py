# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules as data, and what only their raw values can tell.

Private to the collection blueking.job: no stable interface for others.

"Required" is checked where options are read, not here, so that module defaults, environment and linting go together.
C(env) names the environment variable that stands in for an option that is not given.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import TypedDict

from .normalize.connection import API_VERSIONS, GATEWAYS, LANGUAGES, SCOPE_TYPES
from .normalize.script import LANGUAGE_CHOICES
from .normalize.waiting import HOSTS_CHOICES, LOGS_CHOICES


class Option(TypedDict, total=False):
    """One option, in Ansible's words, with C(env) in place of a fallback."""

    type: str
    elements: str
    default: object
    choices: list[str]
    aliases: list[str]
    no_log: bool
    options: dict[str, Option]
    env: str


Spec = dict[str, Option]

CONNECTION: Spec = {
    "api_url": {"type": "str", "env": "BK_JOB_API_URL"},
    "gateway": {"type": "str", "choices": list(GATEWAYS), "default": "esb", "env": "BK_JOB_GATEWAY"},
    "api_version": {"type": "str", "choices": list(API_VERSIONS), "default": "v3", "env": "BK_JOB_API_VERSION"},
    "bk_app_code": {"type": "str", "env": "BK_APP_CODE"},
    "bk_app_secret": {"type": "str", "no_log": True, "env": "BK_APP_SECRET"},
    "bk_token": {"type": "str", "no_log": True, "env": "BK_TOKEN"},
    "bk_ticket": {"type": "str", "no_log": True, "env": "BK_TICKET"},
    "bk_access_token": {"type": "str", "no_log": True, "aliases": ["access_token"], "env": "BK_ACCESS_TOKEN"},
    "bk_username": {"type": "str", "env": "BK_USERNAME"},
    "bk_tenant_id": {"type": "str", "env": "BK_TENANT_ID"},
    "validate_certs": {"type": "bool", "default": True, "env": "BK_JOB_VALIDATE_CERTS"},
    "ca_path": {"type": "path", "env": "BK_JOB_CA_PATH"},
    "client_cert": {"type": "path", "env": "BK_JOB_CLIENT_CERT"},
    "client_key": {"type": "path", "no_log": False, "env": "BK_JOB_CLIENT_KEY"},
    "proxy": {"type": "str", "env": "BK_JOB_PROXY"},
    "connect_timeout": {"type": "float", "default": 10.0},
    "read_timeout": {"type": "float", "default": 75.0},
    "language": {"type": "str", "choices": list(LANGUAGES), "default": "en", "env": "BK_JOB_LANGUAGE"},
    "web_url": {"type": "str", "env": "BK_JOB_WEB_URL"},
}

SCOPE: Spec = {
    "bk_scope_type": {"type": "str", "choices": list(SCOPE_TYPES), "env": "BK_SCOPE_TYPE"},
    "bk_scope_id": {"type": "str", "env": "BK_SCOPE_ID"},
    "bk_biz_id": {"type": "int", "env": "BK_BIZ_ID"},
}

TARGET_SERVER: Spec = {
    "host_id_list": {"type": "list", "elements": "int"},
    "ip_list": {"type": "list", "elements": "raw"},
    "dynamic_group_list": {
        "type": "list",
        "elements": "raw",
        "aliases": ["dynamic_group_id_list", "custom_query_id"],
    },
    "topo_node_list": {
        "type": "list",
        "elements": "dict",
        "options": {"id": {"type": "int"}, "node_type": {"type": "str"}},
    },
}

LEGACY_PAIR: Spec = {
    "ip_list": {"type": "list", "elements": "raw"},
    "custom_query_id": {"type": "list", "elements": "raw"},
}

CALLBACK: Spec = {"callback_url": {"type": "str", "aliases": ["bk_callback_url"]}}

WAIT: Spec = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 7500.0},
    "poll_interval": {"type": "float", "default": 1.0},
    "poll_max_interval": {"type": "float", "default": 15.0},
}

REPORT: Spec = {
    "hosts": {"type": "str", "choices": list(HOSTS_CHOICES), "default": "all"},
    "logs": {"type": "str", "choices": list(LOGS_CHOICES), "default": "failed"},
    "log_max_bytes_per_host": {"type": "int", "default": 8192},
    "log_max_bytes_total": {"type": "int", "default": 262144},
}

JOB_PLAN: Spec = {
    **CONNECTION,
    **SCOPE,
    "job_plan_id": {"type": "int", "aliases": ["bk_job_id"]},
    "global_var_list": {
        "type": "list",
        "elements": "dict",
        "aliases": ["global_vars"],
        "options": {
            "id": {"type": "int"},
            "name": {"type": "str"},
            "value": {"type": "raw"},
            "secret_value": {"type": "str", "no_log": True},
            "server": {"type": "dict", "aliases": ["target_server"], "options": TARGET_SERVER},
            **LEGACY_PAIR,
        },
    },
    **CALLBACK,
    **WAIT,
    **REPORT,
}

FAST_SCRIPT: Spec = {
    **CONNECTION,
    **SCOPE,
    "script_version_id": {"type": "int"},
    "script_id": {"type": "str"},
    "script_content": {"type": "str"},
    "script_path": {"type": "path"},
    "script_language": {"type": "str", "choices": list(LANGUAGE_CHOICES), "aliases": ["script_type"]},
    "script_param": {"type": "str"},
    "base64_encoded": {"type": "bool", "default": False},
    "is_param_sensitive": {"type": "bool"},
    "timeout": {"type": "int", "aliases": ["script_timeout"]},
    "account_alias": {"type": "str", "aliases": ["account"]},
    "account_id": {"type": "int"},
    "target_server": {"type": "dict", "options": TARGET_SERVER},
    **LEGACY_PAIR,
    "task_name": {"type": "str"},
    "windows_interpreter": {"type": "str"},
    "rolling_config": {
        "type": "dict",
        "options": {
            "type": {"type": "int"},
            "mode": {"type": "int"},
            "expression": {"type": "str"},
            "execution_mode": {"type": "int"},
            "batch_start_wait_fixed_ms": {"type": "int"},
            "batch_start_wait_random_min_ms": {"type": "int"},
            "batch_start_wait_random_max_ms": {"type": "int"},
        },
    },
    **CALLBACK,
    **WAIT,
    **REPORT,
}

# Types to which Ansible converts a boolean, so that a reader could not see it any more.
_HIDES_BOOLEAN = {"float": "a number", "str": "text", "path": "text"}


def raw_faults(spec: Spec, given: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    """Faults that conversion would hide: a boolean in place of text or number, an option that disagrees with its alias.

    Args:
        spec: the options of this level.
        given: what the user wrote, before Ansible converted anything.
        path: the name of this level for messages.

    Yields:
        Full option name and what is wrong.
    """
    for name, option in spec.items():
        names = [alias for alias in (name, *option.get("aliases", ())) if given.get(alias) is not None]
        for other in names[1:]:
            if given[other] != given[names[0]]:
                yield f"{path}{other}", f"differs from {names[0]}, which is the same option; give one of them"
        for used in names:
            yield from _value_faults(option, given[used], f"{path}{used}")


def raw_structures(spec: Spec, given: Mapping[str, object]) -> dict[str, object]:
    """The lists and dictionaries of a task as they were written, under their canonical names.

    Ansible leaves list elements out that it cannot convert; only here they can be found and called by their position.
    """
    structures = {}
    for name, option in spec.items():
        for used in (name, *option.get("aliases", ())):
            if isinstance(given.get(used), (list, dict)):
                structures[name] = _canonical(option, given[used])
    return structures


def _canonical(option: Option, value: object) -> object:
    if isinstance(value, list):
        return [_canonical({"options": option.get("options", {})}, element) for element in value]
    inner = option.get("options", {})
    if not inner or not isinstance(value, Mapping):
        return value
    names = {used: name for name, words in inner.items() for used in (*words.get("aliases", ()), name)}
    return {names[used]: _canonical(inner[names[used]], each) for used, each in value.items() if used in names}


def unknown_fault(spec: Spec, name: str) -> str:
    """What to say of an option that does not exist, with the nearest one that does.

    Args:
        spec: all options.
        name: the unknown name, with dots where it stands deeper.
    """
    *parents, last = name.split(".")
    level = spec
    for parent in parents:
        found = [option for known, option in level.items() if parent in (known, *option.get("aliases", ()))]
        level = found[0].get("options", {}) if found else {}
    names = [each for known, option in level.items() for each in (known, *option.get("aliases", ()))]
    nearest = difflib.get_close_matches(last, names, 1)
    return "is no option here" + (f"; did you mean {nearest[0]}?" if nearest else "")


def _value_faults(option: Option, value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for position, element in enumerate(value):
            one: Option = {"type": option.get("elements", "raw"), "options": option.get("options", {})}
            yield from _value_faults(one, element, f"{path}[{position}]")
    elif isinstance(value, bool) and option.get("type") in _HIDES_BOOLEAN and not option.get("choices"):
        yield path, f"is the boolean {str(value).lower()}, must be {_HIDES_BOOLEAN[option['type']]}"
    elif isinstance(value, Mapping) and option.get("options"):
        yield from raw_faults(option["options"], value, f"{path}.")
