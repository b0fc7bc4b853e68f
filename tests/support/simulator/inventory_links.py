# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks across the sections of an inventory: ids are unique, and references resolve.

Errors that the platform itself reports at launch (a step without account, a missing host variable) are allowed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from .catalog import PUBLIC
from .file_paths import parts
from .yaml_schema import wrong

Section = Iterable[Mapping[str, Any]]


def check_links(data: Mapping[str, Any]) -> None:
    """Raise InventoryError for the first duplicate or dangling reference."""
    scopes = {f"{scope['type']}:{scope['id']}" for scope in data["scopes"]}
    _unique("scopes", data["scopes"], "type", "id")
    for name, key in (("apps", "code"), ("users", "name"), ("hosts", "id"), ("accounts", "id")):
        _unique(name, data[name], key)
    for name in ("scripts", "plans", "file_sources"):
        _unique(name, data[name], "id")
    _unique_across([(f"scripts[{n}].versions", script["versions"]) for n, script in enumerate(data["scripts"])])
    for name in ("hosts", "dynamic_groups", "accounts", "scripts", "plans", "file_sources"):
        _scopes_exist(name, data[name], scopes)
    _hosts_fit(data["hosts"], scopes)
    hosts = {host["id"] for host in data["hosts"]}
    for position, group in enumerate(data["dynamic_groups"]):
        for index, host in enumerate(group["hosts"]):
            if host not in hosts:
                raise wrong(f"dynamic_groups[{position}].hosts[{index}]", "the id of a host of this file", host)
    _plans_fit(data)
    _scripted_fits(data)


def _hosts_fit(hosts: Section, scopes: set[str]) -> None:
    for position, host in enumerate(hosts):
        if not host["ip"] and host["ipv6"] is None:
            raise wrong(f"hosts[{position}].ip", "an address, here or under ipv6")
        paths = {tuple(parts(path)): path for path in host["files"]}
        for inner in paths:
            for length in range(1, len(inner)):
                if inner[:length] in paths:
                    path = paths[inner[:length]]
                    raise wrong(f"hosts[{position}].files", "a file that is no directory of another", path)
        for index, scope in enumerate(host["allowed_in"]):
            if scope not in scopes:
                raise wrong(f"hosts[{position}].allowed_in[{index}]", "a scope of this file", scope)


def _unique(name: str, entries: Section, *keys: str) -> None:
    seen: set[Hashable] = set()
    for position, entry in enumerate(entries):
        ident = tuple(entry[key] for key in keys)
        if ident in seen:
            raise wrong(f"{name}[{position}].{keys[-1]}", "a value that no entry before it has", entry[keys[-1]])
        seen.add(ident)


def _unique_across(lists: list[tuple[str, Section]]) -> None:
    seen: set[int] = set()
    for path, entries in lists:
        for position, entry in enumerate(entries):
            if entry["id"] in seen:
                raise wrong(f"{path}[{position}].id", "a version id that no script has yet", entry["id"])
            seen.add(entry["id"])


def _scopes_exist(name: str, entries: Section, scopes: set[str]) -> None:
    for position, entry in enumerate(entries):
        named = entry["scope"]
        for scope in (named,) if isinstance(named, str) else named:
            if scope not in scopes and not (name == "scripts" and scope == PUBLIC):
                raise wrong(f"{name}[{position}].scope", "a scope of this file", scope)
        if not named:
            raise wrong(f"{name}[{position}].scope", "at least one scope")


def _scripted_fits(data: Mapping[str, Any]) -> None:
    """Reject outcome rules for scripts that really run."""
    if data["executor"] == "process" and data["clock"] == "manual":
        raise wrong("clock", "flowing, for a manual clock needs the executor scripted", "manual")
    if data["executor"] == "process" and data["outcomes"]:
        raise wrong("outcomes", "no such key, for outcomes need the executor scripted")


def _plans_fit(data: Mapping[str, Any]) -> None:
    versions = {version["id"] for script in data["scripts"] for version in script["versions"]}
    for number, plan in enumerate(data["plans"]):
        path = f"plans[{number}]"
        _unique(f"{path}.variables", plan["variables"], "id")
        _unique(f"{path}.variables", plan["variables"], "name")
        for position, variable in enumerate(plan["variables"]):
            unwanted = "value" if variable["type"] == "host" else "server"
            if variable[unwanted] is not None:
                raise wrong(f"{path}.variables[{position}].{unwanted}", f"no such key for type {variable['type']}")
        for position, step in enumerate(plan["steps"]):
            _step_fits(f"{path}.steps[{position}]", step, versions)


def _step_fits(path: str, step: Mapping[str, Any], versions: set[int]) -> None:
    if step["script_version"] is not None and step["script_version"] not in versions:
        raise wrong(f"{path}.script_version", "the id of a script version of this file", step["script_version"])
    if step["type"] == "script":
        if not step["content"] and step["script_version"] is None:
            raise wrong(f"{path}.content", "a script, or the key script_version instead")
        if step["target"] is None:
            raise wrong(f"{path}.target", "a value, for a script step needs one")
