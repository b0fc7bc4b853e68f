# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory: a YAML file with the objects and settings of the simulator, validated before anything is served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from .access_control import Access, App, Denial, User
from .catalog import Catalog, Plan, PlanStep, Script, ScriptVersion, Variable
from .cmdb import Account, Cmdb, DynamicGroup, Host, Scope, Target
from .confirmers import Confirmers
from .errors import InventoryError
from .file_sources import FileSource
from .host_outcomes import Rule, rule_of
from .inventory_links import check_links
from .inventory_schema import INVENTORY, VARIABLE_TYPES
from .settings import Settings, settings_of

DEFAULT_INVENTORY = Path(__file__).resolve().parents[2] / "demo" / "inventory.yml"


@dataclass(frozen=True)
class Inventory:
    """The content of an inventory file, with lookups."""

    cmdb: Cmdb
    catalog: Catalog
    access: Access
    settings: Settings
    rules: tuple[Rule, ...] | None = None
    """Outcomes of scripted hosts; None if scripts really run."""
    manual_clock: bool = False
    file_sources: tuple[FileSource, ...] = ()
    files: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """The text of each file on a host, by id of the host and path."""


def load(source: str | Path | Mapping[str, Any]) -> Inventory:
    """Load a file, or data that is already parsed; raise InventoryError with one clear message."""
    name, data = ("inventory", source) if isinstance(source, Mapping) else (str(source), _parse(Path(source)))
    try:
        checked = INVENTORY("", data)
        check_links(checked)
    except InventoryError as error:
        raise InventoryError(f"{name}: {error}") from None
    return _build(checked)


def _parse(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InventoryError(f"{path}: expected a readable file: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InventoryError(f"{path}: expected UTF-8 text") from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise InventoryError(f"{path}: expected YAML: {reason}") from None


def _build(data: Mapping[str, Any]) -> Inventory:
    cmdb = Cmdb(
        [Scope(**entry) for entry in data["scopes"]],
        [_host(entry) for entry in data["hosts"]],
        [DynamicGroup(entry["id"], entry["scope"], entry["hosts"]) for entry in data["dynamic_groups"]],
        [_account(entry) for entry in data["accounts"]],
    )
    catalog = Catalog([_script(entry) for entry in data["scripts"]], [_plan(entry) for entry in data["plans"]])
    access = Access(
        [App(**{**entry, "denied_calls": frozenset(entry["denied_calls"])}) for entry in data["apps"]],
        [_user(entry) for entry in data["users"]],
        [_denial(entry) for entry in data["denied"]],
    )
    rules = tuple(rule_of(entry) for entry in data["outcomes"]) if data["executor"] == "scripted" else None
    sources = tuple(FileSource(**{**entry, "alias": entry["alias"] or entry["code"]}) for entry in data["file_sources"])
    files = {entry["id"]: entry["files"] for entry in data["hosts"] if entry["files"]}
    return Inventory(cmdb, catalog, access, settings_of(data), rules, data["clock"] == "manual", sources, files)


@lru_cache(maxsize=64)
def _node_set(nodes: tuple[str, ...]) -> frozenset[str]:
    """Share one set between the many hosts with the same nodes."""
    return frozenset(nodes)


def _host(entry: Mapping[str, Any]) -> Host:
    return Host(
        id=entry["id"],
        cloud_id=entry["cloud_id"],
        ip=entry["ip"],
        name=entry["name"] or entry["ip"] or entry["ipv6"],
        scopes=entry["scope"],
        agent_up=entry["agent"] == "up",
        nodes=_node_set(entry["nodes"]),
        agent_missing=entry["agent"] == "none",
        ipv6=entry["ipv6"],
        allowed_in=entry["allowed_in"],
        named_agent=entry["agent_id"],
    )


def _account(entry: Mapping[str, Any]) -> Account:
    fields = {name: entry[name] for name in ("id", "alias", "category", "type")}
    return Account(**fields, account=entry["account"] or entry["alias"], scopes=entry["scope"])


def _user(entry: Mapping[str, Any]) -> User:
    tokens = {kind: frozenset(entry[kind]) for kind in ("tokens", "tickets", "access_tokens")}
    return User(name=entry["name"], roles=entry["roles"], **tokens)


def _denial(entry: Mapping[str, Any]) -> Denial:
    narrowed = [str(entry[key]) for key in ("plan", "account", "script") if entry[key] is not None]
    return Denial(entry["user"], entry["action"], entry["scope"], narrowed[0] if narrowed else None)


def _script(entry: Mapping[str, Any]) -> Script:
    versions = tuple(
        ScriptVersion(script_id=entry["id"], language=entry["language"], **version) for version in entry["versions"]
    )
    named = {name: entry[name] for name in ("id", "name", "scope", "language", "creator", "description")}
    return Script(**named, versions=versions)


def target_of(entry: Mapping[str, Any]) -> Target:
    """Build a target from an inventory entry, which has the keys of a request."""
    return Target(
        host_ids=entry["host_id_list"],
        ips=tuple((item["bk_cloud_id"], item["ip"]) for item in entry["ip_list"]),
        groups=tuple(item["id"] for item in entry["dynamic_group_list"]),
        nodes=tuple((item["node_type"], item["id"]) for item in entry["topo_node_list"]),
    )


def _plan(entry: Mapping[str, Any]) -> Plan:
    return Plan(
        id=entry["id"],
        name=entry["name"],
        scope=entry["scope"],
        template_id=entry["template_id"],
        creator=entry["creator"],
        created=entry["create_time"],
        modified=entry["create_time"] if entry["last_modify_time"] is None else entry["last_modify_time"],
        modified_by=entry["last_modify_user"] or entry["creator"],
        variables=tuple(_variable(variable) for variable in entry["variables"]),
        steps=tuple(_step(position, step) for position, step in enumerate(entry["steps"], start=1)),
    )


def _variable(entry: Mapping[str, Any]) -> Variable:
    fields = {name: entry[name] for name in ("id", "name", "required", "description", "value")}
    target = target_of(entry["server"]) if entry["server"] is not None else None
    return Variable(**fields, type=VARIABLE_TYPES[entry["type"]], target=target)


def _step(position: int, entry: Mapping[str, Any]) -> PlanStep:
    target = entry["target"]
    variable = target["variable"] if target else None
    fixed = target_of(target) if target and variable is None else None
    copied = (
        "message",
        "language",
        "content",
        "script_version",
        "param",
        "timeout",
        "account",
        "ignore_error",
    )
    return PlanStep(
        id=entry["id"] if entry["id"] is not None else position,
        name=entry["name"],
        confirm=entry["type"] == "confirm",
        param_sensitive=entry["param_sensitive"],
        variable=variable,
        target=fixed,
        confirmers=Confirmers(entry["confirmers"], entry["confirmer_roles"]),
        **{name: entry[name] for name in copied},
    )
