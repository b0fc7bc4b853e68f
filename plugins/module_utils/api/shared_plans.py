# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Plan details: the parts of responses that v2 and v3 share."""

from __future__ import annotations

from ..models.launch import HostAddress, TargetServer, TopoNode
from ..models.plan import (
    ACCOUNT,
    ASSOCIATIVE_ARRAY,
    CIPHER,
    CIPHER_MASK,
    HOST,
    INDEXED_ARRAY,
    NAMESPACE,
    STRING,
    PlanVariable,
)
from .json_reader import JsonObject

_KINDS = {1: STRING, 2: NAMESPACE, 3: HOST, 4: CIPHER, 5: ASSOCIATIVE_ARRAY, 6: INDEXED_ARRAY, 7: ACCOUNT}


def read_variable(
    variable: JsonObject, kind_key: str, target: TargetServer | None, required: bool | None
) -> PlanVariable:
    """Parse a global variable of a plan (JOB API: global variable types)."""
    code = variable.number(kind_key)
    kind = _KINDS.get(code, f"unknown_{code}")
    value = variable.maybe_text("value")
    hosts = target if kind == HOST else None
    return PlanVariable(
        id=variable.number("id"),
        name=variable.maybe_text("name") or "",
        kind=kind,
        required=required,
        has_default=variable.filled("value") or variable.filled("server") or hosts is not None,
        # v2 does not mask ciphers, and returns the hosts of host variables also as text.
        value=None if kind == HOST else CIPHER_MASK if kind == CIPHER and value else value,
        server=hosts,
        description=variable.maybe_text("description"),
        used=variable.maybe_flag("used"),
    )


def parse_target(parent: JsonObject, key: str) -> TargetServer | None:
    """Return the hosts under a key; None if there are none."""
    server = parent.maybe_child(key)
    return None if server is None else read_hosts(server)


def read_hosts(server: JsonObject) -> TargetServer | None:
    """Return the hosts of an object, by address if every host has one; None if there are none.

    A host without address (IPv6 only) is identified only by its id, and JOB ignores addresses beside ids.
    """
    hosts = [
        (host.maybe_number("bk_host_id"), host.maybe_number("bk_cloud_id") or 0, host.maybe_text("ip"))
        for host in server.maybe_children("ip_list")
    ]
    by_address = all(ip for _id, _cloud, ip in hosts)
    groups = [item.maybe_text("id") for item in server.maybe_children("dynamic_group_list")]
    nodes = [
        (node.maybe_number("id"), node.maybe_text("node_type")) for node in server.maybe_children("topo_node_list")
    ]
    target = TargetServer(
        host_ids=() if by_address else tuple(number for number, _cloud, _ip in hosts if number is not None),
        addresses=tuple(HostAddress(cloud, ip) for number, cloud, ip in hosts if ip and (by_address or number is None)),
        dynamic_groups=(
            *[group for group in groups if group],
            *server.texts("dynamic_group_id_list"),
            *server.texts("custom_query_id"),
        ),
        topo_nodes=tuple(TopoNode(number, kind) for number, kind in nodes if number is not None and kind),
    )
    return None if target == TargetServer() else target
