# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Hosts of variables and steps in v2: a pair of lists, and JSON text for topology nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ...models.launch import TargetServer
from ..json_reader import JsonObject
from ..shared_plans import read_hosts


def read_hosts_v2(parent: JsonObject) -> TargetServer | None:
    """Parse the hosts of C(ip_list) and C(custom_query_id), or else of the JSON text in C(value); None if none.

    Other values contain no hosts.
    """
    found = read_hosts(parent)
    return _from_text(parent.maybe_text("value")) if found is None else found


def _from_text(text: str | None) -> TargetServer | None:
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    nodes = value.get("hostNodeList") if isinstance(value, Mapping) else None
    if not isinstance(nodes, Mapping):
        return None
    translated = {
        "ip_list": [
            {"bk_host_id": host.get("hostId"), "bk_cloud_id": host.get("cloudAreaId"), "ip": host.get("ip")}
            for host in _objects(nodes.get("hostList"))
        ],
        "dynamic_group_list": [{"id": group.get("id")} for group in _objects(nodes.get("dynamicGroupList"))],
        "topo_node_list": [
            {"id": node.get("id"), "node_type": node.get("type")} for node in _objects(nodes.get("topoNodeList"))
        ],
    }
    return read_hosts(JsonObject(translated, "hosts"))


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    return (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else iter(())
