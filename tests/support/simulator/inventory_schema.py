# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema of an inventory file as one table: keys, types, defaults."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from .access_control import ACTIONS
from .catalog import PUBLIC
from .file_paths import is_directory, legal
from .host_generator import host_list
from .host_outcomes import RULES
from .inventory_settings import SETTINGS
from .yaml_schema import (
    Checker,
    Key,
    any_text,
    flag,
    identifier,
    integer,
    ipv4,
    list_of,
    one_of,
    one_or_many,
    section,
    text,
    wrong,
)

VARIABLE_TYPES = {"string": 1, "namespace": 2, "host": 3, "cipher": 4, "associative_array": 5, "indexed_array": 6}
VARIABLE_TYPES["account"] = 7
"""An account is a new type of the platform: its value is the id of an account."""
PLAN_CREATED = 1_767_225_600
"""JOB API: plan times are epoch seconds. This is the default."""
SCOPE_TYPES = ("biz", "biz_set", "tenant_set")


def scope_ref(path: str, value: Any) -> str:
    """Check a scope such as "biz:2", or "2" for a business."""
    kind, colon, ident = identifier(path, value).rpartition(":")
    if colon and kind not in SCOPE_TYPES:
        raise wrong(path, 'a scope like "biz:2" or "2"', value)
    return f"{kind or 'biz'}:{ident}"


def node_ref(path: str, value: Any) -> str:
    """Check a topology node such as "module:1000"."""
    kind, colon, ident = text(path, value).partition(":")
    if not (kind and colon and ident.isdigit()):
        raise wrong(path, 'a topology node like "module:1000"', value)
    return f"{kind}:{int(ident)}"


def script_scope(path: str, value: Any) -> str:
    """Check a scope, or the value public for a script that every scope may run."""
    return PUBLIC if value == PUBLIC else scope_ref(path, value)


def absolute_path(path: str, value: Any) -> str:
    """Check the path of a file on a host."""
    if not legal(text(path, value)) or is_directory(value):
        raise wrong(path, "the absolute path of a file", value)
    return str(value)


def texts(name: Checker) -> Checker:
    """Check a mapping of the names of files to their texts."""

    def check(path: str, value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise wrong(path, "a mapping of files to their texts", value)
        return {name(path, key): any_text(f"{path}.{key}", entry) for key, entry in value.items()}

    return check


def ipv6(path: str, value: Any) -> str:
    """Check an IPv6 address."""
    try:
        return str(ipaddress.IPv6Address(value if isinstance(value, str) else ""))
    except ValueError:
        raise wrong(path, "an IPv6 address", value) from None


_POSITIVE = integer(1)
_LANGUAGE = one_of(1, 2, 3, 4, 5)
_WORDS = Key(list_of(identifier), ())

_TARGET = {
    "host_id_list": Key(list_of(_POSITIVE), ()),
    "ip_list": Key(list_of(section({"bk_cloud_id": Key(integer(0), 0), "ip": Key(ipv4)})), ()),
    "dynamic_group_list": Key(list_of(section({"id": Key(identifier)})), ()),
    "topo_node_list": Key(list_of(section({"id": Key(_POSITIVE), "node_type": Key(text)})), ()),
}

_VARIABLE = section(
    {
        "id": Key(_POSITIVE),
        "name": Key(text),
        "type": Key(one_of(*VARIABLE_TYPES)),
        "required": Key(flag, False),
        "description": Key(any_text, ""),
        "value": Key(any_text, None),
        "server": Key(section(_TARGET), None),
    }
)

_STEP = section(
    {
        "id": Key(_POSITIVE, None),
        "name": Key(text),
        "type": Key(one_of("script", "confirm"), "script"),
        "message": Key(any_text, ""),
        "confirmers": Key(list_of(text), ()),
        "confirmer_roles": Key(list_of(text), ()),
        "language": Key(_LANGUAGE, 1),
        "content": Key(any_text, ""),
        "script_version": Key(_POSITIVE, None),
        "param": Key(any_text, ""),
        "param_sensitive": Key(flag, False),
        "timeout": Key(_POSITIVE, 1000),
        "account": Key(text, None),
        "target": Key(section({"variable": Key(text, None), **_TARGET}), None),
        "ignore_error": Key(flag, False),
    }
)

_PLAN = section(
    {
        "id": Key(_POSITIVE),
        "scope": Key(scope_ref),
        "name": Key(text),
        "template_id": Key(_POSITIVE, 1),
        "creator": Key(text, "admin"),
        "create_time": Key(_POSITIVE, PLAN_CREATED),
        "last_modify_user": Key(text, None),
        "last_modify_time": Key(_POSITIVE, None),
        "variables": Key(list_of(_VARIABLE), ()),
        "steps": Key(list_of(_STEP), ()),
    }
)

_VERSION = section(
    {
        "id": Key(_POSITIVE),
        "version": Key(identifier),
        "status": Key(one_of(0, 1, 2, 3)),
        "content": Key(any_text),
    }
)

_SCRIPT = section(
    {
        "id": Key(identifier),
        "scope": Key(script_scope),
        "name": Key(text),
        "language": Key(_LANGUAGE, 1),
        "creator": Key(text, "admin"),
        "description": Key(any_text, ""),
        "versions": Key(list_of(_VERSION)),
    }
)

_HOST = section(
    {
        "id": Key(_POSITIVE),
        "cloud_id": Key(integer(0), 0),
        "ip": Key(ipv4, ""),
        "ipv6": Key(ipv6, None),
        "name": Key(text, None),
        "scope": Key(one_or_many(scope_ref)),
        "allowed_in": Key(one_or_many(scope_ref), ()),
        "agent": Key(one_of("up", "down", "none"), "up"),
        "agent_id": Key(text, None),
        "nodes": Key(list_of(node_ref), ()),
        "files": Key(texts(absolute_path), {}),
    }
)

_ACCOUNT = section(
    {
        "id": Key(_POSITIVE),
        "alias": Key(text),
        "account": Key(text, None),
        "scope": Key(one_or_many(scope_ref)),
        "category": Key(one_of(1, 2), 1),
        "type": Key(one_of(1, 2, 9, 10, 11), 1),
    }
)

_FILE_SOURCE = section(
    {
        "id": Key(_POSITIVE),
        "scope": Key(scope_ref),
        "code": Key(text),
        "alias": Key(text, None),
        "status": Key(one_of(0, 1), 1),
        "type": Key(text, "BLUEKING_ARTIFACTORY"),
        "public": Key(flag, False),
        "credential_id": Key(text, None),
        "enable": Key(flag, True),
        "files": Key(texts(text), {}),
    }
)

_GROUP = section({"id": Key(identifier), "scope": Key(one_or_many(scope_ref)), "hosts": Key(list_of(_POSITIVE), ())})

_APP = section({"code": Key(text), "secret": Key(identifier), "login_exempt": Key(flag, False), "denied_calls": _WORDS})

_DENIAL = section(
    {
        "user": Key(text),
        "action": Key(one_of(*ACTIONS)),
        "scope": Key(scope_ref, None),
        "plan": Key(_POSITIVE, None),
        "account": Key(_POSITIVE, None),
        "script": Key(identifier, None),
    }
)

_USER = section({"name": Key(text), "roles": _WORDS, "tokens": _WORDS, "tickets": _WORDS, "access_tokens": _WORDS})

INVENTORY_KEYS = {
    "apps": Key(list_of(_APP)),
    "users": Key(list_of(_USER)),
    "scopes": Key(list_of(section({"type": Key(one_of(*SCOPE_TYPES)), "id": Key(identifier), "name": Key(text)}))),
    "hosts": Key(host_list(_HOST, one_or_many(scope_ref), list_of(node_ref)), ()),
    "dynamic_groups": Key(list_of(_GROUP), ()),
    "accounts": Key(list_of(_ACCOUNT), ()),
    "scripts": Key(list_of(_SCRIPT), ()),
    "plans": Key(list_of(_PLAN), ()),
    "file_sources": Key(list_of(_FILE_SOURCE), ()),
    "denied": Key(list_of(_DENIAL), ()),
    "executor": Key(one_of("process", "scripted"), "process"),
    "clock": Key(one_of("flowing", "manual"), "flowing"),
    "outcomes": Key(RULES, ()),
    **SETTINGS,
}
INVENTORY = section(INVENTORY_KEYS)
